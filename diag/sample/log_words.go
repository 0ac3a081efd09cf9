package sample

import (
	"strings"

	"metriage/diag"
)

// words are what is filled into the texts of one message's sessions and NDRs,
// so that all of them name the same reference, host and recipient.
type words struct {
	ip, helo               string
	host, domain           string
	recipient, sender, ref string
	date                   string
}

func (w *words) rcpt(address string) *words {
	w.recipient = address
	return w
}

// line fills in one line of text.
func (w *words) line(text string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		end := strings.IndexByte(text[i:], '}')
		b.WriteString(w.value(text[i+1 : i+end]))
		text = text[i+end+1:]
	}
	b.WriteString(text)
	return b.String()
}

func (w *words) value(name string) string {
	switch name {
	case "ip":
		return w.ip
	case "helo":
		return w.helo
	case "host":
		return w.host
	case "domain":
		return w.domain
	case "rcpt":
		return w.recipient
	case "sender":
		return w.sender
	case "sdomain":
		return diag.AddressDomain(w.sender)
	case "ref":
		return w.ref
	case "date":
		return w.date
	}
	return "{" + name + "}"
}

// lines fills in a whole reply.
func (w *words) lines(r *refusal) []string {
	out := make([]string, len(r.lines))
	for i, l := range r.lines {
		out[i] = w.line(l)
	}
	return out
}
