package tui

import "strings"

// glyphs are the characters that the dashboard draws with.
type glyphs struct {
	cursor, mark, more, vline, hline, sep, dot, done, bar string
	ascii                                                 bool
}

var unicodeGlyphs = glyphs{cursor: ">", mark: "*", more: "…", vline: "│", hline: "─", sep: "›", dot: "·", done: "✓", bar: "█"}

var asciiGlyphs = glyphs{cursor: ">", mark: "*", more: "~", vline: "|", hline: "-", sep: ">", dot: ".", done: "x", bar: "#", ascii: true}

var spinner = []string{"|", "/", "-", `\`}

// text replaces what the glyph set cannot show.
func (g glyphs) text(s string) string {
	if !g.ascii {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r > 0x7E {
			return '?'
		}
		return r
	}, s)
}
