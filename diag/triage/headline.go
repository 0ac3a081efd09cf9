package triage

import (
	"fmt"
	"time"

	"metriage/diag"
	"metriage/diag/index"
)

// Headline is the worst true thing, in one line, and where to look at it.
type Headline struct {
	Status diag.Status
	Text   string
	By     diag.GroupBy // group that it is about; "" where none
	Key    string
}

// queueWorthSaying is from how many waiting recipients on the queue is the
// headline where nothing is refused.
const queueWorthSaying = 50

// Headline returns the headline for a view: a provider or domain that has
// accepted nothing since its onset, else a long queue, else the counts.
func (s *Session) Headline(v *index.View) Headline {
	worst, most := Headline{}, 0
	for _, by := range []diag.GroupBy{diag.ByProvider, diag.ByDomain} {
		for _, g := range v.Groups(by) {
			if g.Onset.IsZero() || g.Key == diag.KeyUnknown {
				continue
			}
			n := v.RefusedSince(by, g.Key, g.Onset)
			// A single domain says more than its provider where both are equal.
			if n < 2 || n < most || n == most && by == diag.ByProvider {
				continue
			}
			most = n
			worst = Headline{Status: diag.StatusFail, By: by, Key: g.Key,
				Text: fmt.Sprintf("%s: 0 of %s accepted since %s", g.Display, Thousands(n), s.Clock(g.Onset))}
		}
		if most > 0 {
			return worst
		}
	}
	t := v.Totals()
	switch {
	case t.Waiting >= queueWorthSaying:
		return Headline{Status: diag.StatusWarn, Text: fmt.Sprintf("Queue: %s waiting, %s of them were refused for now", Thousands(t.Waiting), Thousands(t.Delayed))}
	case t.Failures > 0:
		return Headline{Status: diag.StatusWarn, Text: fmt.Sprintf("%s refused for good %s, %s accepted; nobody refuses everything", Thousands(t.Failures), s.windowWords(), Thousands(t.Accepted))}
	case t.Accepted > 0:
		return Headline{Status: diag.StatusPass, Text: fmt.Sprintf("All quiet: %s accepted, none refused %s", Thousands(t.Accepted), s.windowWords())}
	}
	return Headline{Status: diag.StatusPass, Text: "All quiet: nothing was refused " + s.windowWords()}
}

func (s *Session) windowWords() string {
	if s.opt.Since == 0 {
		return "so far"
	}
	if d := s.opt.Since; d%(24*time.Hour) == 0 {
		return fmt.Sprintf("in the last %d days", d/(24*time.Hour))
	}
	return fmt.Sprintf("in the last %s", s.opt.Since)
}

// Clock writes a time for people: the hour where it is today, else with the
// day, in the time zone of the logs.
func (s *Session) Clock(t time.Time) string {
	t, now := t.In(s.opt.Location), s.Now().In(s.opt.Location)
	switch {
	case t.IsZero():
		return "-"
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006")
}

// Thousands writes n with a comma between thousands.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
