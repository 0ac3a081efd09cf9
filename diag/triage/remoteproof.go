package triage

import (
	"fmt"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/check"
)

// remoteProof is that of the step that tests the servers of destinations. The
// ledger decides where it can: a delivery proves more than a greeting, and a
// refusal after the test more than the test. Else every destination needs a
// test that went as far as the stage at which it was refused.
func (k Known) remoteProof(step diag.Step) StepProof {
	ledger := k.ledgerProof(step)
	if ledger.State == Proven {
		return ledger
	}
	var p StepProof
	var wrong, unknown []diag.Finding
	var short, untested []string
	accepts := 0
	for _, d := range step.Domains {
		r := k.Recovered[d]
		if d == "" || d[0] == '(' {
			continue
		}
		if r.Recovered() {
			accepts++
			continue
		}
		f, ok := k.remoteFinding(d)
		stage, late := k.Late[d]
		switch {
		case !ok:
			untested = append(untested, diag.DomainDisplay(d))
		case f.Status == diag.StatusUnknown:
			unknown = append(unknown, f)
		case f.Status != diag.StatusPass && f.Code != "remote-user-unknown":
			wrong = append(wrong, f)
		case r.Refused.After(f.Asked):
			return StepProof{State: RuledOut, Text: fmt.Sprintf("Ledger: %s refused again at %s, after the test.", diag.DomainDisplay(d), k.clock(r.Refused))}
		case late && !wentAsFar(f, stage):
			short = append(short, fmt.Sprintf("%s refused %s", diag.DomainDisplay(d), stageWords[stage]))
		default:
			accepts++
			p.Evidence = append(p.Evidence, k.clock(f.Asked)+": "+f.Summary)
		}
	}
	open := func(format string, args ...any) StepProof {
		return StepProof{Text: fmt.Sprintf(format, args...), Evidence: p.Evidence}
	}
	switch {
	case len(wrong) > 0:
		return StepProof{State: RuledOut, Text: worst(wrong).Summary, At: lastAsked(wrong)}
	case len(unknown) > 0:
		return open("Could not be decided: %s", unknown[0].Summary)
	case len(short) > 0:
		return open("The test did not get as far as the refusal: %s. The first delivery tells.", firstFew(short))
	case len(untested) > 0 && accepts > 0:
		return open("%d domains take mail again by the ledger or the test; not tested: %s. t tests.", accepts, firstFew(untested))
	case len(untested) > 0:
		return open("%s", strings.TrimSpace(ledger.Text+" Not tested: t asks their server."))
	case accepts > 0:
		p.State, p.Text = Proven, "Test: "+diag.Plural(accepts, "domain takes", "domains take")+" our connection again, as far as the test went."
		if len(p.Evidence) < accepts {
			p.Text = "Ledger and test: " + diag.Plural(accepts, "domain takes", "domains take") + " mail again."
		}
		return p
	}
	return StepProof{}
}

// remoteFinding is the latest test of a destination that was carried out.
func (k Known) remoteFinding(domain string) (f diag.Finding, ok bool) {
	for _, x := range k.Findings {
		if x.Check == check.Remote && strings.EqualFold(x.Subject, domain) && x.Status != diag.StatusSkipped && (!ok || x.Asked.After(f.Asked)) {
			f, ok = x, true
		}
	}
	return f, ok
}

// stageWords say when a server refuses.
var stageWords = map[diag.Stage]string{
	diag.StageMail: "at MAIL FROM", diag.StageRcpt: "at RCPT TO", diag.StageData: "at DATA", diag.StageEndOfData: "after the message",
}

// wentAsFar reports whether a test reached the stage of a refusal. No test goes
// beyond RCPT.
func wentAsFar(f diag.Finding, stage diag.Stage) bool {
	verb := map[diag.Stage]string{diag.StageMail: "MAIL FROM:", diag.StageRcpt: "RCPT TO:"}[stage]
	return verb != "" && slices.ContainsFunc(f.Evidence, func(e diag.Evidence) bool { return strings.HasPrefix(e.Query, verb) })
}

// RemoteSkipped are the sentences of the tests that were not carried out, and
// when they may be.
func RemoteSkipped(found []diag.Finding) []string {
	var out []string
	for _, f := range found {
		if f.Code == "remote-skipped" {
			out = append(out, f.Summary)
		}
	}
	return out
}
