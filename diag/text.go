package diag

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text from mail, logs, DNS or SMTP harmless for a terminal, a
// file or the clipboard, on one line: line breaks and tabs become a space, and
// every control character (C0, C1, DEL), every bidirectional or invisible
// formatting character and every invalid byte becomes "?".
func Clean(s string) string { return clean(s, false) }

// CleanLines is Clean that keeps line breaks, as "\n".
func CleanLines(s string) string { return clean(strings.ReplaceAll(s, "\r\n", "\n"), true) }

func clean(s string, lines bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n' && lines:
			b.WriteByte('\n')
		case unicode.IsSpace(r) && r != 0x85:
			b.WriteByte(' ')
		case r == utf8.RuneError && n == 1, !visible(r):
			b.WriteByte('?')
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// visible reports whether r is a letter, mark, number, punctuation or symbol
// that draws something. Categories Cc, Cf (which holds the bidirectional
// controls of UAX 9 and the zero-width characters), Cs, Co and Cn are not, nor
// are variation selectors and what Unicode counts as letters and marks but
// draws as nothing (Other_Default_Ignorable_Code_Point).
func visible(r rune) bool {
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Variation_Selector, r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// plain reports whether s is printable ASCII throughout, the common case.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}
	return true
}

// Thousands writes n with a comma between thousands.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Plural writes "1 file" or "1,204 files".
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Thousands(n) + " " + many
}
