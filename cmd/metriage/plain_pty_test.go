//go:build unix

package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag/mailenable"
	"metriage/diag/sample"
	"metriage/diag/triage"
	"metriage/tui"
)

// A terminal that cannot be drawn on gets the report, and is told why.
func TestDumbTerminal(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := startWith(t, []string{"TERM=dumb"}, path, "demo")
	c.until("cannot show a dashboard (TERM is dumb)")
	c.until("REFUSED")
	for b := range c.out {
		c.seen = append(c.seen, b...)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, seq := range []string{"\x1b[?", "\x1b[2J", "\x1b[H"} {
		if bytes.Contains(c.seen, []byte(seq)) {
			t.Errorf("%q was sent", seq)
		}
	}
}

// Where the console refuses to be switched, as an old Windows console does, the
// dashboard has ended and closed its session: the report comes all the same.
func TestConsoleThatCannotBeSwitched(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(t.Context(), root, sample.Options{Messages: 60, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	var out, said bytes.Buffer
	p := program{out: &out, err: &said, now: time.Now, getenv: func(k string) string {
		return map[string]string{"HOME": home}[k]
	}, machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }}}
	g := &globals{Root: []string{root}, DNS: []string{"127.0.0.1:1"}, config: &configFile{}}
	s, err := p.quickSession(g, triage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if errs := s.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := p.ended(t.Context(), g, s, errors.New("error setting console mode: Access is denied")); err != nil {
		t.Error(err)
	}
	for _, w := range []string{"cannot run in this terminal", "error setting console mode", "here is the report", `"Use legacy console"`} {
		if !strings.Contains(said.String(), w) {
			t.Errorf("it does not say %q: %s", w, said.String())
		}
	}
	if !strings.Contains(out.String(), "REFUSED") {
		t.Errorf("no report:\n%s", out.String())
	}
	// A fault of the program itself is no reason for a report.
	out.Reset()
	if err := p.ended(t.Context(), g, s, &tui.CrashError{What: "x"}); err == nil || out.Len() > 0 {
		t.Errorf("%v %s", err, out.String())
	}
	// Nor is a session that could not be closed; the terminal is not blamed.
	said.Reset()
	if err := p.ended(t.Context(), g, s, &tui.CloseError{Err: errors.New("disk full")}); err == nil || out.Len() > 0 || said.Len() > 0 {
		t.Errorf("%v %s %s", err, out.String(), said.String())
	}
}
