package mailenable

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// What nearly all encoded bounces look like is decoded here; enmime, which
// knows what broken mail looks like, takes a hundred times as long.

// maxUsualParts bounds the parts of a multipart that is read here.
const maxUsualParts = 16

// openUsual decodes a single text part, or a multipart whose parts are texts,
// a report and the returned message. For everything else, and where anything
// is not as it should be, ok is false.
func openUsual(h header, body string) (m mimeMessage, ok bool) {
	kind, params := mediaType(h.contentType)
	if !strings.HasPrefix(kind, "multipart/") {
		if kind != "text/plain" {
			return m, false
		}
		text, ok := usualText(body, h.encoding, params)
		if ok && strings.TrimSpace(text) != "" {
			m.texts = []string{text}
		}
		return m, ok
	}
	boundary := params.get("boundary")
	if boundary == "" || kind != "multipart/report" && kind != "multipart/mixed" && kind != "multipart/alternative" {
		return m, false
	}
	parts, ok := cutParts(body, boundary)
	if !ok {
		return m, false
	}
	var attached []string
	for _, p := range parts {
		h, content, ok := partHeader(p)
		if !ok {
			return m, false
		}
		kind, params := mediaType(h.contentType)
		if kind == "text/plain" {
			text, ok := usualText(content, h.encoding, params)
			if !ok || !h.attached && (len(m.texts) > 0 || strings.TrimSpace(text) == "") {
				return m, false
			}
			if h.attached {
				attached = append(attached, text)
			} else {
				m.texts = append(m.texts, text)
			}
		} else if !m.add(kind, h, content) {
			return m, false
		}
	}
	if len(m.texts) == 0 {
		return m, false
	}
	for _, t := range attached {
		if t != m.texts[0] && strings.TrimSpace(t) != "" {
			m.texts = append(m.texts, t)
		}
	}
	return m, true
}

// add takes one part that is no plain text.
func (m *mimeMessage) add(kind string, h partFields, content string) bool {
	var to *[]byte
	switch {
	case kind == "message/delivery-status":
		to = &m.status
	case kind == "text/rfc822-headers", kind == "message/rfc822":
		to = &m.headers
	default:
		// A picture or page beside the text says nothing more.
		return !strings.HasPrefix(kind, "multipart/") && !strings.HasPrefix(kind, "message/")
	}
	switch strings.ToLower(h.encoding) {
	case "", "7bit", "8bit", "binary":
	default:
		return false
	}
	if *to == nil {
		*to = []byte(content)
	}
	return true
}

// cutParts returns the parts between the lines "--boundary" (RFC 2046 section
// 5.1.1), without what stands before, between and behind.
func cutParts(body, boundary string) (parts []string, ok bool) {
	line := "--" + boundary
	start := -1
	for at := 0; ; {
		i := strings.Index(body[at:], line)
		if i < 0 {
			return nil, false // not closed
		}
		i += at
		at = i + len(line)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		rest, _ := nextLine(body[at:])
		closing := strings.HasPrefix(rest, "--")
		if closing {
			rest = rest[2:]
		}
		if strings.Trim(rest, " \t") != "" {
			continue // of another multipart
		}
		if start >= 0 {
			end := i
			if end > start {
				end-- // the line break before belongs to the boundary
			}
			if end > start && body[end-1] == '\r' {
				end--
			}
			parts = append(parts, body[start:end])
		}
		if closing {
			return parts, len(parts) > 0
		}
		if len(parts) >= maxUsualParts || strings.IndexByte(body[at:], '\n') < 0 {
			return nil, false
		}
		start = at + strings.IndexByte(body[at:], '\n') + 1
	}
}

// partFields are the fields of a part that decide how it is read.
type partFields struct {
	contentType, encoding string
	attached              bool // Content-Disposition (RFC 2183)
}

// partHeader cuts the header block off a part. A part without a type is none of
// the usual ones.
func partHeader(p string) (f partFields, content string, ok bool) {
	for lines := 0; p != "" && lines < 32; lines++ {
		var line string
		line, p = nextLine(p)
		if line == "" {
			return f, p, f.contentType != ""
		}
		for p != "" && (p[0] == ' ' || p[0] == '\t') {
			var more string
			more, p = nextLine(p)
			line += more
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			return f, "", false
		}
		switch strings.ToLower(name) {
		case "content-type":
			f.contentType = strings.TrimSpace(value)
		case "content-transfer-encoding":
			f.encoding = strings.TrimSpace(value)
		case "content-disposition":
			switch kind, _ := mediaType(value); kind {
			case "inline":
			case "attachment":
				f.attached = true
			default:
				return f, "", false
			}
		}
	}
	return f, "", false
}

// mediaParams are the parameters of a media type, as written.
type mediaParams string

// mediaType takes a Content-Type apart; without one it is plain text.
func mediaType(v string) (kind string, params mediaParams) {
	if strings.TrimSpace(v) == "" {
		return "text/plain", ""
	}
	kind, rest, _ := strings.Cut(v, ";")
	return strings.ToLower(strings.TrimSpace(kind)), mediaParams(rest)
}

// get returns a parameter, "" where it is not there or not plainly written.
func (p mediaParams) get(name string) string {
	for rest := string(p); rest != ""; {
		var one string
		one, rest, _ = strings.Cut(rest, ";")
		k, v, ok := strings.Cut(one, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(k), name) {
			continue
		}
		v = strings.TrimSpace(v)
		if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
			v = v[1 : len(v)-1]
		}
		if strings.ContainsAny(v, "\"\\()") {
			return ""
		}
		return v
	}
	return ""
}

// usualText decodes a text in an encoding and a charset that are common.
func usualText(s, encoding string, params mediaParams) (text string, ok bool) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "7bit", "8bit", "binary":
	case "quoted-printable":
		if s, ok = decodeQP(s); !ok {
			return "", false
		}
	case "base64":
		if s, ok = decodeBase64(s); !ok {
			return "", false
		}
	default:
		return "", false
	}
	switch charset := strings.ToLower(params.get("charset")); charset {
	case "", "us-ascii", "utf-8":
		if charset == "utf-8" {
			return s, utf8.ValidString(s)
		}
		return s, ascii(s) && (charset != "" || indexFold(string(params), "charset") < 0)
	case "iso-8859-1", "windows-1252":
		if ascii(s) {
			return s, true
		}
		s, err := charmap.Windows1252.NewDecoder().String(s)
		return s, err == nil
	}
	return "", false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// decodeQP decodes quoted-printable (RFC 2045 section 6.7); ok is false where
// it is not well-formed.
func decodeQP(s string) (text string, ok bool) {
	out := make([]byte, 0, len(s))
	for s != "" {
		i := strings.IndexByte(s, '\n')
		line, end := s, ""
		if i >= 0 {
			line, end = s[:i], s[i:i+1]
			if i > 0 && s[i-1] == '\r' {
				line, end = s[:i-1], s[i-1:i+1]
			}
		}
		s = s[len(line)+len(end):]
		line = strings.TrimRight(line, " \t")
		if strings.HasSuffix(line, "=") {
			line, end = line[:len(line)-1], ""
		}
		for {
			j := strings.IndexByte(line, '=')
			if j < 0 {
				break
			}
			if j+2 >= len(line) {
				return "", false
			}
			hi, lo := hexDigit(line[j+1]), hexDigit(line[j+2])
			if hi < 0 || lo < 0 {
				return "", false
			}
			out = append(append(out, line[:j]...), byte(hi<<4|lo))
			line = line[j+3:]
		}
		out = append(append(out, line...), end...)
	}
	return string(out), true
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeBase64 decodes base64 in lines; ok is false where there is anything
// else in it.
func decodeBase64(s string) (text string, ok bool) {
	in := make([]byte, 0, len(s))
	for s != "" {
		var line string
		line, s = nextLine(s)
		in = append(in, line...)
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(in)))
	n, err := base64.StdEncoding.Decode(out, bytes.TrimRight(in, " \t"))
	return string(out[:max(n, 0)]), err == nil
}
