package mailenable

import (
	"bytes"
	"strings"

	"metriage/diag"
)

// MaybeBounce reports whether the message that begins with head can be a
// bounce. It reads the header block alone and is cheap; false is final, true
// means that ParseBounce has to see up to MaxBounce bytes.
func MaybeBounce(head []byte) bool {
	head = trimStart(head)
	if len(head) == 0 {
		return false
	}
	if !startsWithHeader(head) {
		return bareNDR(head) || bareForeign(head)
	}
	h, body := parseHeader(head)
	if !h.system() {
		return false
	}
	if h.plainBody() && !h.deliverySubsystem() {
		// A system sent it: a bounce says so in the first lines of its text.
		return len(body) > 0 && looksLikeBounce(body)
	}
	return true
}

// ParseBounce reads a message and returns what it says about undelivered
// mail, or false where it is no bounce. data may be cut off at MaxBounce.
//
// A message is MailEnable's NDR where its text begins with one of MailEnable's
// headings or has a code with its queue id on a reason line, and nothing in
// its header says that a person wrote it. Mail that quotes or mentions a
// bounce is none.
func ParseBounce(data []byte) (diag.Bounce, bool) {
	data = trimStart(data)
	if len(data) > MaxBounce {
		data = data[:MaxBounce]
	}
	if len(data) == 0 {
		return diag.Bounce{}, false
	}
	if !startsWithHeader(data) {
		switch {
		case bareNDR(data):
			return parseNDR(header{}, toUTF8(data))
		case bareForeign(data):
			return parseForeign(header{}, toUTF8(data))
		}
		return diag.Bounce{}, false
	}
	h, raw := parseHeader(data)
	if !h.system() {
		return diag.Bounce{}, false
	}
	if h.plainBody() {
		return parseText(h, toUTF8(raw))
	}
	m, err := openMIME(data)
	if err != nil {
		return parseText(h, toUTF8(raw))
	}
	for _, t := range m.texts {
		if b, ok := parseNDR(h, t); ok {
			return b, true
		}
	}
	if b, ok := parseDSN(h, m); ok {
		return b, true
	}
	if len(m.texts) > 0 {
		return parseText(h, m.texts[0])
	}
	return diag.Bounce{}, false
}

// parseText tries the plain text forms.
func parseText(h header, text string) (diag.Bounce, bool) {
	if b, ok := parseNDR(h, text); ok {
		return b, true
	}
	return parseForeign(h, text)
}

// trimStart removes a byte order mark and empty lines.
func trimStart(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte(utf8BOM))
	return bytes.TrimLeft(b, "\r\n \t")
}

// bareNDR reports whether text without a header block is an NDR: it has to
// begin with the heading or with a reason line, since nothing else tells that
// no person wrote it.
func bareNDR(b []byte) bool {
	line, rest := cutLine(b)
	first := strings.TrimSpace(string(line))
	if _, ok := heading(first); ok {
		return true
	}
	if ndrReason(first) {
		return true
	}
	// A heading in another language, then the reason line.
	for i := 0; i < 4 && len(rest) > 0; i++ {
		line, rest = cutLine(rest)
		if s := strings.TrimSpace(string(line)); s != "" {
			return ndrReason(s) && hasPrefixFold(first, "mailenable")
		}
	}
	return false
}

// bareForeign reports whether text without a header block begins as the bounce
// of another mail server does.
func bareForeign(b []byte) bool {
	for i := 0; i < 12 && len(b) > 0; i++ {
		var line []byte
		line, b = cutLine(b)
		if foreignSign(strings.TrimSpace(toUTF8(line))) {
			return true
		}
	}
	return false
}

// looksLikeBounce searches the first lines of a plain body.
func looksLikeBounce(body []byte) bool {
	for i := 0; i < 60 && len(body) > 0; i++ {
		var line []byte
		line, body = cutLine(body)
		s := strings.TrimSpace(toUTF8(line))
		if s == "" {
			continue
		}
		if _, ok := heading(s); ok {
			return true
		}
		if ndrReason(s) || foreignSign(s) {
			return true
		}
	}
	return false
}
