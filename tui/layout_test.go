package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLayoutTable(t *testing.T) {
	for _, tt := range []struct {
		in   layoutIn
		want string
	}{
		{layoutIn{width: 80, height: 24, levels: 2}, "list0 80x9 tabs 80 detail 80x10"},
		{layoutIn{width: 80, height: 24, levels: 2, depth: 1}, "list1 80x9 tabs 80 detail 80x10"},
		{layoutIn{width: 80, height: 24, levels: 2, depth: 1, detail: true}, "list1 80x5 tabs 80 detail 80x14"},
		{layoutIn{width: 80, height: 24, levels: 2, depth: 1, zoom: true}, "list1 80x20"},
		{layoutIn{width: 80, height: 24, levels: 2, depth: 1, detail: true, zoom: true}, "tabs 80 detail 80x19"},
		{layoutIn{width: 99, height: 30, levels: 2}, "list0 99x11 tabs 99 detail 99x14"},
		{layoutIn{width: 100, height: 30, levels: 2}, "list0 36x26 list1 22x26 tabs 40 detail 40x25"},
		{layoutIn{width: 120, height: 40, levels: 2}, "list0 50x36 list1 24x36 tabs 44 detail 44x35"},
		{layoutIn{width: 120, height: 40, levels: 2, depth: 1}, "list0 24x36 list1 50x36 tabs 44 detail 44x35"},
		{layoutIn{width: 120, height: 40, levels: 2, depth: 1, detail: true}, "list0 24x36 list1 36x36 tabs 58 detail 58x35"},
		{layoutIn{width: 120, height: 40, levels: 1}, "list0 69x36 tabs 50 detail 50x35"},
		{layoutIn{width: 120, height: 40, levels: 1, detail: true}, "list0 55x36 tabs 64 detail 64x35"},
		{layoutIn{width: 200, height: 60, levels: 2}, "list0 75x56 list1 40x56 tabs 83 detail 83x27 second 83x27"},
		{layoutIn{width: 160, height: 24, levels: 2}, "list0 54x20 list1 34x20 tabs 70 detail 70x19"},
		{layoutIn{width: 59, height: 24, levels: 2}, "too small"},
		{layoutIn{width: 60, height: 14, levels: 2}, "too small"},
		{layoutIn{width: 60, height: 15, levels: 2}, "list0 60x4 tabs 60 detail 60x6"},
	} {
		if got := describe(layout(tt.in)); got != tt.want {
			t.Errorf("%+v\ngot  %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func describe(o layoutOut) string {
	if o.tooSmall {
		return "too small"
	}
	s := ""
	add := func(format string, args ...any) {
		if s != "" {
			s += " "
		}
		s += fmt.Sprintf(format, args...)
	}
	for i, r := range o.lists {
		if r.h > 0 {
			add("list%d %dx%d", i, r.w, r.h)
		}
	}
	if o.tabs.h > 0 {
		add("tabs %d", o.tabs.w)
	}
	if o.detail.h > 0 {
		add("detail %dx%d", o.detail.w, o.detail.h)
	}
	if o.second.h > 0 {
		add("second %dx%d", o.second.w, o.second.h)
	}
	return s
}

// At every size the parts lie on the screen and nothing lies on anything else.
func TestLayoutPartsDoNotOverlap(t *testing.T) {
	for w := minWidth; w <= 260; w += 7 {
		for h := minHeight; h <= 90; h += 5 {
			for n := range 32 {
				in := layoutIn{width: w, height: h, levels: 1 + n%2, depth: n / 2 % 2, detail: n/4%2 == 1, zoom: n/8%2 == 1, longHeadline: n/16 == 1}
				in.depth = min(in.depth, in.levels-1)
				o := layout(in)
				parts := append([]rect{o.headline, o.crumbs, o.status, o.footer, o.tabs, o.detail, o.second}, o.lists...)
				for i, a := range parts {
					if a.w == 0 || a.h == 0 {
						continue
					}
					if a.x < 0 || a.y < 0 || a.x+a.w > w || a.y+a.h > h || a.w < 0 || a.h < 0 {
						t.Fatalf("%+v: part %d %+v is off the screen", in, i, a)
					}
					for j, b := range parts[:i] {
						if b.w > 0 && b.h > 0 && a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h {
							t.Fatalf("%+v: parts %d %+v and %d %+v overlap", in, i, a, j, b)
						}
					}
				}
			}
		}
	}
}

// A headline that does not fit goes on on a second line where there is height
// for it, and nothing of it is lost.
func TestLongHeadline(t *testing.T) {
	for _, c := range []struct{ w, h, lines int }{{80, 24, 2}, {60, 24, 2}, {80, 20, 1}, {200, 60, 1}} {
		s := newStage(t, setup{w: c.w, h: c.h, opt: Options{Title: "demo"}})
		s.m.data.headline.Text = "Queue 1,234: 96 % from info@brandt-freight.example since 23 Nov 10:56, 41 networks"
		s.m.refresh()
		lines := strings.Split(s.screen(), "\n")
		head := strings.Join(strings.Fields(strings.Join(lines[:c.lines], " ")), " ")
		if s.m.layout.headline.h != c.lines || !strings.Contains(lines[c.lines], "[Failures]") {
			t.Errorf("%dx%d: %d lines\n%s", c.w, c.h, s.m.layout.headline.h, strings.Join(lines[:4], "\n"))
		}
		if c.w*c.lines >= 100 && (!strings.Contains(head, "41 networks") || !strings.Contains(head, "0 opens it")) {
			t.Errorf("%dx%d: %q", c.w, c.h, head)
		}
	}
}

func TestColumnsFitAndDropInOrder(t *testing.T) {
	for _, sec := range sections() {
		for _, l := range sec.levels {
			gone := map[int]bool{}
			for w := 120; w >= 20; w-- {
				widths := columnWidths(l.columns, w)
				if n := taken(widths); n > w+1 {
					t.Errorf("%s at %d: %v takes %d", l.many, w, widths, n)
				}
				for i, c := range l.columns {
					if c.drop == 0 && widths[i] == 0 {
						t.Errorf("%s at %d: %s must stay", l.many, w, c.title)
					}
					if gone[i] && widths[i] > 0 {
						t.Errorf("%s at %d: %s came back", l.many, w, c.title)
					}
					gone[i] = gone[i] || widths[i] == 0
				}
				for i, a := range l.columns {
					for j, b := range l.columns {
						if a.drop > b.drop && widths[i] > 0 && widths[j] == 0 {
							t.Errorf("%s at %d: %s went before %s", l.many, w, b.title, a.title)
						}
					}
				}
			}
		}
	}
}

func TestFitMeasuresWideCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"abc":         "abc  ",
		"abcdef":      "abcd…",
		"日本語":         "日本…",
		"e\u0301tude": "e\u0301tude",
		"":            "     ",
	} {
		if got := fit(in, 5, "…"); got != want || width(got) != 5 {
			t.Errorf("%q: %q, %d cells", in, got, width(got))
		}
	}
	if got := fitRight("12", 5, "…"); got != "   12" {
		t.Errorf("%q", got)
	}
}

func TestWrapKeepsNamesWhole(t *testing.T) {
	for in, want := range map[string][]string{
		"sent by brandt-freight.example":       {"sent by", "brandt-freight.example"},
		"a.example PTR  " + unit("(10 ms, x)"): {"a.example PTR", "(10 ms, x)"},
		strings.Repeat("x", 30):                {strings.Repeat("x", 22), strings.Repeat("x", 8)},
		"\x1b[1ma-b c-d\x1b[m " + "e-f\ng":     {"\x1b[1ma-b c-d\x1b[m e-f", "g"},
	} {
		if got := wrapTo(in, 22); !slices.Equal(got, want) {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestListFlipsByPages(t *testing.T) {
	l := list{}
	l.place(100, 10)
	for range 9 {
		l.move(1, 100, 10)
	}
	if l.top != 0 || l.cursor != 9 {
		t.Errorf("%+v", l)
	}
	l.move(1, 100, 10)
	if l.top != 10 || l.cursor != 10 {
		t.Errorf("at the edge the page does not flip: %+v", l)
	}
	l.move(-1, 100, 10)
	if l.top != 0 || l.cursor != 9 {
		t.Errorf("back at the edge: %+v", l)
	}
	l.move(1<<30, 100, 10)
	if l.cursor != 99 || l.top != 90 {
		t.Errorf("at the end: %+v", l)
	}
	l.place(3, 10)
	if l.cursor != 2 || l.top != 0 {
		t.Errorf("in a shorter list: %+v", l)
	}
	l.place(0, 10)
	if l.cursor != 0 || l.top != 0 {
		t.Errorf("in an empty list: %+v", l)
	}
}

func TestQuery(t *testing.T) {
	row := map[string]string{"": "anna@x.example 554 zen listed", "from": "anna@x.example", "cause": "blacklist-ip", "tries": "12", "size": "1500000"}
	field := func(name string) (string, bool) { v, ok := row[name]; return v, ok }
	for q, want := range map[string]bool{
		"":                  true,
		"554":               true,
		"554 ZEN":           true,
		"554 css":           false,
		"!css":              true,
		"!zen":              false,
		"from:anna":         true,
		"from:bob":          false,
		"!from:bob":         true,
		"cause:blacklist":   true,
		"nofield:x":         false,
		"!nofield:x":        true,
		"age:>1h":           true,
		"age:<1h":           false,
		"age:>1d":           false,
		"age:>bad":          false,
		"https://x.example": false,
		"tries:>9":          true,
		"tries:<12":         false,
		"!tries:<12":        true,
		"size:>1.4M":        true,
		"size:<1400k":       false,
		"size:>1G":          false,
		"cause:>1":          false,
	} {
		if got := parseQuery(q).match(field, 2*60*60*1e9); got != want {
			t.Errorf("%q: %v", q, got)
		}
	}
}

func FuzzQuery(f *testing.F) {
	f.Add("a !b c:d age:>1d")
	f.Fuzz(func(t *testing.T, s string) {
		parseQuery(s).match(func(string) (string, bool) { return "x", true }, 0)
	})
}

// A list of keys that does not fit ends with a whole one.
func TestWholeKeys(t *testing.T) {
	for w, want := range map[int]string{40: "enter opens, d done, n note", 20: "enter opens, d done", 12: "enter opens", 3: "enter opens"} {
		if got := whole("enter opens, d done, n note", w); got != want {
			t.Errorf("at %d: %q", w, got)
		}
	}
}
