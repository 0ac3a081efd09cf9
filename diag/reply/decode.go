package reply

import (
	"html"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// decode returns s as UTF-8 with the transfer encodings undone that replies
// are found in: quoted-printable, HTML entities, encoded words, line breaks
// written as \n, and blanks written as "+".
func decode(s string) string {
	if !utf8.ValidString(s) {
		// Windows-1252 has a character for nearly every byte, so this cannot
		// fail; what it has none for becomes U+FFFD and is dropped by folding.
		if d, err := charmap.Windows1252.NewDecoder().String(s); err == nil {
			s = d
		}
	}
	if strings.IndexByte(s, '=') >= 0 {
		s = unquotePrintable(s)
		if strings.Contains(s, "=?") {
			if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
				s = d
			}
		}
	}
	if strings.IndexByte(s, '&') >= 0 {
		s = unescapeEntities(s)
	}
	if strings.IndexByte(s, '\\') >= 0 {
		s = breaks.Replace(s)
	}
	if strings.IndexByte(s, '<') >= 0 && strings.IndexByte(s, '>') >= 0 {
		s = unmarkup(s)
	}
	if strings.IndexByte(s, ' ') < 0 && strings.Count(s, "+") >= 3 && !strings.Contains(s, "://") {
		s = strings.ReplaceAll(s, "+", " ") // MailEnable's W3C log
	}
	return s
}

// breaks turns line breaks that a log wrote as escapes into line breaks. Every
// other backslash stays.
var breaks = strings.NewReplacer(`\r\n`, "\n", `\n`, "\n")

// unquotePrintable decodes quoted-printable (RFC 2045 section 6.7) where s is
// that beyond doubt: every "=" begins an escape or ends a line, and at least
// one of them cannot be part of a link such as "?ip=192.0.2.1".
func unquotePrintable(s string) string {
	sure := false
	for i := 0; i < len(s); i++ {
		if s[i] != '=' {
			continue
		}
		rest := s[i+1:]
		switch {
		case strings.HasPrefix(rest, "\n"), strings.HasPrefix(rest, "\r\n"):
			// "?ip=" at the end of a line is a link that goes on, not a soft break.
			if !inQuery(s[:i]) {
				sure = true
			}
		case len(rest) >= 2 && isHex(rest[0]) && isHex(rest[1]):
			switch {
			case rest[:2] == "3D", rest[0] >= 'C' && rest[0] <= 'F' && len(rest) > 2 && rest[2] == '=',
				rest[:2] == "20" && (len(rest) == 2 || rest[2] == '\n' || rest[2] == '\r'):
				sure = true
			}
		default:
			return s
		}
	}
	if !sure {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '=' {
			b.WriteByte(s[i])
			continue
		}
		rest := s[i+1:]
		switch {
		case strings.HasPrefix(rest, "\r\n"):
			i += 2
		case strings.HasPrefix(rest, "\n"):
			i++
		case len(rest) >= 2:
			b.WriteByte(unhex(rest[0])<<4 | unhex(rest[1]))
			i += 2
		default:
			b.WriteByte('=')
		}
	}
	out := b.String()
	if !utf8.ValidString(out) {
		if d, err := charmap.Windows1252.NewDecoder().String(out); err == nil {
			out = d
		}
	}
	return out
}

// inQuery reports whether s ends within what may be the query of a link.
func inQuery(s string) bool {
	token := s[strings.LastIndexAny(s, " \t\n<>")+1:]
	return strings.ContainsAny(token, "?&")
}

// isHex accepts upper case only: quoted-printable demands it, links rarely have
// it.
func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c - 'A' + 10
}

// unescapeEntities decodes HTML entities that end with a semicolon. Those
// without one are more often a link's parameter ("&copy=1").
func unescapeEntities(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			break
		}
		end := strings.IndexByte(s[i:], ';')
		if end < 3 || end > 10 {
			b.WriteString(s[:i+1])
			s = s[i+1:]
			continue
		}
		b.WriteString(s[:i])
		b.WriteString(html.UnescapeString(s[i : i+end+1]))
		s = s[i+end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// markup lists the tags that bounces in HTML have around a reply. Nothing else
// in angle brackets is markup: most of it is addresses.
var markup = strings.NewReplacer(
	"<br>", "\n", "<br/>", "\n", "<br />", "\n", "<BR>", "\n", "</p>", "\n", "<p>", "\n", "</div>", "\n", "<div>", "\n",
	"<b>", "", "</b>", "", "<i>", "", "</i>", "", "<span>", "", "</span>", "", "<tt>", "", "</tt>", "", "<pre>", "", "</pre>", "", "</a>", "")

func unmarkup(s string) string {
	s = markup.Replace(s)
	// <a href="URL">text: the link is worth more than the text.
	for n := 0; n < 20; n++ {
		i := strings.Index(s, `<a href="`)
		if i < 0 {
			break
		}
		end := strings.IndexByte(s[i+9:], '"')
		if end < 0 {
			break
		}
		link := s[i+9 : i+9+end]
		rest := s[i+9+end:]
		if gt := strings.IndexByte(rest, '>'); gt >= 0 {
			rest = rest[gt+1:]
		}
		s = s[:i] + link + " " + strings.TrimPrefix(rest, link)
	}
	return s
}
