package triage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/runbook"
)

// Assessment is how the incident stands: the plan of the whole server, its
// steps, and what they are proven by.
type Assessment struct {
	Plan   diag.Plan
	States map[string]StepState // by Step.Key
	Known  Known
	// Changed is how many steps were ticked or opened again, News what the
	// ledger has to tell.
	Changed int
	// Usage says of steps that close something who used it, by Step.Key.
	Usage map[string][]string
	News  []JournalEntry
	// ReadOnly is set where another program writes the journal.
	ReadOnly bool
}

// Done counts the steps that are done.
func (a *Assessment) Done() int {
	n := 0
	for _, s := range a.Plan.Steps {
		if a.States[s.Key()].Done {
			n++
		}
	}
	return n
}

// ServerPlan is the one plan for the server: all causes of all domains.
func (s *Session) ServerPlan(v *index.View, sub Subject, findings []diag.Finding) diag.Plan {
	return s.Plan(sub, s.Cases(v, v.AllFailures(), findings))
}

// Assess compares every step of the server's plan with the ledger and the
// findings, and notes in the journal what is proven now. Where publish is set,
// the settings are read again and the zones' own servers are asked what they
// publish.
func (s *Session) Assess(ctx context.Context, v *index.View, sub Subject, findings []diag.Finding, publish bool) (a Assessment, err error) {
	s.assessing.Lock() // a step must not be noted twice
	defer s.assessing.Unlock()
	if publish {
		s.auditAfresh()
	}
	pictures := s.Audit(v)
	a.Plan = s.ServerPlan(v, sub, findings)
	// A repair may take its own step out of the plan: that one is proven too.
	gone := missing(s.last.Steps, a.Plan.Steps)
	all := diag.Plan{Steps: slices.Concat(a.Plan.Steps, gone)}
	a.Known = Known{Findings: findings, Clock: s.Clock, Late: lateRefusals(v, all.Steps)}
	if publish {
		a.Known.Published = s.Published(ctx, all.Steps)
	}
	readOnly := func(e error) {
		if errors.Is(e, runbook.ErrReadOnly) || errors.Is(e, ErrCapsule) {
			a.ReadOnly, e = true, nil // the other program notes it
		}
		err = errors.Join(err, e)
	}
	var e error
	a.News, e = s.Observe(v)
	readOnly(e)
	// Checks first: the ledger is told from the repairs that they prove.
	for range 2 {
		a.Known.Recovered = s.Recoveries(v, all, s.Journal())
		n, e := s.Verify(all, a.Known)
		a.Changed += n
		readOnly(e)
		if n == 0 || e != nil {
			break
		}
	}
	news, e := s.noteRecovered(v, a.Known.Recovered)
	a.News = append(a.News, news...)
	readOnly(e)
	a.States = s.StepStates()
	done := slices.DeleteFunc(gone, func(x diag.Step) bool { return !a.States[x.Key()].Done })
	a.Plan = withSteps(a.Plan, slices.Concat(done, s.earlier(slices.Concat(a.Plan.Steps, done))))
	s.last = a.Plan
	// What left the plan unproven may be proven yet: a check is asked later than
	// the logs are read.
	for _, x := range gone {
		if !a.States[x.Key()].Done && len(s.last.Steps) < maxLastSteps {
			s.last.Steps = append(slices.Clip(s.last.Steps), x)
		}
	}
	a.Usage = s.Usage(pictures, a.Plan)
	return a, err
}

// maxLastSteps bounds the steps that are compared beyond the plan.
const maxLastSteps = 300

// earlierFor is how long a step that was done stays in the plan after its
// cause is gone.
const earlierFor = 7 * 24 * time.Hour

// earlier returns the steps that were done before this session and that are
// not among steps, as far as the journal knows them.
func (s *Session) earlier(steps []diag.Step) []diag.Step {
	var out []diag.Step
	entries := s.Journal()
	states := runbook.States(entries)
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		if e.Step == "" || e.Phase == "" || !states[e.Step].Done || s.Now().Sub(states[e.Step].At) > earlierFor {
			continue
		}
		known := func(x diag.Step) bool { return x.Key() == e.Step }
		if !slices.ContainsFunc(steps, known) && !slices.ContainsFunc(out, known) {
			out = append(out, diag.Step{ID: e.Step, Phase: diag.Phase(e.Phase), Title: e.Title})
		}
	}
	slices.Reverse(out)
	return out
}

// missing returns the steps that are not among others.
func missing(steps, others []diag.Step) []diag.Step {
	var out []diag.Step
	for _, x := range steps {
		if !slices.ContainsFunc(others, func(y diag.Step) bool { return y.Key() == x.Key() }) {
			out = append(out, x)
		}
	}
	return out
}

// withSteps adds steps to a plan, each at the end of its phase.
func withSteps(p diag.Plan, more []diag.Step) diag.Plan {
	if len(more) == 0 {
		return p
	}
	var steps []diag.Step
	for _, phase := range diag.Phases() {
		for _, list := range [][]diag.Step{p.Steps, more} {
			for _, x := range list {
				if x.Phase == phase {
					steps = append(steps, x)
				}
			}
		}
	}
	p.Steps = steps
	p.NotNeeded = slices.DeleteFunc(slices.Clone(p.NotNeeded), func(n diag.PhaseNote) bool {
		return slices.ContainsFunc(more, func(x diag.Step) bool { return x.Phase == n.Phase })
	})
	return p
}

// Part adds to the plan of some destinations what was done for them already
// and is no longer needed.
func (a *Assessment) Part(plan diag.Plan, domains []string) diag.Plan {
	if a == nil {
		return plan
	}
	var done []diag.Step
	for _, x := range missing(a.Plan.Steps, plan.Steps) {
		if a.States[x.Key()].Done && slices.ContainsFunc(x.Domains, func(d string) bool { return slices.Contains(domains, d) }) {
			done = append(done, x)
		}
	}
	return withSteps(plan, done)
}

// Summary says in one sentence how many steps are done.
func (a *Assessment) Summary() string {
	return fmt.Sprintf("%d of %d steps are done; %d changed by this check.", a.Done(), len(a.Plan.Steps), a.Changed)
}
