package sample

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// Attack is one piece of text that strangers write to harm whoever reads it.
type Attack struct {
	Name string
	Text string
}

// maxAttack bounds one attack, after it was repeated.
const maxAttack = 256 << 10

// ParseAttacks reads a table of attacks in TOML: [[attack]] with name, text in
// Go's notation for strings, and how often it is repeated.
func ParseAttacks(b []byte) ([]Attack, error) {
	var table struct {
		Attack []struct {
			Name, Text string
			Repeat     int
		}
	}
	if err := toml.Unmarshal(b, &table); err != nil {
		return nil, fmt.Errorf("attacks: %w", err)
	}
	var out []Attack
	for _, a := range table.Attack {
		text, err := unescape(a.Text)
		if err != nil {
			return nil, fmt.Errorf("attack %q: %w", a.Name, err)
		}
		if n := max(1, a.Repeat); len(text)*n <= maxAttack {
			text = strings.Repeat(text, n)
		}
		out = append(out, Attack{a.Name, text})
	}
	return out, nil
}

// unescape resolves the escapes of Go's strings; quotes stand for themselves.
func unescape(s string) (string, error) {
	var b strings.Builder
	for s != "" {
		r, wide, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil {
			return "", err
		}
		if wide {
			b.WriteRune(r)
		} else {
			b.WriteByte(byte(r))
		}
		s = rest
	}
	return b.String(), nil
}

// Harm names the first thing in text that no output may hold beside line ends:
// bytes that are no UTF-8, control characters of either set, characters that
// change the direction or draw nothing, and line separators; "" where there is
// none. It shares nothing with the code that makes text harmless.
func Harm(text string) string {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return fmt.Sprintf("the byte %#x at %d, which is no UTF-8", text[i], i)
		case r == '\n', r == '\r' && strings.HasPrefix(text[i:], "\r\n"):
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r),
			unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return fmt.Sprintf("%U at %d", r, i)
		}
		i += n
	}
	return ""
}
