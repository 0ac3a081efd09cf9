package runbook

import (
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
)

// Case is one cause to treat with what decides its variant.
type Case struct {
	Verdict diag.Verdict
	Reply   diag.Reply
	// Findings of the live checks, of any subject: those that are not about
	// this case's address, name or domain are passed over.
	Findings []diag.Finding
	// IP is the own address that was refused, where it is not Values.IP.
	IP       netip.Addr
	Failures int      // how many failures have this cause
	Domains  []string // the destinations that refuse for it
	// Situation is one of Situations, "" where it is not known.
	Situation string
}

// facts are a case as the conditions of runbooks see it.
type facts struct {
	cause     diag.Cause
	identity  diag.Identity
	situation string
	provider  string
	named     []listing
	codes     map[string]diag.Status // finding codes, each with its worst status
	reply     string                 // lower case
	enhanced  string
	link      bool // one of a known list or provider
	linkOther bool // only others
	// listed is set where a check found a listing that fits the cause.
	listed bool
}

// listing is a list or provider whose way out the steps show.
type listing struct {
	id   string
	real string // id of the list itself where id is one of the stand-ins
	// url is where it explains itself, for one that a check found.
	url string
	// domain is the listed domain, on a list of domains.
	domain string
	// found is set where a check found it and no reply names it.
	found bool
}

// newFacts works out what is known of a case. Sub-lists are told apart by the
// answer of the list, from the reply or from a finding.
func (b *Book) newFacts(c Case, v *Values) *facts {
	f := &facts{
		cause:     c.Verdict.Cause,
		identity:  c.Verdict.Identity,
		situation: c.Situation,
		provider:  c.Verdict.Provider,
		codes:     map[string]diag.Status{},
		reply:     strings.ToLower(c.Reply.Raw + "\n" + c.Reply.Text),
		enhanced:  c.Reply.Enhanced,
		link:      slices.ContainsFunc(c.Reply.URLs, v.knownLink),
	}
	f.linkOther = !f.link && len(c.Reply.URLs) > 0
	if !f.cause.Valid() {
		f.cause = diag.CauseUnknown
	}
	if f.identity == "" {
		f.identity = diag.IdentityUnknown
	}
	found := relevant(c, v)
	for _, x := range found {
		if worse(x.Status, f.codes[x.Code]) {
			f.codes[x.Code] = x.Status
		}
	}
	f.settleIdentity()
	f.named = b.listings(c, f.cause, found)
	f.listed = (f.cause == diag.CauseBlacklistIP || f.cause == diag.CauseReputationIP || domainCause(f.cause)) &&
		slices.ContainsFunc(found, func(x diag.Finding) bool {
			return x.Code == "dnsbl-listed" && x.Status == diag.StatusFail && isAddress(x.Subject) != domainCause(f.cause)
		})
	return f
}

// settleIdentity lets identity and situation agree: mail that was forwarded
// fails for a domain that is not ours, mail through a smart host by the
// address of that host.
func (f *facts) settleIdentity() {
	_, relayed := f.codes["smart-host-in-use"]
	switch {
	case f.identity == diag.IdentityUnknown && f.situation == SituationForwarded && !AddressCause(f.cause):
		f.identity = diag.IdentityForeign
	case f.identity == diag.IdentityUnknown && AddressCause(f.cause) && (f.situation == SituationSmartHost || relayed):
		f.identity = diag.IdentityRelay
	}
	if f.situation == "" {
		switch f.identity {
		case diag.IdentityForeign:
			f.situation = SituationForwarded
		case diag.IdentityRelay:
			f.situation = SituationSmartHost
		}
	}
}

// relevant leaves out findings of a check about other subjects, where some are
// about the address, name or domain of the case. Listings of domains are kept
// unless the reply says which domain it means: a server has many.
func relevant(c Case, v *Values) []diag.Finding {
	about := map[string]bool{}
	for _, s := range []string{addrText(v.IP), nameText(v.HELO), nameText(v.Domain), nameText(v.RefusedDomain)} {
		about[s] = s != ""
	}
	group := func(x diag.Finding) string {
		if x.Check == "dnsbl" && !isAddress(x.Subject) {
			return "dnsbl domain"
		}
		return x.Check
	}
	fits := func(x diag.Finding) bool {
		if group(x) == "dnsbl domain" {
			return c.Verdict.IdentityDomain != "" && subjectKey(x.Subject) == nameText(c.Verdict.IdentityDomain)
		}
		return about[subjectKey(x.Subject)]
	}
	narrowed := map[string]bool{}
	for _, x := range c.Findings {
		if fits(x) {
			narrowed[group(x)] = true
		}
	}
	var out []diag.Finding
	for _, x := range c.Findings {
		if x.Check == "helo" && x.Subject != "" && about[nameText(v.HELO)] && subjectKey(x.Subject) != nameText(v.HELO) {
			continue // of the name that was in use before: the steps would name this one
		}
		if !narrowed[group(x)] || fits(x) {
			out = append(out, x)
		}
	}
	return out
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func subjectKey(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return addrText(a)
	}
	return diag.DomainKey(s)
}

func worse(a, b diag.Status) bool {
	order := []diag.Status{"", diag.StatusSkipped, diag.StatusPass, diag.StatusUnknown, diag.StatusWarn, diag.StatusFail}
	return slices.Index(order, a) > slices.Index(order, b)
}

// listings are the lists and providers whose way out a case needs: the one
// that the reply names first, then those that a check found listing us.
func (b *Book) listings(c Case, cause diag.Cause, found []diag.Finding) []listing {
	var out []listing
	name := c.Verdict.Named
	if name == "" && b.variants[c.Verdict.Provider][cause] {
		name = c.Verdict.Provider
	}
	switch {
	case name == "":
	case cleared(name, b.sublists, found):
		out = append(out, listing{id: namedCleared, real: name})
	default:
		for _, id := range b.parts(name, c.Verdict.ListCode, found) {
			l := listing{id: id, real: id}
			if !b.variants[id][cause] {
				l.id = namedOther
			}
			if domainCause(cause) {
				l.domain = nameText(c.Verdict.IdentityDomain)
			}
			out = append(out, l)
		}
	}
	for _, x := range found {
		if x.Code != "dnsbl-listed" || x.List == "" || x.Status != diag.StatusFail && x.Status != diag.StatusWarn {
			continue
		}
		if AddressCause(cause) && !isAddress(x.Subject) || domainCause(cause) && isAddress(x.Subject) {
			continue
		}
		for _, id := range b.parts(x.List, "", []diag.Finding{x}) {
			l := listing{id: id, real: id, url: x.LookupURL, found: true}
			if !isAddress(x.Subject) {
				l.domain = nameText(x.Subject)
			}
			switch {
			case b.variants[id] == nil:
				l.id = namedOther
			case !b.variants[id][cause]:
				continue
			}
			out = addListing(out, l)
		}
	}
	if out == nil {
		out = []listing{{id: namedNone}}
	}
	return out
}

// addListing adds what a check found, unless the reply names it already; the
// check then only tells which domain is meant.
func addListing(all []listing, l listing) []listing {
	for i := range all {
		old := &all[i]
		if old.id != l.id || old.real != l.real {
			continue
		}
		if old.domain == "" && !old.found {
			old.domain = l.domain
		}
		if old.domain == l.domain {
			return all
		}
	}
	return append(all, l)
}

// parts returns the sub-lists of list that the answers point at, else list.
func (b *Book) parts(list, code string, found []diag.Finding) []string {
	var out []string
	for _, s := range b.sublists {
		if s.List == list && (slices.Contains(s.Codes, code) || answers(s, found)) {
			out = append(out, s.ID)
		}
	}
	if out == nil {
		out = []string{list}
	}
	return out
}

func answers(s sublistData, found []diag.Finding) bool {
	for _, x := range found {
		if x.List != s.List || x.Code != "dnsbl-listed" {
			continue
		}
		for _, got := range x.Codes {
			addr, _, _ := strings.Cut(got, " ")
			if slices.Contains(s.Codes, addr) {
				return true
			}
		}
	}
	return false
}

// cleared reports whether a check found that the list called name, or the
// combined list that it is a part of, does not list us.
func cleared(name string, subs []sublistData, found []diag.Finding) bool {
	clear := false
	for _, x := range found {
		same := x.List == name
		for _, s := range subs {
			same = same || s.ID == name && s.List == x.List
		}
		if !same {
			continue
		}
		switch x.Code {
		case "dnsbl-listed":
			return false
		case "dnsbl-clear":
			clear = true
		}
	}
	return clear
}
