package tui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"metriage/diag"
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

// states are what a screen can be in beside its list: loading, empty, filtered,
// partial, error and unknown are different things, and each says what it is.
var states = []struct {
	name  string
	set   func(t *testing.T) setup // nil for the sample
	do    func(s *stage)
	words []string
	not   []string
}{
	{
		name: "loading", set: func(*testing.T) setup { return setup{hold: true} },
		do: func(s *stage) {
			s.m.scanning, s.m.progress = true, triage.Progress{Files: 12400, Found: 30000}
			s.m.refresh()
		},
		words: []string{"Reading", "12,400 of 30,000 files"},
	},
	{
		name: "partial", do: func(s *stage) {
			s.m.data.partial, s.m.scanning, s.m.progress = true, true, triage.Progress{Files: 12400, Found: 30000}
			s.m.refresh()
		},
		words: []string{"(so far)", "12,400 of 30,000 files", "webpost.example"},
	},
	{
		name: "empty", set: func(t *testing.T) setup { return setup{root: bareSite(t)} },
		words: []string{"All quiet: nothing was refused", "Nothing was"},
	},
	{
		name: "empty-queue", set: func(t *testing.T) setup { return setup{root: bareSite(t)} },
		do:    func(s *stage) { s.press("]") },
		words: []string{"[Queue]", "no queue folders"},
	},
	{
		name: "filtered", do: func(s *stage) { s.press("/"); s.typed("zzz") },
		words: []string{"Nothing matches zzz. esc clears the filter."},
	},
	{
		name: "unknown", do: func(s *stage) {
			s.world.Server().Behave(".", sample.Behaviour{Rcode: dns.RcodeRefused})
			s.press("enter", "enter")
		},
		words: []string{"UNKNOWN PTR", "UNKNOWN DNSBL", "could not be checked"},
		not:   []string{"FAIL    PTR", "PASS    PTR", "PROVEN"},
	},
	{
		name: "running", do: func(s *stage) {
			s.press("enter", "2")
			s.m.findings = triage.Findings{}
			s.m.findings.Begin(s.m.sess.OpeningWords())
			s.m.refresh()
		},
		words: []string{"....    PTR     asking", "....    DNSBL", "x stops the checks"},
	},
	{
		name: "error", set: func(*testing.T) setup { return setup{opt: Options{RootErrors: []error{errAccess}}} },
		words: []string{"D:\\Mail: this account may not read it; start metriage", "administrator", "prompt"},
	},
	{
		name: "problems", set: func(*testing.T) setup { return setup{opt: Options{RootErrors: []error{errAccess}}} },
		do:    func(s *stage) { s.command("problems") },
		words: []string{"Not read", "D:\\Mail: this account may not read it; start metriage", "prompt", "empty", "binary"},
	},
	{
		name: "stale", do: func(s *stage) { s.m.took(errAccess); s.m.refresh() },
		words: []string{"STALE, data from", "Reading failed", "webpost.example"},
	},
	{
		name: "offline", do: func(s *stage) {
			s.m.took(&triage.OfflineError{Roots: []diag.Problem{{Path: `D:\Mail`, What: "the network path was not found"}}})
			s.m.refresh()
		},
		words: []string{"OFFLINE, data from", "No longer readable", "webpost.example"},
	},
	{
		name: "paused", do: func(s *stage) { s.press("f"); s.m.toast.text = "" },
		words: []string{"PAUSED, data from"},
	},
	{name: "toast", do: func(s *stage) { s.press("x") }, words: []string{"x: no check is running"}},
	{
		name: "messages", do: func(s *stage) { s.press("x", "s", "S"); s.command("messages") },
		words: []string{"Messages of this session", "x: no check is running", "Sorted by DOMAIN"},
	},
	{name: "palette", do: func(s *stage) { s.press(":") }, words: []string{"Command: _", "group by domain", "esc closes"}},
	{name: "palette-why", do: func(s *stage) { s.press(":"); s.typed("hold") }, words: []string{"not now: "}},
	{
		name: "question", do: func(s *stage) { s.press("]", "enter", "*"); s.command("hold") },
		set:   func(*testing.T) setup { return setup{allow: true} },
		words: []string{"Change the queue", "> No", "Yes, hold", "y yes, n or esc no"},
	},
	{
		name: "question-test", do: func(s *stage) { s.goTo("webpost.example"); s.press("enter", "t") },
		words: []string{"Test their servers", "> No"},
	},
	{name: "plan", do: func(s *stage) { s.press("P", "v", "g") }, words: []string{"Plan for the server:", "CONTAIN", "FREES", "OPEN"}},
	{
		name: "plan-step", do: func(s *stage) { s.press("P", "v", "g", "j", "enter") },
		words: []string{"Plan for the server:", "Proof:"},
	},
	{name: "export", do: func(s *stage) { s.press("enter", "e") }, words: []string{"as: _", "csv", "markdown"}},
}

var errAccess = errors.New(`D:\Mail: this account may not read it; start metriage from an administrator prompt`)

func TestStates(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		for _, st := range states {
			name := "state-" + st.name + "-" + sizeName(size)
			t.Run(name, func(t *testing.T) {
				var o setup
				if st.set != nil {
					o = st.set(t)
				}
				o.w, o.h = size[0], size[1]
				s := newStage(t, o)
				if st.do != nil {
					st.do(s)
				}
				s.has(st.words...)
				s.hasNot(st.not...)
				s.kept(name)
			})
		}
	}
}

// Where nothing is listed, keys say so; a stopped check waits no longer.
func TestStatesAreLeft(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, root: bareSite(t)})
	s.press("enter")
	s.has("enter: nothing is selected")
	s = newStage(t, setup{w: 80, h: 24})
	s.press("enter", "2")
	s.m.findings = triage.Findings{}
	s.m.findings.Begin(s.m.sess.OpeningWords())
	s.press("x")
	s.has("Checks stopped")
	s.hasNot("....    PTR")
}

// Without colour nothing is lost: the words say everything, and no colour is
// sent.
func TestNoColour(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, opt: Options{Theme: ThemeNone}})
	s.press("enter", "enter")
	s.has("FAIL    PTR", "PASS    HELO")
	s.plain(s.m.opt)
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
