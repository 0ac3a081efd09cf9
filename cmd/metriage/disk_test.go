//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullDisk runs the program where no file can grow beyond a few blocks, which
// is what a full disk does to it.
func fullDisk(t *testing.T, home string, args ...string) result {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `trap '' XFSZ; ulimit -f 2; exec "$@"`, "sh", path}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home, "XDG_CONFIG_HOME="+home)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// On a full disk a file is written whole or not at all, which is said; what
// cannot be kept is said too and keeps nothing from being told.
func TestFullDisk(t *testing.T) {
	root, home, dir := site(t, 300), t.TempDir(), t.TempDir()
	r := fullDisk(t, home, "report", "--root", root)
	if r.code != exitFound || !strings.Contains(r.out, "refused for good") || strings.Count(r.err, "\n") != 1 ||
		!strings.Contains(r.err, "what was read cannot be kept in "+home) || !strings.Contains(r.err, "file too large") {
		t.Errorf("without room for the cache: exit %d, %q", r.code, r.err)
	}
	if left, _ := filepath.Glob(filepath.Join(home, "metriage", "installation-*", "index*[^k]")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, format := range []string{"prom", "json"} {
		out := filepath.Join(dir, "report."+format)
		if err := os.WriteFile(out, []byte("as it was\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		r := fullDisk(t, home, "report", "--root", root, "--format", format, "--out", out)
		if r.code != exitUsage || !strings.Contains(r.err, "--out "+out+" cannot be written: file too large") {
			t.Errorf("%s: exit %d, %q", format, r.code, r.err)
		}
		if b, err := os.ReadFile(out); err != nil || string(b) != "as it was\n" {
			t.Errorf("%s: %v, %.100q", format, err, b)
		}
		if r := metriage(t, "", "report", "--root", root, "--format", format, "--out", out); r.code != exitFound {
			t.Errorf("%s: exit %d, %s", format, r.code, r.err)
		}
		if i, err := os.Stat(out); err != nil || i.Size() < 1000 || i.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v %v: a collector that read the last one cannot read it", format, i, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// Where the folder for the cache may not be written to, that is said.
func TestCacheCannotBeWritten(t *testing.T) {
	root, dir := site(t, 60), t.TempDir()
	home := filepath.Join(dir, "home")
	if err := os.WriteFile(home, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"report", "audit"} {
		r := fullDisk(t, home, command, "--root", root)
		if r.code == exitUsage || r.out == "" || !strings.Contains(r.err, "cannot be kept in "+home) {
			t.Errorf("%s: exit %d, %q", command, r.code, r.err)
		}
	}
}

// A device or a pipe that --out names is written to and stays what it is.
func TestOutToAPipe(t *testing.T) {
	root, pipe := site(t, 60), filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	f, err := os.OpenFile(pipe, os.O_RDWR, 0) // does not wait for a writer
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		var b bytes.Buffer
		_, _ = io.CopyN(&b, f, 200)
		got <- b.String()
		_, _ = io.Copy(io.Discard, f)
		close(got)
	}()
	r := metriage(t, "", "report", "--root", root, "--format", "prom", "--out", pipe)
	if i, err := os.Lstat(pipe); err != nil || i.Mode().Type() != os.ModeNamedPipe {
		t.Fatalf("the pipe was replaced: %v %v", i, err)
	}
	if text := <-got; r.code != exitFound || !strings.HasPrefix(text, "# HELP metriage_") {
		t.Errorf("exit %d, %s, %q", r.code, r.err, text)
	}
	_ = f.Close()
	<-got
}

// Several programs on one installation: the first writes the cache and journal
// until it ends, the others only read and show the same; of the journal that is
// said, of the cache nothing.
func TestTwoAtOnce(t *testing.T) {
	root := site(t, 300)
	c := startConsole(t, dashboardArgs(root, "--since", "all")...)
	c.sees("accepted since", "REFUSED")
	kept := func() (out []string) {
		out, _ = filepath.Glob(filepath.Join(c.home, "metriage", "installation-*", "index-all.cache"))
		return out
	}
	c.typed("f") // its picture is there; the cache is written when the reading ends
	c.sees("REFUSED")
	if len(kept()) != 1 {
		t.Fatal("the first keeps no cache")
	}
	before, err := os.Stat(kept()[0])
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	// Another flag is another reading: this one would write if it could.
	second := func(args ...string) result {
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Env = append(os.Environ(), "HOME="+c.home, "XDG_CACHE_HOME="+c.home, "XDG_CONFIG_HOME="+c.home)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run()
		return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	}
	alone, _ := totals(t, root)
	if err := os.WriteFile(filepath.Join(root, "Bad Mail", "0.MAI"), []byte("new\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := second("report", "--root", root, "--since", "all", "--format", "json")
	if r.code != exitFound || r.err != "" {
		t.Errorf("the second: exit %d, %q", r.code, r.err)
	}
	if a, b := decode(t, r.out)["totals"].(tree)["failures"], alone["totals"].(tree)["failures"]; a != b {
		t.Errorf("the second counts %v failures, alone it is %v", a, b)
	}
	if after, err := os.Stat(kept()[0]); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the second wrote the cache: %v", err)
	}
	d := startAs(t, &syscall.SysProcAttr{}, []string{"HOME=" + c.home, "XDG_CACHE_HOME=" + c.home}, path, dashboardArgs(root, "--since", "all")...)
	d.sees("accepted since", "REFUSED")
	// It reads the journal and says that it does not write it.
	d.typed(":messages\r")
	d.sees("Messages of this session", "another metriage writes the journal", "only reads it")
	d.typed("\x1b")
	d.sees("REFUSED")
	d.typed("q")
	d.end(0)
	c.typed("q")
	c.end(0)
	if strings.Contains(string(c.seen)+string(d.seen), "cannot be kept") {
		t.Error("a second program is taken for a fault")
	}
	if r := second("report", "--root", root, "--since", "all"); r.code != exitFound || r.err != "" {
		t.Errorf("after both: exit %d, %q", r.code, r.err)
	}
}
