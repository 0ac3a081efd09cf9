package mailenable

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const utf8BOM = "\xEF\xBB\xBF"

// cutLine returns the first line without its end, CRLF, LF or a lone CR, and
// the rest.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		if j := bytes.IndexByte(b, '\r'); j >= 0 {
			return b[:j], b[j+1:]
		}
		return b, nil
	}
	line, rest = b[:i], b[i+1:]
	if j := bytes.IndexByte(line, '\r'); j >= 0 && j < len(line)-1 {
		return b[:j], b[j+1:]
	}
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// toUTF8 returns b as a string; bytes that are not UTF-8 are read as
// Windows-1252, the code page of most MailEnable servers.
func toUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

var wordDecoder = mime.WordDecoder{}

// decodeWords decodes the encoded words (RFC 2047) of a header value; what
// cannot be decoded stays as it is.
func decodeWords(v string) string {
	if !strings.Contains(v, "=?") {
		return v
	}
	if d, err := wordDecoder.DecodeHeader(v); err == nil {
		return d
	}
	return v
}

// shorten cuts s to at most n bytes at a rune boundary.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// indexFold returns where sub, which begins with an ASCII letter, stands in s
// without case, -1 where it does not.
func indexFold[T string | []byte](s T, sub string) int {
	first := sub[0] | 0x20
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i]|0x20 == first && strings.EqualFold(string(s[i:i+len(sub)]), sub) {
			return i
		}
	}
	return -1
}

// nextLine is cutLine for a string.
func nextLine(s string) (line, rest string) {
	i := strings.IndexByte(s, '\n')
	if i < 0 {
		if j := strings.IndexByte(s, '\r'); j >= 0 {
			return s[:j], s[j+1:]
		}
		return s, ""
	}
	line, rest = s[:i], s[i+1:]
	if j := strings.IndexByte(line, '\r'); j >= 0 {
		if j < len(line)-1 {
			return s[:j], s[j+1:]
		}
		line = line[:j]
	}
	return line, rest
}

// validText is toUTF8 for what is a string already.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return toUTF8([]byte(s))
}

// blanks are what the fields of NDRs are padded with.
const blanks = " \t\n\f\r"

// cutWords returns what follows words, without case, and the blanks around
// them at the beginning of s.
func cutWords(s, words string) (rest string, ok bool) {
	s = strings.TrimLeft(s, blanks)
	if !hasPrefixFold(s, words) {
		return "", false
	}
	return strings.TrimLeft(s[len(words):], blanks), true
}
