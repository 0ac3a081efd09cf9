package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag/sample"
)

// longList is an installation with a list of n failures.
func longList(b *testing.B, n int) string {
	b.Helper()
	root := b.TempDir()
	if err := sample.WriteLongList(root, n, at); err != nil {
		b.Fatal(err)
	}
	return root
}

// Update and View of a key over a long list; the commands that a key starts run
// beside it. The design allows 5 ms at a million messages.
func BenchmarkKey(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000} {
		for _, size := range [][2]int{{80, 24}, {160, 50}} {
			b.Run(fmt.Sprintf("%d/%dx%d", rows, size[0], size[1]), func(b *testing.B) {
				s := newStage(b, setup{w: size[0], h: size[1], root: longList(b, rows)})
				s.press("enter")
				if n := len(s.m.openList().items); n != rows {
					b.Fatalf("%d rows", n)
				}
				keys := []tea.KeyPressMsg{keyOf("j"), keyOf("j"), keyOf("j"), keyOf("pgdown"), keyOf("k"), keyOf("G"), keyOf("g")}
				var took []time.Duration
				i := 0
				for b.Loop() {
					began := time.Now()
					_, cmd := s.m.Update(keys[i%len(keys)])
					_ = s.m.View()
					took = append(took, time.Since(began))
					s.do(cmd)
					i++
				}
				s.settle()
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// A letter of a filter over a long list: what the key itself costs, and until
// the list shows what matches.
func BenchmarkFilter(b *testing.B) {
	s := newStage(b, setup{w: 80, h: 24, root: longList(b, 1_000_000)})
	s.press("enter")
	var worst time.Duration
	for b.Loop() {
		for _, k := range []string{"/", "9", "9", "esc"} {
			began := time.Now()
			_, cmd := s.m.Update(keyOf(k))
			_ = s.m.View()
			worst = max(worst, time.Since(began))
			s.do(cmd)
			s.settle()
		}
	}
	b.ReportMetric(float64(worst.Microseconds()), "worst-key-µs")
}

// The Queue view of a queue of METRIAGE_QUEUE pairs (200,000 where not set) that
// nobody has read before: until the first frame, until messages can be moved
// over and marked, and until all of them are there; beside it find, which only
// lists them.
func BenchmarkQueueView(b *testing.B) {
	pairs := 200_000
	if n, err := strconv.Atoi(os.Getenv("METRIAGE_QUEUE")); err == nil && n > 0 {
		pairs = n
	}
	root := b.TempDir()
	if err := sample.WriteLongQueue(root, pairs, at); err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	var frame, rows, all, find []time.Duration
	for b.Loop() {
		began := time.Now()
		if out, err := exec.Command("find", dir, "-type", "f").Output(); err == nil && len(out) > 0 {
			find = append(find, time.Since(began))
		}
		tick := func(d time.Duration, f func(time.Time) tea.Msg) tea.Cmd { return tea.Tick(d, f) }
		s := newStage(b, setup{w: 80, h: 24, root: root, hold: true, opt: Options{Tick: tick}})
		began = time.Now()
		s.do(s.m.Init())
		s.send(keyOf("]"))
		_ = s.m.View()
		frame = append(frame, time.Since(began))
		opened := false
		for s.m.data == nil || s.m.data.partial || len(s.m.openList().items) < pairs {
			msg := <-s.msgs
			s.n--
			s.take(msg)
			switch {
			case !opened && len(s.m.openList().items) > 0:
				opened = true
				s.send(keyOf("enter"))
			case opened && len(rows) < len(frame) && len(s.m.openList().items) > 100:
				s.send(keyOf("space"))
				if _ = s.m.View(); s.m.marks() == 1 {
					rows = append(rows, time.Since(began))
				}
			}
		}
		all = append(all, time.Since(began))
	}
	median := func(l []time.Duration) float64 {
		slices.Sort(l)
		if len(l) == 0 {
			return 0
		}
		return float64(l[len(l)/2].Microseconds()) / 1000
	}
	b.ReportMetric(median(frame), "frame-ms")
	b.ReportMetric(median(rows), "rows-ms")
	b.ReportMetric(median(all), "all-ms")
	b.ReportMetric(median(find), "find-ms")
}
