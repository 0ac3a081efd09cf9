package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/runbook"
)

// Recovery is what the ledger says of one destination since it was refused or
// since the cause was repaired.
type Recovery struct {
	// Since is the moment it is told from: the onset, or the latest repair.
	// Zero: neither is known, so no delivery can prove anything.
	Since time.Time
	index.Recovery
}

// Recovered reports whether mail is accepted again and nothing was refused
// after the first acceptance.
func (r Recovery) Recovered() bool { return !r.First.IsZero() && !r.Refused.After(r.First) }

// Recoveries returns what the ledger says of the destinations of a plan, by
// domain. A destination that refused everything has recovered with the first
// delivery after its onset, another one with the first after the latest of the
// steps that were done for it.
func (s *Session) Recoveries(v *index.View, plan diag.Plan, entries []JournalEntry) map[string]Recovery {
	onset, fixed := map[string]time.Time{}, map[string]time.Time{}
	for _, e := range entries {
		if e.Kind == runbook.EntryOnset {
			onset[e.Domain] = e.At
		}
	}
	states := runbook.States(entries)
	all := map[string]bool{}
	for _, step := range plan.Steps {
		// What a check found in order at the first look was never repaired.
		st := states[step.Key()]
		at := st.Before
		if st.ByHand {
			at = st.At
		}
		for _, d := range step.Domains {
			if d == "" || d[0] == '(' {
				continue
			}
			all[d] = true
			if st.Done && repairs(step) && at.After(fixed[d]) {
				fixed[d] = at
			}
		}
	}
	out := make(map[string]Recovery, len(all))
	first := map[string]time.Time{}
	for d := range all {
		if t, ok := onset[d]; ok {
			first[d] = t
		}
	}
	s.after(v, first, out)
	again := map[string]time.Time{}
	for d := range all {
		if t, ok := fixed[d]; ok && !out[d].Recovered() && t.After(first[d]) {
			again[d] = t
		}
	}
	s.after(v, again, out)
	for d := range all {
		if _, ok := out[d]; !ok {
			out[d] = Recovery{}
		}
	}
	return out
}

func (s *Session) after(v *index.View, since map[string]time.Time, out map[string]Recovery) {
	if len(since) == 0 {
		return
	}
	for d, r := range v.After(since) {
		out[d] = Recovery{since[d], r}
	}
}

// repairs reports whether a step takes away a cause.
func repairs(s diag.Step) bool {
	return s.Phase == diag.PhaseContain || s.Phase == diag.PhaseCure || s.Phase == diag.PhaseDelist
}

// maxNamed is how many domains a sentence names.
const maxNamed = 3

// ledgerProof says whether the destinations of a step accept mail again.
func (k Known) ledgerProof(step diag.Step) StepProof {
	var done, open []string
	var evidence []string
	known := false
	for _, d := range step.Domains {
		r, ok := k.Recovered[d]
		if !ok || d == "" || d[0] == '(' {
			continue
		}
		known = known || !r.Since.IsZero()
		name := diag.DomainDisplay(d)
		if !r.Recovered() {
			open = append(open, name)
			continue
		}
		done = append(done, name)
		if len(evidence) < maxEvidenceLines {
			evidence = append(evidence, fmt.Sprintf("%s: first delivery accepted at %s, %d since", name, k.clock(r.First), r.Accepted))
		}
	}
	switch {
	case len(done)+len(open) == 0:
		return StepProof{}
	case len(open) == 0:
		return StepProof{State: Proven, Text: "Ledger: mail is accepted again at " + firstFew(done) + ".", Evidence: evidence}
	case !known:
		return StepProof{State: RuledOut, Text: "No repair is proven or ticked yet, so no delivery can tell."}
	case len(done) == 0:
		return StepProof{State: RuledOut, Text: "Ledger: nothing accepted since the fix at " + firstFew(open) + "."}
	}
	return StepProof{State: RuledOut, Text: fmt.Sprintf("Ledger: %d of %d domains accept mail again; not yet %s.", len(done), len(done)+len(open), firstFew(open)), Evidence: evidence}
}

// maxEvidenceLines bounds the evidence of one step.
const maxEvidenceLines = 12

func firstFew(list []string) string {
	if len(list) <= maxNamed {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:maxNamed], ", "), len(list)-maxNamed)
}

// Observe notes in the journal where refusals began and where the first
// delivery was accepted again: the ledger is the proof that a fix worked. It
// returns what is news.
func (s *Session) Observe(v *index.View) (news []JournalEntry, err error) {
	began, open := map[string]JournalEntry{}, map[string]time.Time{}
	for _, e := range s.Journal() {
		switch e.Kind {
		case runbook.EntryOnset:
			began[e.Domain], open[e.Domain] = e, e.At
		case runbook.EntryCured:
			delete(open, e.Domain)
		}
	}
	after := v.After(open)
	for _, g := range v.Groups(diag.ByDomain) {
		_, waiting := open[g.Key]
		switch {
		case waiting && (Recovery{Recovery: after[g.Key]}).Recovered():
			news = append(news, JournalEntry{At: after[g.Key].First, Kind: runbook.EntryCured, Domain: g.Key, Text: "a delivery was accepted"})
		case waiting || g.Onset.IsZero() || g.Key == diag.KeyUnknown:
		case v.RefusedSince(diag.ByDomain, g.Key, g.Onset) >= 2 && g.Onset.After(began[g.Key].At):
			news = append(news, JournalEntry{At: g.Onset, Kind: runbook.EntryOnset, Domain: g.Key, Text: "nothing accepted since"})
		}
	}
	slices.SortStableFunc(news, func(a, b JournalEntry) int { return a.At.Compare(b.At) })
	return news, s.note(news...)
}

// noteRecovered notes in the journal which destinations accept mail again since
// a repair, where they never refused everything: Observe has no onset of them.
// Each is noted once until it refuses again.
func (s *Session) noteRecovered(v *index.View, all map[string]Recovery) (news []JournalEntry, err error) {
	began, cured := map[string]time.Time{}, map[string]time.Time{}
	for _, e := range s.Journal() {
		switch e.Kind {
		case runbook.EntryOnset:
			began[e.Domain] = e.At
		case runbook.EntryCured:
			cured[e.Domain] = e.At
		}
	}
	since := v.After(cured)
	for d, r := range all {
		if _, told := cured[d]; told && since[d].Refused.IsZero() || !r.Recovered() || !r.Since.After(began[d]) {
			continue
		}
		news = append(news, JournalEntry{At: r.First, Kind: runbook.EntryCured, Domain: d, Text: "a delivery was accepted after the repair"})
	}
	slices.SortFunc(news, func(a, b JournalEntry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Domain, b.Domain))
	})
	return news, s.note(news...)
}
