package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// Observation is something that changed before deliveries began to fail. It is
// no cause: two things that happen one after the other may have nothing to do
// with each other.
type Observation struct {
	Time time.Time
	Kind string // one of the Changed constants
	Text string // one sentence
}

// Kinds of observations.
const (
	ChangedHELO     = "helo"
	ChangedAddress  = "address"
	ChangedVolume   = "volume"
	ChangedNetworks = "networks"
	ChangedRestart  = "restart"
	ChangedSettings = "settings"
	ChangedGuessing = "guessing"
)

// lookBack is how long before an onset is looked at, and lookAfter how far
// behind it: the first refusal is a little later than what led to it.
const (
	lookBack  = 24 * time.Hour
	lookAfter = 10 * time.Minute
)

// Changes returns what changed in the day before an onset, in order of time.
func (c *Collector) Changes(onset time.Time, in Inputs) []Observation {
	if onset.IsZero() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.facts(in)
	from, to := onset.Add(-lookBack).Unix(), onset.Add(lookAfter).Unix()
	var out []Observation
	say := func(sec int64, kind, format string, args ...any) {
		out = append(out, Observation{time.Unix(sec, 0).In(f.now.Location()), kind, diag.Clean(fmt.Sprintf(format, args...))})
	}
	within := func(sec int64) bool { return sec >= from && sec <= to }

	for name, h := range c.own.helos {
		if within(h.first) && h.first > c.first+3600 {
			say(h.first, ChangedHELO, "The server began to introduce itself as %s%s.", name, f.heloBefore(name, h.first))
		}
	}
	for _, a := range f.addresses() {
		if within(a.first) && a.first > c.first+3600 {
			say(a.first, ChangedAddress, "Mail began to leave from %s%s.", a.key, f.addressBefore(a.key, a.first))
		}
	}
	f.volumeChange(onset, say)
	f.userChanges(from, to, say)
	for _, t := range Restarts(c.marks) {
		if within(t.Unix()) {
			say(t.Unix(), ChangedRestart, "The SMTP service was restarted.")
		}
	}
	f.settingsChanges(within, say)
	slices.SortStableFunc(out, func(a, b Observation) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text, b.Text))
	})
	return out
}

type sayFunc func(sec int64, kind, format string, args ...any)

// heloBefore names the HELO name that was used last before another began.
func (f *facts) heloBefore(name string, at int64) string {
	best, last := "", int64(0)
	for k, h := range f.c.own.helos {
		if k != name && h.first < at && h.last > last {
			best, last = k, h.last
		}
	}
	if best == "" {
		return ""
	}
	return ", after " + best
}

// named is an own address with its times over all providers.
type named struct {
	key         string
	first, last int64
	accepted    int
}

// addresses are the own addresses that remote servers saw.
func (f *facts) addresses() []named {
	by := map[string]*named{}
	for k, x := range f.c.own.cells {
		if !k.own.IsValid() || x.greeted == 0 && x.accepted == 0 {
			continue
		}
		n := by[k.own.String()]
		if n == nil {
			n = &named{key: k.own.String(), first: x.first}
			by[n.key] = n
		}
		n.first, n.last = min(n.first, x.first), max(n.last, x.last)
		n.accepted += x.accepted
	}
	var out []named
	for _, n := range by {
		out = append(out, *n)
	}
	slices.SortFunc(out, func(a, b named) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.key, b.key)) })
	return out
}

func (f *facts) addressBefore(key string, at int64) string {
	best, last := "", int64(0)
	for _, a := range f.addresses() {
		if a.key != key && a.first < at && a.last > last {
			best, last = a.key, a.last
		}
	}
	if best == "" {
		return ""
	}
	if last > at+3600 {
		return ", beside " + best
	}
	return ", after " + best
}

// volumeChange compares the day before the onset with the days before.
func (f *facts) volumeChange(onset time.Time, say sayFunc) {
	t := f.c.inHour
	var n uint32
	first := int64(0)
	for i := range t.hours {
		if h := t.hours[i].hour; h >= onset.Add(-lookBack).Unix()/3600 && h <= onset.Unix()/3600 {
			n += t.hours[i].recipients
			if first == 0 {
				first = t.hours[i].first
			}
		}
	}
	usual, busiest, known := f.c.usual(t)
	if known && n >= volumeLeast && float64(n) >= growingFactor*max(usual, 1) && float64(n) > busiest {
		say(f.c.onset(t, burst{usual: usual, from: first}), ChangedVolume, "%s were handed in within a day, usually %s.", count(int(n), "recipient"), diag.Thousands(int(usual+0.5)))
	}
}

// userChanges looks for users who began to sign in from many networks, and for
// guessing.
func (f *facts) userChanges(from, to int64, say sayFunc) {
	for _, u := range f.c.users.sorted() {
		n, first := 0, int64(0)
		for _, x := range u.nets {
			if x.first >= from && x.first <= to {
				n++
				if first == 0 || x.first < first {
					first = x.first
				}
			}
		}
		if n >= networksLeast && first > f.c.first+3600 {
			say(first, ChangedNetworks, "%s began to sign in from %s not seen before.", u.name, count(n, "network"))
		}
	}
	var n uint32
	first := int64(0)
	for _, h := range f.c.guesses.all.hours {
		if h.hour >= from/3600 && h.hour <= to/3600 {
			n += h.messages
			if first == 0 {
				first = h.first
			}
		}
	}
	if n >= guessLeast {
		say(first, ChangedGuessing, "%s within a day.", count(int(n), "failed sign-in"))
	}
}

// settingsChanges looks at the times of settings files. Files of single
// mailboxes change all the time and are counted only.
func (f *facts) settingsChanges(within func(int64) bool, say sayFunc) {
	if f.in.Config == nil {
		return
	}
	boxes, last := 0, int64(0)
	at := map[int64][]string{}
	for _, x := range f.in.Config.Files {
		sec := x.ModTime.Unix()
		if !within(sec) {
			continue
		}
		if strings.Contains(strings.ToUpper(x.Name), "/MAILBOXES/") {
			boxes++
			last = max(last, sec)
			continue
		}
		at[sec/60] = append(at[sec/60], x.Name)
	}
	for minute, names := range at {
		slices.Sort(names)
		say(minute*60, ChangedSettings, "Settings files were changed: %s.", list(names))
	}
	if boxes > 0 {
		say(last, ChangedSettings, "The settings of %s were changed.", boxWords(boxes))
	}
}

// Restarts returns when the service was started anew, from the lines that it
// writes when it opens and closes a log: it also opens one at midnight.
func Restarts(marks []mailenable.ServiceMark) []time.Time {
	var out []time.Time
	sorted := slices.Clone(marks)
	slices.SortStableFunc(sorted, func(a, b mailenable.ServiceMark) int { return a.Time.Compare(b.Time) })
	day := ""
	for _, m := range sorted {
		if !m.Started {
			continue
		}
		d := m.Time.Format(time.DateOnly)
		if d == day {
			out = append(out, m.Time)
		}
		day = d
	}
	return slices.CompactFunc(out, func(a, b time.Time) bool { return a.Equal(b) })
}
