package tui

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	{"raw", []string{"enter", "enter", "4"}, []string{"[4 Raw]", "Recipient: [SMTP:p.nowak@"}},
	{"queue", []string{"]"}, []string{"FOLDER", "MESSAGES"}},
	{"messages", []string{"]", "enter"}, []string{"DESTINATION", "STATUS"}},
	{"message", []string{"]", "enter", "enter"}, []string{"[1 Message]", "Next try"}},
	{"server", []string{"]", "]"}, []string{"[Server]", "WARN"}},
	{"link", []string{"enter", "enter", "o"}, nil},
	{"marked", []string{"enter", "space", "space"}, []string{"2 marked"}},
	{"faults", []string{"F"}, []string{"filter: fault:yes"}},
	{"letter", []string{"enter", "enter", "L"}, []string{"Request for a PTR record"}},
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
}

// forms are the other sizes and ways to show the main views.
var forms = []struct {
	name string
	w, h int
	opt  Options
}{
	{"200x60", 200, 60, Options{}},
	{"60x15", 60, 15, Options{}},
	{"nocolour-80x24", 80, 24, Options{Theme: ThemeNone}},
	{"ascii-80x24", 80, 24, Options{ASCII: true}},
}

var mainScenes = []string{"groups", "failures", "checks", "guidance", "queue", "messages", "server"}

func TestGoldenForms(t *testing.T) {
	for _, f := range forms {
		for _, sc := range scenes {
			if !slices.Contains(mainScenes, sc.name) {
				continue
			}
			t.Run(sc.name+"-"+f.name, func(t *testing.T) {
				s := newStage(t, setup{w: f.w, h: f.h, opt: f.opt})
				s.press(sc.keys...)
				var words []string
				if f.h >= 24 {
					words = sc.words
				}
				s.golden(sc.name+"-"+f.name, words)
				s.plain(f.opt)
			})
		}
	}
}

// plain reports what a way of showing must not send.
func (s *stage) plain(o Options) {
	s.t.Helper()
	raw := s.m.View().Content
	if o.ASCII {
		for _, r := range strip(raw) {
			if r > 0x7E {
				s.t.Fatalf("%q is not ASCII:\n%s", r, s.screen())
			}
		}
	}
	if o.Theme != ThemeNone {
		return
	}
	for _, seq := range []string{"\x1b[3", "\x1b[4", "\x1b[9", "\x1b[10"} {
		if strings.Contains(strings.ReplaceAll(raw, "\x1b[4m", ""), seq) {
			s.t.Errorf("a colour is sent: %q", seq)
		}
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
	s.kept(name)
}

// kept compares the screen with the kept one alone.
func (s *stage) kept(name string) {
	s.t.Helper()
	got := s.screen()
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
