package triage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// story writes the sample of a story and opens it.
func story(t *testing.T, o sample.Options) (*Session, sample.Truth) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "site")
	o.Now = at
	truth, err := sample.Write(context.Background(), root, o)
	if err != nil {
		t.Fatal(err)
	}
	s := session(t, nil, Options{Roots: []string{root}, Since: 30 * 24 * time.Hour})
	if errs := s.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	return s, truth
}

func scan(t *testing.T, s *Session) *View {
	t.Helper()
	if err := s.Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s.View()
}

func firing(p AuditPicture) []string {
	var out []string
	for _, f := range p.Findings {
		if f.Status == diag.StatusWarn || f.Status == diag.StatusFail {
			out = append(out, f.Code)
		}
	}
	slices.Sort(out)
	return out
}

// In a whole session exactly the findings of a story fire, and what the Server
// view shows is there.
func TestAuditStories(t *testing.T) {
	for _, st := range sample.Stories() {
		if st.Name == "" {
			continue
		}
		t.Run(st.Name, func(t *testing.T) {
			s, _ := story(t, sample.Options{Story: st.Name, Messages: 600, Seed: 3})
			v := scan(t, s)
			all := s.Audit(v)
			if len(all) != 1 {
				t.Fatalf("%d pictures", len(all))
			}
			p := all[0]
			want := slices.Sorted(slices.Values(st.Audit))
			if got := firing(p); !slices.Equal(got, want) {
				t.Errorf("%v fire, the story says %v", got, want)
			}
			if testing.Verbose() {
				t.Logf("headline %q (%s)", p.Headline, p.HeadlineCode)
				for _, f := range p.Findings {
					t.Logf("%-7s %-21s %s", f.Status, f.Code, f.Summary)
				}
				for _, o := range p.Changes {
					t.Logf("%s %s", o.Time.Format(time.DateTime), o.Text)
				}
			}
			if len(p.Matrix) == 0 || len(p.Users) == 0 || p.SettingsFrom == "" || len(p.Local) == 0 || len(p.Problems) > 0 {
				t.Errorf("matrix %d, users %d, settings from %q, local %v, problems %v", len(p.Matrix), len(p.Users), p.SettingsFrom, p.Local, p.Problems)
			}
			if again := s.Audit(s.View()); &again[0] != &all[0] || len(s.LastAudit()) != 1 {
				t.Error("the same view gives another picture")
			}
		})
	}
}

// A log that grows adds to what was counted, one that was replaced replaces it,
// and a second scan counts nothing twice.
func TestAuditRefresh(t *testing.T) {
	s, _ := story(t, sample.Options{Story: "password", Messages: 400})
	v := scan(t, s)
	first := s.Audit(v)[0]
	count := func(p AuditPicture, who string) int {
		for _, u := range p.Users {
			if u.Key == who {
				return u.Messages
			}
		}
		return 0
	}
	who := first.Users[0].Key
	had := count(first, who)
	if had == 0 {
		t.Fatal("nobody sends")
	}
	if n := count(auditNow(s, scan(t, s)), who); n != had {
		t.Errorf("%d messages of %s after a second scan, %d after the first", n, who, had)
	}
	log := newestLog(t, s)
	var b strings.Builder
	for i := range 3 {
		id := fmt.Sprintf("%032X.MAI", 0xABC0+i)
		for _, row := range [][]string{
			{"", "", "220 ready", ""}, {"AUTH", "AUTH LOGIN", "334 VXNlcm5hbWU6", ""}, {"AUTH", "c2VjcmV0", "235 Authenticated", who},
			{"MAIL", "MAIL FROM:<" + who + ">", "250 okay", who}, {"RCPT", "RCPT TO:<a@elsewhere.example>", "250 okay", who},
			{"DATA", "DATA", "354 go", who},
		} {
			fmt.Fprintf(&b, "11/24/26 09:29:%02d\tSMTP-IN\t%s\t77%d\t203.0.113.77\t%s\t%s\t%s\t1\t1\t%s\t\r\n", 10+i, id, i, row[0], row[1], row[2], row[3])
		}
		fmt.Fprintf(&b, "11/24/26 09:29:%02d\tSMTP-IN\t%032X.MAI\t77%d\t203.0.113.77\tQUIT\tQUIT\t221 bye\t1\t1\t%s\t\r\n", 10+i, 0xDEF0+i, i, who)
	}
	f, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(b.String()); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if _, err := s.index.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := count(auditNow(s, s.View()), who); n != had+3 {
		t.Errorf("%d messages of %s after three more, %d before", n, who, had)
	}
	if err := os.Truncate(log, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.index.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := count(auditNow(s, s.View()), who); n >= had {
		t.Errorf("%d messages of %s though the newest log is empty, %d before", n, who, had)
	}
}

// auditNow takes no picture that stands for a little while longer.
func auditNow(s *Session, v *View) AuditPicture {
	s.audits.mu.Lock()
	s.audits.last.at = time.Time{}
	s.audits.mu.Unlock()
	return s.Audit(v)[0]
}

func newestLog(t *testing.T, s *Session) string {
	t.Helper()
	dir := s.installs[0].Layout(s.opt.Machine.FS).LogDirs[0]
	logs, err := filepath.Glob(filepath.Join(dir, "SMTP-Activity-*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatal(err, "no logs")
	}
	return slices.Max(logs)
}

// What was counted is kept with the cache: a second session reads no log and
// says the same.
func TestAuditIsKept(t *testing.T) {
	root, state := filepath.Join(t.TempDir(), "site"), t.TempDir()
	if _, err := sample.Write(context.Background(), root, sample.Options{Story: "password", Messages: 400, Now: at}); err != nil {
		t.Fatal(err)
	}
	var findings [2][]diag.Finding
	for i := range findings {
		s := session(t, nil, Options{Roots: []string{root}, Since: 30 * 24 * time.Hour, StateDir: state})
		if errs := s.Locate(); len(errs) > 0 {
			t.Fatal(errs)
		}
		if _, err := s.Refresh(context.Background()); err != nil {
			t.Fatal(err)
		}
		if read := s.Progress().LogBytes; (read == 0) != (i == 1) {
			t.Errorf("session %d reads %d bytes of logs", i, read)
		}
		findings[i] = s.Audit(s.View())[0].Findings
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(findings[0], findings[1]) {
		t.Errorf("%v\n%v", findings[0], findings[1])
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
