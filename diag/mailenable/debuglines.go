package mailenable

import (
	"bytes"
	"net/netip"
	"strings"
	"time"
)

// DebugLine is one line of an SMTP Debug log. No public source shows the
// layout: only what the vendor's articles quote is taken out of it. The byte
// slices are valid until the next line is read.
type DebugLine struct {
	Time time.Time // zero where the line begins with none
	// Code is as in "ME-I0106", empty where the line has none.
	Code []byte
	ID   []byte // the first message id, "….MAI"
	// NewID is the id under which the message went on ("requeued as").
	NewID []byte
	Text  []byte // the line behind its time
}

// DebugParser turns lines of an SMTP Debug log, or of the MTA's, into
// DebugLines. It is not safe for concurrent use.
type DebugParser struct{ clock logClock }

// NewDebugParser returns a parser for a log written in the time zone loc. day
// is what LogDate says of the file's name, or zero.
func NewDebugParser(loc *time.Location, day time.Time) *DebugParser {
	return &DebugParser{clock: logClock{loc: loc, day: day}}
}

// Parse reads one line. ok is false where it has neither a code nor an id.
func (p *DebugParser) Parse(line []byte) (d DebugLine, ok bool) {
	d.Code = meCode(line)
	var end int
	if d.ID, end = mailID(line); d.Code == nil && d.ID == nil {
		return d, false
	}
	if d.ID != nil {
		if i := requeuedWords(line[end:]); i >= 0 {
			d.NewID, _ = mailID(line[end+i:])
		}
	}
	t, rest, has := p.clock.split(line)
	d.Text = bytes.TrimSpace(rest)
	if has {
		d.Time = t
	}
	return d, true
}

// Address returns the mail address that the line speaks of, in square brackets
// or parentheses: "Relay Granted: [a@b] is in local address map". "" for none.
func (d DebugLine) Address() string {
	for b := d.Text; ; {
		i := bytes.IndexAny(b, "[(<")
		if i < 0 {
			return ""
		}
		b = b[i+1:]
		j := bytes.IndexAny(b, "[(<])>")
		if j < 0 {
			return ""
		}
		s := strings.TrimSpace(toUTF8(b[:j]))
		if hasPrefixFold(s, "SMTP:") {
			s = s[len("SMTP:"):]
		}
		if at := strings.IndexByte(s, '@'); at > 0 && at < len(s)-1 && !strings.ContainsAny(s, " \t") {
			return s
		}
	}
}

// IP returns the first address of a machine in the line, the zero Addr for
// none: "IP Address 192.0.2.7 banned", "Sender IP (192.0.2.7) is within …".
func (d DebugLine) IP() netip.Addr {
	for f := range bytes.FieldsFuncSeq(d.Text, func(r rune) bool { return strings.ContainsRune(" \t()[]<>,;\"'=", r) }) {
		if len(f) < 3 || len(f) > 45 || !digit(f[0]) && bytes.IndexByte(f, ':') < 0 {
			continue
		}
		if a, err := netip.ParseAddr(string(bytes.TrimRight(f, ".:"))); err == nil {
			return a.Unmap()
		}
	}
	return netip.Addr{}
}

// meCode returns the first code of a line, "ME-" with a letter and four digits.
func meCode(b []byte) []byte {
	for {
		i := bytes.Index(b, []byte("ME-"))
		if i < 0 || len(b) < i+8 {
			return nil
		}
		c := b[i : i+8]
		if c[3] >= 'A' && c[3] <= 'Z' && digit(c[4]) && digit(c[5]) && digit(c[6]) && digit(c[7]) {
			return c
		}
		b = b[i+3:]
	}
}

// mailID returns the first "<letters and digits>.MAI" of a line and where it
// ends.
func mailID(b []byte) (id []byte, end int) {
	from := 0
	for {
		i := bytes.Index(b[from:], []byte(".MAI"))
		if i < 0 {
			return nil, 0
		}
		i += from
		start := i
		for start > 0 && alnum(b[start-1]) {
			start--
		}
		if start < i {
			return b[start : i+4], i + 4
		}
		from = i + 4
	}
}

func alnum(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

// debugCodes are the codes whose meaning the vendor documents (articles
// ME020280, ME020517 and ME020417; ME-I0018 is known from its library).
var debugCodes = map[string]string{
	"ME-I0018": "split by domain: goes on under a new id",
	"ME-I0073": "an address was banned",
	"ME-I0102": "delivered to a catch-all",
	"ME-I0106": "relay granted: the sender is a local address",
	"ME-I0107": "relay granted: the address is in a privileged range",
	"ME-I0108": "relay granted: signed in",
	"ME-E0109": "relay denied: no criterion met, sender not local",
	"ME-I0110": "relay granted: the server relays for anyone",
	"ME-I0111": "relay denied: no criterion met",
	"ME-I0112": "relay denied: relaying is switched off",
	"ME-E0193": "the remote server refused for good",
}

// CodeMeaning returns what the vendor documents of a code, "" for others.
func CodeMeaning(code string) string { return debugCodes[code] }
