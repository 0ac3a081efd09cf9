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
	var mine []int32
	first := now.Unix()
	for i := range v.records {
		r := &v.records[i]
		if r.state == stateNone || v.keyOf(r, by) != key {
			continue
		}
		mine = append(mine, int32(i))
		first = min(first, r.moment())
	}
	if window > 0 {
		first = max(first, now.Add(-window).Unix())
	}
	t.From = time.Unix(first, 0)
	span := max(1, now.Unix()-first)
	for _, i := range mine {
		r := &v.records[i]
		at := r.moment()
		if at < first {
			continue
		}
		step := min(n-1, int((at-first)*int64(n)/span))
		switch {
		case step < 0:
		case r.state == stateFailed:
			t.Refused[step]++
			t.Ages[ageOf(now.Sub(time.Unix(at, 0)))]++
		case r.state == stateDelayed:
			t.Delayed[step]++
		default:
			t.Accepted[step]++
		}
	}
	return t
}

// moment is when the record was decided last.
func (r *record) moment() int64 {
	if r.state == stateAccepted {
		return r.accepted
	}
	return r.last
}

func ageOf(d time.Duration) int {
	for i, b := range AgeBounds {
		if d <= b {
			return i
		}
	}
	return len(AgeBounds)
}
