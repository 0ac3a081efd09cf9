package sample

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// logFiles writes one family of logs, one file a day as MailEnable rolls them,
// from lines that come roughly in the order of time.
type logFiles struct {
	prefix string // directory and beginning of the name
	zone   *time.Location

	minutes map[int64]*logMinute
	keys    []int64 // of minutes, sorted
	// restarts are when the service began a log anew within a day, sorted.
	restarts []time.Time
	day      string
	file     *os.File
	out      *bufio.Writer
	last     time.Time
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

func newLogFiles(dir, name string, zone *time.Location) *logFiles {
	return &logFiles{prefix: filepath.Join(dir, name), zone: zone, minutes: map[int64]*logMinute{}}
}

// add takes one line, which write appends. order decides among lines of the
// same second.
func (l *logFiles) add(at time.Time, order uint64, write func(b []byte, at time.Time) []byte) {
	key := at.Unix() / 60
	m := l.minutes[key]
	if m == nil {
		m = &logMinute{}
		l.minutes[key] = m
		k, _ := slices.BinarySearch(l.keys, key)
		l.keys = slices.Insert(l.keys, k, key)
	}
	start := len(m.data)
	m.data = write(m.data, at.In(l.zone))
	m.rows = append(m.rows, logPlace{uint64(at.Unix()), order, start, len(m.data)})
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
		f, err := os.OpenFile(l.prefix+day+".log", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return fmt.Errorf("sample log: %w", err)
		}
		l.file, l.day = f, day
		l.out = bufio.NewWriterSize(f, 1<<18)
		l.out.WriteString(stamp + logStarted)
	}
	for len(l.restarts) > 0 && !at.Before(l.restarts[0]) {
		if l.last.Before(l.restarts[0]) && l.last.Format("060102") == at.Format("060102") {
			stamp := l.restarts[0].In(l.zone).Format("[01/02/06 15:04:05]")
			l.out.WriteString(stamp + logClosed + stamp + logStarted)
		}
		l.restarts = l.restarts[1:]
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
