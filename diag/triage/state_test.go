package triage

import (
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/runbook"
)

func TestVerifyTicksAndOpensAgain(t *testing.T) {
	dir := t.TempDir()
	root := t.TempDir() + "/site"
	mkdirs(t, root+"/Queues")
	s := session(t, nil, Options{Roots: []string{root}, StateDir: dir})
	if errs := s.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	if m, err := s.OpenState(); err != nil || len(m) > 0 {
		t.Fatal(m, err)
	}
	step := diag.Step{ID: "ptr-ask", Title: "Ask for a PTR record", Check: "ptr"}
	hand := diag.Step{ID: "source-find", Title: "Find the source"}
	plan := diag.Plan{Steps: []diag.Step{step, hand}}
	fail := []diag.Finding{{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusFail, Summary: "198.51.100.7 has no PTR record."}}
	pass := []diag.Finding{{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusPass, Summary: "198.51.100.7 is mail.ours.example and back."}}
	for i, tt := range []struct {
		found   []diag.Finding
		changed int
		done    bool
	}{{fail, 0, false}, {pass, 1, true}, {pass, 0, true}, {fail, 1, false}, {nil, 0, false}, {pass, 1, true}} {
		n, err := s.Verify(plan, Known{Findings: tt.found})
		if err != nil || n != tt.changed {
			t.Errorf("%d: %d changed, %v", i, n, err)
		}
		if st := runbook.States(s.Journal())[step.Key()]; st.Done != tt.done || st.ByHand {
			t.Errorf("%d: %+v", i, st)
		}
	}
	if err := s.Tick(hand, true, "it was the shop"); err != nil {
		t.Fatal(err)
	}
	if err := s.CloseState(); err != nil {
		t.Fatal(err)
	}
	again := session(t, nil, Options{Roots: []string{root}, StateDir: dir})
	again.Locate()
	if _, err := again.OpenState(); err != nil {
		t.Fatal(err)
	}
	defer again.CloseState()
	st := runbook.States(again.Journal())
	if !st[step.Key()].Done || !st[hand.Key()].ByHand || st[hand.Key()].Text != "it was the shop" {
		t.Errorf("%+v", st)
	}
}

func TestProveStep(t *testing.T) {
	f := func(check, subject, list string, s diag.Status) diag.Finding {
		return diag.Finding{Check: check, Subject: subject, List: list, Status: s, Summary: subject + " " + list}
	}
	for _, tt := range []struct {
		name string
		step diag.Step
		in   []diag.Finding
		want ProofState
	}{
		{"no check", diag.Step{}, []diag.Finding{f("ptr", "a", "", diag.StatusPass)}, ProofOpen},
		{"not asked", diag.Step{Check: "ptr"}, nil, ProofOpen},
		{"unknown beside pass", diag.Step{Check: "ptr"}, []diag.Finding{f("ptr", "a", "", diag.StatusPass), f("ptr", "b", "", diag.StatusUnknown)}, ProofOpen},
		{"a warning is no proof", diag.Step{Check: "ptr"}, []diag.Finding{f("ptr", "a", "", diag.StatusWarn)}, RuledOut},
		{"the list of the step", diag.Step{Check: "dnsbl", Subject: "psbl"}, []diag.Finding{f("dnsbl", "a", "psbl", diag.StatusPass), f("dnsbl", "a", "spamhaus-zen", diag.StatusFail)}, Proven},
		{"another list", diag.Step{Check: "dnsbl", Subject: "psbl"}, []diag.Finding{f("dnsbl", "a", "spamhaus-zen", diag.StatusPass)}, ProofOpen},
		{"a sub-list of Spamhaus", diag.Step{Check: "dnsbl", Subject: "spamhaus-css"}, []diag.Finding{f("dnsbl", "a", "spamhaus-zen", diag.StatusFail)}, RuledOut},
		{"all lists, one unknown", diag.Step{Check: "dnsbl"}, []diag.Finding{f("dnsbl", "a", "psbl", diag.StatusPass), f("dnsbl", "a", "x", diag.StatusUnknown)}, Proven},
		{"the domain of the step", diag.Step{Check: "spf", Subject: "a.example"}, []diag.Finding{f("spf", "b.example", "", diag.StatusFail), f("spf", "A.example", "", diag.StatusPass)}, Proven},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p := ProveStep(tt.step, tt.in); p.State != tt.want {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestObserveOnsetOnce(t *testing.T) {
	s, v, _ := incident(t)
	news, err := s.Observe(v)
	if err != nil || len(news) == 0 {
		t.Fatal(news, err)
	}
	for _, n := range news {
		if n.Kind != runbook.EntryOnset || n.Domain == "" || n.At.IsZero() {
			t.Errorf("%+v", n)
		}
	}
	again, err := s.Observe(v)
	if err != nil || len(again) != 0 {
		t.Errorf("told twice: %v %v", again, err)
	}
	if !strings.Contains(news[0].Text, "since") {
		t.Errorf("%+v", news[0])
	}
}

// A proof knows when its check last failed, also where that was in an earlier
// session: from then on a delivery counts as one after the fix. A finding that
// is not asked again is noted once.
func TestLastFailingOutlivesARestart(t *testing.T) {
	dir, root := t.TempDir(), t.TempDir()+"/site"
	mkdirs(t, root+"/Queues")
	open := func() *Session {
		s := session(t, nil, Options{Roots: []string{root}, StateDir: dir})
		s.Locate()
		if _, err := s.OpenState(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	step := diag.Step{ID: "ptr-request", Title: "Ask for a PTR record", Check: "ptr", Phase: diag.PhaseCure}
	plan := diag.Plan{Steps: []diag.Step{step}}
	asked := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	f := diag.Finding{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusFail, Summary: "no PTR", Asked: asked}
	s := open()
	for range 3 {
		if n, err := s.Verify(plan, Known{Findings: []diag.Finding{f}}); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	}
	if n := len(s.Journal()); n != 1 {
		t.Errorf("%d entries for one finding", n)
	}
	if err := s.CloseState(); err != nil {
		t.Fatal(err)
	}
	s = open()
	defer s.CloseState()
	f.Status, f.Asked = diag.StatusPass, asked.Add(time.Hour)
	if n, err := s.Verify(plan, Known{Findings: []diag.Finding{f}}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if st := s.StepStates()[step.Key()]; !st.Done || !st.Before.Equal(asked) {
		t.Errorf("%+v", st)
	}
}
