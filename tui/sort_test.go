package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// columnTexts are the whole values of a column, from the first row to the last.
func (s *stage) columnTexts(column int) []string {
	l := s.m.openList()
	def := s.m.sec().levels[s.m.state().depth]
	var out []string
	for _, n := range l.items {
		out = append(out, def.columns[column].text(s.m, def.row(l.data, n)))
	}
	return out
}

// Every column of every list sorts, both ways, and takes nothing away.
func TestSortByEveryColumn(t *testing.T) {
	for _, place := range [][]string{nil, {"enter"}, {"]"}, {"]", "enter"}, {"]", "]"}} {
		s := newStage(t, setup{w: 120, h: 40})
		s.press(place...)
		depth := s.m.state().depth
		n := len(s.m.openList().items)
		if n < 2 {
			t.Fatalf("%v: %d rows", place, n)
		}
		def := s.m.sec().levels[depth]
		for i, c := range def.columns {
			title := s.m.columnTitle(depth, i)
			s.command("sort by " + strings.ToLower(title))
			s.has("Sorted by " + title)
			for _, reversed := range []bool{false, true} {
				if s.m.openList().reverse != reversed {
					s.press("S")
				}
				l := s.m.openList()
				if len(l.items) != n {
					t.Fatalf("%v %s: %d of %d rows are left", place, title, len(l.items), n)
				}
				for k := 1; k < n; k++ {
					d := c.less(def.row(l.data, l.items[k-1]), def.row(l.data, l.items[k]))
					if !reversed && d > 0 || reversed && d < 0 {
						t.Fatalf("%v %s, reversed %v: row %d stands wrong", place, title, reversed, k)
					}
				}
			}
			s.press("S")
		}
	}
}

// What the columns say is in order, not only what they compare by.
func TestSortedColumnsRead(t *testing.T) {
	s := newStage(t, setup{w: 200, h: 60})
	s.command("sort by domain")
	names := s.columnTexts(0)
	if !slices.IsSortedFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		t.Errorf("%q", names)
	}
	s.command("sort by refused")
	var counts []int
	for _, text := range s.columnTexts(1) {
		n, err := strconv.Atoi(strings.ReplaceAll(strings.ReplaceAll(text, ".", "0"), ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	slices.Reverse(counts)
	if !slices.IsSorted(counts) {
		t.Errorf("%v: the most come first", counts)
	}
}

// All groupings count the same failures; esc and enter keep the way back.
func TestEveryGrouping(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 40})
	want := s.m.data.view.Totals().Failures
	rows := map[string]string{
		"PROVIDER": "Microsoft 365", "BY CAUSE": "no PTR", "SENDER": "info@brandt-freight.example", "ACCOUNT": "harbourline.example",
		"OWN ADDRESS": "198.51.100.25", "DOMAIN": "webpost.example",
	}
	for _, g := range append(groupings[1:], groupings[0]) {
		s.press("b")
		s.has(g.head, rows[g.head])
		sum := 0
		l := s.m.openList()
		for _, n := range l.items {
			sum += l.data.groups[n].Failures
		}
		if sum != want {
			t.Errorf("by %s: %d failures, %d in all", g.word, sum, want)
		}
		s.press("enter")
		if g := l.data.groups[l.items[l.cursor]]; len(s.m.openList().items) == 0 && g.Failures > 0 {
			t.Errorf("%s opens to nothing", g.Display)
		}
		s.press("esc")
	}
}

// The way back leads to the same row under the same filter, and the breadcrumbs
// say where one is.
func TestBackKeepsCursorAndFilter(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 30})
	s.press("/")
	s.typed("example !webpost")
	s.press("enter")
	s.goTo("northgate-le")
	n := len(s.m.openList().items)
	s.press("enter", "j", "j", "/")
	s.typed("cause:ptr")
	s.press("enter", "j")
	row, inner := s.m.openList().key, len(s.m.openList().items)
	s.has("northgate-legal.example", "filter: cause:ptr")
	s.press("enter", "3", "]", "enter", "esc", "[", "esc")
	if l := s.m.openList(); l.key != row || len(l.items) != inner {
		t.Errorf("back from the detail: %s of %d rows, it was %s of %d", l.key, len(l.items), row, inner)
	}
	s.press("esc", "esc")
	if got := fmt.Sprint(len(s.m.openList().items)); got != fmt.Sprint(n) || !strings.Contains(s.row(), "northgate-le") {
		t.Errorf("back in the groups: %s rows, cursor on %q", got, s.row())
	}
	s.has("filter: example !webpost")
}
