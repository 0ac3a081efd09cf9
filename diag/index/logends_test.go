package index

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// A log says the same whatever its lines end with, read at once or while it
// grows.
func TestLogsWithOtherLineEnds(t *testing.T) {
	at := now.Add(-2 * time.Hour)
	text := session(at, id(1), "10", "220 mx.x.example", "a@ours.example", []string{"b@x.example", "c@x.example"}, "250 ok", "550 5.1.1 no", "250 ok", "250 ok") +
		session(at.Add(time.Second), id(2), "10", "554 5.7.1 rejected, see https://x.example/", "", nil) +
		session(at.Add(2*time.Second), id(3), "11", "220 mx.y.example", "a@ours.example", []string{"d@y.example"}, "250 ok", "250 ok", "451 4.7.1 later")
	usual := newSite(t)
	usual.file(dayLog(24), text)
	first := usual.read()
	want, lines := brief(first), first.Totals().LogLines
	if !strings.Contains(want, "x.example") {
		t.Fatal(want)
	}
	for _, end := range []string{"\n", "\r"} {
		s := newSite(t)
		other := strings.ReplaceAll(text, "\r\n", end)
		s.file(dayLog(24), other)
		v := s.read()
		if got := brief(v); got != want || problems(v) != "" || v.Totals().LogLines != lines {
			t.Errorf("%q: %d lines, problems %q\n%s\nwant\n%s", end, v.Totals().LogLines, problems(v), got, want)
		}
		grows := newSite(t)
		grows.file(dayLog(24), "")
		x := grows.index(0)
		for i := 1; i < len(other); i += 41 {
			grows.file(dayLog(24), other[:i])
			if _, err := x.Refresh(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		grows.file(dayLog(24), other)
		if _, err := x.Compare(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := brief(x.View()); got != want {
			t.Errorf("%q, bit by bit:\n%s\nwant\n%s", end, got, want)
		}
	}
}

// A log that is read while its hour comes a second time goes on in that pass.
func TestLogReadOnInTheSecondPass(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	wall := func(clock string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", "2026-10-25 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	const log = "Logging/SMTP/SMTP-Activity-261025.log"
	s := newSite(t)
	s.file(log, "")
	x := indexOf(t, s.root, Options{Location: berlin})
	text := ""
	for i, clock := range []string{"02:20", "02:50", "02:10", "02:40"} {
		text += session(wall(clock), id(i+1), "10", "554 5.7.1 no, see https://x.example/", "", nil)
		s.file(log, text)
		if _, err := x.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, n := range x.View().AllFailures() {
		got = append(got, x.View().Row(n).First.UTC().Format("15:04"))
	}
	slices.Sort(got)
	if want := []string{"00:20", "00:50", "01:10", "01:40"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
