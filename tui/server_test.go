package tui

import (
	"path/filepath"
	"strings"
	"testing"

	"metriage/diag/triage"
)

// serverScenes are the screens of the Server view that are kept.
var serverScenes = []struct {
	name, story string
	keys        []string
	words       []string
}{
	{"server-password", "password", nil, []string{"FAIL    Mailbox users", "FAIL    Sign-ins", "WARN    Queue", "[Server]"}},
	{"server-senders", "password", []string{"2"}, []string{"Who signed in to send", "USUAL", "info@brandt-freight"}},
	{"server-runs", "password", []string{"3"}, []string{"Spam runs", "your parcel # waits", "Mail of others"}},
	{"server-facts", "password", []string{"4"}, []string{"Own address by provider", "198.51.100.25", "before refusals began"}},
	{"server-nat-pool", "nat-pool", []string{"4"}, []string{"WARN    Client", "198.51.100.27", "not shown"}},
	{"server-relay", "local-relay", []string{"enter"}, []string{"relay-local-senders", "FAIL", "What to do"}},
	{"server-quiet", "quiet", nil, []string{"PASS    Mailbox users"}},
}

var password = "password"

func TestServerScreens(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		for _, sc := range serverScenes {
			t.Run(sc.name+"-"+sizeName(size), func(t *testing.T) {
				s := newStage(t, setup{w: size[0], h: size[1], story: &sc.story})
				s.press("]", "]")
				s.press(sc.keys...)
				s.golden(sc.name+"-"+sizeName(size), sc.words)
			})
		}
	}
}

// A walk through the Server view: worst first, filter, every tab, back.
func TestServerWalk(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, story: &password})
	s.press("]", "]")
	if !strings.Contains(s.row(), "FAIL") {
		t.Errorf("the worst is not first: %q", s.row())
	}
	s.has("FAIL 2 WARN 1 PASS 12")
	asked := len(s.world.Server().Queries())
	s.press("enter", "z")
	s.has("What to do", "Seen in", "spam-source-user")
	if n := len(s.world.Server().Queries()); n != asked {
		t.Errorf("opening a finding asked %d questions", n-asked)
	}
	s.press("z", "esc", "/")
	s.typed("status:pass")
	s.press("enter")
	s.hasNot("FAIL    Mailbox", "WARN    Queue")
	s.press("esc", "g", "!")
	s.has("filter: status:fail")
	s.press("esc")
	for range s.m.openList().items {
		s.press("j")
	}
	s.press("g", "2")
	s.has("[2 Senders]")
	s.press("3")
	s.has("refused for good", "wait in the queue")
	s.press("4", "G")
	s.has("hosted here")
	s.press("y")
	s.has("record")
	s.press("esc", "[", "[")
	s.has("[Failures]")
}

// Loading, nothing there and unknown are different things.
func TestServerStates(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, hold: true})
	s.press("]", "]")
	s.has("Reading")
	s = newStage(t, setup{w: 80, h: 24})
	s.m.data.audit = nil
	s.m.section = 2
	s.m.states[2].lists[0].items = nil
	s.m.refresh()
	s.has("Looking through logs, settings and queues", "looking")

	s = newStage(t, setup{w: 80, h: 24, root: bareSite(t)})
	s.press("]", "]")
	s.has("UNKNOWN Mailbox users", "UNKNOWN")
	s.press("2")
	s.has("The logs show nobody who handed mail in.")
	s.press("4")
	s.has("The logs show no delivery.", "None were found.")
}

// Every code has words of its own, whatever the audit finds.
func TestEveryTopicHasAName(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	seen := map[string]bool{}
	for _, f := range s.m.data.audit.rows {
		name := topic(f.finding.Code)
		if name == f.finding.Code || seen[name] || len(name) > 18 {
			t.Errorf("%s is called %q", f.finding.Code, name)
		}
		seen[name] = true
	}
	if len(seen) != 15 {
		t.Errorf("%d topics", len(seen))
	}
}

// Without colour and in ASCII the Server view says the same.
func TestServerPlain(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, story: &password, opt: Options{ASCII: true, Theme: ThemeNone}})
	s.press("]", "]")
	for _, k := range []string{"1", "2", "3", "4"} {
		s.press(k)
		for _, r := range s.screen() {
			if r > 0x7E {
				t.Fatalf("%q is not ASCII:\n%s", r, s.screen())
			}
		}
		for _, seq := range []string{"\x1b[3", "\x1b[9"} {
			if strings.Contains(s.m.View().Content, seq) {
				t.Errorf("a colour is sent: %q", seq)
			}
		}
	}
	s.has("!", "nothing accepted since")
}

// Hostile names reach no line raw.
func TestServerHostile(t *testing.T) {
	s := newStage(t, setup{w: 100, h: 30, root: filepath.Join("..", "testdata", "installations", "10-hostile", "root"), opt: Options{Theme: ThemeNone}})
	s.press("]", "]")
	evil := "\x1b]0;x\x07\u202e@evil.example"
	for i := range s.m.data.audit.pictures {
		p := &s.m.data.audit.pictures[i]
		p.Users = append(p.Users, triage.Talker{Key: evil})
		p.Settings.Relay = append(p.Settings.Relay, triage.RawSetting{Name: evil, Value: evil})
		p.Local = append(p.Local, evil)
	}
	for _, k := range []string{"1", "2", "3", "4"} {
		s.press(k, "G")
		for _, r := range strip(s.m.View().Content) {
			if r < 0x20 && r != '\n' || r == 0x202E || r == 0x07 {
				t.Fatalf("%U on the screen", r)
			}
		}
	}
}
