//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag/sample"
)

// startFaulty starts the program with a fault on a small list.
func startFaulty(t *testing.T, fault, root string) *console {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startWith(t, []string{faultEnv + "=" + fault}, self, "--root", root, "--since", "all", "--dns", "127.0.0.1:1", "--config", os.DevNull)
}

func smallList(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "site")
	if err := sample.WriteLongList(root, 5, time.Now()); err != nil {
		t.Fatal(err)
	}
	return root
}

// brokeOff checks what the program leaves when it ends because of a fault: the
// terminal as it was, a sentence, and a file with what to report and no mail.
func (c *console) brokeOff(where string) {
	c.t.Helper()
	c.end(exitFound)
	said := string(c.seen)
	if !strings.Contains(said, "a fault of its own: fault for a test; please report it with the file ") {
		c.t.Errorf("it does not say what to do: %q", said[max(0, len(said)-400):])
	}
	if i := strings.Index(said, "a fault of its own"); i < strings.LastIndex(said, "\x1b[?1049l") {
		c.t.Error("it is said on the alternate screen, which goes")
	}
	b, err := os.ReadFile(filepath.Join(c.home, "metriage", "crash.txt"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, w := range []string{"metriage", "go1.", "fault for a test", where} {
		if !strings.Contains(string(b), w) {
			c.t.Errorf("%q is not in the file:\n%s", w, b)
		}
	}
	if strings.Contains(string(b), "many.example") {
		c.t.Errorf("mail is in the file:\n%s", b)
	}
}

// A fault in drawing ends the program in order.
func TestFaultInDrawing(t *testing.T) {
	c := startFaulty(t, "view", smallList(t))
	c.until("many.example")
	signal := filepath.Join(c.tmp, "go")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.typed("\r")
	for b := range c.out {
		c.seen = append(c.seen, b...)
	}
	if err := os.Remove(signal); err != nil {
		t.Fatal(err)
	}
	c.brokeOff("tui.(*Model).View")
}

// So does one beside, in the reading of the folders.
func TestFaultInAWorker(t *testing.T) {
	root := smallList(t)
	if err := os.MkdirAll(filepath.Join(root, "Queues", "SMTP", "Outgoing", "Crash"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := startFaulty(t, "folder", root)
	c.brokeOff("brittleDir.List")
}

// A fault in the reading of one file is that file's: it is named and the rest
// is read.
func TestFaultInOneFile(t *testing.T) {
	root := smallList(t)
	dir := filepath.Join(root, "Bad Mail")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "CRASH1.MAI"), []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := startFaulty(t, "file", root)
	c.sees("many.example", "2 faults")
	c.typed(":problems\r")
	c.sees("CRASH1.MAI", "a fault in metriage")
	c.typed("q")
	c.until("1 of")
	c.typed("q")
	c.end(0)
}
