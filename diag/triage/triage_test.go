package triage

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/dnsq"
	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

var at = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

func session(t *testing.T, world *sample.World, o Options) *Session {
	t.Helper()
	o.Machine = mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }}
	o.Now = func() time.Time { return at }
	if world != nil {
		o.DNS = dnsq.New(dnsq.Options{Servers: []string{world.DNS()}})
		o.Dial = world.Dial
		o.Target = world.Relay()
		o.Limits.Pace = -1
	} else {
		o.DNS = dnsq.New(dnsq.Options{Servers: []string{"127.0.0.1:1"}})
	}
	s := New(o)
	problems, err := s.Ready()
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return s
}

// incident reads the sample and plays its world.
func incident(t *testing.T) (*Session, *View, *sample.World) {
	t.Helper()
	o := sample.Options{Seed: 1, Now: at}
	root := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(context.Background(), root, o); err != nil {
		t.Fatal(err)
	}
	scene, err := o.Scene()
	if err != nil {
		t.Fatal(err)
	}
	world, err := scene.Play()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	s := session(t, world, Options{Roots: []string{root}, Since: 30 * 24 * time.Hour, Domains: scene.Domains, LocalDomains: scene.Domains})
	if errs := s.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	if err := s.Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, s.View(), world
}

// The whole path: what was refused, who we are, what the checks find, what the
// plan says.
func TestFromRefusalToPlan(t *testing.T) {
	s, v, world := incident(t)
	sub := s.Subject(v)
	if len(sub.IPs) == 0 || sub.IPs[0].Addr != netip.MustParseAddr("198.51.100.25") || sub.IPs[0].From != check.OriginEHLOReply.String() || sub.HELO == "" {
		t.Fatalf("%+v", sub)
	}
	h := s.Headline(v)
	if h.Status != diag.StatusFail || !strings.Contains(h.Text, "0 of ") || h.Key == "" {
		t.Errorf("%+v", h)
	}
	members := v.Members(diag.ByDomain, "webpost.example")
	var found Findings
	run := found.Begin(s.OpeningWords())
	result := s.Check(context.Background(), s.Request(sub, s.OpeningWords(), NamedLists(v, members), true), func(f diag.Finding) {
		found.Add(run, f)
	})
	found.End(run)
	if !result.Complete || len(found.All()) != len(result.Findings) {
		t.Errorf("complete %v, %d findings kept of %d", result.Complete, len(found.All()), len(result.Findings))
	}
	f := v.Failure(int(members[0]))
	if p := Prove(f.Verdict, f.Reply, found.All()); f.Verdict.Cause != diag.CauseNoPTR || p.State != Proven || !strings.Contains(p.Text, "no PTR record") {
		t.Errorf("%s: %+v", f.Verdict.Cause, p)
	}
	plan := s.Plan(sub, s.Cases(v, members, found.All()))
	at := func(id string) int {
		for i, step := range plan.Steps {
			if strings.Contains(step.ID, id) {
				return i
			}
		}
		return -1
	}
	if ptr := at("ptr"); ptr < 0 {
		t.Fatalf("no step about the PTR record: %+v", plan.Steps)
	} else if text := strings.Join(plan.Steps[ptr].Do, "\n"); !strings.Contains(text, "198.51.100.25") && !strings.Contains(text, "25.100.51.198") {
		t.Errorf("the step does not say which record: %+v", plan.Steps[ptr])
	}
	for _, info := range s.Letters() {
		l, err := s.Write(info.ID, LetterAbout{Subject: sub, View: v, Member: members[0], Findings: found.All()})
		text := LetterText(l)
		if err != nil || !strings.Contains(text, "Subject: ") || strings.Contains(text, "{") {
			t.Errorf("%s: %v\n%s", info.ID, err, text)
		}
		if info.Leaves && (!strings.Contains(text, "198.51.100.25") || f.Sender != "" && strings.Contains(text, f.Sender)) {
			t.Errorf("%s does not name the address, or names a person:\n%s", info.ID, text)
		}
	}
	if bad := world.Forbidden(); len(bad) > 0 {
		t.Errorf("sent %v", bad)
	}
}

func TestFindings(t *testing.T) {
	var f Findings
	one := f.Begin([]string{"ptr"})
	skipped := diag.Finding{Check: "relay", Status: diag.StatusSkipped}
	a := diag.Finding{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusFail}
	if !f.Add(one, a) || !f.Add(one, skipped) || !f.Running("ptr") || f.Running("relay") {
		t.Fatal("the first run does not take findings")
	}
	two := f.Begin([]string{"ptr", "relay"})
	if f.Add(one, diag.Finding{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusPass}) || f.End(one) {
		t.Error("a replaced run still counts")
	}
	if got := f.Of("ptr"); len(got) != 1 || got[0].Status != diag.StatusFail {
		t.Errorf("%+v", got)
	}
	before := f.Stamp()
	f.Add(two, diag.Finding{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusPass})
	f.Add(two, diag.Finding{Check: "relay", Subject: "127.0.0.1:25", Status: diag.StatusPass})
	if got := f.Of("ptr"); len(got) != 1 || got[0].Status != diag.StatusPass || f.Stamp() == before {
		t.Errorf("%+v", got)
	}
	if got := f.Of("relay"); len(got) != 1 || got[0].Status != diag.StatusPass {
		t.Errorf("the skipped finding stays beside the real one: %+v", got)
	}
	if !f.Stop() || f.Busy() || f.Add(two, a) || f.Stop() {
		t.Error("a stopped run still counts")
	}
}

func TestProve(t *testing.T) {
	ip := netip.MustParseAddr("198.51.100.7")
	verdict := func(c diag.Cause, named string) diag.Verdict { return diag.Verdict{Cause: c, Named: named} }
	ptr := func(s diag.Status, code string) diag.Finding {
		return diag.Finding{Check: check.PTR, Subject: ip.String(), Status: s, Code: code, Summary: code}
	}
	bl := func(list string, s diag.Status, code string) diag.Finding {
		return diag.Finding{Check: check.DNSBL, Subject: ip.String(), List: list, Status: s, Code: code, Summary: list + " " + code}
	}
	listed, clear := bl("spamhaus-zen", diag.StatusFail, "dnsbl-listed"), bl("spamhaus-zen", diag.StatusPass, "dnsbl-clear")
	other := bl("psbl", diag.StatusPass, "dnsbl-clear")
	refused := bl("spamhaus-zen", diag.StatusUnknown, "dnsbl-refused")
	for _, tt := range []struct {
		name  string
		v     diag.Verdict
		found []diag.Finding
		want  ProofState
		words string
	}{
		{"nothing asked", verdict(diag.CauseNoPTR, ""), nil, ProofOpen, "Not checked yet: PTR"},
		{"PTR missing", verdict(diag.CauseNoPTR, ""), []diag.Finding{ptr(diag.StatusFail, "ptr-missing")}, Proven, "ptr-missing"},
		{"PTR there now", verdict(diag.CauseNoPTR, ""), []diag.Finding{ptr(diag.StatusPass, "ptr-ok")}, RuledOut, "ptr-ok"},
		{"PTR not known", verdict(diag.CauseNoPTR, ""), []diag.Finding{ptr(diag.StatusUnknown, "ptr-unknown")}, ProofOpen, "Could not be decided"},
		{"another address", verdict(diag.CauseNoPTR, ""), []diag.Finding{{Check: check.PTR, Subject: "203.0.113.1", Status: diag.StatusFail}}, ProofOpen, "Not checked yet"},
		{"listed where it says", verdict(diag.CauseBlacklistIP, "spamhaus-css"), []diag.Finding{other, listed}, Proven, "spamhaus-zen"},
		{"no longer listed there", verdict(diag.CauseBlacklistIP, "spamhaus-xbl"), []diag.Finding{clear, other}, RuledOut, "does not list us now"},
		{"listed elsewhere", verdict(diag.CauseBlacklistIP, ""), []diag.Finding{other, listed}, Proven, "listed"},
		{"the list refuses", verdict(diag.CauseBlacklistIP, "spamhaus-zen"), []diag.Finding{refused}, ProofOpen, "Could not be decided"},
		{"reputation is not public", verdict(diag.CauseReputationIP, "cisco"), []diag.Finding{clear, other}, ProofOpen, "not public"},
		{"their fault", verdict(diag.CauseReceiverFault, "sorbs"), []diag.Finding{clear, other}, Proven, "the fault is theirs"},
		{"their fault, but listed", verdict(diag.CauseReceiverFault, "sorbs"), []diag.Finding{listed}, ProofOpen, "does list us"},
		{"no check speaks", verdict(diag.CauseContentSpam, ""), []diag.Finding{listed}, ProofOpen, "No check from here"},
		{"unknown", verdict(diag.CauseUnknown, ""), nil, ProofOpen, "No rule knows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Prove(tt.v, diag.Reply{OwnIP: ip}, tt.found)
			if p.State != tt.want || !strings.Contains(p.Text, tt.words) {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	s := session(t, nil, Options{})
	e := s.Explain("x", []byte("550 5.1.1 <a@b.example>: user unknown\r\n"))
	if e.Bounce.Kind != diag.KindReply || len(e.Failures) != 1 || e.Failures[0].Verdict.Cause != diag.CauseRecipient || !e.Failed() || len(e.Failures[0].Steps) == 0 {
		t.Errorf("%+v", e)
	}
	if e := s.Explain("x", []byte("451 4.7.1 Greylisted, try again")); e.Failed() || e.Failures[0].Refusal.Permanent {
		t.Errorf("a reply for now failed: %+v", e)
	}
	if e := s.ExplainLine("x:1", []byte("  \t ")); e.Bounce.Kind != diag.KindNotABounce || len(e.Failures) != 0 {
		t.Errorf("%+v", e)
	}
	long := s.ExplainLine("x:2", []byte("550 "+strings.Repeat("é", MaxLine)))
	if !long.Truncated || strings.Contains(long.Failures[0].Reply.Raw, "Ã") {
		t.Errorf("cut in the middle of a rune it was read as another charset: %.40q", long.Failures[0].Reply.Raw)
	}
}

func TestReadFile(t *testing.T) {
	s, v, _ := incident(t)
	f := v.Failure(int(v.Members(diag.ByDomain, "webpost.example")[0]))
	b, more, err := s.ReadFile(f.Path)
	if err != nil || more || !strings.Contains(string(b), "MailEnable") {
		t.Errorf("%v %v %.60s", err, more, b)
	}
	if _, _, err := s.ReadFile(f.Path + "x"); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("%v", err)
	}
	if _, _, err := s.ReadFile(""); err == nil {
		t.Error("no path, no error")
	}
}

func mkdirs(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestExplainTakesMailForMail wants mail that mentions codes to be no reply,
// and a reply within other words to begin with its code.
func TestExplainTakesMailForMail(t *testing.T) {
	s := session(t, nil, Options{})
	mail := "From: Bob <bob@kunde.example>\r\nTo: a@x.example\r\nSubject: invoice 554\r\n\r\n"
	for _, text := range []string{
		mail + "Please pay 554 euros for invoice 5.7.1 today\r\n",
		mail + "550 5.1.1 user unknown\r\n",
		mail + "We got \"550 5.7.1 blocked using zen.spamhaus.org\". Why?\r\n",
		"Dear all,\nversion 2.0.1 is out\n",
		"",
	} {
		if e := s.Explain("-", []byte(text)); e.Bounce.Kind != diag.KindNotABounce || len(e.Failures) > 0 {
			t.Errorf("%q is %s", text, e.Bounce.Kind)
		}
	}
	for text, want := range map[string]string{
		"We got \"550 5.7.1 blocked using zen.spamhaus.org\" since noon.\n\nRegards": "550 5.7.1 blocked using zen.spamhaus.org\" since noon.",
		"<html>550 5.1.1 user unknown":         "550 5.1.1 user unknown",
		"host mx.x.example said: 550 5.1.1 no": "550 5.1.1 no",
	} {
		e := s.Explain("-", []byte(text))
		if e.Bounce.Kind != diag.KindReply || len(e.Failures) != 1 || e.Failures[0].Reply.Text != want {
			t.Errorf("%q is %s %+v", text, e.Bounce.Kind, e.Failures)
		}
	}
}
