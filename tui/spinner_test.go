package tui

import (
	"testing"
	"time"
)

// The spinner turns at most four times a second, and only while checks run.
func TestSpinnerTurnsOnlyWhileChecksRun(t *testing.T) {
	s, a := followed(t)
	spins := func() (n int) {
		for _, w := range a.list {
			if _, ok := w.msg.(spinTick); ok {
				n++
				if w.after < time.Second/4 {
					t.Errorf("a frame after %v", w.after)
				}
			}
		}
		return n
	}
	if n := spins(); n != 0 {
		t.Errorf("%d frames were asked for while nothing runs", n)
	}
	s.press("2")
	a.list = nil
	s.send(keyOf("r"))
	if n := spins(); n != 1 {
		t.Errorf("%d frames were asked for by a run", n)
	}
	before := s.m.View().Content
	for _, w := range a.list {
		if _, ok := w.msg.(spinTick); ok {
			s.send(w.msg)
		}
	}
	if n := spins(); n != 2 {
		t.Errorf("a run that goes on asked for %d frames", n-1)
	}
	if s.m.View().Content == before {
		t.Error("the spinner does not turn")
	}
	s.settle()
	was := spins()
	for _, w := range a.list {
		if _, ok := w.msg.(spinTick); ok {
			s.send(w.msg)
		}
	}
	if n := spins(); n != was {
		t.Errorf("%d frames were asked for after the run", n-was)
	}
}
