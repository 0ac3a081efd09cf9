package tui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// ownTree is a sample installation that a test may change.
func ownTree(t *testing.T, o sample.Options) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "site")
	o.Now = at
	if _, err := sample.Write(context.Background(), root, o); err != nil {
		t.Fatal(err)
	}
	return root
}

// command runs a command by its name.
func (s *stage) command(name string) {
	s.t.Helper()
	s.press(":")
	s.typed(name)
	s.press("enter")
}

// Hold what a filter shows, release it, delete it, undo: the question comes
// first and its default changes nothing.
func TestHoldReleaseDeleteUndo(t *testing.T) {
	root := ownTree(t, sample.Options{Seed: 1, Story: "password"})
	s := newStage(t, setup{w: 80, h: 24, root: root, allow: true})
	s.press("]", "enter")
	s.press("/")
	s.typed("!status:sending")
	s.press("enter", "*")
	n := len(s.m.openList().items)
	s.command("hold")
	s.has("Change the queue", "MailEnable does not send them until they are released", "> No", "net stop MESMTPCS", "Yes, hold")
	s.press("enter")
	s.has("SMTP/Outgoing", "marked")
	s.command("hold")
	s.press("y")
	s.has(" messages held.", ":undo takes it back")
	if got := len(s.m.openList().items); got != 0 {
		t.Errorf("%d of %d are still shown", got, n)
	}
	s.press("esc", "esc")
	s.goTo("held: SMTP/Outgoing")
	s.has("MailEnable does not see these")
	s.press("enter")
	if got := len(s.m.openList().items); got != n {
		t.Errorf("%d are held, not %d", got, n)
	}
	s.command("hold")
	s.has("hold: these are held already; :release puts them back")
	s.press("space", "space")
	s.command("release")
	s.has("Release 2 messages?")
	s.press("y")
	s.has("2 of 2 messages released.")
	s.press("*")
	s.command("delete")
	s.has("nobody gets a notice")
	s.press("j", "enter")
	s.has("moved to the trash.")
	s.press("esc")
	s.goTo("trash: SMTP/Outgoing")
	s.has(":undo brings them back, :empty-trash removes them")
	s.command("undo")
	s.has("Undo which action", "delete")
	s.press("enter", "y")
	s.has("put back.")
	s.command("empty-trash")
	s.has("The trash is empty.")
	s.command("result")
	s.has("Result of the last action", "In the journal as")
	s.press("esc")
	s.goTo("held: SMTP/Outgoing")
	s.press("enter", "*")
	s.command("delete")
	s.press("y")
	s.command("empty-trash")
	s.press("enter")
	s.has("This cannot be undone.")
	s.press("y")
	s.has("removed for good")
	s.press("esc")
	s.hasNot("trash: SMTP/Outgoing", "held: SMTP/Outgoing")
}

// Without leave nothing can be chosen, and the command says how to get it.
func TestActingWithoutLeave(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24})
	s.press("]", "enter", "*")
	for _, name := range []string{"hold", "delete", "undo", "empty-trash"} {
		s.command(name)
		s.has(name + ": start metriage with --allow-changes")
	}
	if _, err := os.Stat(filepath.Join(s.m.sess.Roots()[0], "metriage")); err == nil {
		t.Error("a folder was made")
	}
}

// Actions say where they can be done.
func TestActingSaysWhere(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, root: ownTree(t, sample.Options{Seed: 1}), allow: true})
	s.command("hold")
	s.has("hold: open the Queue view and its messages first")
	s.press("]")
	s.command("hold")
	s.has("hold: open the folder first and mark messages")
	s.press("enter")
	s.command("release")
	s.has("release: only held messages can be released")
	s.press("/")
	s.typed("status:sending")
	s.press("enter")
	if len(s.m.openList().items) == 0 {
		t.Fatal("the sample has nothing that is being sent")
	}
	s.press("*", "esc")
	s.command("hold")
	s.has("being sent or delivered right now")
	s.press("y")
	s.has("0 of", ":result says what was left")
	s.command("result")
	s.has("Left alone:", "MailEnable is working on it")
	s.press("esc")
	s.command("undo")
	s.has("There is no action that could be undone.")
	if strings.Contains(s.screen(), "held:") {
		t.Error("something was held")
	}
}

// A spam run is selected as one from anywhere, held and put back; the innocent
// stay where they are.
func TestRunIsHeldAsOne(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, root: ownTree(t, sample.Options{Seed: 1, Story: "password"}), allow: true})
	all := s.m.data.view.Totals().Waiting
	s.command("select-run")
	s.has("[Queue]", "SMTP/Outgoing", "marked", ":hold")
	n, shown := s.m.marks(), len(s.m.openList().items)
	if n == 0 || n >= shown {
		t.Fatalf("%d of %d are marked", n, shown)
	}
	s.command("hold")
	s.press("y")
	s.has("messages held")
	if got := len(s.m.openList().items); got < shown-n || got >= shown {
		t.Errorf("%d are left of %d, %d were marked", got, shown, n)
	}
	for _, i := range s.m.openList().items {
		if q := s.m.data.view.QueueMessage(i); strings.HasPrefix(q.Subject, "Your parcel") && !q.Busy() && q.User != "" {
			t.Errorf("left of the run: %+v", q)
		}
	}
	s.command("undo")
	s.press("enter", "y")
	s.has("put back")
	if got := s.m.data.view.Totals().Waiting; got != all {
		t.Errorf("%d wait, %d did before", got, all)
	}
}

// What waits of a group is selected as one from the Failures view, by whatever
// it is grouped, and held.
func TestGroupIsHeldAsOne(t *testing.T) {
	s := newStage(t, setup{w: 80, h: 24, root: ownTree(t, sample.Options{Seed: 1, Story: "password"}), allow: true})
	s.press("]")
	s.command("select-group")
	s.has("select-group: the Failures view has the groups")
	s.press("[")
	for s.m.by != diag.BySender {
		s.press("b")
	}
	s.goTo("info@brandt")
	g, _ := s.m.selectedGroup()
	s.command("select-group")
	s.has("[Queue]", "of the group are marked; :hold takes them out.")
	n := s.m.marks()
	if n == 0 || n > g.Waiting || n == len(s.m.openList().items) {
		t.Fatalf("%d of %d are marked, %d recipients wait", n, len(s.m.openList().items), g.Waiting)
	}
	for _, i := range s.m.openList().items {
		q := s.m.data.view.QueueMessage(i)
		if s.m.openList().marked[q.ID] != strings.EqualFold(q.Sender, "info@brandt-freight.example") && q.HasEnvelope {
			t.Errorf("marked %v: %+v", s.m.openList().marked[q.ID], q)
		}
	}
	s.command("hold")
	s.press("y")
	s.has("messages held")
	s.press("[")
	s.goTo("dispatch@")
	s.command("select-group")
	s.press("[")
	s.goTo("info@brandt")
	s.command("select-group")
	if m := s.m.marks(); m >= n {
		t.Errorf("%d are still there", m)
	}
}

// The queue tells how long mail waits and when it is tried next, both marked
// as estimated, and can be filtered by who handed it in.
func TestQueueEstimates(t *testing.T) {
	s := newStage(t, setup{w: 200, h: 60, story: &password})
	s.press("]")
	s.has("How long outgoing mail waits", "By destination", "<15m")
	s.press("enter")
	s.has("Next try", "estimated from the retry schedule", "Given up", "estimated from those given up before")
	s.press("z")
	s.has("USER", "CLIENT", "SIZE")
	s.press("z", "/")
	s.typed("user:info@brandt age:>1h")
	s.press("enter")
	n := len(s.m.openList().items)
	for _, i := range s.m.openList().items {
		if q := s.m.data.view.QueueMessage(i); q.User != "info@brandt-freight.example" || at.Sub(q.Since) < time.Hour {
			t.Errorf("shown: %+v", q)
		}
	}
	if n == 0 || n == s.m.openList().total {
		t.Errorf("%d of %d", n, s.m.openList().total)
	}
}
