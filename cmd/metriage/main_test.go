package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// binary builds the program once; the tests run it as a user does.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "metriage-cmd-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "metriage")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	if os.Getenv(faultEnv) != "" {
		os.Exit(faulty().untilSignal(os.Args[1:])) // started by a test: see fault_test.go
	}
	code := m.Run()
	if dir, err := hostileTree(); err == nil {
		_ = os.RemoveAll(dir)
	}
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

type result struct {
	code     int
	out, err string
}

// metriage runs the program. It finds no configuration and no installation of
// this machine.
func metriage(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home, "AppData="+home, "LocalAppData="+home)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	r := result{out: out.String(), err: errs.String()}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.code = exit.ExitCode()
	case err != nil:
		t.Fatalf("metriage %v: %v", args, err)
	}
	return r
}

// tree is any JSON.
type tree = map[string]any

func decode(t *testing.T, text string) tree {
	t.Helper()
	var v tree
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	return v
}

// within reports where got lacks something of want; times compare as moments.
func within(path string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: %v, want an object", path, got)}
		}
		var out []string
		for k, v := range w {
			out = append(out, within(path+"."+k, v, g[k])...)
		}
		return out
	case string:
		if g, ok := got.(string); ok {
			a, err1 := time.Parse(time.RFC3339, w)
			b, err2 := time.Parse(time.RFC3339, g)
			if w == g || err1 == nil && err2 == nil && a.Equal(b) {
				return nil
			}
		}
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s: %v, want %v", path, got, want)}
	}
	return nil
}

func list(v any) []any { l, _ := v.([]any); return l }

// byKey turns a list of objects into a map.
func byKey(v any, key string) map[string]any {
	out := map[string]any{}
	for _, e := range list(v) {
		m := e.(map[string]any)
		out[fmt.Sprint(m[key])] = m
	}
	return out
}

// Trees of the demo equal their truth files in every count and group.
func TestReportEqualsTruth(t *testing.T) {
	for _, seed := range []string{"1", "2", "3"} {
		t.Run("seed "+seed, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "site")
			if r := metriage(t, "", "demo", "--write", dir, "--messages", "2000", "--seed", seed); r.code != 0 {
				t.Fatalf("demo --write: %+v", r)
			}
			b, err := os.ReadFile(dir + ".truth.json")
			if err != nil {
				t.Fatal(err)
			}
			truth := decode(t, string(b))
			r := metriage(t, "", "report", "--root", dir, "--format", "json")
			if r.code != 1 || r.err != "" {
				t.Fatalf("report: exit %d, %s", r.code, r.err)
			}
			got := decode(t, r.out)
			bad := within("totals", truth["totals"], got["totals"])
			want, have := byKey(truth["groups"], "key"), byKey(got["groups"], "key")
			for k, g := range want {
				m := g.(map[string]any)
				delete(m, "replies")
				bad = append(bad, within(k, m, have[k])...)
			}
			for k := range have {
				if want[k] == nil {
					bad = append(bad, "a group that is not there: "+k)
				}
			}
			for i, g := range list(truth["groups"]) {
				if a, b := g.(map[string]any)["key"], list(got["groups"])[i].(map[string]any)["key"]; a != b {
					bad = append(bad, fmt.Sprintf("group %d is %v, want %v", i, b, a))
					break
				}
			}
			if a, b := len(list(truth["problems"])), len(list(got["problems"])); a != b {
				bad = append(bad, fmt.Sprintf("%d problems, want %d", b, a))
			}
			if len(bad) > 0 {
				t.Errorf("%d differences:\n%s", len(bad), strings.Join(bad[:min(len(bad), 20)], "\n"))
			}
		})
	}
}

// Hand-written installations with hand-counted expectations.
func TestInstallations(t *testing.T) {
	sites, err := filepath.Glob(filepath.Join("..", "..", "testdata", "installations", "*"))
	if err != nil || len(sites) < 10 {
		t.Fatalf("%d installations, %v", len(sites), err)
	}
	for _, site := range sites {
		t.Run(filepath.Base(site), func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(site, "expect.json"))
			if err != nil {
				t.Fatal(err)
			}
			want := decode(t, string(b))
			r := metriage(t, "", "report", "--root", filepath.Join(site, "root"), "--since", "all", "--timezone", "UTC", "--format", "json")
			got := decode(t, r.out)
			failures := want["totals"].(map[string]any)["failures"].(float64)
			if wantCode := map[bool]int{true: 1, false: 0}[failures > 0]; r.code != wantCode {
				t.Errorf("exit %d, want %d", r.code, wantCode)
			}
			bad := within("totals", want["totals"], got["totals"])
			have := byKey(got["groups"], "key")
			for k, g := range want["groups"].(map[string]any) {
				bad = append(bad, within(k, g, have[k])...)
			}
			if n := len(want["groups"].(map[string]any)); n != len(have) {
				bad = append(bad, fmt.Sprintf("%d groups, want %d", len(have), n))
			}
			if len(bad) > 0 {
				t.Errorf("%s\n%s", want["note"], strings.Join(bad, "\n"))
			}
		})
	}
}

// What strangers write leaves every format harmless.
func TestHostileTextIsHarmless(t *testing.T) {
	root := filepath.Join("..", "..", "testdata", "installations", "10-hostile", "root")
	for _, args := range [][]string{
		{"report", "--format", "text"}, {"report", "--format", "json"}, {"report", "--format", "csv"}, {"report", "--format", "md"},
		{"report", "--format", "csv", "--by", "sender"}, {"explain"}, {"explain", "--format", "json"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			if args[0] == "explain" {
				files, err := filepath.Glob(filepath.Join(root, "Postoffices", "acme", "MAILROOT", "anna", "Inbox", "*"))
				if err != nil || len(files) != 3 {
					t.Fatal(files, err)
				}
				args = append(args, files...)
			} else {
				args = append(args, "--root", root, "--since", "all")
			}
			r := metriage(t, "", args...)
			if r.out == "" {
				t.Fatal(r.err)
			}
			for _, c := range r.out + r.err {
				if c < 0x20 && c != '\n' && c != '\r' || c >= 0x7F && c < 0xA0 || c >= 0x200B && c <= 0x200F || c >= 0x202A && c <= 0x202E {
					t.Fatalf("%U in the output:\n%q", c, r.out)
				}
			}
			if strings.Contains(args[len(args)-1], "csv") || contains(args, "csv") {
				for _, l := range strings.Split(r.out, "\n") {
					for _, cell := range strings.Split(l, ",") {
						if cell = strings.Trim(cell, "\""); strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "@") {
							t.Errorf("a formula: %q", cell)
						}
					}
				}
			}
		})
	}
}

func contains(l []string, s string) bool {
	for _, v := range l {
		if v == s {
			return true
		}
	}
	return false
}
