package check

import "time"

// goneAfter is for how long a list has to fail its self-test until it is
// called probably gone.
const goneAfter = 7 * 24 * time.Hour

// ListHistory remembers since when block lists fail their self-test, also
// across restarts. It is safe for use by several goroutines; the zero value
// remembers within this process only.
type ListHistory struct{ kept Cooldown }

// ListHistoryFile returns a ListHistory that is kept in a file, which is made
// with its folder when it is first needed.
func ListHistoryFile(path string) *ListHistory {
	f := CooldownFile(path)
	return &ListHistory{kept: Cooldown{Load: f.Load, Save: f.Save}}
}

// failing notes that a zone fails its self-test and returns since when it does
// so without having passed in between.
func (h *ListHistory) failing(zone string, now time.Time) time.Time {
	if h == nil {
		return now
	}
	c := &h.kept
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read()
	since, ok := c.last[zone]
	// A time in the future is a clock that was set back; it does not count.
	if (!ok || since.After(now)) && len(c.last) < maxCooldowns {
		since = now
		c.last[zone] = now
		c.save()
	}
	if since.IsZero() {
		return now
	}
	return since
}

// passed notes that a zone passes its self-test.
func (h *ListHistory) passed(zone string) {
	if h == nil {
		return
	}
	c := &h.kept
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read()
	if _, ok := c.last[zone]; ok {
		delete(c.last, zone)
		c.save()
	}
}

// age notes how the self-test of a list came out and says so where it has
// failed for long. What the resolver makes up is not the list's doing.
func (l *listRun) age(j *job, r *result, v listVerdict, h health, madeUp bool) {
	switch {
	case h.noTest || madeUp:
	case l.passed(h):
		j.ListHistory.passed(l.zone)
	case v.code == "dnsbl-unhealthy":
		since := j.ListHistory.failing(l.zone, j.Now())
		if j.Now().Sub(since) >= goneAfter {
			r.note("It has failed its self-test since %s: it is probably gone for good. Whoever still refuses by it has to take it out.", since.Format("2 Jan 2006"))
		}
	}
}
