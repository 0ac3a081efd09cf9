//go:build unix

package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// console runs the built program on a pseudo terminal.
type console struct {
	t    *testing.T
	cmd  *exec.Cmd
	f    *os.File
	out  chan []byte
	seen []byte
	pos  int // behind the last words that were waited for
	tmp  string
	home string
	mode *term.State // of the terminal before the program
}

func startConsole(t *testing.T, args ...string) *console {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return startProgram(t, path, args...)
}

// startProgram is startConsole for any program.
func startProgram(t *testing.T, path string, args ...string) *console {
	t.Helper()
	return startWith(t, nil, path, args...)
}

// startWith is startProgram with more in the environment.
func startWith(t *testing.T, env []string, path string, args ...string) *console {
	t.Helper()
	return startAs(t, &syscall.SysProcAttr{}, env, path, args...)
}

// startAs is startWith under another account.
func startAs(t *testing.T, as *syscall.SysProcAttr, env []string, path string, args ...string) *console {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	c := &console{t: t, out: make(chan []byte, 1024), tmp: t.TempDir(), home: t.TempDir()}
	c.cmd = exec.CommandContext(ctx, path, args...)
	c.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "TMPDIR="+c.tmp, "HOME="+c.home, "XDG_CACHE_HOME="+c.home, "XDG_CONFIG_HOME="+c.home)
	c.cmd.Env = append(c.cmd.Env, env...)
	f, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(f, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	// Setting the size has left the file in blocking mode, in which closing it
	// waits for the reader: the terminal would not go away. A copy that does not
	// block does.
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	c.f = os.NewFile(uintptr(fd), f.Name())
	t.Cleanup(func() { _ = c.f.Close() })
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if c.mode, err = term.GetState(tty.Fd()); err != nil {
		t.Fatal(err)
	}
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = tty, tty, tty
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Credential: as.Credential}
	// Where the tests run under nohup, programs they start would ignore a hang-up,
	// too. One that is caught here is not ignored there.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	err = c.cmd.Start()
	signal.Stop(caught)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cancel(); c.cmd.ProcessState == nil {
			_ = c.cmd.Wait() // the test broke off; the next one starts with nothing left
		}
	})
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.out)
		buf := make([]byte, 16<<10)
		for {
			n, err := c.f.Read(buf)
			if n > 0 {
				c.out <- bytes.Clone(buf[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	return c
}

// until waits for words behind those that were waited for last.
func (c *console) until(words string) {
	c.t.Helper()
	for {
		if i := bytes.Index(c.seen[c.pos:], []byte(words)); i >= 0 {
			c.pos += i + len(words)
			return
		}
		select {
		case b, ok := <-c.out:
			if !ok {
				c.t.Fatalf("the program ended before it showed %q:\n%q", words, c.seen)
			}
			c.seen = append(c.seen, b...)
		case <-time.After(60 * time.Second):
			c.t.Fatalf("%q was not shown:\n%q", words, c.seen)
		}
	}
}

func (c *console) typed(keys string) {
	c.t.Helper()
	if _, err := c.f.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// end waits for the program and checks that the terminal is as it was and that
// nothing is left behind.
func (c *console) end(code int) {
	c.t.Helper()
	for b := range c.out {
		c.seen = append(c.seen, b...)
	}
	err := c.cmd.Wait()
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("exit %d, want %d: %v", got, code, err)
	}
	c.restored()
	left, err := os.ReadDir(c.tmp)
	if err != nil || len(left) > 0 {
		c.t.Errorf("left behind: %v %v", left, err)
	}
}

var (
	reMode  = regexp.MustCompile("\x1b\\[\\?([0-9;]+)([hl])")
	reKitty = regexp.MustCompile("\x1b\\[([<>])[0-9]*u")
	reOther = regexp.MustCompile("\x1b\\[>4(;[0-9])?m")
)

// restored checks that the terminal is as it was before the program: every mode
// that was switched is switched back, and lines are edited by the kernel as
// before.
func (c *console) restored() {
	c.t.Helper()
	on := map[string]bool{"25": true} // the cursor is shown
	was := map[string]bool{"25": true}
	for _, m := range reMode.FindAllSubmatch(c.seen, -1) {
		for _, mode := range strings.Split(string(m[1]), ";") {
			on[mode] = string(m[2]) == "h"
		}
	}
	for mode, set := range on {
		if set != was[mode] {
			c.t.Errorf("mode %s stays %v", mode, set)
		}
	}
	if !slices.Contains(slices.Collect(maps.Keys(on)), "1049") {
		c.t.Error("no alternate screen was entered, so nothing is shown by this")
	}
	open := 0
	for _, m := range reKitty.FindAllSubmatch(c.seen, -1) {
		open += map[string]int{">": 1, "<": -1}[string(m[1])]
	}
	if open > 0 {
		c.t.Errorf("%d keyboard modes stay pushed", open)
	}
	if m := reOther.FindAllSubmatch(c.seen, -1); len(m) > 0 && len(m[len(m)-1][1]) > 0 {
		c.t.Error("modified keys stay reported")
	}
	mode, err := term.GetState(c.f.Fd())
	if err != nil {
		c.t.Fatal(err)
	}
	if !reflect.DeepEqual(mode, c.mode) {
		c.t.Errorf("the line mode is %+v, it was %+v", mode, c.mode)
	}
}

// The demo as a new user plays it: from the first screen to a FAIL with its
// evidence and the step that answers it, and out again.
func TestDemoOnATerminal(t *testing.T) {
	c := startConsole(t, "demo")
	c.sees("accepted since", "1 of ")
	c.typed("\r")
	c.until("RECIPIENT")
	c.typed("\r")
	c.until("PROVEN")
	c.typed("3")
	c.until("CONTAIN")
	c.typed("q")
	c.end(0)
	if !strings.Contains(string(c.seen), "FAIL") {
		t.Error("no FAIL was shown")
	}
}

// A lost connection and an interrupt clean up as well as q does.
func TestDemoCleansUpAfterSignals(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			c := startConsole(t, "demo")
			c.until("% from info@")
			if err := c.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			c.end(0)
		})
	}
	t.Run("connection lost", func(t *testing.T) {
		c := startConsole(t, "demo")
		c.until("accepted since")
		if err := c.f.Close(); err != nil {
			t.Fatal(err)
		}
		for range c.out {
		}
		_ = c.cmd.Wait() // the context of startConsole bounds it
		if left, err := os.ReadDir(c.tmp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
	t.Run("ctrl-c", func(t *testing.T) {
		c := startConsole(t, "demo")
		c.until("% from info@")
		c.typed("\x03")
		c.end(0)
	})
}

func TestDemoWithoutTerminal(t *testing.T) {
	r := metriage(t, "", "demo")
	if r.code != 0 || !strings.Contains(r.out, "REFUSED") || !strings.Contains(r.err, "no terminal") {
		t.Errorf("exit %d: %s%.300s", r.code, r.err, r.out)
	}
}
