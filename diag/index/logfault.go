package index

import (
	"errors"
	"io"

	"metriage/diag/mailenable"
)

// checkLog says what is wrong with the beginning of a log. Most are good by
// the bytes that marks reads as well.
func checkLog(file mailenable.File) error {
	for _, size := range []int{markBytes, mailenable.LogHead} {
		head := make([]byte, size)
		n, err := file.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err = mailenable.CheckLog(head[:n]); err == nil || n < size || size == mailenable.LogHead {
			return err
		}
	}
	return nil
}

// judgeLog notes that a log is none. That stands until the log changes.
func (r *logReader) judgeLog(f *logFile, err error) {
	if err != nil && !errors.Is(err, mailenable.ErrEmpty) {
		f.problem, f.tries = mailenable.Why(err), maxTries
	}
}

// judgeLines judges an Activity or W3C log by its lines: where most are good
// the beginning does not matter, and where none is, it is no log.
func (r *logReader) judgeLines(f *logFile) {
	switch {
	case f.tries == maxTries && f.lines > 2*f.skipped:
		f.problem, f.tries = "", 0
	case f.problem == "" && f.lines > 0 && f.lines == f.skipped:
		r.judgeLog(f, mailenable.ErrOtherForm)
	}
}

// faultOf says why a log tells nothing, "" where it does. An empty one may
// have been begun just now, until its day is over.
func (x *Index) faultOf(f *logFile) string {
	if f.problem == "" && f.size == 0 && f.tail == tailNone && f.when != (stamp{}) && x.opt.Now().After(f.day.AddDate(0, 0, 1)) {
		return mailenable.ErrEmpty.Error()
	}
	return f.problem
}
