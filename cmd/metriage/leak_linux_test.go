package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"metriage/diag/mailenable"
)

// openFiles returns what this process has open besides what the Go runtime
// itself keeps.
func openFiles(t *testing.T) map[string]int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, fd := range fds {
		to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name()))
		if err != nil || strings.HasPrefix(to, "anon_inode:") {
			continue
		}
		if strings.HasPrefix(to, "pipe:") || strings.HasPrefix(to, "socket:") {
			to, _, _ = strings.Cut(to, ":")
		}
		out[to]++
	}
	return out
}

// TestCommandsLeaveNothing runs every command in this process: none leaves a
// goroutine, an open file or socket, or a temporary file behind, whether it
// ends by itself or is interrupted.
func TestCommandsLeaveNothing(t *testing.T) {
	root := site(t, 300)
	home, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	env := map[string]string{"HOME": home, "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home}
	run := func(ctx context.Context, stdin string, args ...string) (int, string) {
		var out, errs bytes.Buffer
		p := program{
			in: strings.NewReader(stdin), out: &out, err: &errs, now: time.Now,
			getenv:  func(k string) string { return env[k] },
			machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }},
		}
		return p.run(ctx, args), errs.String()
	}
	const nobody = "127.0.0.1:9" // discard: nothing answers
	for _, c := range []struct {
		name, stdin string
		args        []string
		code        int
	}{
		{"report", "", []string{"report", "--root", root}, 1},
		{"report again, from the cache", "", []string{"report", "--root", root, "--format", "json", "--runs"}, 1},
		{"capsule", "", []string{"report", "--root", root, "--format", "capsule", "--out", filepath.Join(home, "capsule")}, 1},
		{"prom", "", []string{"report", "--root", root, "--format", "prom", "--out", filepath.Join(home, "m.prom")}, 1},
		{"no root", "", []string{"report", "--root", filepath.Join(root, "none")}, 2},
		{"audit", "", []string{"audit", "--root", root, "--dns", nobody}, 1},
		{"explain", "550 5.7.1 blocked using zen.spamhaus.org", []string{"explain", "-"}, 1},
		{"check", "", []string{"check", "all", "--ip", "127.0.0.2", "--helo", "mail.example.com", "--domain", "example.com", "--remote", "example.net",
			"--mx", nobody, "--target", nobody, "--dns", nobody}, 1},
		{"demo", "", []string{"demo", "--messages", "300"}, 0},
		{"version", "", []string{"version"}, 0},
		{"nonsense", "", []string{"nonsense"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := openFiles(t)
			if code, errs := run(t.Context(), c.stdin, c.args...); code != c.code {
				t.Errorf("exit %d, want %d: %s", code, c.code, errs)
			}
			nothingLeft(t, before, tmp)

			// Interrupted as early as can be and half-way, it leaves nothing either.
			for _, after := range []time.Duration{0, 5 * time.Millisecond} {
				ctx, cancel := context.WithTimeout(t.Context(), after)
				run(ctx, c.stdin, c.args...)
				cancel()
				nothingLeft(t, before, tmp)
			}
		})
	}
}

func nothingLeft(t *testing.T, before map[string]int, tmp string) {
	t.Helper()
	if err := goleak.Find(goleak.IgnoreTopFunction("testing.(*T).Run")); err != nil {
		t.Error(err)
	}
	for name, n := range openFiles(t) {
		if n > before[name] {
			t.Errorf("still open: %s, %d times instead of %d", name, n, before[name])
		}
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind in the temporary folder: %v %v", left, err)
	}
}
