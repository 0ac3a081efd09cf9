package index

import (
	"hash/crc32"
	"slices"
	"strings"
	"time"

	"metriage/diag/mailenable"
)

// present is a log as its folder lists it.
type present struct {
	name  string
	day   time.Time
	last  time.Time
	size  int64
	stamp stamp
}

// listLogs returns the logs that reach into the window, in the order of their
// days: of a day without Activity log its W3C log.
func (r *logReader) listLogs() (activity, debug []present, err error) {
	var w3c []present
	err = r.dir.List(func(e mailenable.Entry) bool {
		isActivity, isDebug := mailenable.IsActivityLog(e.Name), mailenable.IsDebugLog(e.Name)
		w3cDay, isW3C := mailenable.W3CDate(e.Name, r.x.opt.Location)
		if r.l.mta {
			isActivity, isDebug, isW3C = false, mailenable.IsMTALog(e.Name), false
		}
		if !e.Regular || !isActivity && !isDebug && !isW3C {
			return true
		}
		p := present{name: e.Name}
		s, err := r.dir.Stat(e.Name)
		if err == nil {
			p.size, p.stamp = s.Size, stampOf(s)
		}
		day, ok := mailenable.LogDate(e.Name, r.x.opt.Location)
		if isW3C {
			day, ok = w3cDay, true
		}
		if ok {
			// A log is rolled at the first event after midnight.
			p.day, p.last = day, day.AddDate(0, 0, 2)
		} else {
			p.day, p.last = s.ModTime, s.ModTime
		}
		if r.x.old(p.last) {
			return true
		}
		switch {
		case isActivity:
			activity = append(activity, p)
		case isDebug:
			debug = append(debug, p)
		default:
			w3c = append(w3c, p)
		}
		return true
	})
	activity = withW3C(activity, w3c)
	for _, list := range [][]present{activity, debug} {
		slices.SortFunc(list, func(a, b present) int {
			if c := a.day.Compare(b.day); c != 0 {
				return c
			}
			return strings.Compare(a.name, b.name)
		})
	}
	return activity, debug, err
}

// plan is where reading has to begin again in a series of logs.
type plan struct {
	first int  // the first log to read; the number of logs where there is none
	goOn  bool // from where it ended, else from its beginning
}

// planOf compares the logs that are there with those that were read.
func (r *logReader) planOf(have []logFile, now []present) plan {
	for i := range now {
		if i >= len(have) {
			return plan{first: i}
		}
		f, p := &have[i], &now[i]
		last := i == len(now)-1
		switch {
		case f.problem != "" && f.name == p.name && f.when == p.stamp && (f.tries >= maxTries || !r.opens(f)):
			continue
		case f.name != p.name || f.problem != "" || p.size < f.size:
			return plan{first: i}
		case f.when == p.stamp && (f.tail != tailGrows || last):
			continue
		case !r.goesOn(f):
			return plan{first: i}
		case f.tail == tailEnded && p.size > f.size:
			return plan{first: i} // the line that was ended has grown
		case p.size == f.size && f.tail != tailGrows:
			r.touched(f, p.stamp)
			continue
		}
		return plan{first: i, goOn: true}
	}
	return plan{first: len(now)}
}

// maxTries is how often a log is read that cannot be read to its end.
const maxTries = 3

// opens reports whether a log that could not be read may be now.
func (r *logReader) opens(f *logFile) bool {
	file, err := r.dir.Open(f.name)
	if err == nil {
		_ = file.Close()
	}
	return err == nil
}

// touched notes that a log has another time, but nothing new.
func (r *logReader) touched(f *logFile, s stamp) {
	r.x.mu.Lock()
	f.when = s
	r.x.mu.Unlock()
}

// markBytes is how much of the beginning and end of a log is remembered to
// tell whether it is still the same.
const markBytes = 512

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// goesOn reports whether a log still begins and goes on as when it was read.
func (r *logReader) goesOn(f *logFile) bool {
	file, err := r.dir.Open(f.name)
	if err != nil {
		return false
	}
	defer file.Close()
	head, end, err := marks(file, f.size)
	return err == nil && head == f.head && end == f.end
}

// marks returns the checksums of the first and last bytes before size.
func marks(file mailenable.File, size int64) (head, end uint32, err error) {
	var buf [markBytes]byte
	n := min(size, markBytes)
	if n == 0 {
		return 0, 0, nil
	}
	if _, err = file.ReadAt(buf[:n], 0); err != nil {
		return 0, 0, err
	}
	head = crc32.Checksum(buf[:n], castagnoli)
	if _, err = file.ReadAt(buf[:n], size-n); err != nil {
		return 0, 0, err
	}
	return head, crc32.Checksum(buf[:n], castagnoli), nil
}
