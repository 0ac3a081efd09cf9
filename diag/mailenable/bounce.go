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
	if byPerson(head) {
		return false
	}
	h, body := parseHeader(string(head))
	if h.trust() == byNobody {
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
	if byPerson(data) {
		return diag.Bounce{}, false
	}
	h, raw := parseHeader(string(data))
	if h.trust() == byNobody {
		return diag.Bounce{}, false
	}
	if h.plainBody() {
		return parseText(h, validText(raw))
	}
	m, ok := openUsual(h, raw)
	if !ok {
		var err error
		if m, err = openMIME(data); err != nil {
			return parseText(h, validText(raw))
		}
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
	if h.trust() != bySystem && !bareForeign([]byte(text)) {
		return diag.Bounce{}, false
	}
	return parseForeign(h, text)
}

// byPerson reports whether the header block at the beginning of b says that no
// mail system made the message. It is quick and sure: where it says no,
// header.trust decides. Most of a mailbox is mail by persons.
func byPerson(b []byte) bool {
	const other, fromField, typeField = 0, 1, 2
	from, field := false, other
	for lines := 0; len(b) > 0 && lines < maxHeaderLines; lines++ {
		var line []byte
		line, b = cutLine(b)
		if len(line) == 0 || (line[0] <= ' ' || line[0] >= 0x80) && len(bytes.TrimSpace(line)) == 0 {
			break
		}
		last := field
		field = other
		if line[0] == ' ' || line[0] == '\t' { // the field goes on
			if field = last; field == fromField || field == typeField && indexFold(line, "report") >= 0 {
				return false
			}
			continue
		}
		switch line[0] | 0x20 {
		case 'f':
			if beginsFold(line, "from") {
				if len(line) < 5 || line[4] != ':' || mayBeSystem(line[5:]) {
					return false
				}
				from, field = true, fromField
			}
		case 'r':
			if beginsFold(line, "return-path") && bytes.IndexByte(line, '@') < 0 {
				return false
			}
		case 'x':
			if beginsFold(line, "x-failed-recipients") {
				return false
			}
		case 'c':
			if beginsFold(line, "content-type") {
				if indexFold(line, "report") >= 0 {
					return false
				}
				field = typeField
			}
		}
	}
	return from
}

// mayBeSystem reports whether a From field may be that of a mail system.
func mayBeSystem(v []byte) bool {
	return bytes.IndexByte(v, '@') < 0 || bytes.IndexByte(v, '\\') >= 0 ||
		indexFold(v, "postmaster") >= 0 || indexFold(v, "daemon") >= 0 || indexFold(v, "delivery") >= 0
}

func beginsFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && strings.EqualFold(string(b[:len(prefix)]), prefix)
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
func looksLikeBounce(body string) bool {
	for i := 0; i < 60 && len(body) > 0; i++ {
		var line string
		line, body = nextLine(body)
		s := strings.TrimSpace(validText(line))
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
