// Package report writes what metriage found as text, JSON, CSV and Markdown.
// Whatever comes from mail, logs, DNS or SMTP leaves it harmless: control and
// bidirectional characters are replaced in text and escaped in JSON, and no
// CSV cell begins a formula.
package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"metriage/diag"
)

// Style is how a report is written.
type Style struct {
	Redact bool // replace the local parts of mail addresses
	// Location is the time zone of times for people; nil means UTC.
	Location *time.Location
	Now      time.Time
}

// text makes a value fit for people: harmless, on one line, redacted where
// asked for.
func (s Style) text(v string) string {
	if s.Redact {
		v = RedactAddresses(v)
	}
	return diag.Clean(v)
}

// Limits of what is printed for people; JSON and CSV have it whole.
const (
	maxCell = 64   // characters of a name in a table
	maxLine = 2000 // characters of a reply or a path
)

// short is text of at most n characters; what was cut off is marked.
func (s Style) short(v string, n int) string {
	v = s.text(v)
	if len(v) <= n || utf8.RuneCountInString(v) <= n {
		return v
	}
	return string([]rune(v)[:n-3]) + "..."
}

func (s Style) time(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	loc := s.Location
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format("2006-01-02 15:04")
}

// RedactAddresses replaces the local part of every mail address in v by a
// short mark that is the same for the same local part, so that lines can still
// be told apart. What is redacted already stays as it is.
func RedactAddresses(v string) string {
	if !strings.Contains(v, "@") {
		return v
	}
	var b strings.Builder
	for {
		at := strings.IndexByte(v, '@')
		if at < 0 {
			b.WriteString(v)
			return b.String()
		}
		start := localStart(v[:at])
		b.WriteString(v[:start])
		if start < at && at+1 < len(v) && domainByte(v[at+1]) && !isMark(v[start:at]) {
			fmt.Fprintf(&b, "user-%04x@", uint16(mark(strings.ToLower(v[start:at]))))
		} else {
			b.WriteString(v[start : at+1])
		}
		v = v[at+1:]
	}
}

// maxQuoted is the longest quoted local part, quotes included (RFC 5321).
const maxQuoted = 66

// localStart returns where the local part at the end of v begins, be it quoted
// or not.
func localStart(v string) int {
	start := len(v)
	if strings.HasSuffix(v, `"`) {
		from := max(0, start-maxQuoted)
		if i := strings.LastIndexByte(v[from:start-1], '"'); i >= 0 {
			start = from + i
		}
	}
	for start > 0 && localByte(v[start-1]) {
		start--
	}
	return start
}

// isMark reports whether a local part is what redaction put in its place: here
// or in a letter.
func isMark(local string) bool {
	hex, ok := strings.CutPrefix(local, "user-")
	return ok && len(hex) == 4 && strings.Trim(hex, "0123456789abcdef") == "" || local == "***"
}

// mark is FNV-1a folded to 16 bits.
func mark(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h>>16 ^ h&0xFFFF
}

func localByte(c byte) bool {
	return c >= 0x80 || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0
}

func domainByte(c byte) bool {
	return c >= 0x80 || c == '[' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
