package tui

import (
	"fmt"
	"slices"
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
