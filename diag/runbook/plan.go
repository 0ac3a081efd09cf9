package runbook

import (
	"slices"

	"metriage/diag"
)

// Plan merges the steps of all cases into one: phase by phase, so that every
// source is stopped before anybody asks for delisting, the same step once with
// the failures and domains of all cases that need it. Inside a phase the cases
// that a check proves come first, then those with more failures; what stops a
// known source comes before what looks for one.
//
// With several cases, what v says of a single refusal (domain, server, links,
// list) is passed over: it would stand in the steps of the others.
func (b *Book) Plan(cases []Case, v Values) diag.Plan {
	if len(cases) > 1 {
		v.RefusedDomain, v.RemoteHost, v.ForeignDomain = "", "", ""
		v.LookupURL, v.ReplyLink, v.ListName, v.ListZone = "", "", "", ""
	}
	type part struct {
		c      Case
		steps  []diag.Step
		notes  map[diag.Phase]string
		proven bool
	}
	parts := make([]part, len(cases))
	generic := map[string]diag.Step{}
	for i, c := range cases {
		p := part{c: c}
		p.steps, p.notes, p.proven = b.forCase(c, v, generic)
		parts[i] = p
	}
	rank := diag.Causes()
	slices.SortStableFunc(parts, func(a, b part) int {
		switch {
		case a.proven != b.proven:
			return map[bool]int{true: -1, false: 1}[a.proven]
		case a.c.Failures != b.c.Failures:
			return b.c.Failures - a.c.Failures
		}
		return slices.Index(rank, a.c.Verdict.Cause) - slices.Index(rank, b.c.Verdict.Cause)
	})

	var plan diag.Plan
	at := map[string]int{}
	for i := range parts {
		p := &parts[i]
		if !p.c.Verdict.Cause.Valid() {
			p.c.Verdict.Cause = diag.CauseUnknown
		}
		if !slices.Contains(plan.Causes, p.c.Verdict.Cause) {
			plan.Causes = append(plan.Causes, p.c.Verdict.Cause)
		}
	}
	for _, phase := range diag.Phases() {
		before := len(plan.Steps)
		for _, p := range parts {
			for _, s := range p.steps {
				if s.Phase != phase {
					continue
				}
				if i, ok := at[s.Key()]; ok {
					merge(&plan.Steps[i], s, generic[s.Key()])
					continue
				}
				at[s.Key()] = len(plan.Steps)
				plan.Steps = append(plan.Steps, s)
			}
		}
		if len(plan.Steps) > before {
			slices.SortStableFunc(plan.Steps[before:], b.knownFirst)
			continue
		}
		for _, p := range parts {
			if why := p.notes[phase]; why != "" {
				plan.NotNeeded = append(plan.NotNeeded, diag.PhaseNote{Phase: phase, Text: why})
				break
			}
		}
	}
	tellApart(plan.Steps)
	return plan
}

// knownFirst orders the steps that stop a known source before those that seek
// one.
func (b *Book) knownFirst(x, y diag.Step) int {
	seeks := func(s diag.Step) int {
		if d := b.steps[s.ID]; d != nil && d.Seeks {
			return 1
		}
		return 0
	}
	return seeks(x) - seeks(y)
}

// tellApart puts what a step is about before titles that several steps have.
func tellApart(steps []diag.Step) {
	n := map[string]int{}
	for _, s := range steps {
		n[s.Title]++
	}
	for i := range steps {
		if s := &steps[i]; n[s.Title] > 1 && s.Subject != "" {
			s.Title = diag.DomainDisplay(s.Subject) + ": " + s.Title
		}
	}
}

// merge adds what another case needs a step for. Where the two say different
// things, the step says neither but what is true of both, and what to do for
// each.
func merge(into *diag.Step, s, generic diag.Step) {
	into.Failures += s.Failures
	into.Domains = sortedDomains(append(slices.Clone(into.Domains), s.Domains...))
	for _, text := range []struct{ into, other, both *string }{
		{&into.Title, &s.Title, &generic.Title}, {&into.Why, &s.Why, &generic.Why},
		{&into.Effect, &s.Effect, &generic.Effect}, {&into.Proof, &s.Proof, &generic.Proof},
	} {
		if *text.into != *text.other {
			*text.into = *text.both
		}
	}
	if !slices.Equal(into.Where, s.Where) {
		into.Where = generic.Where
	}
	if slices.Equal(into.Do, s.Do) {
		return
	}
	do := slices.Clone(into.Do)
	for _, line := range s.Do {
		if !slices.Contains(do, line) && len(do) < maxMerged {
			do = append(do, line)
		}
	}
	into.Do = do
}

// maxMerged bounds what a step of several cases tells to do.
const maxMerged = 12
