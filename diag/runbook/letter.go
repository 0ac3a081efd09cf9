package runbook

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
)

// Redaction says whether a letter keeps what names people.
type Redaction int

// The redactions.
const (
	// RedactDefault redacts letters that leave the house.
	RedactDefault Redaction = iota
	// RedactYes redacts: local parts of addresses, subjects, mailbox and
	// postoffice names, and addresses inside the network.
	RedactYes
	// RedactNo keeps everything.
	RedactNo
)

// LetterInfo is what can be written.
type LetterInfo struct {
	ID, Title string
	// Leaves is set where it goes to people outside.
	Leaves bool
}

// LetterData are the facts of one letter. What is missing reads as a
// placeholder.
type LetterData struct {
	Values    Values
	Case      Case // reply, verdict and domains of the refusal
	When      time.Time
	Recipient string
	Sender    string
	Current   string   // what the PTR lookup answers now
	Evidence  []string // what the checks found, a sentence each
	Changed   []string // what was done, a sentence each
	Rows      []LetterRow
	Redact    Redaction
}

// LetterRow is one returned message.
type LetterRow struct {
	When      time.Time
	Recipient string
	Subject   string
	Cause     diag.Cause
}

// Letter is a finished text, wrapped for plain mail.
type Letter struct {
	ID, Title, To, Subject, Body string
	Leaves, Redacted             bool
}

// Places of letters beside those of steps.
var (
	letterPlaces = []string{"current", "when", "recipient", "sender", "count", "rows", "evidence", "changed", "reply"}
	rowPlaces    = []string{"row-when", "row-to", "row-subject", "row-plain", "row-next"}
)

// letterWidth is the width to which the text of a letter is wrapped; a reply
// quoted in it must not be wrapped again by mail programs (RFC 3676 section
// 4.2 asks for at most 78).
const letterWidth = 72

// maxRows bounds the messages of one letter.
const maxRows = 200

// Letters returns the letters there are, in the order of the data.
func (b *Book) Letters() []LetterInfo {
	out := make([]LetterInfo, len(b.letters))
	for i, l := range b.letters {
		out[i] = LetterInfo{l.ID, l.Title, l.Leaves}
	}
	return out
}

func (b *Book) letter(id string) *letterData {
	for _, l := range b.letters {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// Write fills the letter called id with d. The error names a letter that does
// not exist.
func (b *Book) Write(id string, d LetterData) (Letter, error) {
	l := b.letter(id)
	if l == nil {
		return Letter{}, fmt.Errorf("there is no letter %q", id)
	}
	w := letterWriter{book: b, data: d, redact: d.Redact == RedactYes || d.Redact == RedactDefault && l.Leaves}
	w.values = d.Values.with(d.Case)
	if w.redact {
		w.values.Mailbox, w.values.Account, w.values.ClientIP = "", "", netip.Addr{}
	}
	return Letter{
		ID:       l.ID,
		Title:    w.line(l.Title),
		To:       w.line(l.To),
		Subject:  w.line(l.Subject),
		Body:     w.body(l),
		Leaves:   l.Leaves,
		Redacted: w.redact,
	}, nil
}

type letterWriter struct {
	book   *Book
	data   LetterData
	values Values
	redact bool
}

// line fills one line of the template.
func (w *letterWriter) line(s string) string {
	d := &w.data
	s = replacePlaces(s, map[string]string{
		"current":   w.text(d.Current, "<what a PTR lookup answers now>"),
		"when":      moment(d.When, "<time>"),
		"recipient": w.text(d.Recipient, "<recipient>"),
		"sender":    w.text(d.Sender, "<sender>"),
		"count":     strconv.Itoa(len(d.Rows)),
	}, &w.values)
	return s
}

// text is a value from outside, harmless and, where asked for, redacted.
func (w *letterWriter) text(s, unknown string) string {
	s = strings.TrimSpace(diag.Clean(s))
	if s == "" {
		return unknown
	}
	if w.redact {
		s = redact(s)
	}
	return s
}

func (w *letterWriter) body(l *letterData) string {
	var out []string
	for _, row := range strings.Split(strings.Trim(l.Body, "\n"), "\n") {
		switch strings.TrimSpace(row) {
		case "{rows}":
			out = append(out, w.rows(l.Row)...)
		case "{evidence}":
			out = append(out, w.block(w.data.Evidence, "<what the checks found: run them first>")...)
		case "{changed}":
			out = append(out, w.block(w.data.Changed, "<what you changed, and when the last spam left>")...)
		case "{reply}":
			raw := w.data.Case.Reply.Raw
			if raw == "" {
				raw = w.data.Case.Reply.Text
			}
			out = append(out, w.block(strings.Split(raw, "\n"), "<the reply>")...)
		default:
			out = append(out, wrapLine(w.line(row))...)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// block are quoted lines, indented and wrapped.
func (w *letterWriter) block(lines []string, unknown string) []string {
	var out []string
	for _, s := range lines {
		if s = w.text(s, ""); s != "" {
			out = append(out, wrapTo(s, "  ", letterWidth)...)
		}
	}
	if out == nil {
		out = []string{"  " + unknown}
	}
	return out
}

func (w *letterWriter) rows(tmpl string) []string {
	var out []string
	for i, r := range w.data.Rows {
		if i == maxRows {
			out = append(out, fmt.Sprintf("  and %d more", len(w.data.Rows)-maxRows))
			break
		}
		if i > 0 {
			out = append(out, "")
		}
		subject := w.text(r.Subject, "(none)")
		if w.redact {
			subject = "(withheld)"
		}
		plain, next := w.book.Meaning(r.Cause)
		values := map[string]string{
			"row-when":    moment(r.When, "<time>"),
			"row-to":      w.text(r.Recipient, "<recipient>"),
			"row-subject": subject,
			"row-plain":   fill(plain, &w.values),
			"row-next":    fill(next, &w.values),
		}
		for _, line := range strings.Split(strings.Trim(tmpl, "\n"), "\n") {
			out = append(out, wrapTo(strings.TrimSpace(replacePlaces(line, values, &w.values)), "  ", letterWidth)...)
		}
	}
	if out == nil {
		out = []string{"  <the messages>"}
	}
	return out
}

// replacePlaces fills the places in extra and those of v in one pass, so that
// a brace in a value is never taken for a place.
func replacePlaces(s string, extra map[string]string, v *Values) string {
	var b strings.Builder
	for {
		before, name, after, ok := cutPlace(s)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if val, known := extra[name]; known {
			b.WriteString(val)
		} else {
			b.WriteString(fill("{"+name+"}", v))
		}
		s = after
	}
}

func moment(t time.Time, unknown string) string {
	if t.IsZero() {
		return unknown
	}
	return t.Format("2006-01-02 15:04 -0700")
}

// wrapLine wraps a line of the template; one that begins with a blank is kept.
func wrapLine(s string) []string {
	if s == "" || s[0] == ' ' {
		return []string{s}
	}
	return wrapTo(s, "", letterWidth)
}

// wrapTo breaks s at blanks into lines of at most width columns that begin
// with indent. A longer word stands alone.
func wrapTo(s, indent string, width int) []string {
	if len([]rune(indent+s)) <= width {
		return []string{indent + s}
	}
	var out []string
	row, n := indent, len(indent)
	for _, word := range strings.Fields(s) {
		k := len([]rune(word))
		if n > len(indent) && n+1+k > width {
			out = append(out, row)
			row, n = indent, len(indent)
		}
		if n > len(indent) {
			row, n = row+" ", n+1
		}
		row, n = row+word, n+k
	}
	return append(out, row)
}
