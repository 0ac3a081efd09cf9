package triage

import (
	"fmt"
	"slices"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/runbook"
)

// maxEvents bounds the domains in a timeline, the gravest first.
const maxEvents = 40

// Incident puts together what a ticket wants to read: the ledger, when it began
// and ended, the causes with what the checks make of them, and how the steps of
// the plan stand.
func (s *Session) Incident(v *index.View, findings []diag.Finding, by diag.GroupBy) diag.Incident {
	s.Audit(v)
	sub := s.Subject(v)
	cases := s.Cases(v, v.AllFailures(), findings)
	plan := s.Plan(sub, cases)
	out := diag.Incident{Report: v.Report(by), Headline: s.Headline(v).Text, Findings: findings}
	for _, c := range cases {
		p := Prove(c.Verdict, c.Reply, findings)
		out.Causes = append(out.Causes, diag.CauseState{
			Cause: c.Verdict.Cause, Named: named(c.Verdict), Situation: c.Situation, Failures: c.Failures, Domains: c.Domains,
			State: []string{"open", "proven", "not now"}[p.State], Text: p.Text,
		})
	}
	entries := s.Journal()
	states := runbook.States(entries)
	plan = withSteps(plan, s.earlier(plan.Steps))
	for _, step := range plan.Steps {
		st := states[step.Key()]
		out.Steps = append(out.Steps, diag.StepRecord{
			Phase: step.Phase, Title: step.Title, Done: st.Done, ByHand: st.ByHand, At: st.At, Text: st.Text, Evidence: st.Evidence,
		})
	}
	out.Timeline = s.timeline(v, entries)
	for _, e := range entries {
		if e.Kind == runbook.EntryNote {
			out.Notes = append(out.Notes, diag.Event{At: e.At, Text: e.Title + ": " + e.Text})
		}
	}
	return out
}

func named(v diag.Verdict) string {
	if v.Named == "" {
		return ""
	}
	return Name(v.Named)
}

// timeline is when deliveries were last accepted and first refused, and what
// the journal tells, in the order of time.
func (s *Session) timeline(v *index.View, entries []JournalEntry) []diag.Event {
	var out []diag.Event
	add := func(e diag.Event) {
		if !e.At.IsZero() {
			out = append(out, e)
		}
	}
	n := 0
	told := map[string]bool{} // by the ledger
	for _, g := range v.Groups(diag.ByDomain) {
		if g.Onset.IsZero() || n == maxEvents {
			continue
		}
		n++
		told[g.Key] = true
		add(diag.Event{At: g.LastAccepted, Text: g.Display + ": last delivery accepted"})
		add(diag.Event{At: g.Onset, Text: fmt.Sprintf("%s: refused from here on, %s in all", g.Display, diag.Thousands(g.Failures))})
	}
	for _, e := range addressOnsets(v) {
		add(e)
	}
	for _, e := range entries {
		switch e.Kind {
		case runbook.EntryOnset:
			if !told[e.Domain] { // it accepts mail again: the ledger has no onset any more
				add(diag.Event{At: e.At, Text: diag.DomainDisplay(e.Domain) + ": refused from here on"})
			}
		case runbook.EntryProven:
			add(diag.Event{At: e.At, Text: "step proven: " + e.Title + " (" + e.Text + ")"})
		case runbook.EntryTicked:
			add(diag.Event{At: e.At, Text: "step done: " + e.Title + " (" + e.Text + ")"})
		case runbook.EntryOpen:
			add(diag.Event{At: e.At, Text: "step open again: " + e.Title})
		case runbook.EntryCured:
			add(diag.Event{At: e.At, Text: diag.DomainDisplay(e.Domain) + ": accepts mail again"})
		}
	}
	slices.SortStableFunc(out, func(a, b diag.Event) int { return a.At.Compare(b.At) })
	return out
}
