//go:build unix

package index

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"metriage/diag/audit"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
	"metriage/diag/sample"
)

// logMiB is how large the benchmark's Activity log is: METRIAGE_LOG_MIB, else a
// quarter of the gigabyte that the goal names.
func logMiB() int {
	if n, err := strconv.Atoi(os.Getenv("METRIAGE_LOG_MIB")); err == nil && n > 0 {
		return n
	}
	return 256
}

// bigLog writes an Activity log of many megabytes: a sample's rows over and
// over, each time under other message ids. It returns its path and a further
// megabyte.
func bigLog(b *testing.B, root string) (path string, more []byte) {
	b.Helper()
	from := filepath.Join(b.TempDir(), "sample")
	if _, err := sample.Write(context.Background(), from, sample.Options{Story: "password", Messages: 8000, Now: logDay.Add(20 * time.Hour)}); err != nil {
		b.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(from, "Logging", "SMTP", "SMTP-Activity-*.log"))
	if err != nil || len(logs) == 0 {
		b.Fatal(err, "no logs")
	}
	slices.Sort(logs)
	var rows [][]byte
	for _, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			if line[0] != '[' {
				rows = append(rows, line)
			}
		}
	}
	dir := filepath.Join(root, "Logging", "SMTP")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	path = filepath.Join(dir, "SMTP-Activity-261123.log")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	size, copies := 0, 0
	write := func(to interface{ Write([]byte) (int, error) }, until int) {
		for size = 0; size < until; copies++ {
			for _, r := range rows {
				if size >= until {
					break
				}
				// "MM/DD/YY HH:MM:SS<TAB>SMTP-OU<TAB>IIII…": another id, the same day.
				copy(r, "11/23/26")
				copy(r[26:], fmt.Sprintf("%04X", copies))
				n, err := to.Write(r)
				if err != nil {
					b.Fatal(err)
				}
				size += n
			}
		}
	}
	write(w, logMiB()<<20)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	_ = f.Close()
	var rest bytes.Buffer
	write(&rest, 1<<20)
	return path, rest.Bytes()
}

var logDay = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// countRows searches the log as the peer does and returns how long that took and
// how much of it the processor was busy.
func countRows(b *testing.B, path string) (wall, cpu time.Duration) {
	b.Helper()
	began := time.Now()
	c := exec.Command("rg", "-c", "SMTP-OU", path)
	if out, err := c.Output(); err != nil || strings.TrimSpace(string(out)) == "0" {
		b.Fatal(err, "rg (ripgrep) is the peer of this benchmark")
	}
	return time.Since(began), c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}

// cpuTime returns for how long the processor was busy with this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// BenchmarkActivityLog reads an Activity log for the first time, with the audit
// listening and without, each time beside a search for the same rows, and then a
// megabyte that was added. times-rg is the median of the ratios, by the clock
// and by what the processor does. The goal is three, and 100 ms.
func BenchmarkActivityLog(b *testing.B) {
	root := b.TempDir()
	path, more := bigLog(b, root)
	class, problems, err := reply.New(reply.Options{})
	if err != nil || len(problems) > 0 {
		b.Fatal(err, problems)
	}
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{root})
	if len(errs) > 0 {
		b.Fatal(errs)
	}
	mib := int64(logMiB()) << 20
	open := func(listen bool) *Index {
		o := Options{FS: mailenable.Disk{}, Classifier: class, Location: time.UTC, Now: func() time.Time { return logDay.Add(20 * time.Hour) }}
		if listen {
			c := audit.New(audit.Options{Local: []string{"harbourline.example", "brandt-freight.example"}, Provider: reply.Provider})
			o.Rows = func(_ int, rows []mailenable.Row) { c.AddRows(rows) }
			o.Marks = func(_ int, m mailenable.ServiceMark) { c.AddMark(m) }
		}
		return New(found, o)
	}
	for _, listen := range []bool{false, true} {
		name := map[bool]string{false: "first", true: "first-with-audit"}[listen]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(mib)
			var wall, cpu []float64
			for b.Loop() {
				b.StopTimer()
				search, searchCPU := countRows(b, path)
				b.StartTimer()
				began, busy := time.Now(), cpuTime(b)
				x := open(listen)
				if err := x.Scan(context.Background()); err != nil {
					b.Fatal(err)
				}
				if t := x.View().Totals(); t.Failures == 0 || t.LogLinesSkipped > 0 {
					b.Fatalf("%+v", t)
				}
				wall = append(wall, float64(time.Since(began))/float64(search))
				cpu = append(cpu, float64(cpuTime(b)-busy)/float64(searchCPU))
			}
			b.ReportMetric(median(wall), "times-rg")
			b.ReportMetric(median(cpu), "times-rg-cpu")
		})
	}
	b.Run("grown-by-1MiB", func(b *testing.B) {
		x := open(true)
		if err := x.Scan(context.Background()); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(more)))
		for b.Loop() {
			b.StopTimer()
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Write(more); err != nil {
				b.Fatal(err)
			}
			_ = f.Close()
			b.StartTimer()
			if changed, err := x.Refresh(context.Background()); err != nil || !changed {
				b.Fatal(changed, err)
			}
		}
	})
}
