package mailenable

import (
	"bytes"
	"time"
)

// logClock reads the times that lines of logs begin with. MailEnable writes
// "MM/DD/YY HH:MM:SS", in brackets where it opens or closes a log; other forms
// are read where they are told apart for certain.
type logClock struct {
	loc *time.Location
	// day is the day that the file's name gives, zero where it gives none: it
	// tells DD/MM from MM/DD.
	day time.Time

	date [10]byte // last date read, as written
	n    int
	base time.Time // midnight of it
}

// split reads the time at the beginning of line and returns what follows.
func (c *logClock) split(line []byte) (t time.Time, rest []byte, ok bool) {
	b := bytes.TrimLeft(bytes.TrimPrefix(line, []byte(utf8BOM)), " [")
	n := dateLen(b)
	if n == 0 || len(b) < n+9 || b[n] != ' ' && b[n] != 'T' && b[n] != '\t' || b[n+3] != ':' || b[n+6] != ':' {
		return t, line, false
	}
	h, ok1 := two(b[n+1:])
	m, ok2 := two(b[n+4:])
	s, ok3 := two(b[n+7:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || s > 60 {
		return t, line, false
	}
	if c.n != n || !bytes.Equal(c.date[:n], b[:n]) {
		day, ok := c.midnight(b[:n])
		if !ok {
			return t, line, false
		}
		c.base, c.n = day, n
		copy(c.date[:], b[:n])
	}
	y, mo, d := c.base.Date()
	rest = bytes.TrimLeft(b[n+9:], "]")
	return time.Date(y, mo, d, h, m, s, 0, c.loc), rest, true
}

// dateLen returns the length of the date at the beginning of b, 0 for none.
func dateLen(b []byte) int {
	digits := 0
	for i := 0; i < len(b) && i < 11; i++ {
		switch {
		case b[i] >= '0' && b[i] <= '9':
			digits++
		case b[i] == '/' || b[i] == '-' || b[i] == '.':
		default:
			if (i == 8 || i == 10) && digits == i-2 {
				return i
			}
			return 0
		}
	}
	return 0
}

// midnight reads a date: MM/DD/YY, MM/DD/YYYY, YYYY-MM-DD (also with slashes or
// dots), DD.MM.YY, DD.MM.YYYY, and DD/MM where the name of the file says so or
// no month has that number.
func (c *logClock) midnight(b []byte) (time.Time, bool) {
	sep := func(i int) byte { return b[i] }
	if len(b) == 10 && !digit(b[4]) && sep(7) == sep(4) {
		y1, ok1 := two(b)
		y2, ok2 := two(b[2:])
		m, ok3 := two(b[5:])
		d, ok4 := two(b[8:])
		return c.date3(100*y1+y2, m, d, ok1 && ok2 && ok3 && ok4)
	}
	if digit(b[2]) || sep(5) != sep(2) {
		return time.Time{}, false
	}
	p, ok1 := two(b)
	q, ok2 := two(b[3:])
	y, ok3 := two(b[6:])
	y += 2000
	if len(b) == 10 {
		lo, ok := two(b[8:])
		ok3 = ok3 && ok
		y = (y-2000)*100 + lo
	}
	ok := ok1 && ok2 && ok3
	european, okE := c.date3(y, q, p, ok)
	if sep(2) == '.' {
		return european, okE
	}
	usual, okU := c.date3(y, p, q, ok)
	switch {
	case !okU:
		return european, okE
	case okE && !c.day.IsZero() && !near(usual, c.day) && near(european, c.day):
		return european, true
	}
	return usual, okU
}

func near(a, b time.Time) bool {
	d := a.Sub(b)
	return d > -36*time.Hour && d < 72*time.Hour
}

func (c *logClock) date3(y, m, d int, ok bool) (time.Time, bool) {
	if !ok || y < 1990 || y > 2100 || m < 1 || m > 12 || d < 1 || d > 31 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, c.loc)
	return t, t.Day() == d
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// ServiceMark is a line that the service writes when it opens or closes a log:
// at its start and end, and at midnight.
type ServiceMark struct {
	Time    time.Time
	Started bool
}

// ParseServiceMark reads "[MM/DD/YY HH:MM:SS]*** LOG FILE STARTED ***".
func ParseServiceMark(line []byte, loc *time.Location) (ServiceMark, bool) {
	if len(line) == 0 || line[0] != '[' {
		return ServiceMark{}, false
	}
	started := bytes.Contains(line, []byte("LOG FILE STARTED"))
	if !started && !bytes.Contains(line, []byte("LOG FILE CLOSED")) {
		return ServiceMark{}, false
	}
	c := logClock{loc: loc}
	t, _, ok := c.split(line)
	return ServiceMark{Time: t, Started: started}, ok
}
