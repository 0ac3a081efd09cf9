//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"metriage/diag"
)

// startChurn is another process that takes bounces out of a root, moves others to
// Bad Mail and puts some of them back, as fast as it can.
func startChurn(t *testing.T, root string) (stop func()) {
	t.Helper()
	away, end := t.TempDir(), filepath.Join(t.TempDir(), "end")
	cmd := exec.Command("sh", "-c", `cd "$1" && while :; do n=0; for f in Postoffices/*/MAILROOT/*/Inbox/*.MAI; do
		[ -e "$3" ] && exit; n=$((n+1))
		case $((n % 4)) in
		0) mv "$f" "$2/" ;;
		1) mv "$f" "Bad Mail/Messages/" ;;
		esac 2>/dev/null; done
		mv "$2"/*[02468ACE].MAI "Bad Mail/Messages"/*[13579BDF].MAI "${f%/*}/" 2>/dev/null; done`, "sh", root, away, end)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			_ = os.WriteFile(end, nil, 0o600)
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	return stop
}

// totals are the numbers of a JSON report that the dashboard shows, too.
func totals(t *testing.T, root string) (out tree, r result) {
	t.Helper()
	r = metriage(t, "", "report", "--root", root, "--since", "all", "--format", "json")
	if r.code != exitFound || r.err != "" {
		t.Fatalf("exit %d: %s", r.code, r.err)
	}
	return decode(t, r.out), r
}

// TestAllAgreeWhileFilesChange moves bounces about at full speed while a
// dashboard follows and reports are made; each time the files rest, dashboard,
// text report and JSON say the same, and JSON says it twice.
func TestAllAgreeWhileFilesChange(t *testing.T) {
	root := site(t, 1500)
	// Failures of older days are known from their bounces alone.
	logs, err := filepath.Glob(filepath.Join(root, "Logging", "SMTP", "SMTP-Activity-*.log"))
	if err != nil || len(logs) < 2 {
		t.Fatal(logs, err)
	}
	for _, l := range logs[:len(logs)-1] {
		if err := os.Remove(l); err != nil {
			t.Fatal(err)
		}
	}
	was, _ := totals(t, root)
	c := startConsole(t, dashboardArgs(root, "--since", "all")...)
	c.sees("accepted since", "REFUSED")
	c.typed("f")
	changed := false
	for range 3 {
		stop := startChurn(t, root)
		for range 4 {
			got, _ := totals(t, root)
			for _, n := range []string{"files", "messages", "failures"} {
				if v, limit := got["totals"].(tree)[n].(float64), was["totals"].(tree)[n].(float64); v > limit {
					t.Errorf("%s %v while files move, %v when all were there", n, v, limit)
				}
			}
			if got["groups"] == nil {
				t.Error("no groups")
			}
		}
		stop()
		rest, first := totals(t, root)
		if _, again := totals(t, root); again.out != first.out {
			t.Error("two reports at rest differ")
		}
		n := rest["totals"].(tree)
		changed = changed || n["failures"] != was["totals"].(tree)["failures"]
		number := func(k string) string { return diag.Thousands(int(n[k].(float64))) }
		text := metriage(t, "", "report", "--root", root, "--since", "all").out
		for _, want := range []string{
			fmt.Sprintf("%s refused for good", number("failures")), fmt.Sprintf("%s delayed, %s accepted, %s waiting", number("delayed"), number("accepted"), number("waiting")),
			fmt.Sprintf("read: %s files, %s messages", number("files"), number("messages")),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the text report lacks %q:\n%.400s", want, text)
			}
		}
		c.typed("R")
		c.sees(number("failures")+" refused", number("accepted")+" accepted", number("delayed")+" delayed")
	}
	if !changed {
		t.Error("no failure came or went: nothing was shown")
	}
	c.typed("q")
	c.end(0)
}
