package runbook

import (
	"slices"

	"metriage/diag"
)

// Situations: how the refused mail came about, as far as queue, logs and
// findings show it. An empty situation is one that is not known.
const (
	SituationOurs           = "ours"            // written by people with a mailbox here
	SituationForwarded      = "forwarded"       // redirected to an outside address: the sender's domain is not hosted here
	SituationSmartHost      = "smart-host"      // sent through a relay whose address the remote server sees
	SituationYoungAddress   = "young-address"   // the sending address has been in use for weeks at most
	SituationStolenPassword = "stolen-password" // a mailbox signs in from many networks
	SituationWebScript      = "web-script"      // a web site on this machine or network hands the mail in
	SituationNATPool        = "nat-pool"        // mail leaves from several or shared public addresses
)

// Situations returns every situation.
func Situations() []string {
	return []string{SituationOurs, SituationForwarded, SituationSmartHost, SituationYoungAddress,
		SituationStolenPassword, SituationWebScript, SituationNATPool}
}

// Names that stand in a runbook's named instead of a list or provider.
const (
	namedOther   = "(other)"   // the reply names one that no runbook is written for
	namedNone    = "(none)"    // the reply names none
	namedCleared = "(cleared)" // it names a list that does not list us any more
)

// checkWords are the checks that can prove a step.
var checkWords = []string{"ptr", "helo", "dnsbl", "relay", "spf", "dkim", "dmarc", "sender", "outbound", "remote"}

// closers are what a step can take away from people who use it rightly; see
// diag.Step.Closes.
var closers = []string{"relay-local", "relay-range", "catch-all", "redirection", "password", "mailbox", "limit", "outgoing", "direct"}

// findingCodes are the codes that a runbook may ask for.
var findingCodes = []string{
	"ptr-ok", "ptr-missing", "ptr-unknown", "ptr-unconfirmed", "ptr-mismatch", "ptr-private", "ptr-delegation-broken", "ptr-generic",
	"helo-ok", "helo-unresolved", "helo-mismatch", "helo-not-fqdn", "helo-unknown",
	"dns-split-view",
	"dnsbl-clear", "dnsbl-listed", "dnsbl-refused", "dnsbl-unhealthy", "dnsbl-invalid-answer", "dnsbl-timeout", "dnsbl-servfail", "dnsbl-needs-key",
	"relay-closed", "relay-open", "relay-forged-local", "relay-catch-all", "relay-inconclusive-vantage", "relay-inconclusive-rcpt",
	"relay-deferred", "relay-blocked", "relay-needs-tls", "relay-unreachable",
	"spf-pass", "spf-fail", "spf-softfail", "spf-neutral", "spf-none", "spf-permerror", "spf-temperror",
	"dkim-ok", "dkim-missing", "dkim-invalid", "dkim-unknown",
	"dmarc-ok", "dmarc-none", "dmarc-invalid", "dmarc-unknown",
	"sender-ok", "sender-no-mx", "sender-null-mx", "sender-bogus", "sender-unknown",
	"outbound-ok", "outbound-blocked", "outbound-unknown",
	"remote-accepts", "remote-rejects-connect", "remote-rejects-helo", "remote-rejects-mail", "remote-rejects-rcpt",
	"remote-user-unknown", "remote-deferred", "remote-needs-tls", "remote-dropped", "remote-timeout", "remote-not-smtp",
	"remote-null-mx", "remote-no-mx", "remote-no-domain",
	"smart-host-in-use",
}

// subjects are what one step can be taken for several of.
var subjects = []string{"ip", "list", "domain"}

// changeWords are whose records or settings a step changes: those of the own
// address, or those of the domain that failed.
var changeWords = []string{"address", "domain"}

// noDelist are the causes for which asking a list for removal is wrong: the
// fault lies with the recipient, the message, their server or our relay. This
// is a rule of safety, not a table: own runbooks cannot lift it.
func noDelist(c diag.Cause) bool {
	return slices.Contains([]diag.Cause{diag.CauseRecipient, diag.CauseMailboxFull, diag.CauseSize,
		diag.CauseRelayDenied, diag.CauseSmartHost, diag.CauseReceiverFault}, c)
}

// AddressCause reports whether the sending address decides a cause.
func AddressCause(c diag.Cause) bool {
	return slices.Contains([]diag.Cause{diag.CauseNoPTR, diag.CausePTRGeneric, diag.CauseHELO,
		diag.CauseBlacklistIP, diag.CauseReputationIP, diag.CauseOpenRelay}, c)
}

func domainCause(c diag.Cause) bool {
	return c == diag.CauseBlacklistDomain || c == diag.CauseReputationDomain
}
