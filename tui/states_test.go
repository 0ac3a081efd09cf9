package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"metriage/diag/sample"
	"metriage/diag/triage"
)

// bareSite is an installation in which nothing was refused.
func bareSite(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	p := filepath.Join(root, "Postoffices", "acme", "MAILROOT", "anna", "Inbox", "A1.MAI")
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte("From: a@b.example\nSubject: hi\n\nhello\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

// Every state says what it is: loading, empty, filtered, partial, error and
// unknown are different things.
func TestStates(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		n := sizeName(size)
		t.Run("loading-"+n, func(t *testing.T) {
			s := newStage(t, setup{w: size[0], h: size[1], hold: true})
			s.m.scanning, s.m.progress = true, triage.Progress{Files: 12400, Found: 30000}
			s.m.refresh()
			s.has("Reading", "12,400 of 30,000 files")
		})
		t.Run("empty-"+n, func(t *testing.T) {
			s := newStage(t, setup{w: size[0], h: size[1], root: bareSite(t)})
			s.state("state-empty-"+n, "All quiet: nothing was refused", "Nothing was")
			s.press("enter")
			s.has("enter: nothing is selected")
		})
		t.Run("filtered-"+n, func(t *testing.T) {
			s := newStage(t, setup{w: size[0], h: size[1]})
			s.press("/")
			s.typed("zzz")
			s.state("state-filtered-"+n, "Nothing matches zzz.")
		})
		t.Run("unknown-"+n, func(t *testing.T) {
			s := newStage(t, setup{w: size[0], h: size[1]})
			s.world.Server().Behave(".", sample.Behaviour{Rcode: dns.RcodeRefused})
			s.press("enter", "enter")
			s.state("state-unknown-"+n, "UNKNOWN PTR", "UNKNOWN DNSBL", "could not be checked")
			s.hasNot("FAIL    PTR", "PASS    PTR", "PROVEN")
		})
		t.Run("running-"+n, func(t *testing.T) {
			s := newStage(t, setup{w: size[0], h: size[1]})
			s.press("enter", "2")
			s.m.findings = triage.Findings{}
			s.m.findings.Begin(s.m.sess.OpeningWords())
			s.m.refresh()
			s.state("state-running-"+n, "....    PTR     asking", "....    DNSBL", "x stops the checks")
			s.press("x")
			s.has("Checks stopped")
			s.hasNot("....    PTR")
		})
		t.Run("problems-"+n, func(t *testing.T) {
			s := newStage(t, setup{w: size[0], h: size[1], opt: Options{RootErrors: []error{errors.New("D:\\Mail: this account may not read it; start metriage from an administrator prompt")}}})
			s.has("D:\\Mail: this account may not read it")
			s.press(":")
			s.typed("problems")
			s.press("enter")
			s.has("Not read", "D:\\Mail: this account may not read it", "empty", "binary")
		})
	}
}

// state compares the screen with a golden one that need not have a row.
func (s *stage) state(name string, words ...string) {
	s.t.Helper()
	s.has(words...)
	got := s.screen()
	path := filepath.Join("..", "testdata", "screens", name+".txt")
	if *update {
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
		s.t.Errorf("the screen differs from %s:\n%s\nit was:\n%s", path, got, want)
	}
}

// Without colour nothing is lost: the words say everything, and no colour is
// sent.
func TestNoColour(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, opt: Options{Theme: ThemeNone}})
	s.press("enter", "enter")
	s.has("FAIL    PTR", "PASS    HELO")
	for _, seq := range []string{"\x1b[3", "\x1b[4", "\x1b[9", "\x1b[10"} {
		if strings.Contains(strings.ReplaceAll(s.m.View().Content, "\x1b[4m", ""), seq) {
			t.Errorf("a colour is sent: %q", seq)
		}
	}
	if !strings.Contains(s.m.View().Content, "\x1b[7m") {
		t.Error("the selected row is not marked")
	}
}

// Hostile text in mail and replies reaches no screen raw.
func TestHostileTextOnTheScreen(t *testing.T) {
	root := filepath.Join("..", "testdata", "installations", "10-hostile", "root")
	s := newStage(t, setup{w: 100, h: 30, root: root, hold: false, opt: Options{Theme: ThemeNone}})
	look := func() {
		t.Helper()
		for _, r := range strip(s.m.View().Content) {
			if r < 0x20 && r != '\n' || r >= 0x7F && r < 0xA0 || r == 0x202E || r == 0x200B || r == 0x9B {
				t.Fatalf("%U on the screen:\n%q", r, s.m.View().Content)
			}
		}
		for _, seq := range []string{"\x1b]", "\x1bP", "\x1b[2J", "pwned\x07"} {
			if strings.Contains(s.m.View().Content, seq) {
				t.Fatalf("%q on the screen", seq)
			}
		}
	}
	look()
	for _, k := range []string{"enter", "enter", "1", "3", "4", "z", "z", "esc", "o", "esc", "esc", "b", "b", "b", "enter", "esc", "]", "enter"} {
		s.press(k)
		look()
	}
}
