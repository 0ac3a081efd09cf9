package triage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/check"
)

// Known is what steps are proven by: the ledger, the checks, and what the
// zones' own servers publish.
type Known struct {
	Findings  []diag.Finding
	Recovered map[string]Recovery    // by domain
	Published map[string]Publication // by Step.Key
	// Late are the stages at which destinations were refused last, where that
	// was behind the greeting, by domain.
	Late map[string]diag.Stage
	// Clock writes times for people; nil for the time alone.
	Clock func(time.Time) string
}

func (k Known) clock(t time.Time) string {
	if k.Clock == nil {
		return t.Format("15:04")
	}
	return k.Clock(t)
}

// StepProof is what is known of a step: Proven when it is done, RuledOut when
// it is not, with what is still wrong; open where nothing tells.
type StepProof struct {
	State    ProofState
	Text     string
	Evidence []string
	// At is when a check found the step open, zero where none did.
	At time.Time
}

// Prove says how a step stands. Recovery goes by the ledger first; the test of
// the remote servers counts where no delivery tells yet.
func (k Known) Prove(step diag.Step) StepProof {
	var p StepProof
	switch {
	case step.Ledger == diag.LedgerAccepted:
		return k.ledgerProof(step)
	case step.Check == check.Remote:
		return k.remoteProof(step)
	case step.Check == "":
		return StepProof{}
	default:
		p = ProveStep(step, k.Findings)
	}
	pub, ok := k.Published[step.Key()]
	if !ok {
		return p
	}
	text := pub.Text(k.clock)
	switch {
	case p.State == Proven && pub.With < pub.Servers:
		p.State, p.At = RuledOut, pub.Asked
		p.Text = "The check passes, but the record is only " + text
	case p.State == Proven && pub.Silent > 0:
		p.Text += " It is " + text
	case p.State == Proven:
		p.Evidence = append(p.Evidence, text)
		if !pub.Until.IsZero() {
			p.Text += " It is " + text
		}
	case text != "":
		p.State, p.At = RuledOut, pub.Asked
		p.Text = strings.TrimSpace(p.Text + " " + strings.ToUpper(text[:1]) + text[1:])
	}
	return p
}

// ProveStep looks for the findings of the check that proves a step.
func ProveStep(step diag.Step, findings []diag.Finding) StepProof {
	if step.Check == "" {
		return StepProof{}
	}
	var bad, unknown []diag.Finding
	good := 0
	lists := map[string]bool{}
	var p StepProof
	for _, f := range findings {
		if f.Check != step.Check || !concerns(step, f) {
			continue
		}
		switch f.Status {
		case diag.StatusFail, diag.StatusWarn:
			bad = append(bad, f)
		case diag.StatusPass:
			good++
			lists[f.List] = true
			p.Text = f.Summary
			p.Evidence = append(p.Evidence, f.Summary)
		case diag.StatusUnknown:
			unknown = append(unknown, f)
		}
	}
	switch {
	case len(bad) > 0:
		return StepProof{State: RuledOut, Text: worst(bad).Summary, At: lastAsked(bad)}
	case good == 0 && len(unknown) > 0:
		return StepProof{Text: "Could not be decided: " + gravest(unknown).Summary}
	case good == 0:
		return StepProof{}
	case step.Check == check.DNSBL && (step.Subject == "" || len(lists) > 1):
		p.Text = fmt.Sprintf("None of the %d lists that answered lists us.", len(lists))
		if len(unknown) > 0 {
			p.Text += fmt.Sprintf(" %d could not be checked.", len(unknown))
		}
		p.Evidence = nil
	case len(unknown) > 0:
		return StepProof{Text: "Could not be decided: " + gravest(unknown).Summary}
	}
	p.State = Proven
	return p
}

// lastAsked is when the last of the answers came.
func lastAsked(list []diag.Finding) time.Time {
	return slices.MaxFunc(list, func(a, b diag.Finding) int { return a.Asked.Compare(b.Asked) }).Asked
}

// concerns reports whether a finding is about the list, address or domain of a
// step, where it has one.
func concerns(step diag.Step, f diag.Finding) bool {
	if step.Subject == "" {
		return true
	}
	return sameList(f.List, step.Subject) || strings.EqualFold(f.Subject, step.Subject)
}
