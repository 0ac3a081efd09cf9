package reply

import (
	"unicode"
	"unicode/utf8"
)

// foldASCII maps an ASCII byte to its folded form; 0 means that the byte is
// dropped. White space, hyphens, underscores and quotes are dropped, so that
// "black-listed", "black listed" and a word broken by a line end are one text.
var foldASCII = func() (t [128]byte) {
	for i := range t {
		c := byte(i)
		switch {
		case c <= ' ', c == 0x7F, c == '-', c == '_', c == '\'', c == '"', c == '`':
		case c >= 'A' && c <= 'Z':
			t[i] = c + 'a' - 'A'
		default:
			t[i] = c
		}
	}
	return t
}()

// foldLatin maps letters with marks to their base letters. Replies come with
// the marks, without them, and in transcriptions; rules are folded likewise.
var foldLatin = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ё': "е"}
	for base, marked := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćĉċč", "d": "ď", "e": "èéêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ", "i": "ìíîïĩīĭį",
		"j": "ĵ", "k": "ķ", "l": "ĺļľŀ", "n": "ñńņňŉ", "o": "òóôõöōŏő", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț",
		"u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	} {
		for _, r := range marked {
			m[r] = base
		}
	}
	return m
}()

// foldRune returns the folded form of a rune beyond ASCII, "" for quotes,
// dashes, spaces and everything invisible.
func foldRune(r rune) string {
	r = unicode.ToLower(r)
	if s, ok := foldLatin[r]; ok {
		return s
	}
	switch {
	case r == utf8.RuneError, unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.In(r, unicode.Pi, unicode.Pf, unicode.Mn, unicode.Cf, unicode.Cc), r == '„', r == '´':
		return ""
	}
	return string(r)
}

// fold returns the folded form of s.
func fold(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if f := foldASCII[c]; f != 0 {
				out = append(out, f)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		out = append(out, foldRune(r)...)
		i += n
	}
	return string(out)
}

// wordByte reports whether a folded byte belongs to a word.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}
