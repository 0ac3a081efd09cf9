package tui

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

var update = flag.Bool("update", false, "write the golden screens anew")

func windowOf(w, h int) tea.WindowSizeMsg { return tea.WindowSizeMsg{Width: w, Height: h} }

// scenes are the screens that are kept; keys lead to them.
var scenes = []struct {
	name string
	keys []string
	// words have to be on the screen whatever its size.
	words []string
}{
	{"groups", nil, []string{"REFUSED", "from info@"}},
	{"failures", []string{"enter"}, []string{"RECIPIENT", "CAUSE"}},
	{"reply", []string{"enter", "1"}, []string{"[1 Reply]", "Cause", "Proof"}},
	{"checks", []string{"enter", "enter"}, []string{"FAIL    PTR", "PASS    HELO", "FAIL    DNSBL", "PASS    DNSBL", "PASS    RELAY"}},
	{"evidence", []string{"enter", "enter", "enter"}, []string{"NXDOMAIN"}},
	{"guidance", []string{"enter", "enter", "3"}, []string{"CONTAIN", "Uses:"}},
	{"queue", []string{"]"}, []string{"FOLDER", "MESSAGES"}},
	{"messages", []string{"]", "enter"}, []string{"DESTINATION", "STATUS"}},
	{"help", []string{"?"}, []string{"Keys in the list of Failures"}},
}

func TestGoldenScreens(t *testing.T) {
	sizes := [][2]int{{80, 24}, {120, 40}}
	for _, size := range sizes {
		for _, sc := range scenes {
			t.Run(sc.name+"-"+sizeName(size), func(t *testing.T) {
				s := newStage(t, setup{w: size[0], h: size[1]})
				s.press(sc.keys...)
				s.golden(sc.name+"-"+sizeName(size), sc.words)
			})
		}
	}
	for _, v := range []struct {
		name string
		w, h int
		opt  Options
		keys []string
	}{
		{"groups-200x60", 200, 60, Options{}, nil},
		{"guidance-200x60", 200, 60, Options{}, []string{"enter", "enter", "3"}},
		{"guidance-60x15", 60, 15, Options{}, []string{"enter", "enter", "3"}},
		{"groups-ascii-80x24", 80, 24, Options{ASCII: true}, nil},
		{"guidance-ascii-80x24", 80, 24, Options{ASCII: true}, []string{"enter", "enter", "3"}},
		{"groups-nocolour-80x24", 80, 24, Options{Theme: ThemeNone}, nil},
		{"checks-nocolour-80x24", 80, 24, Options{Theme: ThemeNone}, []string{"enter", "enter"}},
		{"letter-80x24", 80, 24, Options{}, []string{"enter", "enter", "L"}},
		{"export-80x24", 80, 24, Options{}, []string{"enter", "e"}},
		{"palette-80x24", 80, 24, Options{}, []string{":"}},
		{"link-80x24", 80, 24, Options{}, []string{"enter", "enter", "o"}},
		{"marked-80x24", 80, 24, Options{}, []string{"enter", "space", "space"}},
		{"faults-80x24", 80, 24, Options{}, []string{"F"}},
		{"checks-200x60", 200, 60, Options{}, []string{"enter", "enter"}},
		{"groups-60x15", 60, 15, Options{}, nil},
		{"checks-60x15", 60, 15, Options{}, []string{"enter", "enter"}},
		{"checks-ascii-80x24", 80, 24, Options{ASCII: true}, []string{"enter", "enter"}},
	} {
		t.Run(v.name, func(t *testing.T) {
			s := newStage(t, setup{w: v.w, h: v.h, opt: v.opt})
			s.press(v.keys...)
			s.golden(v.name, nil)
			if v.opt.ASCII {
				for _, r := range s.screen() {
					if r > 0x7E {
						t.Fatalf("%q is not ASCII:\n%s", r, s.screen())
					}
				}
			}
		})
	}
}

func sizeName(size [2]int) string {
	return map[[2]int]string{{80, 24}: "80x24", {120, 40}: "120x40"}[size]
}

// golden compares the screen with the kept one and with the words that it has
// to show.
func (s *stage) golden(name string, words []string) {
	s.t.Helper()
	got := s.screen()
	for _, w := range words {
		if !strings.Contains(got, w) {
			s.t.Errorf("the screen does not show %q:\n%s", w, got)
		}
	}
	if len(s.m.overlays) == 0 && !regexp.MustCompile(`(?m)^>`).MatchString(got) && !strings.Contains(got, "│>") {
		s.t.Errorf("no selected row:\n%s", got)
	}
	path := filepath.Join("..", "testdata", "screens", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		s.t.Errorf("the screen differs from %s (go test ./tui -update writes it anew):\n%s\nit was:\n%s", path, got, want)
	}
}
