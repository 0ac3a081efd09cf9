package mailenable

import (
	"bytes"
	"cmp"
	"strings"
	"time"

	"metriage/diag"
)

// HasHeader reports whether data begins with the header block of a mail, as
// opposed to text that somebody pasted.
func HasHeader(data []byte) bool {
	data = trimStart(data)
	if len(data) == 0 || !startsWithHeader(data) {
		return false
	}
	if len(data) > maxHeaderBytes {
		data = data[:maxHeaderBytes]
	}
	h, _ := parseHeader(string(data))
	others := 0
	for _, v := range []string{h.to, h.subject, h.date, h.messageID, h.contentType, h.returnPath} {
		if v != "" {
			others++
		}
	}
	return h.from != "" && others > 0 || others > 1
}

const maxHeaderBytes = 64 << 10

// maxGreeting is how many lines of a pasted text may stand before the bounce.
const maxGreeting = 40

// ParsePasted reads what people paste: a bounce after a greeting or quoted
// with ">", or rows of the Activity log. Mail with a header block is for
// ParseBounce.
func ParsePasted(data []byte) (diag.Bounce, bool) {
	if len(data) > MaxBounce {
		data = data[:MaxBounce]
	}
	if b, ok := pastedRows(data); ok {
		return b, true
	}
	text := unquote(toUTF8(trimStart(data)))
	for i, rest := 0, text; i < maxGreeting && rest != ""; i++ {
		line, after := nextLine(rest)
		l := strings.TrimSpace(line)
		if _, ok := heading(l); ok || ndrReason(l) {
			return parseNDR(header{}, rest)
		}
		if l != "" && foreignSign(l) {
			return parseForeign(header{}, rest)
		}
		rest = after
	}
	return diag.Bounce{}, false
}

// unquote takes the marks of quoted text away where every line of it that is
// not empty begins with one, the greeting aside.
func unquote(text string) string {
	if !strings.Contains(text, ">") {
		return text
	}
	lines := strings.Split(text, "\n")
	marked := 0
	for _, l := range lines {
		if strings.HasPrefix(strings.TrimSpace(l), ">") {
			marked++
		}
	}
	if marked < 3 {
		return text
	}
	for i, l := range lines {
		if s := strings.TrimSpace(l); strings.HasPrefix(s, ">") {
			lines[i] = strings.TrimPrefix(strings.TrimLeft(s, "> "), " ")
		}
	}
	return strings.Join(lines, "\n")
}

// pastedRows reads rows of outgoing sessions: each refusal and deferral is one
// of the bounce, which is of the kind reply.
func pastedRows(data []byte) (diag.Bounce, bool) {
	b := diag.Bounce{Kind: diag.KindReply}
	rows := 0
	s := NewSessions(func(a Attempt) {
		if a.Outcome == Accepted || len(b.Refusals) == maxRefusals {
			return
		}
		b.ID = cmp.Or(b.ID, a.ID)
		b.Sender = cmp.Or(b.Sender, a.Sender)
		b.Subject = cmp.Or(b.Subject, a.Subject)
		if b.Date.IsZero() {
			b.Date = a.Time
		}
		b.Refusals = append(b.Refusals, diag.Refusal{
			Recipient: a.Recipient, Domain: diag.AddressDomain(a.Recipient), RemoteHost: a.Banner, Text: a.Reply,
			Stage: a.Stage, Permanent: a.Outcome == Refused,
		})
	})
	p := NewActivityParser(time.UTC, time.Time{})
	for len(data) > 0 {
		var line []byte
		line, data = cutLine(data)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		row, ok := p.Parse(bytes.TrimSpace(line))
		if !ok {
			if rows == 0 {
				return diag.Bounce{}, false
			}
			continue
		}
		rows++
		s.Add(row)
	}
	s.Flush()
	return b, len(b.Refusals) > 0
}
