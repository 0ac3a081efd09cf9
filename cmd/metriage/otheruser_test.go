//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stranger runs the built program as an account that owns nothing.
type stranger struct {
	path, home string
	cred       *syscall.SysProcAttr
}

const nobody = 65534

func newStranger(t *testing.T) stranger {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may start a program as somebody else")
	}
	built, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	// The folders of the test are closed to others.
	dir, err := os.MkdirTemp("", "metriage-stranger-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	s := stranger{filepath.Join(dir, "metriage"), filepath.Join(dir, "home"), &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}}
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(s.path, b, 0o755), os.Mkdir(s.home, 0o755), os.Chown(s.home, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s stranger) env() []string {
	return append(os.Environ(), "TERM=xterm-256color", "HOME="+s.home, "XDG_CACHE_HOME="+s.home, "XDG_CONFIG_HOME="+s.home)
}

func (s stranger) run(t *testing.T, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.path, args...)
	cmd.Env, cmd.SysProcAttr = s.env(), s.cred
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// closed takes the rights on some of a tree away and gives the others; close
// says which.
func closed(t *testing.T, root string, shut func(name string, dir bool) bool) {
	t.Helper()
	var last []string // folders are closed when all below them is done
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		switch {
		case shut(filepath.ToSlash(rel), d.IsDir()):
			last = append(last, path)
			return nil
		case d.IsDir():
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
	for _, p := range last {
		err = errors.Join(err, os.Chmod(p, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
}

const (
	refusedWords = "this account may not read it"
	adviceWords  = "start metriage from an administrator prompt"
)

// Where the account may not read something, every command says so, names it
// and says what to do; nothing that was not read is called good.
func TestAnAccountThatMayNotRead(t *testing.T) {
	s := newStranger(t)
	root := filepath.Join(filepath.Dir(s.path), "site")
	if r := metriage(t, "", "demo", "--write", root, "--messages", "200"); r.code != 0 {
		t.Fatal(r)
	}
	queued := func(name string) bool {
		return strings.HasPrefix(name, "Queues/SMTP/Outgoing/") && strings.HasSuffix(name, ".MAI")
	}
	one := ""
	for _, c := range []struct {
		name          string
		shut          func(name string, dir bool) bool
		report, audit int      // exit codes
		named         []string // in the report
		inAudit       []string
		unknown       []string // codes of the audit that cannot be pass
	}{
		{"some of it", func(name string, dir bool) bool {
			if queued(name) && one == "" {
				one = name
			}
			return name == "Bad Mail" || name == "Postoffices/harbourline.example/MAILROOT/postmaster/Inbox" || name == one || strings.HasPrefix(name, "Logging/SMTP/SMTP-Activity-") && strings.HasSuffix(name, "20.log")
		}, 1, 1, []string{"Bad Mail: ", "postmaster/Inbox: ", ".MAI: ", "20.log: "}, []string{"20.log: "}, []string{"queue-orphans"}},
		{"the configuration", func(name string, dir bool) bool { return name == "Config" }, 1, 1, nil, []string{"Config: "}, []string{"catch-all-external"}},
		{"all files", func(name string, dir bool) bool { return !dir }, 3, 0, []string{".MAI: ", ".log: "}, []string{".reg: ", ".TAB: ", ".log: "},
			[]string{"catch-all-external", "redirect-external", "queue-growing", "queue-orphans", "backscatter", "self-banned", "spam-source-user"}},
		{"all folders", func(name string, dir bool) bool { return dir && name != "." }, 3, 3, []string{"Queues: ", "Logging: ", "Bad Mail: ", "Postoffices: "}, []string{"Config: "},
			[]string{"catch-all-external", "redirect-external", "queue-growing", "queue-orphans", "backscatter", "self-banned", "spam-source-user"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			closed(t, root, c.shut)
			s := s
			s.home = filepath.Join(s.home, strings.ReplaceAll(c.name, " ", "-")) // what was read before is not known
			if err := errors.Join(os.Mkdir(s.home, 0o755), os.Chown(s.home, nobody, nobody)); err != nil {
				t.Fatal(err)
			}
			said := func(what string, r result, code int, names []string) {
				t.Helper()
				if r.code != code || r.err != "" {
					t.Errorf("%s: exit %d, want %d: %s", what, r.code, code, r.err)
				}
				for _, n := range names {
					if !strings.Contains(r.out, n+refusedWords) {
						t.Errorf("%s: %q is not named:\n%.3000s", what, n, r.out)
					}
				}
				if len(names) > 0 && !strings.Contains(r.out, adviceWords) {
					t.Errorf("%s does not say what to do:\n%.3000s", what, r.out)
				}
				if strings.Contains(r.out, ": : ") || strings.Contains(r.out, "  : ") {
					t.Errorf("%s: something without a name:\n%s", what, r.out)
				}
			}
			said("report", s.run(t, "report", "--root", root, "--since", "all"), c.report, c.named)
			said("markdown", s.run(t, "report", "--root", root, "--since", "all", "--format", "md"), c.report, nil)
			r := s.run(t, "report", "--root", root, "--since", "all", "--format", "json")
			problems := list(decode(t, r.out)["problems"])
			if r.code != c.report || len(c.named) > 0 && len(problems) < len(c.named) {
				t.Errorf("JSON: exit %d, %d problems", r.code, len(problems))
			}
			said("audit", s.run(t, "audit", "--root", root, "--since", "all"), c.audit, c.inAudit)
			// That names alone show orphans is an answer: exit 0.
			r = s.run(t, "audit", "--root", root, "--since", "all", "--format", "json")
			var a struct {
				Findings []struct{ Code, Status, Summary string }
			}
			if err := json.Unmarshal([]byte(r.out), &a); err != nil {
				t.Fatal(err, r.err)
			}
			for _, f := range a.Findings {
				for _, code := range c.unknown {
					if f.Code == code && f.Status == "pass" {
						t.Errorf("%s is called good: %s", code, f.Summary)
					}
				}
			}
			if len(c.named) == 0 {
				return
			}
			con := startAs(t, s.cred, s.env(), s.path, "--root", root, "--since", "all", "--dns", "127.0.0.1:1")
			con.sees("faults")
			con.typed(":problems\r")
			con.sees("Not read", "This account may not read", adviceWords)
			con.typed("q")
			con.typed("q")
			con.end(0)
		})
	}
	t.Run("the root itself", func(t *testing.T) {
		closed(t, root, func(name string, _ bool) bool { return name == "." })
		for _, args := range [][]string{{"report"}, {"audit"}, {}} {
			r := s.run(t, append(args, "--root", root)...)
			if r.code != exitUsage || r.out != "" || r.err != "metriage: "+root+": "+refusedWords+"; "+adviceWords+"\n" {
				t.Errorf("%v: exit %d, %q", args, r.code, r.err)
			}
		}
	})
}
