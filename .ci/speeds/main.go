// Command speeds runs the benchmarks of every speed that the project promises,
// each with its peer command in the same run, and prints one table. It takes
// half an hour and needs a machine that does nothing else.
//
//	go run ./.ci/speeds [-messages 100000,1000000] [-log 1024] [-keep DIR]
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
)

// speed is one promise: a figure of a benchmark and the most that it may be.
type speed struct {
	what   string
	pkg    string
	bench  string // of go test's -bench
	name   string // of the result; it may have several
	metric string
	over   string // another result of the benchmark by which the figure is divided
	goal   float64
	unit   string
	peer   string // what the figure is compared with; "" where it stands alone
	sized  bool   // measured at each size of the installation
	from   int    // the goal is for installations of at least so many messages
}

var speeds = []speed{
	{what: "first scan, parsed, classified and grouped", pkg: "./diag/index", bench: "^BenchmarkFirstScan$", name: "FirstScan", metric: "ratio", goal: 1, unit: "times", peer: "rg -uuu -l ME-E0193 DIR", sized: true},
	{what: "reopened, files compared", pkg: "./diag/index", bench: "^BenchmarkReopen$", name: "Reopen/compared", metric: "ratio", goal: 1, unit: "times", peer: "find DIR -type f -size +0", sized: true},
	{what: "reopened, compared and grouped", pkg: "./diag/index", bench: "^BenchmarkReopen$", name: "Reopen/compared-and-grouped", metric: "ratio", goal: 1, unit: "times", peer: "find DIR -type f -size +0", sized: true},
	{what: "live heap", pkg: "./diag/index", bench: "^BenchmarkHeap$", name: "Heap", metric: "B/message", goal: 400, unit: "bytes a message", sized: true, from: 1_000_000},
	{what: "refresh of what has not changed", pkg: "./diag/index", bench: "^BenchmarkRefresh$", name: "Refresh", metric: "ns/op", unit: "ns", sized: true},
	{what: "Activity log, first reading, with audit", pkg: "./diag/index", bench: "^BenchmarkActivityLog$", name: "ActivityLog/first-with-audit", metric: "ns/op", over: "ActivityLog/peer=rg", goal: 3, unit: "times", peer: "rg -c SMTP-OU"},
	{what: "Activity log, grown by 1 MiB", pkg: "./diag/index", bench: "^BenchmarkActivityLog$", name: "ActivityLog/grown-by-1MiB", metric: "ns/op", goal: 100e6, unit: "ns"},
	{what: "Update and View, 1,000,000 rows", pkg: "./tui", bench: "^BenchmarkKey$", name: "Key", metric: "p99-µs", goal: 5000, unit: "µs, 99th percentile"},
	{what: "queue of 200,000 pairs, first frame", pkg: "./tui", bench: "^BenchmarkQueueView$", name: "QueueView", metric: "frame-ms", goal: 100, unit: "ms"},
	{what: "queue of 200,000 pairs, messages can be marked", pkg: "./tui", bench: "^BenchmarkQueueView$", name: "QueueView", metric: "rows-ms", unit: "ms"},
	{what: "queue of 200,000 pairs, find alone", pkg: "./tui", bench: "^BenchmarkQueueView$", name: "QueueView", metric: "find-ms", unit: "ms"},
	{what: "DNS checks, one list dead", pkg: "./diag/check", bench: "^BenchmarkDNSChecks$", name: "DNSChecks/spread/again", metric: "ratio", goal: 1.2, unit: "times", peer: "the slowest live answer"},
	{what: "DNS checks, all ended", pkg: "./diag/check", bench: "^BenchmarkDNSChecks$", name: "DNSChecks/spread/again", metric: "all-s", goal: 10, unit: "s"},
	{what: "normalised reply to verdict", pkg: "./diag/reply", bench: "^BenchmarkNormalised$", name: "Normalised", metric: "ns/call-median", goal: 5000, unit: "ns, median"},
	{what: "raw reply to verdict", pkg: "./diag/reply", bench: "^BenchmarkRaw$", name: "Raw", metric: "ns/call-median", goal: 25000, unit: "ns, median"},
	{what: "reply seen before", pkg: "./diag/reply", bench: "^BenchmarkSeen$", name: "Seen", metric: "ns/call-median", goal: 1000, unit: "ns, median"},
}

func main() {
	sizes := flag.String("messages", "100000", "sizes of the sample installation")
	log := flag.Int("log", 1024, "MiB of the Activity log")
	keep := flag.String("keep", "", "folder that keeps the samples for the next time")
	flag.Parse()
	if err := run(strings.Split(*sizes, ","), *log, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "speeds:", err)
		os.Exit(1)
	}
}

func run(sizes []string, log int, keep string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Printf("%s %s/%s, %d processors, %s\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor())
	fmt.Fprintln(w, "WHAT\tMESSAGES\tFIGURE\tGOAL\t\tCOMPARED WITH")
	done := map[string]map[string]map[string]float64{}
	for i, s := range speeds {
		at := []string{""}
		if s.sized {
			at = sizes
		}
		for _, size := range at {
			key := s.pkg + s.bench + size
			if done[key] == nil {
				var err error
				if done[key], err = bench(s.pkg, s.bench, size, log, keep); err != nil {
					return err
				}
			}
			shown := false
			for name, metrics := range done[key] {
				v, ok := metrics[s.metric]
				if !ok || name != s.name && !strings.HasPrefix(name, s.name+"/") {
					continue
				}
				shown = true
				if s.over != "" {
					v /= done[key][s.over][s.metric]
				}
				goal, word := "-", ""
				if n, _ := strconv.Atoi(size); s.goal > 0 && n >= s.from {
					goal, word = number(s.goal), "reached"
					if v > s.goal {
						word = "MISSED"
					}
				}
				what := s.what
				if rest := strings.TrimPrefix(name, s.name); rest != "" {
					what += " " + rest[1:]
				}
				fmt.Fprintf(w, "%s\t%s\t%s %s\t%s\t%s\t%s\n", what, size, number(v), s.unit, goal, word, s.peer)
			}
			if !shown {
				return fmt.Errorf("speed %d (%s) has no figure: %s does not report %s", i+1, s.what, s.bench, s.metric)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Println("\nthe terminal: goals 100 ms, 500 and 600 bytes, 16 ms, 0 bytes")
	for _, rows := range []string{"100000", "1000000"} {
		cmd := exec.Command("go", "run", "./cmd/ttybench", "-runs", "5", "-rows", rows)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		fmt.Printf("%s rows\n", rows)
		if err := cmd.Run(); err != nil {
			return err
		}
	}
	return nil
}

// number writes a figure with as many digits as say something.
func number(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// result is a line of a benchmark: its name without the number of processors,
// how often it ran, and pairs of figure and metric.
var result = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// bench runs a benchmark and returns the metrics of each of its results.
func bench(pkg, name, size string, log int, keep string) (map[string]map[string]float64, error) {
	// Five runs give a median; of a benchmark without a peer the package chooses
	// how many it needs.
	args := []string{"test", pkg, "-run", "^$", "-bench", name, "-timeout", "120m"}
	if pkg == "./diag/index" {
		args = append(args, "-benchtime", "5x")
	}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "METRIAGE_LOG_MIB="+strconv.Itoa(log))
	if size != "" {
		cmd.Env = append(cmd.Env, "METRIAGE_BENCH="+size)
	}
	if keep != "" {
		cmd.Env = append(cmd.Env, "METRIAGE_BENCH_DIR="+keep)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(&out, os.Stderr)
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out.String())
	}
	results := map[string]map[string]float64{}
	for r := bufio.NewScanner(&out); r.Scan(); {
		m := result.FindStringSubmatch(r.Text())
		if m == nil {
			continue
		}
		metrics := map[string]float64{}
		for f := strings.Fields(m[2]); len(f) >= 2; f = f[2:] {
			v, err := strconv.ParseFloat(f[0], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", r.Text(), err)
			}
			metrics[f[1]] = v
		}
		results[m[1]] = metrics
	}
	return results, nil
}

// processor names the machine's processor where the system tells.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return "processor not known"
}
