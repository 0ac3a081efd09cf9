package index

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"metriage/diag/mailenable"
)

// dayLog is the name of the Activity log of a day of November 2026.
func dayLog(day int) string { return fmt.Sprintf("Logging/SMTP/SMTP-Activity-2611%02d.log", day) }

// Of a log only what is new is read, and of a series only from the log on that
// changed; a log that was replaced is noticed, whatever its size and time say.
func TestOfLogsOnlyWhatIsNewIsRead(t *testing.T) {
	s := newSite(t)
	n := 0
	part := func(size int) string {
		var b strings.Builder
		for b.Len() < size {
			n++
			b.WriteString(session(now.Add(-time.Duration(n)*time.Second), id(n), fmt.Sprint(n), "220 mx.x.example", "a@ours.example",
				[]string{fmt.Sprintf("u%d@x.example", n)}, "250 ok", "550 5.7.1 no"))
		}
		return b.String()
	}
	logs := map[int]string{}
	clock := now
	write := func(day int, text string) {
		logs[day] = text
		s.file(dayLog(day), text)
		clock = clock.Add(time.Minute)
		if err := os.Chtimes(c(s, dayLog(day)), clock, clock); err != nil {
			t.Fatal(err)
		}
	}
	write(22, part(40_000))
	write(23, part(60_000))
	disk := &counting{}
	x := indexOf(t, s.root, Options{FS: disk})
	// marks of two logs are read to see whether they are the same ones.
	const marks = 2 * 4 * markBytes
	for _, k := range []struct {
		what  string
		do    func()
		reads func() int
	}{
		{"first", func() {}, func() int { return len(logs[22]) + len(logs[23]) }},
		{"nothing new", func() {}, func() int { return 0 }},
		{"grown", func() { write(23, logs[23]+part(5000)) }, func() int { return 5000 + 600 }},
		{"only its time has changed", func() { s.age(dayLog(23), time.Hour) }, func() int { return 0 }},
		{"half a row", func() { write(23, logs[23]+"11/24/26 10:") }, func() int { return 100 }},
		{"the rest of it", func() { write(23, logs[23]+"00:00\tSMTP-OU\r\n"+part(100)) }, func() int { return 1200 }},
		{"the next day's", func() { write(24, part(3000)) }, func() int { return 3000 + 600 }},
		{"replaced by one that begins alike", func() { write(24, logs[24][:900]+part(9000)) }, func() int { return len(logs[24]) }},
		{"replaced by one as long", func() { write(24, strings.Replace(logs[24], "SMTP-OU", "SMTP-IN", 1)) }, func() int { return len(logs[24]) }},
		{"cut short", func() { write(24, logs[24][:len(logs[24])/2]) }, func() int { return len(logs[24]) }},
		{"emptied", func() { write(24, "") }, func() int { return 0 }},
		{"written again", func() { write(24, part(2000)) }, func() int { return len(logs[24]) }},
		{"the middle one has gone", func() { delete(logs, 23); _ = os.Remove(c(s, dayLog(23))) }, func() int { return len(logs[24]) }},
		{"the first one has gone", func() { delete(logs, 22); _ = os.Remove(c(s, dayLog(22))) }, func() int { return len(logs[24]) }},
	} {
		k.do()
		before := disk.bytes.Load()
		if _, err := x.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, want := int(disk.bytes.Load()-before), k.reads(); got > want+marks {
			t.Errorf("%s: %d bytes of logs read, want at most %d", k.what, got, want+marks)
		}
		differ(t, k.what, everythingOf(t, x.View()), everythingOf(t, scan(t, indexOf(t, s.root, Options{}))))
	}
}

// A log may be rolled between any two rows of a session, and read while it is
// at any place: what comes out is the same.
func TestLogRolledAndReadAnywhere(t *testing.T) {
	at := now.Add(-2 * time.Hour)
	text := session(at, id(1), "10", "220 mx.x.example", "a@ours.example", []string{"b@x.example", "c@x.example"}, "250 ok", "550 5.1.1 no", "250 ok", "250 ok") +
		session(at.Add(time.Second), id(2), "10", "554 5.7.1 rejected, see https://x.example/", "", nil) +
		session(at.Add(2*time.Second), id(3), "11", "220 mx.y.example", "a@ours.example", []string{"d@y.example"}, "250 ok", "250 ok", "451 4.7.1 later")
	whole := newSite(t)
	whole.file(dayLog(23), text)
	want := brief(whole.read())
	lines := strings.SplitAfter(text, "\r\n")
	for i := range lines {
		s := newSite(t)
		s.file(dayLog(23), strings.Join(lines[:i], ""))
		s.file(dayLog(24), strings.Join(lines[i:], ""))
		if got := brief(s.read()); got != want {
			t.Errorf("rolled before row %d:\n%s\nwant\n%s", i, got, want)
		}
	}
	s := newSite(t)
	s.file(dayLog(23), "")
	x := s.index(0)
	for i := 1; i < len(text); i += 37 {
		s.file(dayLog(23), text[:i])
		if _, err := x.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	s.file(dayLog(23), text)
	if _, err := x.Compare(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := brief(x.View()); got != want {
		t.Errorf("read bit by bit:\n%s\nwant\n%s", got, want)
	}
}

// Every taker gets all rows in the order of the log, whatever the lines are
// like; a line that is no row is counted.
func TestRowPipe(t *testing.T) {
	var lines [][]byte
	rows, skipped, marks := 0, 0, 0
	for i := range 5000 {
		line := fmt.Sprintf("11/24/26 10:00:00\tSMTP-OU\tID\t%d\t192.0.2.1\tCONN\t\t220 %s\t0\t0\t\t", i, strings.Repeat("x", i%300))
		switch i % 50 {
		case 7:
			line, skipped = "no row at all", skipped+1
		case 8:
			line, marks = "[11/24/26 00:00:20]*** LOG FILE STARTED ***", marks+1
		case 9:
			line = ""
		case 10: // longer than a batch
			line, rows = line+strings.Repeat("y", batchBytes+i), rows+1
		default:
			rows++
		}
		lines = append(lines, []byte(line))
	}
	lines = append([][]byte{append([]byte("\xEF\xBB\xBF"), "[11/24/26 00:00:20]*** LOG FILE STARTED ***"...)}, lines...)
	marks++
	p := rowPipe{loc: time.UTC, parse: mailenable.NewActivityParser(time.UTC, time.Time{}).ParseInto}
	for range 2 { // the second time with batches that were used before
		type seen struct {
			lines, skipped, marks, rows int
			sockets                     bytes.Buffer
		}
		var got [2]seen
		taker := func(s *seen) func(*rowBatch) {
			return func(b *rowBatch) {
				s.lines, s.skipped, s.marks, s.rows = s.lines+b.lines, s.skipped+b.skipped, s.marks+len(b.marks), s.rows+len(b.rows)
				for _, r := range b.rows {
					fmt.Fprintf(&s.sockets, "%s %d\n", r.Socket, len(r.Response))
				}
			}
		}
		p.start(taker(&got[0]), taker(&got[1]))
		buf := make([]byte, 0, 2*batchBytes)
		for _, l := range lines {
			buf = append(buf[:0], l...) // as a reader that uses its buffer again
			p.line(buf)
			clear(buf)
		}
		p.end()
		var want bytes.Buffer
		for i := range 5000 {
			if k := i % 50; k < 7 || k > 9 {
				fmt.Fprintf(&want, "%d %d\n", i, len("220 ")+i%300)
			}
		}
		for i := range got {
			if g := &got[i]; g.lines != len(lines) || g.skipped != skipped || g.marks != marks || g.rows != rows || g.sockets.String() != want.String() {
				t.Errorf("taker %d: %d lines, %d skipped, %d marks, %d rows; want %d, %d, %d, %d", i, g.lines, g.skipped, g.marks, g.rows, len(lines), skipped, marks, rows)
			}
		}
		if p.made > batchesAhead {
			t.Errorf("%d batches", p.made)
		}
	}
}
