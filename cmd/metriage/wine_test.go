//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// windowsBinary builds the program for Windows once.
var windowsBinary = sync.OnceValues(func() (string, error) {
	here, err := binary()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(here), "windows.exe") // goes with the folder
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return path, nil
})

// wine returns the command of Wine that METRIAGE_WINE names, as .ci/run does.
func wine(t *testing.T) string {
	t.Helper()
	w := os.Getenv("METRIAGE_WINE")
	if w == "" {
		t.Skip("METRIAGE_WINE names no Wine; .ci/run installs one")
	}
	return w
}

// underWine runs the Windows build.
func underWine(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	w := wine(t)
	path, err := windowsBinary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, w, append([]string{path}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	r := result{out: strings.ReplaceAll(out.String(), "\r\n", "\n"), err: errs.String()}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		r.code = exit.ExitCode()
	} else if err != nil {
		t.Fatalf("wine %v: %v", args, err)
	}
	return r
}

// The Windows build writes a sample, and counts and judges it as the build for
// this machine does.
func TestWindowsBuild(t *testing.T) {
	if r := underWine(t, "", "version"); r.code != 0 || !strings.Contains(r.out, "windows/amd64") {
		t.Fatalf("version: %+v", r)
	}
	dir := filepath.Join(t.TempDir(), "Mail Enable (x86)")
	site := `Z:` + strings.ReplaceAll(dir, "/", `\`)
	if r := underWine(t, "", "demo", "--write", site, "--messages", "120", "--seed", "5"); r.code != 0 {
		t.Fatalf("demo --write: %+v", r)
	}
	args := []string{"--since", "all", "--timezone", "UTC", "--format", "json"}
	here := metriage(t, "", append([]string{"report", "--root", dir}, args...)...)
	there := underWine(t, "", append([]string{"report", "--root", site}, args...)...)
	if here.code != there.code || there.err != here.err {
		t.Errorf("exit %d here, %d there: %s", here.code, there.code, there.err)
	}
	a, b := decode(t, here.out), decode(t, there.out)
	for _, part := range []string{"totals", "groups"} {
		x, _ := json.Marshal(a[part])
		y, _ := json.Marshal(b[part])
		if !bytes.Equal(x, y) {
			t.Errorf("%s differ:\n%.2000s\n%.2000s", part, x, y)
		}
	}
	// In another case, with slashes, as a long path.
	for _, root := range []string{strings.ToUpper(site), `\\?\` + site} {
		if r := underWine(t, "", append([]string{"report", "--root", root}, args...)...); r.code != there.code || !strings.Contains(r.out, `"failures"`) {
			t.Errorf("--root %s: exit %d, %s", root, r.code, r.err)
		}
	}
	// On a share of another server, which Wine keeps as a link.
	if prefix := os.Getenv("WINEPREFIX"); prefix == "" {
		t.Error("WINEPREFIX is not set: no share was read")
	} else {
		server := filepath.Join(prefix, "dosdevices", "unc", "fileserver")
		if err := os.MkdirAll(server, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(server, "mail"))
		if err := os.Symlink(dir, filepath.Join(server, "mail")); err != nil {
			t.Fatal(err)
		}
		for _, root := range []string{`\\fileserver\mail`, `//fileserver/mail`, `\\?\UNC\fileserver\mail`} {
			r := underWine(t, "", append([]string{"report", "--root", root}, args...)...)
			if r.code != there.code {
				t.Errorf("--root %s: exit %d, %s", root, r.code, r.err)
				continue
			}
			x, _ := json.Marshal(decode(t, r.out)["totals"])
			y, _ := json.Marshal(b["totals"])
			if !bytes.Equal(x, y) {
				t.Errorf("--root %s counts %s, the same on a drive %s", root, x, y)
			}
		}
	}
	out := site + ".prom"
	if r := underWine(t, "", "report", "--root", site, "--format", "prom", "--out", out); r.code != 1 {
		t.Errorf("prom: %+v", r)
	}
	if text, err := os.ReadFile(dir + ".prom"); err != nil || !strings.Contains(string(text), "metriage_failures ") {
		t.Errorf("%v: %.200s", err, text)
	}
	if r := underWine(t, "554 5.7.1 blocked using zen.spamhaus.org\r\n", "explain"); r.code != 1 || !strings.Contains(r.out, "Spamhaus") {
		t.Errorf("explain: %+v", r)
	}
	if r := underWine(t, "", "audit", "--root", site); r.code < 0 || r.code > 3 || r.out == "" {
		t.Errorf("audit: %+v", r)
	}
	// Without a console the report is printed; without an installation it is
	// said where one was looked for.
	if r := underWine(t, "", "--root", site); !strings.Contains(r.out, "REFUSED") || !strings.Contains(r.err, "no terminal") {
		t.Errorf("without a console: %+v", r)
	}
	if r := underWine(t, ""); r.code != exitUsage || !strings.Contains(r.err, "registry") || !strings.Contains(r.err, `C:\Program Files`) {
		t.Errorf("without an installation: %+v", r)
	}
	if r := underWine(t, "", "report", "--root", `Z:\none\such`); r.code != exitUsage || !strings.Contains(r.err, "no such folder") {
		t.Errorf("a missing folder: %+v", r)
	}
}

// On Wine's console the dashboard comes up in ASCII, and q, an interrupt, and
// the window's end leave it.
func TestWindowsConsole(t *testing.T) {
	w := wine(t)
	path, err := windowsBinary()
	if err != nil {
		t.Fatal(err)
	}
	root := "Z:" + filepath.Join(t.TempDir(), "site")
	if r := metriage(t, "", "demo", "--write", strings.TrimPrefix(root, "Z:"), "--messages", "120"); r.code != 0 {
		t.Fatal(r)
	}
	for name, leave := range map[string]func(c *console){
		"q":      func(c *console) { c.typed("q") },
		"ctrl-c": func(c *console) { c.typed("\x03") },
		"closed": func(c *console) {
			if err := c.f.Close(); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := startProgram(t, w, path, "--root", root, "--since", "all")
			c.until("REFUSED")
			c.until("enter")
			leave(c)
			done := make(chan struct{})
			go func() { _ = c.cmd.Wait(); close(done) }()
			go func() {
				for range c.out {
				}
			}()
			select {
			case <-done:
			case <-time.After(60 * time.Second):
				_ = c.cmd.Process.Signal(syscall.SIGKILL)
				t.Error("the program did not end")
			}
			if code := c.cmd.ProcessState.ExitCode(); name != "closed" && code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}
