package mailenable

import (
	"bytes"
	"time"
)

// time reads the time of a row, "MM/DD/YY HH:MM:SS" or another form that
// logClock tells apart for certain. The calendar is asked once an hour of log.
func (p *ActivityParser) time(b []byte) (time.Time, bool) {
	n := p.n
	if n == 0 || len(b) != n+6 || !bytes.Equal(b[:n], p.hour[:n]) {
		return p.newHour(b)
	}
	m, ok1 := two(b[n+1:])
	s, ok2 := two(b[n+4:])
	if !ok1 || !ok2 || b[n] != ':' || b[n+3] != ':' || m > 59 || s > 60 {
		return time.Time{}, false
	}
	return p.within(time.Duration(m)*time.Minute + time.Duration(s)*time.Second), true
}

// newHour reads the time of a row that is not of the hour of the row before.
func (p *ActivityParser) newHour(b []byte) (time.Time, bool) {
	p.n = 0
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] == '[' {
		return time.Time{}, false
	}
	_, rest, ok := p.clock.split(b)
	if !ok {
		return time.Time{}, false
	}
	at := b[:len(b)-len(rest)]
	n := len(at) - len(":MM:SS")
	h, _ := two(at[n-2:])
	switch half := string(bytes.ToUpper(bytes.TrimSpace(rest))); {
	case half == "":
		p.n = copy(p.hour[:], at[:n])
	case half == "AM" || half == "PM":
		if h < 1 || h > 12 {
			return time.Time{}, false
		}
		if h %= 12; half == "PM" {
			h += 12
		}
	case !fraction(half):
		return time.Time{}, false
	}
	m, _ := two(at[n+1:])
	s, _ := two(at[n+4:])
	y, mo, d := p.clock.base.Date()
	p.base = time.Date(y, mo, d, h, 0, 0, 0, p.clock.loc)
	if p.twice = twice(&p.base); p.twice && !p.base.Equal(p.again.base) {
		p.again = secondPass{base: p.base}
	}
	return p.within(time.Duration(m)*time.Minute + time.Duration(s)*time.Second), true
}

// secondPass is how far a log has got in the hour that comes twice where
// summer time ends. Local time does not tell the two apart; but a log is written
// in order, so where its clock goes back the hour begins again.
type secondPass struct {
	base time.Time // of the first pass
	far  time.Duration
	is   bool
}

// goneBack is how far a clock has to go back to mean that: rows of sessions
// side by side may stand a few seconds out of order.
const goneBack = 5 * time.Minute

// within returns the time that lies d behind the beginning of the hour.
func (p *ActivityParser) within(d time.Duration) time.Time {
	if !p.twice {
		return p.base.Add(d)
	}
	a := &p.again
	if d < a.far-goneBack {
		a.is = true
	}
	if a.far = max(a.far, d); a.is {
		d += time.Hour
	}
	return p.base.Add(d)
}

// twice reports whether an hour comes twice, and sets it to the first of both.
func twice(base *time.Time) bool {
	same := func(t time.Time) bool { return t.Hour() == base.Hour() && t.Day() == base.Day() }
	if before := base.Add(-time.Hour); same(before) {
		*base = before
		return true
	}
	return same(base.Add(time.Hour))
}

// GoOn is a parser for the lines behind those that p read.
func (p *ActivityParser) GoOn() *ActivityParser {
	next := *p
	return &next
}

// fraction reports whether s is a part of a second, ".123".
func fraction(s string) bool {
	if s[0] != '.' && s[0] != ',' {
		return false
	}
	for _, c := range s[1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) > 1
}
