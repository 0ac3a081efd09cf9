package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"metriage/diag"
)

// verdict decides from the cases tried.
func (run *relayRun) verdict(ctx context.Context, local []string) []diag.Finding {
	run.remarks(ctx, local)
	at := run.target
	extYes, extNo, extLater := run.of(caseExternal)
	nullYes, _, _ := run.of(caseNull)
	forgedYes, _, forgedLater := run.of(caseForged)
	oddYes, _, _ := run.of(caseOdd)
	randomYes, _, _ := run.of(caseRandom)
	takesAll := len(randomYes) > 0
	r := run.r
	switch {
	case len(run.tried) == 0:
		return r.end("relay-unreachable", "%s could not be tested: %s.", at, run.broken)
	case len(extYes) > 0:
		return run.acceptedStrangers(extYes[0], len(extNo) > 0, takesAll, local)
	case slices.ContainsFunc(run.tried, func(t tried) bool { return wantsTLS(t.reply) }) && len(forgedYes)+len(nullYes) == 0:
		return r.end("relay-needs-tls", "%s takes mail over an encrypted session only, and none could be had: %s", at, run.tried[0].reply.line())
	case len(extNo) == 0 && len(extLater) > 0:
		return r.end("relay-deferred", "%s put the test off, so nothing is known: %s", at, extLater[0].reply.line())
	case len(forgedYes) > 0:
		t := forgedYes[0]
		r.note("In MailEnable this is the option \"Allow relay for local sender addresses\": switch it off and let authenticated senders relay only.")
		return r.end("relay-forged-local", "%s relays for anyone who claims a local sender: from <%s> to <%s> was accepted, while strangers are refused.", at, t.from, t.rcpt)
	case len(nullYes) > 0:
		return r.end("relay-open", "%s relays for the null sender: from <> to <%s> was accepted.", at, nullYes[0].rcpt)
	case len(oddYes) > 0 && takesAll:
		return r.end("relay-catch-all", "%s accepts odd forms such as <%s>, but a random local user as well: it probably takes them for local addresses.", at, oddYes[0].rcpt)
	case len(oddYes) > 0:
		return r.end("relay-open", "%s relays the form <%s> though it refuses unknown local users.", at, oddYes[0].rcpt)
	case run.broken != "" && !run.patient && !run.triedKind(caseForged) && len(local) > 0:
		return r.end("relay-blocked", "%s refuses strangers, then stopped talking to us: %s.", at, run.broken)
	case len(forgedLater) > 0:
		return r.end("relay-deferred", "%s refuses strangers, but put off a local sender, so that case is not known: %s", at, forgedLater[0].reply.line())
	}
	return r.end("relay-closed", "%s refuses mail from strangers to strangers: %s", at, extNo[0].reply.line())
}

// acceptedStrangers decides where a stranger may write to a stranger.
func (run *relayRun) acceptedStrangers(t tried, mixed, takesAll bool, local []string) []diag.Finding {
	r, at := run.r, run.target
	if mixed { // a refusal of one stranger shows that the vantage is not trusted
		return r.end("relay-open", "%s relays for strangers: from <%s> to <%s> was accepted.", at, t.from, t.rcpt)
	}
	if why := run.trusted(run.source, at.Addr()); why != "" {
		r.note("A server may relay for such an address, so this proves nothing. Test from outside: %s", run.outside(local))
		return r.end("relay-inconclusive-vantage", "%s accepted a stranger's mail for a stranger, but was asked %s.", at, why)
	}
	what := fmt.Sprintf("from <%s> to <%s> was accepted", t.from, t.rcpt)
	if e := run.req.OpenRelayEvidence; e != "" && (takesAll || !run.triedKind(caseRandom)) {
		return r.end("relay-open", "%s relays for strangers: %s, and the installation confirms it (%s).", at, what, e)
	}
	switch {
	case takesAll:
		r.note("A server that accepts everyone at RCPT may still refuse after DATA, which this check never sends. Look at the relay settings.")
		return r.end("relay-inconclusive-rcpt", "%s accepts every recipient, a local user that does not exist included: whether it would deliver to strangers is not known.", at)
	case !run.triedKind(caseRandom):
		r.note("To tell an open relay from a server that accepts every recipient, a local domain is needed: name one with --local-domain.")
		return r.end("relay-inconclusive-rcpt", "%s accepted a stranger's mail for a stranger: %s.", at, what)
	}
	return r.end("relay-open", "%s is an open relay: %s, while an unknown local user was refused.", at, what)
}

func (run *relayRun) triedKind(k caseKind) bool {
	return slices.ContainsFunc(run.tried, func(t tried) bool { return t.kind == k })
}

// trusted says why a server might relay for the address that we come from, ""
// where nothing speaks for it.
func (j *job) trusted(source, target netip.Addr) string {
	switch {
	case source.IsLoopback():
		return "from this machine itself (" + source.String() + ")"
	case source == target, slices.Contains(j.OwnAddrs, target), !j.req.Guessed && slices.Contains(j.ips(), source):
		return "from the server's own address " + source.String()
	case private(source):
		return "from the private address " + source.String()
	}
	for _, p := range j.req.Privileged {
		if p.Contains(source) {
			return fmt.Sprintf("from %s, which the installation lets relay (%s)", source, p)
		}
	}
	return ""
}

// remarks notes what to keep in mind whatever the verdict is.
func (run *relayRun) remarks(ctx context.Context, local []string) {
	r := run.r
	r.note("Tested from %s to %s.", run.source, run.target)
	mailboxYes, mailboxNo, _ := run.of(caseMailbox)
	randomYes, _, _ := run.of(caseRandom)
	if len(mailboxNo) > 0 && len(mailboxYes) == 0 {
		r.note("It refused <%s> as well (%s): it may refuse everybody who has not signed in, or this address.", mailboxNo[0].rcpt, mailboxNo[0].reply.line())
	}
	if len(randomYes) > 0 && !run.req.CatchAll {
		r.note("It accepted <%s>, which does not exist: where no catch-all wants that, such mail is bounced later to forged senders, and lists for backscatter take notice.", randomYes[0].rcpt)
	}
	for _, t := range run.tried {
		if t.atMail && t.reply.refused() {
			r.note("The sender <%s> was refused at MAIL, before a recipient was named.", t.from)
			break
		}
	}
	if len(local) == 0 {
		r.note("No local domain is known, so forged local senders were not tried; name one with --local-domain.")
	}
	if most := map[bool]int{false: maxLocal, true: maxLocalAll}[run.req.AllCases]; len(local) > most {
		r.note("Of %d local domains %d were tried as forged senders.", len(local), most)
	}
	if run.broken != "" {
		r.note("Not every case was tried: %s.", run.broken)
	}
	if n := run.refusals; n > 0 {
		r.note("%s refused on %s; a MailEnable server that counts them could ban %s (ME-I0073, SMTP-DENY.TAB).", count(n, "command"), count(run.sessions, "connection"), run.source)
	}
	run.banned(ctx)
}

// banned looks in the installation whether our address was banned.
func (run *relayRun) banned(ctx context.Context) {
	if run.Banned == nil || !run.source.IsValid() {
		return
	}
	if where, yes := run.Banned(ctx, run.source); yes {
		run.r.note("The server has banned %s (%s). Take it out of the access control of the SMTP connector (Servers > localhost > Services and Connectors > SMTP > Properties > Inbound > Access Control).", run.source, where)
	}
}

// outside is a command that does the same from another machine.
func (run *relayRun) outside(local []string) string {
	host, port := run.hostPort()
	sd, rd := strangers(local)
	return fmt.Sprintf("swaks --server %s --port %s --from relaytest@%s --to relaytest@%s --quit-after RCPT", host, port, sd, rd)
}
