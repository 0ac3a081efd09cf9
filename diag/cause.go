package diag

// Cause says why a message was refused. It is decided from the words of the
// reply; the live checks confirm or rule it out.
type Cause string

// The causes. Each has a runbook.
const (
	CauseNoPTR            Cause = "no-ptr"            // the own address has no usable reverse DNS record
	CausePTRGeneric       Cause = "ptr-generic"       // the reverse name looks like a dial-up or cloud default
	CauseHELO             Cause = "helo"              // the HELO name was not accepted
	CauseBlacklistIP      Cause = "blacklist-ip"      // the own address is on a public or private block list
	CauseReputationIP     Cause = "reputation-ip"     // the own address has a bad score without a public list
	CauseBlacklistDomain  Cause = "blacklist-domain"  // a domain of ours is on a block list
	CauseReputationDomain Cause = "reputation-domain" // a domain of ours has a bad score
	CauseContentSpam      Cause = "content-spam"      // the content was taken for spam
	CauseVirus            Cause = "virus"             // virus, or an attachment that is not allowed
	CauseOpenRelay        Cause = "open-relay"        // they say that we relay for anyone
	CauseRelayDenied      Cause = "relay-denied"      // their server will not relay for us: wrong or old MX
	CauseSmartHost        Cause = "smart-host"        // our own relay refuses us
	CauseSPF              Cause = "spf"
	CauseDKIM             Cause = "dkim"
	CauseDMARC            Cause = "dmarc"
	CauseRate             Cause = "rate"           // too much in too short a time, greylisting included
	CausePolicy           Cause = "policy"         // refused by a rule that the reply does not explain
	CauseTLS              Cause = "tls"            // they want an encrypted session
	CauseRecipient        Cause = "recipient"      // no such address
	CauseMailboxFull      Cause = "mailbox-full"   // the address exists and has no room
	CauseSize             Cause = "size"           // the message is too large
	CauseSenderAddress    Cause = "sender-address" // the sender's domain or address does not satisfy them
	CauseHeaderRFC        Cause = "header-rfc"     // the message breaks RFC 5322
	CauseDNSFailure       Cause = "dns-failure"    // a DNS lookup failed, theirs or ours
	CauseUnreachable      Cause = "unreachable"    // no connection to the recipient's server
	CauseReceiverFault    Cause = "receiver-fault" // their lookup is broken or their list is dead
	CauseOther            Cause = "other"
	CauseUnknown          Cause = "unknown"
)

// causeLabels are the words for the screen, in the order in which causes are
// listed.
var causeLabels = []struct {
	cause Cause
	label string
}{
	{CauseNoPTR, "no PTR"},
	{CausePTRGeneric, "generic PTR"},
	{CauseHELO, "HELO name"},
	{CauseBlacklistIP, "listed address"},
	{CauseReputationIP, "address reputation"},
	{CauseBlacklistDomain, "listed domain"},
	{CauseReputationDomain, "domain reputation"},
	{CauseContentSpam, "content"},
	{CauseVirus, "virus"},
	{CauseOpenRelay, "open relay"},
	{CauseRelayDenied, "relay denied"},
	{CauseSmartHost, "smart host"},
	{CauseSPF, "SPF"},
	{CauseDKIM, "DKIM"},
	{CauseDMARC, "DMARC"},
	{CauseRate, "rate"},
	{CausePolicy, "policy"},
	{CauseTLS, "TLS"},
	{CauseRecipient, "recipient"},
	{CauseMailboxFull, "mailbox full"},
	{CauseSize, "size"},
	{CauseSenderAddress, "sender address"},
	{CauseHeaderRFC, "message format"},
	{CauseDNSFailure, "DNS failure"},
	{CauseUnreachable, "unreachable"},
	{CauseReceiverFault, "receiver's fault"},
	{CauseOther, "other"},
	{CauseUnknown, "unknown"},
}

// Causes returns every cause in the order in which they are listed.
func Causes() []Cause {
	out := make([]Cause, len(causeLabels))
	for i, c := range causeLabels {
		out[i] = c.cause
	}
	return out
}

// Valid reports whether c is one of the causes.
func (c Cause) Valid() bool {
	for _, k := range causeLabels {
		if k.cause == c {
			return true
		}
	}
	return false
}

// Label returns the words that the screen shows for c.
func (c Cause) Label() string {
	for _, k := range causeLabels {
		if k.cause == c {
			return k.label
		}
	}
	return string(c)
}

// RecipientSide reports whether the cause lies with the address or mailbox of
// the recipient, so that nothing about this server is wrong.
func (c Cause) RecipientSide() bool {
	return c == CauseRecipient || c == CauseMailboxFull || c == CauseSize
}
