package triage

import (
	"context"
	"errors"
	"fmt"

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
	News    []JournalEntry
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
// the zones' own servers are asked what they publish.
func (s *Session) Assess(ctx context.Context, v *index.View, sub Subject, findings []diag.Finding, publish bool) (a Assessment, err error) {
	a.Plan = s.ServerPlan(v, sub, findings)
	a.Known = Known{Findings: findings, Clock: s.Clock}
	if publish {
		a.Known.Published = s.Published(ctx, a.Plan.Steps)
	}
	readOnly := func(e error) {
		if errors.Is(e, runbook.ErrReadOnly) {
			a.ReadOnly, e = true, nil // the other program notes it
		}
		err = errors.Join(err, e)
	}
	var e error
	a.News, e = s.Observe(v)
	readOnly(e)
	// Checks first: the ledger is told from the repairs that they prove.
	for range 2 {
		a.Known.Recovered = s.Recoveries(v, a.Plan, s.Journal())
		n, e := s.Verify(a.Plan, a.Known)
		a.Changed += n
		readOnly(e)
		if n == 0 || e != nil {
			break
		}
	}
	a.States = s.StepStates()
	return a, err
}

// Summary says in one sentence how many steps are done.
func (a *Assessment) Summary() string {
	return fmt.Sprintf("%d of %d steps are done; %d changed by this check.", a.Done(), len(a.Plan.Steps), a.Changed)
}
