package check

import (
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// caseKind is what a relay case tries.
type caseKind int

const (
	caseExternal caseKind = iota // a stranger writes to a stranger
	caseNull                     // the null sender writes to a stranger
	caseForged                   // somebody claims a local sender and writes to a stranger
	caseOdd                      // a stranger, hidden in an old form of a local address
	caseMailbox                  // control A: a stranger writes to a local mailbox
	caseRandom                   // control B: a stranger writes to a local mailbox that does not exist
)

// relayCase is one sender and recipient.
type relayCase struct {
	kind       caseKind
	from, rcpt string // without angle brackets
}

// maxLocal bounds the local domains that are tried as forged senders.
const (
	maxLocal    = 4
	maxLocalAll = 8
)

// testDomains belong to IANA (RFC 2606) and take no mail; one that is not
// local stands for a stranger.
var testDomains = [...]string{"example.com", "example.net", "example.org"}

// strangers returns a sender's and a recipient's domain, neither of them local.
func strangers(local []string) (sender, rcpt string) {
	var free []string
	for _, d := range testDomains {
		if !slices.Contains(local, d) {
			free = append(free, d)
		}
	}
	switch len(free) {
	case 0:
		return "invalid", "invalid" // RFC 2606: never anybody's
	case 1:
		return free[0], free[0]
	}
	return free[1], free[0]
}

// relayCases returns the cases in the order in which they are tried. The first
// three and their controls decide most servers; the rest is the long tail.
// local are the target's domains, host its name, ip its address.
func (j *job) relayCases(local []string, host string, ip netip.Addr) []relayCase {
	sd, rd := strangers(local)
	from, ext := "relaytest@"+sd, "relaytest@"+rd
	out := []relayCase{{caseExternal, from, ext}}
	random := j.randomLabel()
	if len(local) > 0 {
		out = append(out, relayCase{caseRandom, from, random + "@" + local[0]}, relayCase{caseMailbox, from, j.mailbox(local[0])})
	}
	for i, d := range local[:min(len(local), maxLocalAll)] {
		if i >= maxLocal && !j.req.AllCases {
			break
		}
		out = append(out, relayCase{caseForged, "postmaster@" + d, ext})
		if i == 0 {
			out = append(out, relayCase{caseNull, "", ext}, relayCase{caseForged, random + "@" + d, ext})
		}
	}
	if len(local) == 0 {
		out = append(out, relayCase{caseNull, "", ext})
	}
	if !j.req.AllCases {
		return out
	}
	if m := j.req.Mailbox; m != "" {
		out = append(out, relayCase{caseForged, m, ext})
	}
	literal := "[" + ip.String() + "]"
	if ip.Is6() {
		literal = "[IPv6:" + ip.String() + "]"
	}
	out = append(out, relayCase{caseExternal, "relaytest@" + rd, ext})
	for _, s := range []string{"relaytest@" + host, "relaytest@" + literal, "spamtest", "relaytest@localhost"} {
		if s != "relaytest@" {
			out = append(out, relayCase{caseForged, s, ext})
		}
	}
	// Forms with which old servers were talked into relaying: percent hack,
	// quoted address, two at signs, source route (RFC 5321 appendix C) and bang
	// path, each at the domain, the host name and the address literal.
	places := []string{literal}
	if host != "" {
		places = append([]string{host}, places...)
	}
	if len(local) > 0 {
		places = append([]string{local[0]}, places...)
	}
	percent, bang := "relaytest%"+rd, rd+"!relaytest"
	odd := []string{`"` + ext + `"`, `"` + percent + `"`, bang}
	for _, p := range places {
		odd = append(odd, percent+"@"+p, ext+"@"+p, `"`+ext+`"@`+p, "@"+p+":"+ext, bang+"@"+p)
	}
	for _, r := range odd {
		out = append(out, relayCase{caseOdd, from, r})
	}
	return out
}

// mailbox is the local mailbox that control A writes to.
func (j *job) mailbox(domain string) string {
	if m := j.req.Mailbox; m != "" && diag.AddressDomain(m) == domain {
		return m
	}
	return "postmaster@" + domain
}

// localDomains returns the target's domains: those that were named, else the
// registrable domain of the host name in its banner, and whether that was
// learned.
func (j *job) localDomains(bannerHost string) (domains []string, learned bool) {
	for _, d := range j.req.LocalDomains {
		if d = diag.DomainKey(d); !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	if len(domains) > 0 {
		return domains, false
	}
	if h := diag.DomainKey(bannerHost); strings.Contains(h, ".") && dnsq.ValidName(h) && notPublic(h) == "" {
		return []string{orgDomain(h)}, true
	}
	return nil, false
}
