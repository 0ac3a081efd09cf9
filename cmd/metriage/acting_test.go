//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"metriage/diag/sample"
)

// site writes a sample installation that a test may change.
func site(t *testing.T, messages int) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(context.Background(), root, sample.Options{Messages: messages, Seed: 1, Now: time.Now(), Story: "password"}); err != nil {
		t.Fatal(err)
	}
	return root
}

// treeOf is every entry below root with size, time and contents; our own
// folder is left out where without is set.
func treeOf(t *testing.T, root string, without bool) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		info, err := e.Info()
		switch {
		case err != nil:
			return err
		case without && rel == "metriage":
			return filepath.SkipDir
		case e.IsDir() && without:
			return nil // the time of a folder changes when files come and go
		case e.IsDir():
			out[rel+"/"] = info.ModTime().UTC().Format(time.RFC3339Nano)
			return nil
		}
		b, err := os.ReadFile(path)
		out[rel] = fmt.Sprintf("%d %s %x", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano), sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// differ names some of what is not the same in two trees.
func differ(a, b map[string]string) []string {
	var out []string
	for k, v := range a {
		if b[k] != v {
			out = append(out, k)
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			out = append(out, "new: "+k)
		}
	}
	return out[:min(len(out), 5)]
}

// dashboardArgs start the dashboard on a root with nothing to ask.
func dashboardArgs(root string, more ...string) []string {
	return append([]string{"--root", root, "--dns", "127.0.0.1:1", "--timezone", "UTC"}, more...)
}

// A whole session that reads everything and tries everything changes nothing
// below the root unless it was allowed to: names, sizes, contents, times.
func TestNothingChangesWithoutLeave(t *testing.T) {
	root := site(t, 400)
	before := treeOf(t, root, false)
	c := startConsole(t, dashboardArgs(root)...)
	c.sees("accepted since", "REFUSED")
	for _, step := range []struct{ keys, words string }{
		{"\r", "RECIPIENT"}, {"\r", "PTR"}, {"3", "CONTAIN"}, {"4", "Raw"}, {"]", "FOLDER"}, {"\r", "DESTINATION"}, {"*", "marked"},
		{":hold\r", "--allow-changes"}, {":delete\r", "delete: start"}, {":undo\r", "undo: start"},
		{":empty-trash\r", "empty-trash: start"}, {"R", " delayed"}, {"e", "Export"}, {"\r", " rows:"},
	} {
		c.typed(step.keys)
		c.sees(step.words)
	}
	c.typed("q")
	c.end(0)
	if d := differ(before, treeOf(t, root, false)); len(d) > 0 {
		t.Errorf("changed below the root: %v", d)
	}
}

// Hold everything, killed half-way while another process moves files; the next
// start offers to undo it and does; then hold, release, delete and undo in one
// session. In the end everything is where it was, but for what was moved.
func TestHoldKilledHalfWayAndUndone(t *testing.T) {
	root := site(t, 12_000)
	out := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	before := treeOf(t, root, true)
	mover := startMover(t, root, out)

	c := startConsole(t, dashboardArgs(root, "--allow-changes")...)
	c.sees("accepted since", " delayed")
	c.queueAll()
	c.typed(":hold\r")
	c.sees("MailEnable does not send them")
	c.typed("y")
	journal := filepath.Join(root, "metriage", "journal.jsonl")
	waitFor(t, func() bool { b, _ := os.ReadFile(journal); return strings.Count(string(b), `"what":"done"`) >= 3 })
	if err := c.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range c.out {
	}
	_ = c.cmd.Wait()
	if b, _ := os.ReadFile(journal); strings.Contains(string(b), `"what":"end"`) {
		t.Fatal("the action had ended before it was killed; the sample is too small")
	}

	c = startConsole(t, dashboardArgs(root, "--allow-changes")...)
	c.sees("Interrupted", "Undo it")
	c.typed("jj\r")
	waitFor(t, func() bool { b, _ := os.ReadFile(journal); return strings.Count(string(b), `"what":"end"`) >= 2 })
	for i, name := range []string{"hold", "undo", "delete", "undo"} {
		c.sees(":undo takes it back")
		switch {
		case i == 0:
			c.queueAll()
		case name != "undo":
			c.typed("*")
			c.sees("marked")
		}
		c.typed(":" + name + "\r")
		if name == "undo" {
			c.sees("Undo which action")
			c.typed("\r")
		}
		c.sees("No, leave")
		c.typed("y")
		waitFor(t, func() bool { b, _ := os.ReadFile(journal); return strings.Count(string(b), `"what":"end"`) >= 3+i })
	}
	c.sees(":undo takes it back")
	c.typed("q")
	c.end(0)

	moved := mover.stop()
	if len(moved) == 0 {
		t.Error("the other process moved nothing")
	}
	after := treeOf(t, root, true)
	for _, name := range moved {
		for _, dir := range []string{"", "Messages"} {
			was := filepath.Join("Queues", "SMTP", "Outgoing", dir, name)
			for _, now := range []string{filepath.Join("moved", dir, name), was} {
				// A message whose command file was just taken may have been held
				// and put back alone.
				if after[now] != "" && after[now] != before[was] {
					t.Errorf("%s is not what it was", now)
				}
				delete(after, now)
			}
			delete(before, was)
		}
	}
	if d := differ(before, after); len(d) > 0 {
		t.Errorf("not as before: %v", d)
	}
}

// sees waits until words are on the screen. Only what changes is written to a
// terminal, so it asks for the whole screen by changing the size.
func (c *console) sees(words ...string) {
	c.t.Helper()
	var screen string
	for try := range 240 {
		if err := pty.Setsize(c.f, &pty.Winsize{Cols: uint16(110 + try%2), Rows: 24}); err != nil {
			c.t.Fatal(err)
		}
		c.pos = len(c.seen)
		quiet := time.After(250 * time.Millisecond)
		for more := true; more; {
			select {
			case b, ok := <-c.out:
				if !ok {
					c.t.Fatalf("the program ended before it showed %q:\n%q", words, c.seen[c.pos:])
				}
				c.seen = append(c.seen, b...)
			case <-quiet:
				more = false
			}
		}
		screen = string(c.seen[c.pos:])
		n := 0
		for _, w := range words {
			if strings.Contains(screen, w) {
				n++
			}
		}
		if n == len(words) {
			return
		}
	}
	c.t.Fatalf("%q was not shown:\n%q", words, screen)
}

// queueAll goes to the messages of the first queue folder and marks them all.
func (c *console) queueAll() {
	c.t.Helper()
	c.typed("]")
	c.sees("FOLDER")
	c.typed("g\r")
	c.sees("DESTINATION", "Subject")
	c.typed("*")
	c.sees("marked")
}

// mover is another process that takes messages out of a queue, as MailEnable
// does.
type mover struct {
	cmd *exec.Cmd
	to  string
	end string // the process ends, between two messages, when this file is there
}

func startMover(t *testing.T, root, queue string) *mover {
	t.Helper()
	m := &mover{to: filepath.Join(root, "moved"), end: filepath.Join(t.TempDir(), "end")}
	if err := os.MkdirAll(filepath.Join(m.to, "Messages"), 0o755); err != nil {
		t.Fatal(err)
	}
	// The command file goes first, so what it has taken it has taken whole.
	m.cmd = exec.Command("sh", "-c", `cd "$1" && while :; do for f in *5.MAI; do
		[ -e "$3" ] && exit; mv "$f" "$2/" 2>/dev/null && mv "Messages/$f" "$2/Messages/"; sleep 0.05; done; sleep 0.05; done`, "sh", queue, m.to, m.end)
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.stop() })
	return m
}

// stop ends the process and returns what it moved.
func (m *mover) stop() []string {
	if m.cmd.ProcessState == nil {
		_ = os.WriteFile(m.end, nil, 0o600)
		_ = m.cmd.Wait()
	}
	var out []string
	names, _ := os.ReadDir(m.to)
	for _, n := range names {
		if !n.IsDir() {
			out = append(out, n.Name())
		}
	}
	return out
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 1200 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not happen within a minute")
}
