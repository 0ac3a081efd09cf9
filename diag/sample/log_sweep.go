package sample

import (
	"context"
	"fmt"
	"time"
)

// logLine is one line of a log other than the Activity log.
type logLine struct {
	at   time.Time
	mta  bool // MTA-Activity; else SMTP-Debug
	text string
}

// logs are all families of logs of a tree.
type logs struct {
	activity, debug, mta *logFiles

	begun time.Time // the latest beginning of a session so far
	now   int       // sessions that began in order
	later int       // sessions that were told ahead of their time
}

func newLogs(t *tree, s *site) *logs {
	zone := s.zone
	l := &logs{
		activity: newLogFiles(t.path(logFolder, ""), "SMTP-Activity-", zone),
		debug:    newLogFiles(t.path(logFolder, ""), "SMTP-Debug-", zone),
		mta:      newLogFiles(t.path(mtaFolder, ""), "MTA-Activity-", zone),
	}
	l.activity.restarts = s.restarted()
	return l
}

// add takes all lines of p, piece order of its class.
func (l *logs) add(p *piece, order uint64) {
	for k := range p.sessions {
		s := &p.sessions[k]
		l.number(s)
		for i := range s.rows {
			r := &s.rows[i]
			l.activity.add(s.at.Add(time.Duration(r.after)*time.Second), (order<<8|uint64(k&0xFF))<<8|uint64(i&0xFF), func(b []byte, at time.Time) []byte {
				return s.append(b, r, at)
			})
		}
	}
	for k, line := range p.lines {
		to := l.debug
		if line.mta {
			to = l.mta
		}
		to.add(line.at, order<<8|uint64(k&0xFF), func(b []byte, at time.Time) []byte {
			b = at.AppendFormat(b, "01/02/06 15:04:05")
			b = append(b, '\t')
			b = append(b, line.text...)
			return append(b, '\r', '\n')
		})
	}
}

// number gives s a socket number that no session open at the same time has.
// Sessions ahead of their time, which are later attempts, have a range of their
// own.
func (l *logs) number(s *logSession) {
	if s.at.After(l.begun.Add(time.Minute)) && !l.begun.IsZero() {
		l.later++
		s.socket = 9000 + 4*(l.later%20_000)
		return
	}
	l.now++
	s.socket = 1000 + 4*(l.now%1900)
}

func (l *logs) flush(t time.Time) error {
	for _, f := range []*logFiles{l.activity, l.debug, l.mta} {
		if err := f.flush(t); err != nil {
			return err
		}
	}
	return nil
}

// end writes what is left and closes the files, also after an error.
func (l *logs) end(failed error) error {
	for _, f := range []*logFiles{l.activity, l.debug, l.mta} {
		failed = f.end(failed)
	}
	return failed
}

// sweep writes the logs of all classes, which are walked side by side in order
// of time.
func sweep(ctx context.Context, l *logs, classes []class) (err error) {
	defer func() { err = l.end(err) }()
	next := make([]int, len(classes))
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		best := -1
		var at time.Time
		for c := range classes {
			if classes[c].quiet || next[c] == classes[c].n {
				continue
			}
			if t := classes[c].at(next[c]); best < 0 || t.Before(at) {
				best, at = c, t
			}
		}
		if best < 0 {
			return nil
		}
		if err := l.flush(at); err != nil {
			return err
		}
		i := next[best]
		next[best]++
		l.begun = at
		p := classes[best].make(i)
		for k := range p.sessions {
			if p.sessions[k].at.Before(at) {
				return fmt.Errorf("sample log: %s %d begins at %v, before %v", classes[best].name, i, p.sessions[k].at, at)
			}
		}
		l.add(&p, uint64(best)<<32|uint64(i))
	}
}
