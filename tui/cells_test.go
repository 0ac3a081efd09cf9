package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"metriage/diag"
)

// Texts whose cells are not their bytes, among them what makes a character of
// the one before it.
var cellTexts = []string{
	"", "plain", "a\tb", "cut …", "…", "…\u0301", "─\u200d█", "│x│", "█…", "e\u0301", "x…\ufe0f", "日本語", "日…", "👩‍👩‍👧", "🇩🇪",
	"\x1b[1mbold\x1b[m", "\x1b[38;5;7m…\x1b[0m rest", "\x1b[1;91mFAIL", "\x1b[2Jx", "\x1b[", "\x1b[1", "\x1b", "\x1b]0;t\x07x", "\x1b(Bx",
	"\x9b1mx", "\xe2\x80", "a\x00b", "\u200b", "\u202e", "\x1b[3:4mx", "m\x1b[mm",
}

// What is counted here is what the renderer counts.
func FuzzWidth(f *testing.F) {
	for _, s := range cellTexts {
		f.Add(s, 4)
	}
	f.Fuzz(func(t *testing.T, s string, w int) {
		if got, want := width(s), ansi.StringWidth(s); got != want {
			t.Errorf("width(%q) = %d, want %d", s, got, want)
		}
		if w = w & 0xff; w > 0 {
			if got, want := cut(s, w, "…"), ansi.Truncate(s, w, "…"); width(s) > w && got != want {
				t.Errorf("cut(%q, %d) = %q, want %q", s, w, got, want)
			}
		}
	})
}

// A row has the width that it is given, whatever it is made of.
func TestFit(t *testing.T) {
	for _, s := range append(cellTexts, strings.Repeat("long ", 100)) {
		s = diag.Clean(s)
		for _, w := range []int{1, 2, 3, 7, 40, 300} {
			for _, more := range []string{"", "~", "…"} {
				if got := ansi.StringWidth(fit(s, w, more)); got != w {
					t.Errorf("fit(%q, %d, %q) takes %d", s, w, more, got)
				}
				if got := ansi.StringWidth(fitRight(s, w, more)); got != w {
					t.Errorf("fitRight(%q, %d, %q) takes %d", s, w, more, got)
				}
			}
		}
	}
}
