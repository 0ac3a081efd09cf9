package check

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// maxMX bounds the mail hosts of a domain that are looked up.
const maxMX = 5

func (j *job) planSender() []task {
	domains := j.domains()
	if len(domains) == 0 {
		return []task{j.skipped(Sender, "No sender domain is known; name it with --domain.")}
	}
	var out []task
	for _, d := range domains {
		out = append(out, single(Sender, d, func(ctx context.Context) []diag.Finding { return j.sender(ctx, d) }))
	}
	return out
}

// sender checks that mail to a sender's domain could be delivered: receivers
// refuse senders who cannot be answered.
func (j *job) sender(ctx context.Context, domain string) []diag.Finding {
	r := j.result(Sender, domain)
	ask := func(ctx context.Context, name string, qtype uint16) dnsq.Answer {
		return j.look(ctx, name, qtype).judged()
	}
	m := j.mailHosts(ctx, r, ask, domain)
	switch {
	case m.lost != "":
		return r.end("sender-unknown", "Where %s takes mail could not be seen: %s.", domain, m.lost)
	case m.noDomain:
		return r.end("sender-no-mx", "%s does not exist in the DNS, so receivers refuse mail from it.", domain)
	case m.null:
		return r.end("sender-null-mx", "%s says that it takes no mail (null MX), so receivers may refuse mail from it (RFC 7505 section 4.2).", domain)
	case len(m.names) == 0:
		return r.end("sender-no-mx", "%s has neither MX nor address, so receivers refuse mail from it.", domain)
	}
	if m.implicit {
		r.note("It has no MX record, only an address; that is allowed, and some receivers mistrust it.")
	}
	var bogus []string
	allSeen := true
	for _, h := range m.names[:min(len(m.names), maxMX)] {
		if _, err := netip.ParseAddr(h); err == nil {
			bogus = append(bogus, h+" (an address, not a name)")
			continue
		}
		if h == "localhost" || strings.HasSuffix(h, ".localhost") {
			bogus = append(bogus, h)
			continue
		}
		addrs, seen := j.addresses(ctx, r, ask, h)
		switch {
		case slices.ContainsFunc(addrs, routed):
			return r.end("sender-ok", "%s takes mail at %s.", domain, h)
		case len(addrs) > 0:
			bogus = append(bogus, h+" ("+addrList(addrs)+")")
		case seen:
			bogus = append(bogus, h+" (no address)")
		default:
			allSeen = false
		}
	}
	if !allSeen {
		return r.end("sender-unknown", "The mail servers of %s could not be looked up.", domain)
	}
	return r.end("sender-bogus", "The MX of %s leads nowhere in the internet: %s.", domain, and(bogus))
}

// routed reports whether the internet leads to a.
func routed(a netip.Addr) bool { return !private(a) && !a.IsUnspecified() && !a.IsMulticast() }
