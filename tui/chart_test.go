package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
)

// A column stands for its count: nothing, something and the most are different
// signs, and more is never drawn lower, in either set of signs.
func TestSpark(t *testing.T) {
	for _, g := range []glyphs{unicodeGlyphs, asciiGlyphs} {
		levels := unicodeLevels
		if g.ascii {
			levels = asciiLevels
		}
		for _, most := range []int{1, 2, 7, 100, 1_000_000} {
			counts := []int{0, 1, (most + 1) / 2, most}
			got := []rune(g.spark(counts, most))
			if got[0] != levels[0] || got[1] == levels[0] || got[3] != levels[len(levels)-1] {
				t.Errorf("most %d: %q", most, string(got))
			}
			for i := 1; i < len(got); i++ {
				if slices.Index(levels, got[i]) < slices.Index(levels, got[i-1]) {
					t.Errorf("most %d: %q falls at %d", most, string(got), i)
				}
			}
		}
		if got := g.spark([]int{0, 0}, 0); got != strings.Repeat(string(levels[0]), 2) {
			t.Errorf("nothing: %q", got)
		}
		if a, b := g.barLine(1, 1000, 20), g.barLine(1000, 1000, 20); len([]rune(a)) != 1 || len([]rune(b)) != 20 || g.barLine(0, 5, 20) != "" {
			t.Errorf("bars %q %q", a, b)
		}
	}
}

// The charts of a group say in words and figures what they draw, without
// colours and in ASCII too; the onset stands under its column.
func TestChartsOfAGroup(t *testing.T) {
	for _, o := range []Options{{}, {Theme: ThemeNone, ASCII: true}} {
		s := newStage(t, setup{w: 120, h: 60, opt: o})
		s.goTo("borough-counc")
		g, _ := s.m.selectedGroup()
		tl := s.m.timeline.t
		s.has("refused   ", "accepted  ", "max ", "^ is the onset", "age       1h", "older")
		lines := strings.Split(s.screen(), "\n")
		find := func(word string) (int, string) {
			for i, l := range lines {
				if at := strings.Index(l, word); at >= 0 {
					return i, l[at:]
				}
			}
			t.Fatalf("no %q:\n%s", word, s.screen())
			return 0, ""
		}
		y, refused := find("refused   ")
		drawn := []rune(refused[chartLabel:])
		before := func(line, mark string) int { head, _, _ := strings.Cut(line, mark); return width(head) }
		mark := before(lines[y+2], "^") - before(lines[y], "refused   ") - chartLabel
		n := len(tl.Refused)
		if want := int(g.Onset.Sub(tl.From) / (tl.To.Sub(tl.From) / time.Duration(n))); mark != want {
			t.Errorf("the onset stands under column %d, want %d:\n%s", mark, want, s.screen())
		}
		for i, count := range tl.Refused {
			if (count > 0) == (drawn[i] == unicodeLevels[0] || drawn[i] == asciiLevels[0]) {
				t.Errorf("column %d with %d is drawn as %q", i, count, drawn[i])
			}
		}
		sum := 0
		for _, n := range tl.Ages {
			sum += n
		}
		if sum != g.Failures {
			t.Errorf("the ages count %d failures, the group has %d", sum, g.Failures)
		}
		for c, n := range g.Causes {
			if n > 0 {
				_, l := find(c.Label() + strings.Repeat(" ", max(0, 19-len(c.Label()))))
				if !strings.HasSuffix(strings.TrimSpace(l), " "+diag.Thousands(n)) {
					t.Errorf("the bar of %s does not say %d: %q", c, n, l)
				}
			}
		}
		s.plain(o)
	}
}
