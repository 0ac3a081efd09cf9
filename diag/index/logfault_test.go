package index

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"metriage/diag/mailenable"
)

// wide is text in UTF-16, little end first, as an editor saves it.
func wide(text string, mark bool) string {
	var b []byte
	if mark {
		b = append(b, 0xFF, 0xFE)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// A log that is none is named with what it is, read once and no more, and does
// not keep the others from being read; once it is a log it is read.
func TestLogsThatAreNone(t *testing.T) {
	good := session(now.Add(-26*time.Hour), id(1), "10", "220 mx.x.example", "a@ours.example", []string{"b@x.example"}, "250 ok", "550 5.1.1 no")
	noise := strings.Repeat("MZ\x90\x00\x03\n\x01\x02\x03\x04 \xFF\xFE\r\n", 2000)
	const activity, debug, w3c, mta = "Logging/SMTP/SMTP-Activity-261122.log", "Logging/SMTP/SMTP-Debug-261122.log", "Logging/SMTP/ex261122.log", "Logging/MTA/MTA-Activity-261122.log"
	for _, c := range []struct {
		what, name, text string
		want             string // "" for a log that is one
		failures         int
	}{
		{"NUL bytes", activity, strings.Repeat("\x00", 100_000), "nothing but NUL bytes", 1},
		{"NUL bytes", debug, strings.Repeat("\x00", 100_000), "nothing but NUL bytes", 1},
		{"NUL bytes", w3c, strings.Repeat("\x00", 300), "nothing but NUL bytes", 1},
		{"NUL bytes", mta, strings.Repeat("\x00", 300), "nothing but NUL bytes", 1},
		{"UTF-16", activity, wide(good, true), "UTF-16", 1},
		{"UTF-16", debug, wide(good, true), "UTF-16", 1},
		{"UTF-16 without mark", activity, wide(good, false), "UTF-16", 1},
		{"binary", activity, noise, "binary, not a log", 1},
		{"binary", debug, noise, "binary, not a log", 1},
		{"empty", activity, "", "empty", 1},
		{"empty", debug, "", "empty", 1},
		{"text of another kind", activity, "Dear log,\r\nnothing happened today.\r\n", "not one line", 1},
		{"NUL bytes before the text", activity, strings.Repeat("\x00", 20_000) + "\r\n" + strings.Repeat(strings.ReplaceAll(good, id(1), id(2)), 1), "", 2},
		{"NUL bytes within a row", activity, strings.Replace(strings.ReplaceAll(good, id(1), id(2)), "\r\n", "\r\n\x00\x00\x00\x00\x00\x00", 2), "", 2},
		{"a mark of UTF-8", activity, "\xEF\xBB\xBF" + strings.ReplaceAll(good, id(1), id(2)), "", 2},
	} {
		t.Run(c.what+" "+c.name, func(t *testing.T) {
			s := newSite(t)
			s.file(dayLog(23), good)
			s.file(c.name, c.text)
			disk, kept := &counting{}, &memory{}
			x := indexOf(t, s.root, Options{FS: disk, Cache: kept})
			check := func(when string, v *View) {
				t.Helper()
				if got := problems(v); c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
					t.Errorf("%s: problems %q, want %q", when, got, c.want)
				}
				tt := v.Totals()
				if tt.Failures != c.failures || (tt.Unlisted == 1) != (c.want != "") {
					t.Errorf("%s: %+v", when, tt)
				}
			}
			check("first", scan(t, x))
			before := disk.bytes.Load()
			for range 3 {
				if _, err := x.Refresh(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			if n := disk.bytes.Load() - before; n > 0 {
				t.Errorf("%d bytes are read again although nothing changed", n)
			}
			check("again", x.View())
			if err := x.Keep(); err != nil {
				t.Fatal(err)
			}
			check("from the cache", scan(t, indexOf(t, s.root, Options{Cache: kept})))
			if c.want == "" || c.name != activity {
				return
			}
			s.file(c.name, strings.ReplaceAll(good, id(1), id(2)))
			if _, err := x.Refresh(context.Background()); err != nil {
				t.Fatal(err)
			}
			c.want, c.failures = "", 2
			check("put right", x.View())
		})
	}
}

// Today's log is empty at midnight, which is no fault; tomorrow it is one.
// Where such logs are all there is, nothing was read.
func TestEmptyLogOfToday(t *testing.T) {
	s := newSite(t)
	s.file(dayLog(24), "")
	clock := now
	x := indexOf(t, s.root, Options{Now: func() time.Time { return clock }})
	scan(t, x)
	if got := problems(x.View()); got != "" {
		t.Error(got)
	}
	clock = now.AddDate(0, 0, 1)
	s.file(dayLog(23), strings.Repeat("\x00", 9000))
	if err := os.Chtimes(c(s, dayLog(23)), clock, clock); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	v := x.View()
	if got, want := problems(v), "SMTP-Activity-261123.log: "+mailenable.ErrNULs.Error()+"|SMTP-Activity-261124.log: empty"; got != want || !v.Totals().Blind() {
		t.Errorf("%q, blind %v", got, v.Totals().Blind())
	}
}

// While outcomes are handed to the index more of the log is read: the bytes
// are counted whole, and the race detector has nothing to say.
func TestBytesOfALogAreCountedWhole(t *testing.T) {
	s := newSite(t)
	var size int64
	for day := 21; day <= 23; day++ {
		var b strings.Builder
		for i := range attemptBatch + 100 {
			n := day*100_000 + i
			b.WriteString(session(now.AddDate(0, 0, day-24), id(n), strconv.Itoa(n), "220 mx.x.example", "a@ours.example", []string{"b@x.example", "c@x.example"}, "250 ok", "250 ok", "550 5.1.1 no"))
		}
		s.file(dayLog(day), b.String())
		size += int64(b.Len())
	}
	x := indexOf(t, s.root, Options{})
	scan(t, x)
	if got := x.Progress().LogBytes; got != size {
		t.Errorf("%d bytes of logs, want %d", got, size)
	}
}
