package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// traced are the system calls that open, change or lock something. What could
// change a file through a descriptor needs one that was opened for writing, but
// is watched all the same.
const traced = "open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat," +
	"mknod,mknodat,truncate,ftruncate,fallocate,chmod,fchmod,fchmodat,chown,lchown,fchown,fchownat,utime,utimes,utimensat,futimesat," +
	"setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,flock,fcntl,write,pwrite64,writev,pwritev,sendfile,copy_file_range"

var (
	reCall    = regexp.MustCompile(`^(?:\d+ +)?(\w+)\(`)
	reWriting = regexp.MustCompile(`O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE`)
	reLocking = regexp.MustCompile(`F_(OFD_)?(SETLKW?|SETLEASE)`)
)

// harm returns what a system call does to a root, "" for nothing. Descriptors
// are written with their paths.
func harm(line, root string) string {
	m := reCall.FindStringSubmatch(line)
	if m == nil || !strings.Contains(line, root) {
		return ""
	}
	switch call := m[1]; call {
	case "open", "openat", "openat2":
		if reWriting.MatchString(line) {
			return "opened for writing"
		}
		if strings.Contains(strings.ToUpper(line), "AUTH.TAB") {
			return "AUTH.TAB opened"
		}
	case "fcntl":
		if reLocking.MatchString(line) {
			return "locked"
		}
	case "write", "writev", "pwrite64", "pwritev":
		// Reports name the root; only a descriptor below it counts.
		if fd, _, _ := strings.Cut(line[strings.Index(line, "(")+1:], ","); strings.Contains(fd, root) {
			return "written"
		}
	default:
		return call
	}
	return ""
}

// strace returns the arguments that trace a command into a file; it skips the
// test where tracing does not work here.
func strace(t *testing.T) (log string, args []string) {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed; .ci/run installs it where it can")
	}
	if out, err := exec.Command(path, "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %v %s", err, out)
	}
	log = filepath.Join(t.TempDir(), "strace")
	return log, []string{path, "-f", "-y", "-qq", "-s", "4096", "-e", "trace=" + traced, "-o", log}
}

// judge reports what a trace shows of a root and how many files below it were
// opened.
func judge(t *testing.T, log, root string) (harms []string, opened int) {
	t.Helper()
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if h := harm(line, root); h != "" {
			harms = append(harms, h+": "+strings.TrimSpace(line))
		}
		if m := reCall.FindStringSubmatch(line); m != nil && strings.HasPrefix(m[1], "open") && strings.Contains(line, root) {
			opened++
		}
	}
	return harms, opened
}

// Without --allow-changes nothing below a root is opened for writing, created,
// renamed, removed or locked, and AUTH.TAB is never opened.
func TestNothingBelowARootIsTouched(t *testing.T) {
	root := filepath.Join(t.TempDir(), "Mail Enable root")
	if r := metriage(t, "", "demo", "--write", root, "--messages", "60"); r.code != 0 {
		t.Fatal(r.err)
	}
	auth := filepath.Join(root, "Config", "AUTH.TAB")
	if err := os.WriteFile(auth, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	var mails []string
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err == nil && len(mails) < 3 && strings.Contains(p, "Inbox") && strings.HasSuffix(strings.ToUpper(p), ".MAI") {
			mails = append(mails, p)
		}
		return err
	})
	if err != nil || len(mails) == 0 {
		t.Fatal(mails, err)
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, log string, least int) {
		t.Helper()
		harms, opened := judge(t, log, root)
		if len(harms) > 0 {
			t.Errorf("%d calls touch the root, such as\n%s", len(harms), strings.Join(harms[:min(5, len(harms))], "\n"))
		}
		if opened < least {
			t.Errorf("only %d files below the root were opened: the trace is not whole", opened)
		}
	}
	for _, args := range [][]string{
		{"report", "--root", root, "--format", "json"},
		{"report", "--root", root, "--format", "md"},
		{"audit", "--root", root, "--format", "json"},
		append([]string{"explain"}, mails...),
	} {
		t.Run(args[0], func(t *testing.T) {
			log, trace := strace(t)
			home := t.TempDir()
			cmd := exec.Command(trace[0], append(append(trace[1:], program), args...)...)
			cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
			_ = cmd.Run() // exit 1 where something is refused
			check(t, log, len(mails))
		})
	}
	t.Run("dashboard", func(t *testing.T) {
		log, trace := strace(t)
		c := startProgram(t, trace[0], append(append(trace[1:], program), "--root", root, "--dns", "127.0.0.1:1", "--since", "all")...)
		c.sees("REFUSED", "1 of ", " refused  ") // the last: nothing is being read any more
		c.typed("\r")
		c.sees("RECIPIENT")
		// What was said is looked up: the message itself may be gone before it is seen.
		c.typed("R:messages\r")
		c.sees("Messages of this session", "Read again")
		c.typed("\x1b")
		c.sees("RECIPIENT")
		c.typed("4")
		c.sees("[4 Raw]")
		c.typed("]")
		c.sees("FOLDER")
		c.typed("q")
		c.end(0)
		check(t, log, 40)
	})
	// The judge itself: what a shell does to a root is seen.
	for _, tt := range [][2]string{
		{"opened for writing", "echo x > $PWD/new"}, {"renameat2|rename|renameat", "mv $PWD/new $PWD/newer"}, {"unlinkat|unlink", "rm $PWD/newer"},
		{"mkdir|mkdirat", "mkdir $PWD/d"}, {"flock", "flock $PWD/Config true"}, {"AUTH.TAB opened", "cat $PWD/Config/AUTH.TAB"},
	} {
		what, script := tt[0], strings.ReplaceAll(tt[1], "$PWD", `"$PWD"`)
		t.Run("a shell: "+what, func(t *testing.T) {
			log, trace := strace(t)
			cmd := exec.Command(trace[0], append(trace[1:], "sh", "-c", script)...)
			cmd.Dir = root
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			harms, _ := judge(t, log, root)
			for _, h := range harms {
				for _, w := range strings.Split(what, "|") {
					if strings.HasPrefix(h, w+":") {
						return
					}
				}
			}
			t.Errorf("%q was not noticed: %v", script, harms)
		})
	}
}
