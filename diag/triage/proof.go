package triage

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/check"
)

// ProofState says what the live checks make of a cause.
type ProofState uint8

// The states. Open is neither proven nor ruled out.
const (
	ProofOpen ProofState = iota
	Proven
	RuledOut
)

// Proof is what the live checks make of the cause of a refusal.
type Proof struct {
	State ProofState
	Text  string // one sentence
}

// evidenceFor says which check words speak about a cause. Where none does,
// nothing that can be measured from here decides it.
var evidenceFor = map[diag.Cause][]string{
	diag.CauseNoPTR:            {check.PTR},
	diag.CausePTRGeneric:       {check.PTR},
	diag.CauseHELO:             {check.HELO},
	diag.CauseBlacklistIP:      {check.DNSBL},
	diag.CauseReputationIP:     {check.DNSBL},
	diag.CauseBlacklistDomain:  {check.DNSBL},
	diag.CauseReputationDomain: {check.DNSBL},
	diag.CauseReceiverFault:    {check.DNSBL},
	diag.CauseOpenRelay:        {check.Relay},
	diag.CauseSPF:              {check.SPF},
	diag.CauseDKIM:             {check.DKIM},
	diag.CauseDMARC:            {check.DMARC},
	diag.CauseSenderAddress:    {check.Sender},
}

// Provable reports whether a check can speak about a cause.
func Provable(c diag.Cause) bool { return len(evidenceFor[c]) > 0 }

// Prove compares the verdict on a reply with the findings. Only findings of
// the address that the reply names count, where it names one.
func Prove(v diag.Verdict, r diag.Reply, findings []diag.Finding) Proof {
	words := evidenceFor[v.Cause]
	if len(words) == 0 {
		if v.Cause == diag.CauseUnknown {
			return Proof{ProofOpen, "No rule knows this reply; its words are all there is."}
		}
		return Proof{ProofOpen, fmt.Sprintf("No check from here can prove %q; the reply is the evidence.", v.Cause.Label())}
	}
	var bad, good, unknown []diag.Finding
	named := diag.Finding{}
	for _, f := range findings {
		if !slices.Contains(words, f.Check) || !about(f, r.OwnIP) {
			continue
		}
		switch {
		case f.Check == check.DNSBL && isListed(f):
			bad = append(bad, f)
		case f.Check == check.DNSBL && f.Status == diag.StatusPass:
			good = append(good, f)
		case f.Status == diag.StatusFail, f.Status == diag.StatusWarn:
			bad = append(bad, f)
		case f.Status == diag.StatusPass:
			good = append(good, f)
		case f.Status == diag.StatusUnknown:
			unknown = append(unknown, f)
		}
		if f.List != "" && v.Named != "" && sameList(f.List, v.Named) && (named.Code == "" || f.Status == diag.StatusFail) {
			named = f
		}
	}
	if v.Cause == diag.CauseReceiverFault {
		return receiverProof(named, bad, good)
	}
	switch {
	case isListed(named):
		return Proof{Proven, named.Summary}
	case named.Code == "dnsbl-clear":
		return Proof{RuledOut, fmt.Sprintf("%s does not list us now: the refusal is older, or they keep a copy of their own.", Name(named.List))}
	case len(bad) > 0:
		return Proof{Proven, worst(bad).Summary}
	case named.Status == diag.StatusUnknown:
		return Proof{ProofOpen, "Could not be decided: " + named.Summary}
	case len(unknown) > 0:
		return Proof{ProofOpen, "Could not be decided: " + gravest(unknown).Summary}
	case len(good) > 0 && words[0] == check.DNSBL:
		if v.Cause == diag.CauseReputationIP || v.Cause == diag.CauseReputationDomain {
			return Proof{ProofOpen, "No list that can be asked lists us; their own score is not public."}
		}
		return Proof{RuledOut, fmt.Sprintf("None of the %d lists that answered lists us.", len(good))}
	case len(good) > 0:
		return Proof{RuledOut, good[0].Summary}
	}
	return Proof{ProofOpen, fmt.Sprintf("Not checked yet: %s.", strings.ToUpper(words[0]))}
}

func receiverProof(named diag.Finding, bad, good []diag.Finding) Proof {
	switch {
	case len(bad) > 0:
		return Proof{ProofOpen, "Their lookup failed, but a list does list us: " + worst(bad).Summary}
	case len(good) > 0:
		return Proof{Proven, fmt.Sprintf("None of the %d lists that answered lists us: the fault is theirs.", len(good))}
	case named.Status == diag.StatusUnknown && named.Code != "":
		return Proof{ProofOpen, named.Summary}
	}
	return Proof{ProofOpen, "Not checked yet: DNSBL."}
}

func isListed(f diag.Finding) bool { return f.Code == "dnsbl-listed" }

// about reports whether a finding is about the address that a reply names.
func about(f diag.Finding, own netip.Addr) bool {
	if !own.IsValid() {
		return true
	}
	a, err := netip.ParseAddr(f.Subject)
	return err != nil || a == own
}

// sameList reports whether the list of a finding is the one that a reply
// names; the sub-lists of Spamhaus are all asked in ZEN.
func sameList(list, named string) bool {
	zen := func(s string) string {
		switch s {
		case "spamhaus-sbl", "spamhaus-css", "spamhaus-xbl", "spamhaus-pbl", "spamhaus-bcl":
			return "spamhaus-zen"
		}
		return s
	}
	return zen(list) == zen(named)
}

// gravest is the first finding that must not be overlooked, else the first.
func gravest(list []diag.Finding) diag.Finding {
	for _, f := range list {
		if f.Critical {
			return f
		}
	}
	return list[0]
}

func worst(list []diag.Finding) diag.Finding {
	for _, s := range []diag.Status{diag.StatusFail, diag.StatusWarn} {
		for _, f := range list {
			if f.Status == s {
				return f
			}
		}
	}
	return list[0]
}
