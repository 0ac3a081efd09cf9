package mailenable

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"net/netip"
	"strings"
	"time"
)

// Row is one line of an SMTP Activity log: one command of one session and the
// first line of what was answered. The byte slices are valid until the next
// line is read.
type Row struct {
	Time     time.Time
	Out      bool   // SMTP-OU, a delivery by us; else SMTP-IN
	ID       []byte // message id, "….MAI"
	Socket   []byte
	Remote   []byte // address of the other side
	Command  []byte // CONN, EHLO, MAIL, RCPT, DATA, DATE (end of data), QUIT, …
	Detail   []byte // the whole command; empty for AUTH, which may hold a password
	Response []byte
	User     []byte // SMTP-IN
	Subject  []byte // SMTP-OU
}

// Columns of the Activity log (vendor article ME020170). Lines of eleven or
// ten columns occur.
const (
	colTime = iota
	colDirection
	colID
	colSocket
	colRemote
	colCommand
	colDetail
	colResponse
	colSent
	colReceived
	colUser
	colSubject
	columns

	minColumns = 10
)

// ActivityParser turns lines into rows. It is not safe for concurrent use.
type ActivityParser struct {
	// OutOnly leaves the fields of incoming sessions' rows empty but for their
	// time, which is quicker.
	OutOnly bool

	clock logClock
	hour  [13]byte // date and hour as last read, as written
	n     int      // length of hour, 0 for none
	base  time.Time
	twice bool // the hour comes twice
	again secondPass
}

// NewActivityParser returns a parser for a log written in the time zone loc.
// day is what LogDate says of the file's name, or zero.
func NewActivityParser(loc *time.Location, day time.Time) *ActivityParser {
	return &ActivityParser{clock: logClock{loc: loc, day: day}}
}

// Parse reads one line. ok is false for lines that are no rows: what the
// service writes when it opens and closes a log, truncated lines, and others.
func (p *ActivityParser) Parse(line []byte) (row Row, ok bool) {
	if !p.ParseInto(line, &row) {
		return Row{}, false
	}
	return row, true
}

// ParseInto is Parse that writes over a row, which holds nothing of use where
// it returns false.
func (p *ActivityParser) ParseInto(line []byte, row *Row) (ok bool) {
	row.User, row.Subject, row.Detail = nil, nil, nil
	var tabs [columns - 1]int32
	n := findTabs(line, &tabs)
	if n < minColumns-1 {
		return false
	}
	col := func(i int) []byte { return line[tabs[i-1]+1 : tabs[i]] }
	switch direction := col(colDirection); {
	case string(direction) == outgoing || strings.EqualFold(string(direction), outgoing):
		row.Out = true
	case string(direction) == incoming || strings.EqualFold(string(direction), incoming):
		row.Out = false
		if p.OutOnly {
			row.ID, row.Socket, row.Remote, row.Command, row.Response = nil, nil, nil, nil, nil
			row.Time, ok = p.time(line[:tabs[0]])
			return ok
		}
	default:
		return false
	}
	for i := colSocket; i <= colSent; i++ {
		if c := col(i); string(c) == outgoing || string(c) == incoming {
			return false // the beginning of a row with another one behind it
		}
	}
	if row.Time, ok = p.time(line[:tabs[0]]); !ok {
		return false
	}
	row.ID, row.Socket, row.Remote, row.Command = trim(col(colID)), col(colSocket), trim(col(colRemote)), trim(col(colCommand))
	row.Detail, row.Response = col(colDetail), col(colResponse)
	row.hideSecrets()
	switch {
	case row.Out && n == colSubject:
		row.Subject = line[tabs[colUser]+1:]
	case !row.Out && n == colSubject:
		row.User = col(colUser)
	case !row.Out && n == colUser:
		row.User = line[tabs[colReceived]+1:]
	}
	return true
}

const outgoing, incoming = "SMTP-OU", "SMTP-IN"

// findTabs finds the first tabs of a line, eight bytes at once, and returns how
// many there are.
func findTabs(line []byte, at *[columns - 1]int32) (n int) {
	const low, tabs = 0x7F7F7F7F7F7F7F7F, 0x0909090909090909
	i := 0
	for ; i+8 <= len(line); i += 8 {
		w := binary.LittleEndian.Uint64(line[i:]) ^ tabs
		// The high bit of each byte that is zero now: it was a tab.
		for m := ^((w&low + low) | w | low); m != 0; m &= m - 1 {
			at[n] = int32(i + bits.TrailingZeros64(m)>>3)
			if n++; n == len(at) {
				return n
			}
		}
	}
	for ; i < len(line); i++ {
		if line[i] == '\t' {
			at[n] = int32(i)
			if n++; n == len(at) {
				return n
			}
		}
	}
	return n
}

// trim is bytes.TrimSpace, quick where there is nothing to trim.
func trim(b []byte) []byte {
	if n := len(b); n > 0 && b[0] > ' ' && b[0] < 0x80 && b[n-1] > ' ' && b[n-1] < 0x80 {
		return b
	}
	return bytes.TrimSpace(b)
}

func two(b []byte) (int, bool) {
	if b[0] < '0' || b[0] > '9' || b[1] < '0' || b[1] > '9' {
		return 0, false
	}
	return int(b[0]-'0')*10 + int(b[1]-'0'), true
}

// ReadLines calls visit for every line of r without its end. Lines longer
// than the limit are cut. A last line without end may still be being written:
// it is visited, but not among the consumed bytes.
func ReadLines(r io.Reader, visit func(line []byte) bool) (consumed int64, err error) {
	buf := make([]byte, 256<<10)
	start, end := 0, 0
	skipping := false
	for {
		n, rerr := r.Read(buf[end:])
		end += n
		for {
			i := bytes.IndexByte(buf[start:end], '\n')
			if i < 0 {
				break
			}
			line := bytes.TrimSuffix(buf[start:start+i], []byte{'\r'})
			start += i + 1
			consumed += int64(i + 1)
			if skipping {
				skipping = false
				continue
			}
			if !visit(line) {
				return consumed, nil
			}
		}
		if rerr == io.EOF {
			if start < end && !skipping {
				visit(bytes.TrimSuffix(buf[start:end], []byte{'\r'}))
			}
			return consumed, nil
		}
		if rerr != nil {
			return consumed, rerr
		}
		if start > 0 {
			end = copy(buf, buf[start:end])
			start = 0
		} else if end >= maxLogLine {
			if !skipping && !visit(buf[:maxLogLine]) {
				return consumed, nil
			}
			skipping = true
			consumed += int64(end)
			end = 0
		}
	}
}

// LogDate returns the day that a log's name gives, "-YYMMDD.log".
func LogDate(name string, loc *time.Location) (time.Time, bool) {
	if len(name) < 11 || !strings.EqualFold(name[len(name)-4:], ".log") || name[len(name)-11] != '-' {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation("060102", name[len(name)-10:len(name)-4], loc)
	return t, err == nil
}

// IsActivityLog reports whether name is that of an SMTP Activity log.
func IsActivityLog(name string) bool {
	return hasPrefixFold(name, "SMTP-Activity-") && strings.EqualFold(name[len(name)-4:], ".log")
}

// IsDebugLog reports whether name is that of an SMTP Debug log.
func IsDebugLog(name string) bool {
	return hasPrefixFold(name, "SMTP-Debug-") && strings.EqualFold(name[len(name)-4:], ".log")
}

// bracketed returns the first address in square brackets: how a remote server
// names the address that it sees us under in its EHLO reply.
func bracketed(b []byte) netip.Addr {
	for {
		i := bytes.IndexByte(b, '[')
		if i < 0 {
			return netip.Addr{}
		}
		b = b[i+1:]
		j := bytes.IndexByte(b, ']')
		if j < 0 || j > 45 {
			continue
		}
		s := b[:j]
		if hasPrefixFold(string(s), "IPv6:") {
			s = s[5:]
		}
		if a, err := netip.ParseAddr(string(s)); err == nil {
			return a.Unmap()
		}
	}
}
