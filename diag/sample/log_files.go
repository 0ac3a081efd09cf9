package sample

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// logFiles writes the Activity logs, one file a day as MailEnable rolls them,
// from sessions that come in the order in which they began.
type logFiles struct {
	dir  string
	zone *time.Location

	minutes map[int64]*logMinute
	keys    []int64 // of minutes, sorted
	day     string
	file    *os.File
	out     *bufio.Writer
	last    time.Time
	begun   time.Time // the latest beginning of a session so far
	now     int       // sessions that began in order
	later   int       // sessions that were told ahead of their time
}

// logMinute holds the rows of one minute until no earlier one can come.
type logMinute struct {
	data []byte
	rows []logPlace
}

type logPlace struct {
	unix, order uint64
	start, end  int
}

func newLogFiles(dir string, zone *time.Location) *logFiles {
	return &logFiles{dir: dir, zone: zone, minutes: map[int64]*logMinute{}}
}

// add takes the rows of s. order decides among rows of the same second.
func (l *logFiles) add(s *logSession, order uint64) {
	l.number(s)
	for i := range s.rows {
		r := &s.rows[i]
		at := s.at.Add(time.Duration(r.after) * time.Second)
		key := at.Unix() / 60
		m := l.minutes[key]
		if m == nil {
			m = &logMinute{}
			l.minutes[key] = m
			k, _ := slices.BinarySearch(l.keys, key)
			l.keys = slices.Insert(l.keys, k, key)
		}
		start := len(m.data)
		m.data = s.append(m.data, r, at.In(l.zone))
		m.rows = append(m.rows, logPlace{uint64(at.Unix()), order<<8 | uint64(i&0xFF), start, len(m.data)})
	}
}

// number gives s a socket number that no session open at the same time has.
// Sessions ahead of their time, which are later attempts, have a range of their
// own.
func (l *logFiles) number(s *logSession) {
	if s.at.After(l.begun.Add(time.Minute)) && !l.begun.IsZero() {
		l.later++
		s.socket = 9000 + 4*(l.later%20_000)
		return
	}
	l.now++
	s.socket = 1000 + 4*(l.now%1900)
}

// flush writes every minute before t.
func (l *logFiles) flush(t time.Time) error {
	n := 0
	for n < len(l.keys) && l.keys[n] < t.Unix()/60 {
		m := l.minutes[l.keys[n]]
		slices.SortFunc(m.rows, func(a, b logPlace) int {
			return cmp.Or(cmp.Compare(a.unix, b.unix), cmp.Compare(a.order, b.order))
		})
		for _, r := range m.rows {
			if err := l.row(time.Unix(int64(r.unix), 0).In(l.zone), m.data[r.start:r.end]); err != nil {
				return err
			}
		}
		delete(l.minutes, l.keys[n])
		n++
	}
	l.keys = slices.Delete(l.keys, 0, n)
	return nil
}

const (
	logStarted = "****************** LOG FILE STARTED *******************\r\n"
	logClosed  = "****************** LOG FILE CLOSED ********************\r\n"
)

func (l *logFiles) row(at time.Time, line []byte) error {
	if day := at.Format("060102"); day != l.day {
		stamp := at.Format("[01/02/06 15:04:05]")
		if l.file != nil {
			l.out.WriteString(stamp + logClosed)
			if err := l.close(at); err != nil {
				return err
			}
		}
		path := filepath.Join(l.dir, "SMTP-Activity-"+day+".log")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("sample log: %w", err)
		}
		l.file, l.day = f, day
		l.out = bufio.NewWriterSize(f, 1<<18)
		l.out.WriteString(stamp + logStarted)
	}
	l.last = at
	if _, err := l.out.Write(line); err != nil {
		return fmt.Errorf("sample log: %w", err)
	}
	return nil
}

// close ends the current file, last written at.
func (l *logFiles) close(at time.Time) error {
	if l.file == nil {
		return nil
	}
	err := l.out.Flush()
	if e := l.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chtimes(l.file.Name(), at, at)
	}
	l.file = nil
	if err != nil {
		return fmt.Errorf("sample log: %w", err)
	}
	return nil
}

// end writes what is left; the file of the last day stays open for MailEnable,
// so it has no closing line.
func (l *logFiles) end(failed error) error {
	if failed == nil {
		failed = l.flush(l.last.Add(100 * 24 * time.Hour))
	}
	if err := l.close(l.last); failed == nil {
		failed = err
	}
	return failed
}

// sweep writes the logs of all classes, which are walked side by side in order
// of time.
func sweep(ctx context.Context, l *logFiles, classes []class) (err error) {
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
		l.begun = at
		next[best]++
		p := classes[best].make(i)
		for k := range p.sessions {
			if p.sessions[k].at.Before(at) {
				return fmt.Errorf("sample log: %s %d begins at %v, before %v", classes[best].name, i, p.sessions[k].at, at)
			}
			l.add(&p.sessions[k], uint64(best)<<40|uint64(i)<<8|uint64(k))
		}
	}
}
