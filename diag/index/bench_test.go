package index

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// The benchmarks measure the rows of the design's speed table that are about
// reading, each with its peer in the same run:
//
//	go test ./diag/index -run - -bench . -benchtime 5x -timeout 60m
//
// They write an installation of METRIAGE_BENCH messages (100,000 where not set;
// 1000000 shows the growth). With METRIAGE_BENCH_DIR the installation is kept
// there for the next time. Each reports the medians of its own time and the
// peer's in milliseconds, and their ratio; above 1 the peer is quicker. No
// benchmark fails because of a clock. go run ./.ci/speeds runs them with all
// others.

const benchSince = 0

func benchNumber(b *testing.B, name string, other int) int {
	b.Helper()
	v := os.Getenv(name)
	if v == "" {
		return other
	}
	n, err := strconv.Atoi(v)
	if err != nil || n <= 0 {
		b.Fatalf("%s=%q is no number", name, v)
	}
	return n
}

// benchTree writes the installation and reads it once, so that it is in memory.
func benchTree(b *testing.B) (root string, messages int) {
	b.Helper()
	messages = benchNumber(b, "METRIAGE_BENCH", 100_000)
	dir := os.Getenv("METRIAGE_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	root = filepath.Join(dir, fmt.Sprintf("site-%d", messages))
	if _, err := os.Stat(root); err != nil {
		if _, err := sample.Write(context.Background(), root, sample.Options{Seed: 1, Now: now, Messages: messages}); err != nil {
			b.Fatal(err)
		}
	}
	root, err := filepath.EvalSymlinks(root) // find does not follow the link it is given
	if err != nil {
		b.Fatal(err)
	}
	peer(b, "rg", "-uuu", "-l", "ME-E0193", root)
	return root, messages
}

// peer runs a command that does less and returns how long it took, 0 where it
// is not installed.
func peer(b *testing.B, name string, args ...string) time.Duration {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Logf("%s is not installed: nothing to compare with", name)
		return 0
	}
	cmd := exec.Command(path, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for r := bufio.NewScanner(out); r.Scan(); {
	}
	_ = cmd.Wait() // rg and find say 1 and 2 where there is nothing, or less
	return time.Since(began)
}

// compared runs both in turns and reports the medians.
func compared(b *testing.B, own func(), name string, args ...string) {
	b.Helper()
	var mine, theirs []time.Duration
	for range b.N {
		theirs = append(theirs, peer(b, name, args...))
		began := time.Now()
		own()
		mine = append(mine, time.Since(began))
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	m, p := mine[len(mine)/2], theirs[len(theirs)/2]
	b.ReportMetric(float64(m.Milliseconds()), "ms")
	b.ReportMetric(0, "ns/op")
	if p > 0 {
		b.ReportMetric(float64(p.Milliseconds()), "ms-peer")
		b.ReportMetric(float64(m)/float64(p), "ratio")
	}
}

// First scan: parsed, classified, grouped; the peer looks for one word.
func BenchmarkFirstScan(b *testing.B) {
	root, _ := benchTree(b)
	compared(b, func() {
		v := scan(b, indexOf(b, root, Options{Since: benchSince}))
		v.Groups(diag.ByDomain)
	}, "rg", "-uuu", "-l", "ME-E0193", root)
}

// Reopening an installation that has not changed, from its cache.
func BenchmarkReopen(b *testing.B) {
	root, _ := benchTree(b)
	cache := &memory{}
	x := indexOf(b, root, Options{Since: benchSince, Cache: cache})
	scan(b, x)
	if err := x.Keep(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(cache.data)>>10), "KiB-cache")
	x = nil
	for _, part := range []struct {
		name string
		view bool
	}{{"compared", false}, {"compared-and-grouped", true}} {
		b.Run(part.name, func(b *testing.B) {
			compared(b, func() {
				y := indexOf(b, root, Options{Since: benchSince, Cache: cache})
				if err := y.Scan(context.Background()); err != nil {
					b.Fatal(err)
				}
				if part.view {
					y.View().Groups(diag.ByDomain)
				}
			}, "find", root, "-type", "f", "-size", "+0")
		})
	}
}

// Live heap after collection, with a picture and its groups; the messages are
// those of the installation's folders, and logs count with them.
func BenchmarkHeap(b *testing.B) {
	root, messages := benchTree(b)
	for range b.N {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := indexOf(b, root, Options{Since: benchSince})
		v := scan(b, x)
		v.Groups(diag.ByDomain)
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(messages), "B/message")
		runtime.KeepAlive(x)
		runtime.KeepAlive(v)
	}
}

// What a pass over an installation costs in which nothing happens.
func BenchmarkRefresh(b *testing.B) {
	root, _ := benchTree(b)
	x := indexOf(b, root, Options{Since: benchSince})
	scan(b, x)
	b.ResetTimer()
	for range b.N {
		if _, err := x.Refresh(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
