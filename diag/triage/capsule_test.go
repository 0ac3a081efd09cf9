package triage

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/report"
	"metriage/diag/sample"
)

// capsuleOf writes a capsule of a session beside it.
func capsuleOf(t *testing.T, s *Session, v *View, redact func(string) string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "capsule")
	if err := s.WriteCapsule(dir, v, []byte("# Refused mail\n"), nil, redact); err != nil {
		t.Fatal(err)
	}
	return dir
}

// open opens a capsule as another machine would.
func open(t *testing.T, dir string) (*Session, []error) {
	t.Helper()
	s := session(t, nil, Options{Roots: []string{dir}, Since: 30 * 24 * time.Hour, StateDir: t.TempDir(), AllowChanges: true})
	return s, s.Locate()
}

// A capsule of any story opens with the counts, groups, causes and times of the
// original, and holds nobody's name.
func TestCapsuleEqualsItsOriginal(t *testing.T) {
	for _, st := range sample.Stories() {
		t.Run(st.Name, func(t *testing.T) {
			s, _ := story(t, sample.Options{Story: st.Name, Seed: 3})
			v := scan(t, s)
			if _, err := s.Observe(v); err != nil {
				t.Fatal(err)
			}
			dir := capsuleOf(t, s, v, report.RedactAddresses)
			c, errs := open(t, dir)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			w := scan(t, c)
			a, b := v.Report(diag.ByDomain), w.Report(diag.ByDomain)
			if a.Totals != b.Totals {
				t.Errorf("totals %+v, the original has %+v", b.Totals, a.Totals)
			}
			if len(b.Installations) != 1 || b.Installations[0].Root != dir || b.Installations[0].FoundBy != diag.FoundByFlag || len(b.Installations[0].Folders) != len(a.Installations[0].Folders) {
				t.Errorf("installations %+v", b.Installations)
			}
			if len(a.Problems) != len(b.Problems) {
				t.Errorf("%d problems, the original has %d", len(b.Problems), len(a.Problems))
			}
			for _, by := range []diag.GroupBy{diag.ByDomain, diag.ByProvider, diag.ByCause, diag.ByIP, diag.BySender, diag.ByAccount} {
				compareGroups(t, by, v.Groups(by), w.Groups(by))
			}
			for _, g := range v.Groups(diag.ByDomain) {
				x, y := v.Timeline(diag.ByDomain, g.Key, at, 0, 40), w.Timeline(diag.ByDomain, g.Key, at, 0, 40)
				if !reflect.DeepEqual(x, y) {
					t.Errorf("%s: timeline %+v, the original has %+v", g.Key, y, x)
				}
			}
			x, y := s.Cases(v, v.AllFailures(), nil), c.Cases(w, w.AllFailures(), nil)
			if len(x) != len(y) {
				t.Fatalf("%d cases, the original has %d", len(y), len(x))
			}
			for i := range x {
				if x[i].Verdict.Cause != y[i].Verdict.Cause || x[i].Failures != y[i].Failures || !slices.Equal(x[i].Domains, y[i].Domains) {
					t.Errorf("case %d: %s %d %v, the original has %s %d %v", i, y[i].Verdict.Cause, y[i].Failures, y[i].Domains, x[i].Verdict.Cause, x[i].Failures, x[i].Domains)
				}
			}
			p, q := s.Subject(v), c.Subject(w)
			if p.HELO != q.HELO || !slices.Equal(p.Addrs(), q.Addrs()) || p.SmartHost != q.SmartHost {
				t.Errorf("who we are: %s %v %s, the original says %s %v %s", q.HELO, q.Addrs(), q.SmartHost, p.HELO, p.Addrs(), p.SmartHost)
			}
			if len(c.Journal()) != len(s.Journal()) {
				t.Errorf("%d entries of the journal, the original has %d", len(c.Journal()), len(s.Journal()))
			}
			nobodyIn(t, dir)
		})
	}
}

func compareGroups(t *testing.T, by diag.GroupBy, a, b []diag.Group) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("by %s: %d groups, the original has %d", by, len(b), len(a))
		return
	}
	if by == diag.BySender {
		return // the keys are redacted, and with them the order of equal groups
	}
	for i := range a {
		x, y := a[i], b[i]
		if x.Key != y.Key || len(x.Senders) != len(y.Senders) || len(x.Replies) != len(y.Replies) {
			t.Errorf("by %s: %s with %d senders, %d replies; the original has %s with %d, %d", by, y.Key, len(y.Senders), len(y.Replies), x.Key, len(x.Senders), len(x.Replies))
		}
		for k := range min(len(x.Replies), len(y.Replies)) {
			if x.Replies[k].Count != y.Replies[k].Count || x.Replies[k].Cause != y.Replies[k].Cause {
				t.Errorf("by %s: %s: reply %d differs", by, x.Key, k)
			}
		}
		x.Senders, y.Senders, x.Replies, y.Replies = nil, nil, nil, nil
		if !reflect.DeepEqual(x, y) {
			t.Errorf("by %s: %+v, the original has %+v", by, y, x)
		}
	}
}

var localPart = regexp.MustCompile(`[A-Za-z0-9._+-]+(@|%40)[a-z0-9-]+\.`)

// nobodyIn checks that a capsule names no mailbox.
func nobodyIn(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{CapsuleFacts, CapsuleJournal, CapsuleAudit} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range localPart.FindAllString(string(b), -1) {
			if !regexp.MustCompile(`^(n|u003[ce])?user-[0-9a-f]{4}@`).MatchString(m) {
				t.Fatalf("%s names %q", name, m)
			}
		}
		if strings.Contains(string(b), "Minutes of the meeting") || strings.Contains(string(b), "MAILROOT/info") {
			t.Errorf("%s holds a subject or the name of a mailbox", name)
		}
	}
}

// A capsule is only looked at.
func TestCapsuleIsReadOnly(t *testing.T) {
	s, _ := story(t, sample.Options{Seed: 3})
	v := scan(t, s)
	step := diag.Step{ID: "source-find", Title: "Find out what sends the spam"}
	if err := s.Tick(step, true, "info@ours.example it was"); err != nil {
		t.Fatal(err)
	}
	dir := capsuleOf(t, s, v, report.RedactAddresses)
	before := contents(t, dir)
	c, errs := open(t, dir)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := c.OpenState(); err != nil {
		t.Fatal(err)
	}
	if st := c.StepStates()["source-find"]; !st.Done || strings.Contains(st.Text, "info@") {
		t.Errorf("the step of the original: %+v", st)
	}
	if err := c.Tick(step, false, ""); err != ErrCapsule {
		t.Errorf("ticking says %v", err)
	}
	if err := c.MayChange(); err != ErrCapsule {
		t.Errorf("changing says %v", err)
	}
	w := scan(t, c)
	a, err := c.Assess(t.Context(), w, c.Subject(w), nil, false)
	if err != nil || !a.ReadOnly && len(a.News) > 0 || len(a.Plan.Steps) == 0 {
		t.Errorf("%v, %d steps", err, len(a.Plan.Steps))
	}
	if c.LookAgain(); len(c.Audit(w)) != 1 || len(c.Audits(w)[0].Findings) == 0 {
		t.Error("looking again loses its audit")
	}
	if !slices.Equal(before, contents(t, dir)) {
		t.Error("opening it changed the capsule")
	}
}

func contents(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.Name(), string(b))
	}
	return out
}

// What is wrong with a capsule is said in a sentence.
func TestBadCapsules(t *testing.T) {
	s, _ := story(t, sample.Options{Story: "quiet", Seed: 3})
	good, err := os.ReadFile(filepath.Join(capsuleOf(t, s, scan(t, s), nil), CapsuleFacts))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(good, []byte("\n"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		facts []byte
		says  string
	}{
		"empty":         {nil, "its first line is missing"},
		"no capsule":    {[]byte("hello\n"), "line 1: this is no line of a capsule"},
		"cut off":       {join(lines[:len(lines)-2]...), "was cut off"},
		"half a line":   {good[:len(good)/2], "no line of a capsule"},
		"lines missing": {join(append([][]byte{lines[0]}, lines[2:]...)...), "lines are missing"},
		"newer":         {bytes.Replace(good, []byte(`"version":1`), []byte(`"version":9`), 1), "the form 9"},
		"without head":  {join(lines[1:]...), "its first line is missing"},
		"more behind":   {join(good, lines[1]), "something follows"},
		"bad state":     {bytes.Replace(good, []byte(`"state":"`), []byte(`"state":"x`), 1), "a state"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, CapsuleFacts), c.facts, 0o600); err != nil {
				t.Fatal(err)
			}
			s, errs := open(t, dir)
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), c.says) || !strings.Contains(errs[0].Error(), dir) || len(s.Roots()) != 0 {
				t.Errorf("%v, roots %v", errs, s.Roots())
			}
		})
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, CapsuleFacts), good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, CapsuleJournal), []byte("{\"at\""), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs := open(t, dir); len(errs) != 1 || !strings.Contains(errs[0].Error(), "journal is damaged") {
		t.Errorf("a damaged journal: %v", errs)
	}
	two := session(t, nil, Options{Roots: []string{dir, t.TempDir()}})
	if errs := two.Locate(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "open it alone") {
		t.Errorf("two roots: %v", errs)
	}
	if err := s.WriteCapsule(dir, scan(t, s), nil, nil, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a folder that is not empty: %v", err)
	}
}
