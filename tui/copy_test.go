package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is copied in each place: the whole of it, without styles, to the
// terminal and into the file that is named.
func TestCopyOfEveryPlace(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want []string
	}{
		{"reply", []string{"enter", "1", "y"}, []string{"Bad DNS PTR", "no PTR", "webpost.example", "Subject"}},
		{"record of a group", []string{"1", "y"}, []string{"webpost.example", "27 refused for good", "refused   "}},
		{"findings", []string{"enter", "enter", "y"}, []string{"FAIL", "PTR", "25.100.51.198.in-addr.arpa", "NXDOMAIN"}},
		{"file", []string{"enter", "enter", "4", "y"}, []string{"MailEnable: Message Delivery Failure", "webpost.example"}},
		{"link", []string{"enter", "o"}, []string{"https://"}},
		{"letter", []string{"enter", "enter", "L", "enter"}, []string{"Subject: ", "25.100.51.198.in-addr.arpa"}},
	} {
		dir := t.TempDir()
		s := newStage(t, setup{w: 80, h: 24, opt: Options{CopyDir: dir}})
		s.goTo("webpost.example")
		if c.name == "link" {
			s.goTo("borough-counc")
		}
		s.press(c.keys...)
		b, err := os.ReadFile(filepath.Join(dir, copyName))
		if err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, s.screen())
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(string(b), w) {
				t.Errorf("%s holds no %q:\n%s", c.name, w, b)
			}
		}
		if strings.ContainsAny(string(b), "\x1b…") {
			t.Errorf("%s is cut or styled:\n%q", c.name, b)
		}
		if len(s.said) != 1 || s.said[0] != string(b) {
			t.Errorf("%s: the terminal got %q, the file %q", c.name, s.said, b)
		}
		if s.m.toast.text != "" {
			s.has(copyName)
		}
	}
}

// A step is copied with the record and the command in it, ready to be pasted.
func TestCopyOfAStep(t *testing.T) {
	dir := t.TempDir()
	s := newStage(t, setup{w: 80, h: 24, opt: Options{CopyDir: dir}})
	s.goTo("webpost.example")
	s.press("enter", "enter", "3")
	found := map[string]bool{}
	for range len(s.m.plan.Steps) {
		s.press("y")
		step, ok := s.m.selectedStep()
		b, err := os.ReadFile(filepath.Join(dir, copyName))
		if err != nil || !ok {
			t.Fatal(err, ok)
		}
		for _, line := range step.Do {
			if !strings.Contains(string(b), line) {
				t.Errorf("%s: %q is not copied:\n%s", step.Title, line, b)
			}
			found["PTR"] = found["PTR"] || strings.Contains(line, "25.100.51.198.in-addr.arpa")
			found["command"] = found["command"] || strings.Contains(line, "metriage ")
		}
		s.press("j")
	}
	if !found["PTR"] || !found["command"] {
		t.Errorf("no step holds a record and a command: %v", found)
	}
}

// The clipboard of this machine is used where the admin sits at it, the
// terminal's is asked always, and a clipboard that fails leaves these two.
func TestClipboards(t *testing.T) {
	for _, c := range []struct {
		name   string
		remote bool
		err    error
		want   string
		native int
	}{
		{"here", false, nil, "Copied: reply; in ", 1},
		{"over SSH", true, nil, "Sent to the terminal's clipboard: reply; in ", 0},
		{"broken", false, errors.New("no display"), "Sent to the terminal's clipboard: reply; in ", 1},
	} {
		got := []string{}
		s := newStage(t, setup{w: 160, h: 24, opt: Options{CopyDir: t.TempDir(), Remote: c.remote, Native: func(text string) error {
			got = append(got, text)
			return c.err
		}}})
		s.goTo("webpost")
		s.press("enter", "1", "y")
		s.has(c.want)
		if len(got) != c.native || len(s.said) != 1 || c.native > 0 && got[0] != s.said[0] {
			t.Errorf("%s: %d times native, %d times the terminal", c.name, len(got), len(s.said))
		}
	}
}
