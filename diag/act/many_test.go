package act

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"metriage/diag/mailenable"
)

// linkedFrom is how many names one file gets, which file systems bound.
const linkedFrom = 10_000

// manyPairs fills an outgoing queue with n pairs quickly: names for a few files.
func manyPairs(t *testing.T, n int) (root string, items []Item) {
	t.Helper()
	root = t.TempDir()
	out := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	spare := filepath.Join(root, "templates")
	for _, dir := range []string{filepath.Join(out, "Messages"), spare} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	command, message := "", ""
	for i := range n {
		if i%linkedFrom == 0 {
			command, message = filepath.Join(spare, fmt.Sprintf("c%d", i)), filepath.Join(spare, fmt.Sprintf("m%d", i))
			for path, text := range map[string]string{command: "Status=Unsent\r\nSender=[SMTP:info@ours.example]\r\n", message: "Subject: x\r\n\r\nhi\r\n"} {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		name := fmt.Sprintf("%032X.MAI", i)
		for from, to := range map[string]string{command: filepath.Join(out, name), message: filepath.Join(out, "Messages", name)} {
			if os.Link(from, to) == nil {
				continue
			}
			text, err := os.ReadFile(from) // no hard links here
			if err == nil {
				err = os.WriteFile(to, text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		items = append(items, Item{out, name})
	}
	return root, items
}

// A selection of a hundred thousand is held and released whole: nothing is lost,
// nothing is left half-way. METRIAGE_MANY is another number.
func TestHundredThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 400,000 files")
	}
	n := 100_000
	if v, err := strconv.Atoi(os.Getenv("METRIAGE_MANY")); err == nil && v > 0 {
		n = v
	}
	began := time.Now()
	root, items := manyPairs(t, n)
	t.Logf("%d pairs made in %v", n, time.Since(began))
	d := open(t, options(root, layout(t, root)))
	for _, step := range []struct {
		kind Kind
		do   func(context.Context, []Item, Progress) (Result, error)
		left int // in the queue, behind it
	}{{KindHold, d.Hold, 0}, {KindRelease, d.Release, n}} {
		began, last, told := time.Now(), 0, 0
		r, err := step.do(t.Context(), items, func(done, total int) {
			if done < last || total != n {
				t.Fatalf("%d of %d behind %d", done, total, last)
			}
			last, told = done, told+1
		})
		took := time.Since(began)
		if err != nil || r.Moved != n || len(r.Skipped) > 0 || last != n || told == 0 {
			t.Fatalf("%+v, told %d times up to %d: %v", r, told, last, err)
		}
		t.Logf("%s: %v, %.0f a second", step.kind, took, float64(n)/took.Seconds())
		for _, sub := range []string{"", "Messages"} {
			count := 0
			entries, err := os.ReadDir(filepath.Join(root, "Queues", "SMTP", "Outgoing", sub))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if mailenable.IsMail(e.Name()) {
					count++
				}
			}
			if count != step.left {
				t.Errorf("behind %s %d lie in %q, not %d", step.kind, count, sub, step.left)
			}
		}
	}
}
