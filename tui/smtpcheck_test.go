package tui

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The servers of others are connected to only after a dialog that says what is
// sent to whom, and their answer ticks the step or opens it again.
func TestRemoteTestAsksFirstAndTicksTheStep(t *testing.T) {
	s := newStage(t, setup{w: 100, h: 40})
	s.goTo("webpost.example")
	s.press("enter", "enter", "v", "3", "z")
	if n := len(s.world.Elsewhere()); n != 0 {
		t.Fatalf("%d sessions elsewhere that nobody asked for", n)
	}
	s.press("t")
	s.has("Connect to the mail servers of webpost.example?", "Sent: EHLO", "mail.harbourline.example and QUIT. No mail.", "once in ten minutes")
	for _, no := range []string{"esc", "enter"} {
		s.press(no)
		if _, open := s.m.topOverlay(); open {
			t.Fatalf("%s leaves the question open", no)
		}
		s.press("t")
	}
	if n := len(s.world.Elsewhere()); n != 0 {
		t.Fatalf("%d sessions though the answer was no", n)
	}
	s.press("y")
	if got := s.world.Elsewhere(); len(got) != 1 || len(got[0].Commands) != 0 { // refused at its greeting
		t.Fatalf("sessions elsewhere: %+v", got)
	}
	s.hasStep("Ask their server whether it still refuses", "OPEN")
	s.press("2")
	s.has("FAIL    REMOTE", "refuses our connection")

	// Too soon: it says so, and what was found stands.
	if err := s.world.Repair("ptr"); err != nil {
		t.Fatal(err)
	}
	s.press("t", "y")
	s.has("was asked less than 10 minutes ago", "FAIL    REMOTE")
	s.later.Add(int64(11 * time.Minute))
	s.press("t", "y")
	s.has("PASS    REMOTE")
	s.press("3")
	s.hasStep("Ask their server whether it still refuses", "DONE")
	// r and v ask no remote server, and what the test found stays.
	n := len(s.world.Elsewhere())
	s.press("v", "r", "2")
	s.has("PASS    REMOTE")
	if got := len(s.world.Elsewhere()); got != n {
		t.Errorf("%d sessions that nobody asked for", got-n)
	}
}

// hasStep looks for the line of a step and how it stands.
func (s *stage) hasStep(title, word string) {
	s.t.Helper()
	if l := lineWith(s.screen(), title); !strings.Contains(l, word) {
		s.t.Errorf("%q is not %s: %q\n%s", title, word, l, s.screen())
	}
}

// A test that ends at the greeting proves nothing of a refusal at RCPT; the
// dialog says what would be sent to go on.
func TestRemoteTestGoesAsFarAsTheRefusal(t *testing.T) {
	s := newStage(t, setup{w: 100, h: 40})
	s.goTo("borough-council.example")
	s.press("t")
	s.has("Going on would send MAIL FROM:<", "RCPT TO:<", "borough-council.example")
	s.press("y", "enter", "enter", "3", "z")
	for range 19 {
		s.press("j")
	}
	s.press("enter")
	s.has("did not get as far as the refusal: borough-council.example refused at RCPT TO")
	s.later.Add(int64(11 * time.Minute))
	s.press("t", "j", "j", "enter")
	s.has("still open: ", "refuses mail for")
	all := s.world.Elsewhere()
	if last := all[len(all)-1].Commands; len(all) != 2 || !slices.ContainsFunc(last, func(c string) bool { return strings.HasPrefix(c, "RCPT TO:") }) {
		t.Errorf("sessions elsewhere: %+v", all)
	}
}

// The queue's own commands and those of the other checks stand in the palette.
func TestPaletteHasTheChecksThatTalk(t *testing.T) {
	s := newStage(t, setup{w: 100, h: 40})
	s.press(":")
	s.typed("check ")
	s.has("check relay", "check outbound", "check remote")
	s.press("esc", ":")
	s.typed("check outbound")
	s.press("enter")
	s.has("Connect to port 25 of one mail server each of gmail.com, outlook.com, yahoo.com?")
	if n := len(s.world.Elsewhere()); n != 0 {
		t.Errorf("%d sessions before the answer", n)
	}
	s.press("y")
	s.goTo("webpost.example")
	s.press("enter", "enter", "2")
	s.has("OUTBOUND")
}

// v brings what was read up to date and asks the relay check only where the
// admin has named the server.
func TestVerifyReadsWhatIsNewOnly(t *testing.T) {
	s := newStage(t, setup{w: 100, h: 40})
	scans := s.m.scanRun
	s.press("v")
	if s.m.scanRun != scans {
		t.Error("v reads everything anew")
	}
	if len(s.m.findings.Of("relay")) == 0 {
		t.Error("v does not ask the server that the admin named")
	}
	if s.m.checkNext || s.m.verifying {
		t.Error("v did not come to its end")
	}
	// Also where following is stopped right after it.
	s.m.following.paused = true
	cmd := s.m.verify()
	s.m.following.run++
	s.do(cmd)
	s.settle()
	if s.m.checkNext {
		t.Error("v hangs where its pass was overtaken")
	}
}

// Every command that a runbook, the README or a text of the program names by a
// colon stands in the palette.
func TestNamedCommandsAreInThePalette(t *testing.T) {
	story := ""
	s := newStage(t, setup{w: 80, h: 24, story: &story})
	var names []string
	for _, c := range s.m.commands() {
		names = append(names, c.name)
	}
	files, err := filepath.Glob("../diag/runbook/data/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	more, _ := filepath.Glob("*.go")
	found := 0
	for _, f := range slices.Concat(files, more, []string{"../README.md"}) {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range regexp.MustCompile("[ \"`(]:([a-z][a-z-]+)").FindAllStringSubmatch(string(b), -1) {
			found++
			if !slices.ContainsFunc(names, func(n string) bool { return n == word[1] || strings.HasPrefix(n, word[1]+" ") }) {
				t.Errorf("%s names :%s, which the palette does not have", f, word[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d commands were found in the texts", found)
	}
}
