package tui

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// A first prefix that is wider than the others takes its room.
func TestIndentKeepsTheWidth(t *testing.T) {
	text := "Nobody lists you: a request would be answered by nobody, or make you look guilty."
	for w := 20; w < 90; w++ {
		for i, l := range indent("DELIST ", "  ", text, w) {
			if ansi.StringWidth(l) > w {
				t.Errorf("at %d columns line %d has %d: %q", w, i, ansi.StringWidth(l), l)
			}
		}
	}
	if got := indent("DELIST ", "  ", "short", 40); len(got) != 1 || got[0] != "DELIST short" {
		t.Errorf("%q", got)
	}
}
