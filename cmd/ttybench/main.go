//go:build unix

// Command ttybench measures what the dashboard costs a terminal: the time to
// the first frame, from a key to the last byte of its answer, the bytes that a
// key takes, and what is written while nothing happens. It runs the built
// program on a pseudo terminal over a sample installation.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/creack/pty"

	"metriage/diag/sample"
)

func main() {
	bin := flag.String("bin", "", "the metriage program; built from this module where empty")
	root := flag.String("root", "", "installation; a sample is written where empty")
	messages := flag.Int("messages", 100_000, "size of the sample")
	sizes := flag.String("sizes", "80x24,160x50", "terminal sizes")
	keys := flag.Int("keys", 200, "cursor keys")
	rows := flag.Int("rows", 0, "instead of a sample, one list of so many failures")
	runs := flag.Int("runs", 1, "how often each size is measured; the table has the median of each column")
	flag.Parse()
	if err := run(*bin, *root, *messages, *rows, *sizes, *keys, max(1, *runs)); err != nil {
		fmt.Fprintln(os.Stderr, "ttybench:", err)
		os.Exit(1)
	}
}

func run(bin, root string, messages, rows int, sizes string, keys, runs int) error {
	tmp, err := os.MkdirTemp("", "ttybench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if bin == "" {
		bin = filepath.Join(tmp, "metriage")
		build := exec.Command("go", "build", "-trimpath", "-o", bin, "metriage/cmd/metriage")
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the README builds it
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	if root == "" && rows > 0 {
		root = filepath.Join(tmp, "site")
		if err := sample.WriteLongList(root, rows, time.Now()); err != nil {
			return err
		}
	}
	if root == "" {
		root = filepath.Join(tmp, "site")
		if _, err := sample.Write(context.Background(), root, sample.Options{Messages: messages, Seed: 1, Now: time.Now()}); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "size\tfirst frame\tread\tj mean bytes\tj p50\tj p99\tPgDn bytes\tPgDn p99\tidle bytes\t")
	for _, size := range strings.Split(sizes, ",") {
		var cols, rows uint16
		if _, err := fmt.Sscanf(size, "%dx%d", &cols, &rows); err != nil {
			return fmt.Errorf("size %q: give WxH", size)
		}
		var all []result
		for range runs {
			r, err := measure(bin, root, filepath.Join(tmp, "home"), cols, rows, keys)
			if err != nil {
				return fmt.Errorf("%s: %w", size, err)
			}
			all = append(all, r)
		}
		fmt.Fprintf(w, "%s\t%v\t%v\t%d\t%v\t%v\t%d\t%v\t%d\t\n", size,
			ms(median(all, func(r result) time.Duration { return r.firstFrame })),
			ms(median(all, func(r result) time.Duration { return r.read })),
			median(all, func(r result) int { return mean(r.cursor) }),
			ms(median(all, func(r result) time.Duration { return quantile(r.cursorTimes, 50) })),
			ms(median(all, func(r result) time.Duration { return quantile(r.cursorTimes, 99) })),
			median(all, func(r result) int { return mean(r.page) }),
			ms(median(all, func(r result) time.Duration { return quantile(r.pageTimes, 99) })),
			median(all, func(r result) int { return r.idle }))
	}
	return w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// result is what one run of the program showed.
type result struct {
	firstFrame, read       time.Duration
	cursor, page           []int
	cursorTimes, pageTimes []time.Duration
	idle                   int
}

// median is the middle one of what of gives for each result.
func median[T int | time.Duration](all []result, of func(result) T) T {
	var values []T
	for _, r := range all {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func mean(n []int) int {
	if len(n) == 0 {
		return 0
	}
	sum := 0
	for _, v := range n {
		sum += v
	}
	return sum / len(n)
}

func quantile(d []time.Duration, p int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := slices.Clone(d)
	slices.Sort(s)
	return s[min(len(s)-1, len(s)*p/100)]
}

// output is bytes from the terminal and when they came.
type output struct {
	at time.Time
	b  []byte
}

const (
	quiet    = 40 * time.Millisecond // no byte for so long: the answer is complete
	keyEvery = time.Second / 30
	oneFrame = time.Second / 60
	idleFor  = 3 * time.Second
	longest  = 10 * time.Minute
)

func measure(bin, root, home string, cols, rows uint16, keys int) (result, error) {
	var r result
	cmd := exec.Command(bin, "--root", root, "--since", "all", "--dns", "127.0.0.1:1")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "HOME="+home, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home)
	began := time.Now()
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: cols, Rows: rows})
	if err != nil {
		return r, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = f.Close()
	}()
	out := make(chan output, 1024)
	go func() {
		defer close(out)
		buf := make([]byte, 64<<10)
		for {
			n, err := f.Read(buf)
			if n > 0 {
				out <- output{time.Now(), bytes.Clone(buf[:n])}
			}
			if err != nil {
				return
			}
		}
	}()
	t := &terminal{out: out, f: f}
	at, err := t.until("Failures")
	if err != nil {
		return r, err
	}
	r.firstFrame = at.Sub(began)
	// The line that says how far the reading is gives way to what was counted.
	if at, err = t.until("refused  "); err != nil {
		return r, err
	}
	for {
		n, last := t.settle(5 * time.Second)
		if n == 0 {
			break
		}
		at = last
	}
	r.read = at.Sub(began)
	// Into the longest list, without touching the detail.
	if _, _, err := t.key("\r"); err != nil {
		return r, err
	}
	t.settle(5 * time.Second)
	if err := t.moves(); err != nil {
		return r, err
	}
	for range keys {
		n, took, err := t.key("j")
		if err != nil {
			return r, err
		}
		r.cursor, r.cursorTimes = append(r.cursor, n), append(r.cursorTimes, took)
	}
	for range 20 {
		n, took, err := t.key("\x1b[6~")
		if err != nil {
			return r, err
		}
		r.page, r.pageTimes = append(r.page, n), append(r.pageTimes, took)
	}
	t.settle(time.Second)
	r.idle, _ = t.count(idleFor)
	return r, nil
}

type terminal struct {
	out  <-chan output
	f    *os.File
	seen []byte
}

// until waits for text on the terminal.
func (t *terminal) until(text string) (time.Time, error) {
	deadline := time.After(longest)
	for {
		select {
		case o, ok := <-t.out:
			if !ok {
				return time.Time{}, fmt.Errorf("the program ended before it showed %q:\n%s", text, t.seen)
			}
			t.seen = append(t.seen, o.b...)
			if bytes.Contains(t.seen, []byte(text)) {
				return o.at, nil
			}
		case <-deadline:
			return time.Time{}, fmt.Errorf("%q was not shown", text)
		}
	}
}

// settle reads until nothing comes for d and returns the bytes and when the
// last of them came.
func (t *terminal) settle(d time.Duration) (n int, last time.Time) {
	for {
		select {
		case o, ok := <-t.out:
			if !ok {
				return n, last
			}
			n += len(o.b)
			last = o.at
		case <-time.After(d):
			return n, last
		}
	}
}

// count reads for d and returns the bytes.
func (t *terminal) count(d time.Duration) (n int, err error) {
	end := time.After(d)
	for {
		select {
		case o, ok := <-t.out:
			if !ok {
				return n, nil
			}
			n += len(o.b)
		case <-end:
			return n, nil
		}
	}
}

// moves waits until the cursor answers: a long list takes a while to be there.
func (t *terminal) moves() error {
	for deadline := time.Now().Add(longest); time.Now().Before(deadline); {
		n, _, err := t.key("j")
		if n > 0 || err != nil {
			return err
		}
		t.settle(time.Second)
	}
	return fmt.Errorf("the cursor did not move:\n%s", t.seen)
}

// key types a key and returns how many bytes answered and how long it took to
// the last of them. Keys come at 30 a second.
func (t *terminal) key(k string) (n int, took time.Duration, err error) {
	// The last answer ended with a frame; a pause that varies keeps the keys
	// from always falling on the same part of one.
	time.Sleep(rand.N(oneFrame))
	at := time.Now()
	if _, err := t.f.WriteString(k); err != nil {
		return 0, 0, err
	}
	n, last := t.settle(quiet)
	if n > 0 {
		took = last.Sub(at)
	}
	if rest := keyEvery - time.Since(at); rest > 0 {
		time.Sleep(rest)
	}
	return n, took, nil
}
