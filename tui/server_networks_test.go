package tui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metriage/diag/triage"
)

// In the Server view r reads settings, logs and queues again: what was changed
// a moment ago shows, and no live check is asked.
func TestServerLooksAgain(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 40, story: &password})
	s.press("]", "]")
	s.has("look again", "PASS    Deny list")
	root := s.m.sess.Roots()[0]
	asked := len(s.world.Server().Queries())
	deny := filepath.Join(root, "Config", "SMTP-DENY.TAB")
	old, err := os.ReadFile(deny)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(deny, append(old, "198.51.100.25\t1\tCONNECT\tSYSTEM\r\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	s.press("r")
	s.hasNot("PASS    Deny list")
	if !strings.Contains(s.screen(), "Deny list") {
		t.Errorf("no finding about the deny list:\n%s", s.screen())
	}
	if n := len(s.world.Server().Queries()); n != asked {
		t.Errorf("r asked %d questions", n-asked)
	}
	s.press("[")
	s.has("r check")
}

// The networks that a user signs in from are asked about at the XBL when the
// admin asks for it, and what comes back is no finding about ourselves.
func TestNetworksAtTheXBL(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 60, story: &password})
	s.press("]", "]", "z", "enter")
	s.has("Signed in from", "networks, newest first", "t asks the XBL", "not asked 198.", "FAILED")
	asked := len(s.world.Server().Queries())
	before := len(s.m.findings.All())
	s.press("t")
	s.has("on XBL", "clear")
	s.hasNot("not asked 198.")
	listed, clear := 0, 0
	for _, f := range s.m.xbl.answers {
		switch on, known := triage.XBLSays(f); {
		case on:
			listed++
		case known:
			clear++
		}
	}
	if listed < 20 || clear < 5 || listed+clear != len(s.m.xbl.answers) {
		t.Errorf("%d listed, %d clear of %d", listed, clear, len(s.m.xbl.answers))
	}
	var zones []string
	for _, q := range s.world.Server().Queries()[asked:] {
		if !strings.Contains(q.Name, "zen.spamhaus.org") {
			zones = append(zones, q.Name)
		}
	}
	if len(zones) > 0 {
		t.Errorf("other lists were asked: %v", zones)
	}
	if n := len(s.m.findings.All()); n != before {
		t.Errorf("%d findings about ourselves, %d before", n, before)
	}
	s.press("esc", "z", "G", "t")
	s.has("this finding names no user who signed in")
}

// Questions that are stopped change nothing when their answers come late.
func TestXBLStopped(t *testing.T) {
	s := newStage(t, setup{w: 120, h: 40, story: &password})
	s.press("]", "]", "enter")
	late := s.m.askXBL()
	s.press("x")
	s.has("not asked any further")
	s.do(late)
	s.settle()
	if len(s.m.xbl.answers) > 0 {
		t.Error("answers of a stopped run were taken")
	}
	s.press("x")
	s.has("no check is running")
}
