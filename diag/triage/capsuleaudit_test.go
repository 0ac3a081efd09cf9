package triage

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"metriage/diag"
	"metriage/diag/report"
	"metriage/diag/sample"
)

// A capsule that hides nothing opens with the audit, the plan, who uses what a
// step closes, how the steps stand and the headline of its original.
func TestCapsuleKeepsAuditAndPlan(t *testing.T) {
	for _, st := range sample.Stories() {
		t.Run(st.Name, func(t *testing.T) {
			s, _ := story(t, sample.Options{Story: st.Name, Seed: 3})
			v := scan(t, s)
			first, err := s.Assess(context.Background(), v, s.Subject(v), nil, false)
			if err != nil {
				t.Fatal(err)
			}
			for i, step := range first.Plan.Steps {
				if i%3 == 0 {
					if err := s.Tick(step, true, "seen to"); err != nil {
						t.Fatal(err)
					}
				}
			}
			a, err := s.Assess(context.Background(), v, s.Subject(v), nil, false)
			if err != nil {
				t.Fatal(err)
			}
			root := s.Roots()[0]
			c, errs := open(t, capsuleOf(t, s, v, nil))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			w := scan(t, c)
			b, err := c.Assess(context.Background(), w, c.Subject(w), nil, false)
			if err != nil || !b.ReadOnly && a.Changed > 0 {
				t.Fatal(err, b.ReadOnly)
			}
			same := func(what string, x, y any) {
				t.Helper()
				p, _ := json.Marshal(x)
				q, _ := json.Marshal(y)
				// The folder of the installation is not that of the capsule.
				clean := strings.NewReplacer(strings.Trim(string(mustJSON(root)), `"`), "", `\u003cMail Enable folder\u003e`, "").Replace
				if clean(string(p)) != clean(string(q)) {
					t.Errorf("%s:\n%s\nthe original has\n%s", what, q, p)
				}
			}
			same("plan", a.Plan, b.Plan)
			same("usage", a.Usage, b.Usage)
			in, out := s.Incident(v, nil, diag.ByDomain), c.Incident(w, nil, diag.ByDomain)
			same("steps of the report", in.Steps, out.Steps)
			same("timeline of the report", in.Timeline, out.Timeline)
			same("causes of the report", in.Causes, out.Causes)
			for key, st := range a.States {
				if got := b.States[key]; got.Done != st.Done || got.Text != st.Text || !got.At.Equal(st.At) {
					t.Errorf("step %s: %+v, the original has %+v", key, got, st)
				}
			}
			x, y := s.Audits(v), c.Audits(w)
			if len(x) != len(y) {
				t.Fatalf("%d audits, the original has %d", len(y), len(x))
			}
			for i := range x {
				x[i].Installation, y[i].Installation = "", ""
			}
			same("audit", x, y)
			if p, q := s.Headline(v), c.Headline(w); p != q {
				t.Errorf("headline %+v, the original has %+v", q, p)
			}
			if p, q := RunFailures(v, s.Audit(v), diag.ByDomain), RunFailures(w, c.Audit(w), diag.ByDomain); !reflect.DeepEqual(p, q) {
				t.Errorf("failures of runs: %v, the original has %v", q, p)
			}
		})
	}
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// A redacted one has the same steps and findings, and names nobody and no
// address inside.
func TestCapsuleAuditIsRedacted(t *testing.T) {
	for _, name := range []string{"", "password", "forwarding", "local-relay"} {
		s, _ := story(t, sample.Options{Story: name, Seed: 3})
		v := scan(t, s)
		dir := capsuleOf(t, s, v, report.RedactAddresses)
		nobodyIn(t, dir)
		c, errs := open(t, dir)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		w := scan(t, c)
		p, q := s.ServerPlan(v, s.Subject(v), nil), c.ServerPlan(w, c.Subject(w), nil)
		if len(p.Steps) != len(q.Steps) {
			t.Errorf("%s: %d steps, the original has %d", name, len(q.Steps), len(p.Steps))
		}
		for i := range min(len(p.Steps), len(q.Steps)) {
			if p.Steps[i].Key() != q.Steps[i].Key() || p.Steps[i].Failures != q.Steps[i].Failures {
				t.Errorf("%s: step %d is %s, in the original %s", name, i, q.Steps[i].Key(), p.Steps[i].Key())
			}
		}
		for i, x := range s.Audits(v)[0].Findings {
			if y := c.Audits(w)[0].Findings[i]; x.Code != y.Code || x.Status != y.Status {
				t.Errorf("%s: %s %s, the original has %s %s", name, y.Code, y.Status, x.Code, x.Status)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, CapsuleAudit))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"olm-clinic.example/desk", "10.20.", s.Roots()[0], "Your parcel"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s: the capsule says %q", name, secret)
			}
		}
	}
}

// A damaged audit is an error with the file's name, one that is missing is none:
// earlier versions wrote none.
func TestDamagedCapsuleAudit(t *testing.T) {
	s, _ := story(t, sample.Options{Story: "password", Seed: 3})
	dir := capsuleOf(t, s, scan(t, s), nil)
	path := filepath.Join(dir, CapsuleAudit)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		string(good[:len(good)/2]):      "damaged",
		`{"Version":99}`:                "form 99",
		`{"Version":1,"Pictures":[{}]}`: "parts of it are missing",
		`{"Version":1,"Pictures":[null],"Nouns":[{}],"Runs":[[]],"Networks":[{}]}`: "a picture is missing",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errs := open(t, dir); len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, errs, want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, errs := open(t, dir); len(errs) != 0 {
		t.Error(errs)
	}
}

// What the checks had found is in the capsule, without what is nobody's business.
func TestCapsuleKeepsFindings(t *testing.T) {
	s, v, _ := incident(t)
	run := s.Check(context.Background(), s.Request(s.Subject(v), []string{"ptr", "dnsbl", "relay"}, nil, false), func(diag.Finding) {})
	found := append(run.Findings, diag.Finding{
		Check: "sender", Subject: "harbourline.example", Status: diag.StatusWarn, Code: "sender-unknown", Summary: "anna@harbourline.example did not answer from 10.20.1.7.",
		Evidence: []diag.Evidence{{Query: "MAIL FROM:<anna@harbourline.example>", Answer: "250 ok"}},
	})
	if len(run.Findings) < 10 {
		t.Fatalf("%d findings", len(run.Findings))
	}
	dir := filepath.Join(t.TempDir(), "capsule")
	if err := s.WriteCapsule(dir, v, []byte("# Refused mail\n"), found, report.RedactAddresses); err != nil {
		t.Fatal(err)
	}
	c, errs := open(t, dir)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	got := c.KeptFindings()
	if len(got) != len(found) {
		t.Fatalf("%d findings, the original has %d", len(got), len(found))
	}
	for i, x := range found {
		y := got[i]
		if x.Check != y.Check || x.Code != y.Code || x.Status != y.Status || x.List != y.List || !x.Asked.Equal(y.Asked) || len(x.Evidence) != len(y.Evidence) {
			t.Errorf("finding %d is %+v, the original %+v", i, y, x)
		}
		if (x.Check == "ptr" || x.Check == "dnsbl") && (x.Subject != y.Subject || x.Summary != y.Summary) {
			t.Errorf("finding %d is about %q: %q, the original %q: %q", i, y.Subject, y.Summary, x.Subject, x.Summary)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, CapsuleAudit))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"anna@", "10.20.1.7"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the capsule says %q", secret)
		}
	}
	if f := s.KeptFindings(); f != nil {
		t.Errorf("a session without a capsule keeps %d findings", len(f))
	}
}
