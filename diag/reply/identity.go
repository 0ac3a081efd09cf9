package reply

import (
	"strings"

	"metriage/diag"
)

// facts is what a reply says about whose address or domain failed, apart from
// what is known around it.
type facts struct {
	claims  []claim
	relayed bool // another server reports what the refusing one said to it
}

// claim is a domain that the reply names, other than the refusing server's and
// those of lists.
type claim struct {
	domain  string
	address string // the whole address, where it is one
	rank    int    // of the words before it; the lower the surer
}

// identityCause reports whether a verdict of cause c is about a domain.
func identityCause(c diag.Cause) bool {
	switch c {
	case diag.CauseSPF, diag.CauseDKIM, diag.CauseDMARC, diag.CauseSenderAddress, diag.CauseBlacklistDomain, diag.CauseReputationDomain:
		return true
	}
	return false
}

// factsOf reads a reply for the verdict v.
func factsOf(v *diag.Verdict, r diag.Reply) facts {
	if identityCause(v.Cause) {
		return facts{claims: claimsOf(r.Text, v.ListZone)}
	}
	return facts{relayed: r.OuterCode != 0 || relayed(r)}
}

// finish fills in what depends on the surroundings of a reply: whose address or
// domain failed, and with it the link to open.
func finish(v *diag.Verdict, f *facts, ctx *Context) {
	identify(v, f, ctx)
	v.LookupURL = fillDomain(v.LookupURL, v.IdentityDomain)
}

func identify(v *diag.Verdict, f *facts, ctx *Context) {
	switch v.Cause {
	case diag.CauseNoPTR, diag.CausePTRGeneric, diag.CauseHELO, diag.CauseBlacklistIP, diag.CauseReputationIP, diag.CauseOpenRelay:
		switch {
		case ctx.SmartHost:
			v.Identity = diag.IdentityRelay
		case !f.relayed:
			v.Identity = diag.IdentityOurs
		}
		return
	case diag.CauseSmartHost:
		v.Identity = diag.IdentityRelay
		return
	}
	if !identityCause(v.Cause) {
		return
	}
	domain := failedDomain(f.claims, v.Cause, ctx)
	v.IdentityDomain = domain
	if domain == "" {
		domain = diag.AddressDomain(ctx.Sender)
		// The envelope sender's domain is what SPF and sender checks look at.
		if v.Cause == diag.CauseSPF || v.Cause == diag.CauseSenderAddress {
			v.IdentityDomain = domain
		}
	}
	if domain == "" || ctx.OwnDomain == nil {
		return
	}
	if hosted, known := hostedDomain(domain, ctx.OwnDomain); known {
		v.Identity = diag.IdentityForeign
		if hosted {
			v.Identity = diag.IdentityOurs
		}
	}
}

// relayed reports whether another server reports what the refusing one said to
// it, so that the address in question is not ours.
func relayed(r diag.Reply) bool {
	if r.Raw == "" || asciiDigit(r.Raw[0]) {
		return false // it begins with its code
	}
	raw := r.Raw[:min(len(r.Raw), 400)]
	for _, w := range [...]string{" said:", "erver returned '", "erver returned \"", "MTP error from", "emote host said", "response was:", "server returned was:"} {
		if strings.Contains(raw, w) {
			return true
		}
	}
	return false
}

// hostedDomain asks for the domain and then for its parents: a server that
// hosts example.com is the one to answer for mail.example.com.
func hostedDomain(domain string, own func(string) (bool, bool)) (hosted, known bool) {
	for n := 0; n < 6; n++ {
		h, k := own(domain)
		known = known || k
		if h {
			return true, true
		}
		i := strings.IndexByte(domain, '.')
		if i < 0 || strings.IndexByte(domain[i+1:], '.') < 0 {
			break
		}
		domain = domain[i+1:]
	}
	return false, known
}

// introductions are the words that stand before the domain that failed, folded,
// the surest first.
var introductions = []string{
	"sendingdomain", "senderdomain", "domainof", "mailfromdomain", "fromdomain", "headerfromdomain", "domainname", "domain", "dmarcpolicyfor", "dmarcpolicyof",
	"policyfor", "policyof", "spf", "checkfor", "recordfor", "recordof", "onbehalfof", "sendfrom", "sendmailfor", "sendmailfrom", "sendemailsfrom", "sendfor", "mailfrom", "sender",
	"heloname", "helo", "ehlo", "from", "d=", "for", "of", "to",
}

// maxClaims bounds how many domains of a reply are considered.
const maxClaims = 16

// claimsOf returns the domains that a reply names.
func claimsOf(text, zone string) []claim {
	t := names()
	var out []claim
	spans(text, func(p span) {
		if p.kind == spanURL || len(out) >= maxClaims {
			return
		}
		cl := claim{rank: len(introductions)}
		d := strings.ToLower(text[p.from:p.to])
		after := strings.TrimLeft(text[p.to:min(len(text), p.to+40)], "> :\"'’")
		if p.kind == spanAddress {
			cl.address = d
			d = d[strings.LastIndexByte(d, '@')+1:]
			if hasPrefixFold(after, "recipient") {
				return
			}
		}
		d = diag.DomainKey(d)
		if d == "" || d == zone || !isHost(d) {
			return
		}
		if i := t.host(d); i >= 0 {
			if _, mailbox := t.domains[d]; !mailbox {
				return // the refusing server, or a list
			}
		}
		before := strings.TrimRight(fold(text[max(0, p.from-24):p.from]), "[(<:,=")
		for i, w := range introductions {
			if strings.HasSuffix(before, w) {
				cl.rank = i
				break
			}
		}
		if cl.rank == len(introductions) && hasPrefixFold(after, "s dmarc") {
			cl.rank = 0
		}
		cl.domain = d
		out = append(out, cl)
	})
	return out
}

// failedDomain returns the domain that the reply says has failed, "" where it
// names none: that of the sender where it is there, else the one that the words
// before it introduce, else the only one.
func failedDomain(claims []claim, cause diag.Cause, ctx *Context) string {
	if len(claims) == 0 {
		return ""
	}
	sender, rcpt := diag.AddressDomain(ctx.Sender), diag.AddressDomain(ctx.Recipient)
	remote := strings.ToLower(strings.TrimSuffix(ctx.RemoteHost, "."))
	best, rank, count := "", len(introductions)+1, 0
	for _, cl := range claims {
		switch {
		case cl.address != "" && strings.EqualFold(cl.address, ctx.Recipient), cl.domain == rcpt && cl.domain != sender, cl.domain == remote:
			continue
		}
		n := cl.rank
		if cl.domain == sender {
			n = -1
		}
		if cl.domain != best {
			count++
		}
		if n < rank {
			best, rank = cl.domain, n
		}
	}
	if rank == len(introductions) && count > 1 && cause != diag.CauseSenderAddress {
		return "" // several names and nothing that tells which is meant
	}
	return best
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
