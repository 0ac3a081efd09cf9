package mailenable

import (
	"bytes"
	"io"
)

// LineReader reads the lines of a log that may still grow, from any offset on.
type LineReader struct {
	buf  []byte
	long []byte // the beginning of a line that is longer than the limit
}

// Read calls visit for every line of r from offset on, without its end; done
// is false for a last line without end, which may still be being written. It
// returns the offset behind the last line that is done. Lines longer than the
// limit are cut. It ends early where visit returns false.
func (l *LineReader) Read(r io.ReaderAt, offset int64, visit func(line []byte, done bool) bool) (next int64, err error) {
	if l.buf == nil {
		l.buf = make([]byte, 256<<10)
	}
	start, end := 0, 0 // of what is in buf and not visited
	next = offset      // of the line that begins at start, or of the long one
	at := offset       // of what is read next
	cutting := false   // within a long line whose beginning is in l.long
	for {
		n, rerr := r.ReadAt(l.buf[end:], at)
		end += n
		at += int64(n)
		for {
			i := bytes.IndexByte(l.buf[start:end], '\n')
			if i < 0 {
				break
			}
			done := l.buf[start : start+i]
			start += i + 1
			if cutting {
				done, cutting = l.long, false
				next = at - int64(end-start)
			} else {
				next += int64(i + 1)
			}
			if !visit(lineOf(done), true) {
				return next, nil
			}
		}
		if n == 0 || rerr != nil {
			if cutting {
				visit(lineOf(l.long), false)
			} else if start < end {
				visit(lineOf(l.buf[start:end]), false)
			}
			if rerr == io.EOF {
				rerr = nil
			}
			return next, rerr
		}
		switch {
		case cutting:
			start, end = 0, 0
		case start > 0:
			end = copy(l.buf, l.buf[start:end])
			start = 0
		case end >= maxLogLine:
			l.long, cutting = append(l.long[:0], l.buf[:maxLogLine]...), true
			end = 0
		}
	}
}

// lineOf returns a line without its carriage return, cut at the limit.
func lineOf(b []byte) []byte {
	b = b[:min(len(b), maxLogLine)]
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b
}
