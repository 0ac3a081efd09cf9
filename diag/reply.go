package diag

import "net/netip"

// Stage is the point of the SMTP session at which a reply was given.
type Stage string

// The stages, in the order of a session (RFC 5321 section 3).
const (
	StageConnect   Stage = "connect" // the greeting, before anything was sent
	StageHELO      Stage = "helo"
	StageMail      Stage = "mail"
	StageRcpt      Stage = "rcpt"
	StageData      Stage = "data"
	StageEndOfData Stage = "end-of-data" // after the dot that ends the message
	StageUnknown   Stage = "unknown"
)

// Identity says whose address or domain failed a test at the remote server.
type Identity string

// The identities.
const (
	IdentityOurs    Identity = "ours"
	IdentityForeign Identity = "foreign" // a domain that is not hosted here: the mail was forwarded
	IdentityRelay   Identity = "relay"   // the smart host that we send through
	IdentityUnknown Identity = "unknown"
)

// Confidence says how much a verdict rests on.
type Confidence string

// The confidences.
const (
	ConfidenceHigh   Confidence = "high"   // a documented text, code or link of the provider or list
	ConfidenceMedium Confidence = "medium" // plain words that leave little room
	ConfidenceLow    Confidence = "low"    // the enhanced status code or vague words alone
)

// Reply is one answer of an SMTP server, taken apart.
type Reply struct {
	// Raw is the text as it was found, line breaks kept.
	Raw string
	// Text is the normalised reply: one line, the basic and the enhanced code
	// once at its beginning, links whole.
	Text string
	// Code is the basic reply code of RFC 5321 section 4.2, 0 where there is
	// none. Of nested replies it is the innermost.
	Code int
	// Enhanced is the enhanced status code of RFC 3463 ("5.7.1"), "" where
	// there is none.
	Enhanced string
	// OuterCode is the basic code of the server that reported a nested reply,
	// 0 where the reply is not nested.
	OuterCode int
	// Stage is where in the session it was given, as far as the text says.
	Stage Stage
	// OwnIP is the sending address as the remote server names it.
	OwnIP netip.Addr
	// URLs are the http and https links of the reply, in order.
	URLs []string
	// Hosts are the host names of the reply, lower case, in order.
	Hosts []string
	// FirstLineOnly is set where the source keeps only the first line of a
	// reply that went on, as MailEnable's Activity log does.
	FirstLineOnly bool
}

// Permanent reports whether the reply is final: a 5yz code or, where there is
// no basic code, an enhanced code of class 5. A nested 5yz stays final though
// the server that reports it answers 4yz.
func (r Reply) Permanent() bool {
	if r.Code != 0 {
		return r.Code/100 == 5
	}
	return len(r.Enhanced) > 0 && r.Enhanced[0] == '5'
}

// At returns the reply as given at stage, where its own words do not say.
func (r Reply) At(stage Stage) Reply {
	if stage != "" && (r.Stage == "" || r.Stage == StageUnknown) {
		r.Stage = stage
	}
	return r
}

// Verdict is what a reply means and why.
type Verdict struct {
	Cause Cause
	Also  []Cause // other causes that fit
	Rule  string  // id of the deciding rule, "" for an unknown reply
	// Named is the id of the block list, provider or filter that the reply
	// names, a list before a provider; ids come from the names table, those of
	// own rules begin with "x-".
	Named string
	// Provider is the id of whoever runs the refusing system.
	Provider       string
	Confidence     Confidence
	Identity       Identity
	IdentityDomain string   // the domain that failed, where the reply names it
	Because        []string // the words that decided
	Checks         []string // check words that would confirm it
	LookupURL      string   // where to look it up or ask for removal
	// Runbook is the id of a further runbook that the deciding rule asks for, ""
	// for most.
	Runbook string
	// ListZone is the DNS zone of the list that the reply names, where it names
	// one, and ListCode the "127.0.0.N" it quotes.
	ListZone, ListCode string
}

// ListRef is what the classifier has to know of a block list.
type ListRef struct {
	ID     string // "spamhaus-zen"
	Zone   string // "zen.spamhaus.org"
	Domain bool   // lists domains, not addresses
	// Closed is the day from which nobody answers for the list ("2024-06-05"),
	// "" for a live one.
	Closed string
}
