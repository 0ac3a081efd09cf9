package index

import (
	"time"

	"metriage/diag"
)

// Timeline is what a group had refused and accepted over time, in equal steps.
type Timeline struct {
	From, To                   time.Time
	Refused, Delayed, Accepted []int
	// Ages counts the failures by how long ago they were: up to an hour, six
	// hours, a day, three days, a week, and longer.
	Ages [6]int
}

// AgeBounds are the upper bounds of Timeline.Ages; the last has none.
var AgeBounds = [5]time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour}

// Timeline counts the records of a group in n steps up to now. It begins with
// the first of them, but at most window ago where window is not 0.
func (v *View) Timeline(by diag.GroupBy, key string, now time.Time, window time.Duration, n int) Timeline {
	t := Timeline{To: now, Refused: make([]int, n), Delayed: make([]int, n), Accepted: make([]int, n)}
	first := clamp32(now.Unix())
	mine := v.ofGroup(by, key)
	mine(func(_ state, at uint32) { first = min(first, at) })
	if window > 0 {
		first = max(first, moment(now.Add(-window)))
	}
	t.From = time.Unix(int64(first), 0)
	span := max(1, now.Unix()-int64(first))
	mine(func(s state, at uint32) {
		if at < first {
			return
		}
		step := min(n-1, int((int64(at)-int64(first))*int64(n)/span))
		switch {
		case step < 0:
		case s == stateFailed:
			t.Refused[step]++
			t.Ages[ageOf(now.Sub(time.Unix(int64(at), 0)))]++
		case s == stateDelayed:
			t.Delayed[step]++
		default:
			t.Accepted[step]++
		}
	})
	return t
}

// Decided counts what was accepted and what was refused for good from a moment
// on, in recipients.
func (v *View) Decided(from time.Time) (accepted, refused int) {
	since := moment(from)
	for i := range v.merged.records {
		switch r := &v.merged.records[i]; {
		case r.last < since:
		case r.state == stateFailed:
			refused++
		case r.state == stateAccepted:
			accepted++
		}
	}
	v.eachAccepted(func(a *acceptance) {
		if a.when >= since {
			accepted++
		}
	})
	return accepted, refused
}

// ofGroup returns what calls visit for everything of a group that was decided,
// with the moment when it was decided last.
func (v *View) ofGroup(by diag.GroupBy, key string) func(visit func(s state, at uint32)) {
	var mine []int32
	for i := range v.merged.records {
		if r := &v.merged.records[i]; r.state != stateNone && v.keyOf(r, by) == key {
			mine = append(mine, int32(i))
		}
	}
	commons := make([]bool, v.snap.commons.len())
	v.snap.commons.each(func(i uint32, c *common) { commons[i] = v.keyOf(c.accepted(), by) == key })
	return func(visit func(s state, at uint32)) {
		for _, i := range mine {
			r := &v.merged.records[i]
			visit(r.state, r.last)
		}
		v.eachAccepted(func(a *acceptance) {
			if commons[a.common] {
				visit(stateAccepted, a.when)
			}
		})
	}
}

// accepted is what groups need of a recipient that was accepted in common.
func (c *common) accepted() *record {
	r := record{domain: c.domain, sender: c.sender, account: c.account, host: c.host, own: c.own, state: stateAccepted}
	if c.sent {
		r.flags = recSent
	}
	return &r
}

func ageOf(d time.Duration) int {
	for i, b := range AgeBounds {
		if d <= b {
			return i
		}
	}
	return len(AgeBounds)
}
