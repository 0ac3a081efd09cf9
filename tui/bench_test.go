package tui

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// longList is an installation of notices that name n recipients of one domain,
// each a failure of its own.
func longList(b *testing.B, n int) string {
	b.Helper()
	const each = 2000
	root := b.TempDir()
	dir := filepath.Join(root, "Postoffices", "bench", "MAILROOT", "list", "Inbox")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for file := 0; n > 0; file++ {
		var w bytes.Buffer
		fmt.Fprintf(&w, "From: \"Delivery Subsystem\" <postmaster@bench.example>\r\nTo: <list@bench.example>\r\nSubject: Message Delivery Failure\r\nDate: %s\r\nX-MEFilter: 1\r\n\r\n",
			at.Add(-time.Duration(file+1)*time.Minute).Format(time.RFC1123Z))
		w.WriteString("MailEnable: Message could not be delivered to some recipients.\r\n")
		for range min(n, each) {
			fmt.Fprintf(&w, "\r\n\tRecipient: [SMTP:reader%07d@many.example]\r\n\tReason: 550 5.7.1 Service refused, client host [198.51.100.25] blocked using zen.spamhaus.org\r\n", n)
			n--
		}
		name := filepath.Join(dir, fmt.Sprintf("%032X.MAI", file+1))
		if err := os.WriteFile(name, w.Bytes(), 0o644); err != nil {
			b.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			b.Fatal(err)
		}
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
