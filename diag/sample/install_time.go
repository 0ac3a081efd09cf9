package sample

import (
	"time"
)

// volume is how much is sent in an hour: people work by day, thieves whenever
// they can.
func (s *site) volume(hour time.Time) uint64 {
	t := hour.In(s.zone)
	w := uint64(3)
	switch h := t.Hour(); {
	case h >= 8 && h < 18:
		w = 12
	case h >= 6 && h < 22:
		w = 6
	}
	if day := t.Weekday(); day == time.Saturday || day == time.Sunday {
		w = (w + 2) / 3
	}
	if th := s.thief; th != nil && !hour.Before(s.now.Add(-th.since)) {
		return 10 + w + 10*uint64(th.share)/uint64(100-th.share)
	}
	return w
}

// weigh is how much is left in the folders of what an hour brought.
func (s *site) weigh(hour time.Time) uint64 {
	w := s.volume(hour)
	switch age := s.now.Sub(hour); {
	case !s.recent:
	case age <= 48*time.Hour:
		w *= 16
	case age <= 7*24*time.Hour:
		w *= 3
	}
	return w
}

// open is the weight of the destinations that accept mail all through an hour.
func (s *site) open(hour time.Time) uint64 {
	sum := uint64(0)
	for _, d := range s.destinations {
		if hour.Add(time.Hour).Before(d.accept) {
			sum += uint64(d.weight)
		}
	}
	return sum
}

// active picks by weight among troubles that are on at t, or, where none is,
// among all of them.
func active(d dice, from []*trouble, t time.Time) *trouble {
	total := 0
	for _, x := range from {
		if x.on(t) {
			total += x.weight
		}
	}
	if total == 0 {
		return weighted(d, from, func(t *trouble) int { return t.weight })
	}
	n := d.IntN(total)
	for _, x := range from {
		if x.on(t) {
			if n -= x.weight; n < 0 {
				return x
			}
		}
	}
	return from[len(from)-1]
}

// load is the weight of all of from that are on in the hour: how much of the
// traffic fails.
func load(from []*trouble, hour time.Time) uint64 {
	sum := uint64(0)
	for _, t := range from {
		if t.on(hour) && t.on(hour.Add(time.Hour-time.Second)) {
			sum += uint64(t.weight)
		}
	}
	return sum
}

func (t *trouble) on(at time.Time) bool { return !at.Before(t.from) && at.Before(t.to) }
