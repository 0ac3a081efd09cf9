package reply

import (
	"strings"

	"metriage/diag"
)

// identify fills in whose address or domain failed.
func (c *Classifier) identify(v *diag.Verdict, r diag.Reply, ctx *Context) {
	switch v.Cause {
	case diag.CauseSPF, diag.CauseDKIM, diag.CauseDMARC, diag.CauseSenderAddress, diag.CauseBlacklistDomain, diag.CauseReputationDomain:
		v.IdentityDomain = failedDomain(v, r, ctx)
		domain := v.IdentityDomain
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
	case diag.CauseNoPTR, diag.CausePTRGeneric, diag.CauseHELO, diag.CauseBlacklistIP, diag.CauseReputationIP, diag.CauseOpenRelay:
		switch {
		case ctx.SmartHost:
			v.Identity = diag.IdentityRelay
		case r.OuterCode == 0 && !relayed(r):
			v.Identity = diag.IdentityOurs
		}
	case diag.CauseSmartHost:
		v.Identity = diag.IdentityRelay
	}
}

// relayed reports whether another server reports what the refusing one said to
// it, so that the address in question is not ours.
func relayed(r diag.Reply) bool {
	low := r.Raw
	if len(low) > 400 {
		low = low[:400]
	}
	low = strings.ToLower(low)
	return strings.Contains(low, "said:") || strings.Contains(low, "remote server returned") || strings.Contains(low, "smtp error from remote")
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

// failedDomain returns the domain that the reply says has failed, "" where it
// names none: that of the sender where it is there, else the one that the words
// before it introduce, else the only one.
func failedDomain(v *diag.Verdict, r diag.Reply, ctx *Context) string {
	sender := diag.AddressDomain(ctx.Sender)
	rcpt := diag.AddressDomain(ctx.Recipient)
	t := names()
	best, rank, count := "", len(introductions)+1, 0
	spans(r.Text, func(p span) {
		if p.kind == spanURL || p.kind == spanProse {
			return
		}
		d := strings.ToLower(r.Text[p.from:p.to])
		after := strings.TrimLeft(r.Text[p.to:min(len(r.Text), p.to+40)], "> :\"'")
		if p.kind == spanAddress {
			d = d[strings.LastIndexByte(d, '@')+1:]
			if hasPrefixFold(after, "recipient") || strings.EqualFold(r.Text[p.from:p.to], ctx.Recipient) {
				return
			}
		}
		d = diag.DomainKey(d)
		if d == "" || d == rcpt && d != sender || d == v.ListZone || !isHost(d) {
			return
		}
		if i := t.host(d); i >= 0 && d != sender {
			if _, mailbox := t.domains[d]; !mailbox {
				return // the refusing server, or a list
			}
		}
		if d == strings.ToLower(strings.TrimSuffix(ctx.RemoteHost, ".")) {
			return
		}
		n := len(introductions)
		before := strings.TrimRight(fold(r.Text[max(0, p.from-24):p.from]), "[(<:,=")
		for i, w := range introductions {
			if strings.HasSuffix(before, w) {
				n = i
				break
			}
		}
		if d == sender {
			n = -1
		}
		if n == len(introductions) && strings.HasPrefix(strings.ToLower(after), "s dmarc") {
			n = 0
		}
		count++
		if n < rank {
			best, rank = d, n
		}
	})
	if rank == len(introductions) && count > 1 && v.Cause != diag.CauseSenderAddress {
		return "" // several names and nothing that tells which is meant
	}
	return best
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
