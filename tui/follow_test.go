package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag/sample"
)

// alarms keeps the ticks that a dashboard asked for until a test rings them.
type alarms struct{ list []alarm }

type alarm struct {
	after time.Duration
	msg   tea.Msg
}

func (a *alarms) tick(d time.Duration, f func(time.Time) tea.Msg) tea.Cmd {
	a.list = append(a.list, alarm{d, f(at)})
	return nil
}

// ring sends the ticks of the kind of like that were asked for.
func (a *alarms) ring(s *stage, like tea.Msg) {
	s.t.Helper()
	list, rang := a.list, false
	a.list = nil
	for _, w := range list {
		if fmt.Sprintf("%T", w.msg) == fmt.Sprintf("%T", like) {
			s.send(w.msg)
			rang = true
		} else {
			a.list = append(a.list, w)
		}
	}
	s.settle()
	if !rang {
		s.t.Fatalf("no %T was asked for", like)
	}
}

// followed is a dashboard on a small installation of its own, with alarms.
func followed(t *testing.T) (s *stage, a *alarms) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(context.Background(), root, sample.Options{Seed: 1, Now: at, Messages: 60}); err != nil {
		t.Fatal(err)
	}
	a = &alarms{}
	return newStage(t, setup{w: 120, h: 30, root: root, opt: Options{Tick: a.tick}}), a
}

// bounce puts one more NDR into a mailbox.
func (s *stage) bounce(n int, domain string) {
	s.t.Helper()
	inboxes, err := filepath.Glob(filepath.Join(s.m.sess.Roots()[0], "Postoffices", "*", "MAILROOT", "*", "Inbox"))
	if err != nil || len(inboxes) == 0 {
		s.t.Fatal(inboxes, err)
	}
	text := fmt.Sprintf("From: \"Delivery Subsystem\" <postmaster@ours.example>\r\nTo: <anna@ours.example>\r\nSubject: Message Delivery Failure\r\n"+
		"Date: %s\r\nMessage-ID: <n%d@ours.example>\r\nX-MEFilter: 1\r\nReturn-Path: <>\r\n\r\n"+
		"MailEnable: Message Delivery Failure.\r\n\r\nReason: ME-E0193: [%032X.MAI] Message Delivery Failure.\r\n\r\n"+
		"Your message addressed to the target domain (%s) could not be delivered because the mail server responsible for this domain returned a permanent error.\r\n\r\nThe server returned:\r\n\r\n554 5.7.1 no\r\n",
		at.Add(-time.Minute).Format(time.RFC1123Z), n, n, domain)
	if err := os.WriteFile(filepath.Join(inboxes[0], fmt.Sprintf("%032X.MAI", 1<<50+n)), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func TestListsFollowWhatHappens(t *testing.T) {
	s, a := followed(t)
	s.press("j", "j")
	row := s.row()
	s.bounce(1, "new-one.example")
	s.hasNot("new-one.example")
	a.ring(s, refreshTick{})
	s.has("new-one.example")
	if s.row() != row {
		t.Errorf("the cursor is on %q, it was on %q", s.row(), row)
	}
	// Nothing happens: nothing is drawn, and nothing is made anew.
	data, screen := s.m.data, s.m.View().Content
	a.ring(s, refreshTick{})
	if s.m.data != data || s.m.View().Content != screen {
		t.Errorf("though nothing has changed the screen did:\n%s", s.screen())
	}
	// What goes is gone after one refresh.
	gone, _ := filepath.Glob(filepath.Join(s.m.sess.Roots()[0], "Postoffices", "*", "MAILROOT", "*", "Inbox", fmt.Sprintf("%032X.MAI", 1<<50+1)))
	if len(gone) != 1 || os.Remove(gone[0]) != nil {
		t.Fatal(gone)
	}
	a.ring(s, refreshTick{})
	s.hasNot("new-one.example")
}

func TestPause(t *testing.T) {
	s, a := followed(t)
	s.press("f")
	s.has("PAUSED, data from", "f follows again")
	s.bounce(1, "new-one.example")
	for _, w := range a.list {
		if msg, ok := w.msg.(refreshTick); ok {
			s.send(msg) // one that was on its way
		}
	}
	s.settle()
	s.hasNot("new-one.example")
	s.press("R")
	s.has("new-one.example", "PAUSED", "(+1)")
	s.bounce(2, "new-two.example")
	s.press("f")
	s.has("new-two.example")
	s.hasNot("PAUSED")
	a.ring(s, refreshTick{})
}

func TestReadAgainSaysWhatCameOfIt(t *testing.T) {
	s, _ := followed(t)
	s.press("R")
	s.has("Read again: nothing has changed in")
	s.bounce(1, "new-one.example")
	s.press("R")
	s.has("Read again:", "refused (+1)", "accepted (+0)")
}

func TestOfflineKeepsWhatWasRead(t *testing.T) {
	s, a := followed(t)
	row, root := s.row(), s.m.sess.Roots()[0]
	if err := os.Rename(root, root+"-away"); err != nil {
		t.Skip("this system does not let a folder in use go:", err)
	}
	s.later.Store(int64(10 * time.Second))
	a.ring(s, refreshTick{})
	s.has("OFFLINE, data from "+s.m.clock(at), "No longer readable")
	if s.row() != row {
		t.Errorf("the list changed: %q, was %q", s.row(), row)
	}
	said := len(s.m.log)
	a.ring(s, refreshTick{})
	if len(s.m.log) != said {
		t.Error("it is said again with every try")
	}
	if err := os.Rename(root+"-away", root); err != nil {
		t.Fatal(err)
	}
	a.ring(s, refreshTick{})
	s.has("Readable again")
	s.hasNot("OFFLINE")
}

func TestOldDataSaysItsAge(t *testing.T) {
	s, a := followed(t)
	s.later.Store(int64(30 * time.Second))
	a.ring(s, lateTick{})
	s.hasNot("data from")
	s.later.Store(int64(2 * time.Minute))
	a.ring(s, lateTick{})
	s.has("data from " + s.m.clock(at))
	a.ring(s, refreshTick{})
	s.hasNot("data from")
	a.ring(s, lateTick{})
}

// Looking takes a small part of the time however long it takes.
func TestFollowingTakesASmallPartOfTheTime(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		time.Millisecond: refreshEvery, time.Second: refreshShare * time.Second, time.Hour: refreshMost,
	} {
		s, a := followed(t)
		a.list = nil
		s.m.following.took, s.m.following.drew = took, 0
		s.do(s.m.follow())
		s.settle()
		for _, w := range a.list {
			if _, ok := w.msg.(refreshTick); ok && w.after != want {
				t.Errorf("after a pass of %v the next comes in %v, want %v", took, w.after, want)
			}
		}
	}
}

// The program keeps nothing under way when it ends.
func TestFollowingEndsWithTheProgram(t *testing.T) {
	s, _ := followed(t)
	s.press("R", "f", "f")
	s.press("q")
	if !s.m.quitting || strings.TrimSpace(s.m.View().Content) != "" {
		t.Error("it did not end")
	}
}
