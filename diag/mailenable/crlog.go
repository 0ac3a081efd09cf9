package mailenable

import "bytes"

// LogText returns a log or table as one whose lines end with a line feed, of
// the same length: f itself, but where its lines end with a carriage return
// alone, as some editors and transfers leave them. No service writes that, so
// the beginning tells.
func LogText(f File) File {
	var buf [LogHead]byte
	for _, size := range []int{256, LogHead} {
		head := buf[:size]
		n, _ := f.ReadAt(head, 0)
		i := bytes.IndexByte(head[:n], '\r')
		switch {
		case bytes.IndexByte(head[:n], '\n') >= 0:
			return f
		case i >= 0 && i < n-1: // else it may be half a line end, the rest being written
			return crLog{f}
		case n < size:
			return f
		}
	}
	return f
}

type crLog struct{ File }

func (f crLog) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	returnsToFeeds(b[:n])
	return n, err
}

func (f crLog) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	returnsToFeeds(b[:n])
	return n, err
}

func returnsToFeeds(b []byte) {
	for i := bytes.IndexByte(b, '\r'); i >= 0; i = bytes.IndexByte(b, '\r') {
		b[i], b = '\n', b[i+1:]
	}
}
