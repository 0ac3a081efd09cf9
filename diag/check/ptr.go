package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// maxPTR bounds the reverse names of one address that are looked up again.
const maxPTR = 10

// forward is a reverse name and what it resolves to.
type forward struct {
	name      string
	usable    bool // it can be asked at all
	seen      seen
	confirmed bool
}

// ptr checks the reverse name of an address and its forward confirmation, the
// way a receiver does (RFC 8601 section 3, "iprev").
func (j *job) ptr(ctx context.Context, ip netip.Addr) []diag.Finding {
	ip = ip.Unmap()
	r := j.result(PTR, ip.String())
	r.Critical = true
	if private(ip) {
		return r.end("ptr-private", "%s is not a public address, so receivers never see it: check the address that your provider or router puts in its place.", ip)
	}
	name := dnsq.ReverseName(ip)
	s := j.look(ctx, name, dns.TypePTR)
	r.saw(s.answers()...)
	var more []diag.Finding
	if s.split {
		more = j.splitView(name, s)
	}
	a := s.judged()
	bare := strings.TrimSuffix(name, ".")
	switch a.Outcome() {
	case dnsq.Found:
		return append(j.confirm(ctx, r, ip, a), more...)
	case dnsq.NoName, dnsq.NoData:
		j.owner(r, a)
		if c := a.CNAMEs(); len(c) > 0 {
			r.note("Receivers treat this as a missing PTR record.")
			return append(r.end("ptr-delegation-broken", "The provider points %s to %s, and that name has no PTR record (RFC 2317): add it in that zone.", bare, c[len(c)-1]), more...)
		}
		return append(r.end("ptr-missing", "%s has no PTR record.", ip), more...)
	}
	if a.Outcome() == dnsq.ServFail {
		r.note("If it stays so, the provider's reverse zone is broken: receivers see the same failure and defer the mail.")
	}
	return append(r.end("ptr-unknown", "Whether %s has a PTR record could not be seen: %s.", ip, unseen(a)), more...)
}

// owner notes who runs the reverse zone, from the SOA record.
func (j *job) owner(r *result, a dnsq.Answer) {
	if zone, server, contact := a.Zone(); zone != "" {
		r.Zone, r.Owner = diag.Clean(zone), diag.Clean(contact)
		note := fmt.Sprintf("The reverse zone is %s on %s", zone, server)
		if contact != "" {
			note += ", contact " + contact
		}
		r.note("%s: the PTR record is made there, not in MailEnable and not where your domain is registered.", note)
	}
}

// confirm resolves the reverse names and compares them with the address.
func (j *job) confirm(ctx context.Context, r *result, ip netip.Addr, a dnsq.Answer) []diag.Finding {
	names := slices.Compact(slices.Sorted(slices.Values(a.Names())))
	forwards := make([]forward, min(len(names), maxPTR))
	var asks []func()
	for i := range forwards {
		f := &forwards[i]
		f.name, f.usable = names[i], resolvable(names[i])
		if f.usable {
			asks = append(asks, func() {
				f.seen = j.look(ctx, f.name, addressType(ip))
				f.confirmed = slices.Contains(f.seen.judged().Addrs(), ip)
			})
		}
	}
	together(asks...)
	var more []diag.Finding
	for _, f := range forwards {
		if f.usable {
			r.saw(f.seen.answers()...)
			if f.seen.split {
				more = append(more, j.splitView(f.name, f.seen)...)
			}
		} else {
			r.note("%q is no name that could be looked up in the DNS.", f.name)
		}
	}
	if len(names) > 1 {
		r.note("%s has %s: %s. One is enough, and some receivers look at the first only.", ip, count(len(names), "PTR record"), and(names[:min(len(names), maxPTR)]))
	}
	if len(names) > maxPTR {
		r.note("More than %d PTR records may be cut off on the way; keep one.", maxPTR)
	}
	return append(j.judge(ctx, r, ip, forwards), more...)
}

// judge decides from the forward lookups.
func (j *job) judge(ctx context.Context, r *result, ip netip.Addr, forwards []forward) []diag.Finding {
	var confirmed, elsewhere, unresolved, lost, hidden []string
	for _, f := range forwards {
		a := f.seen.judged()
		switch {
		case f.confirmed:
			confirmed = append(confirmed, f.name)
		case !f.usable || a.Outcome() == dnsq.NoName || a.Outcome() == dnsq.NoData:
			unresolved = append(unresolved, f.name)
		case a.Outcome() != dnsq.Found:
			lost = append(lost, fmt.Sprintf("%s: %s", f.name, unseen(a)))
		case allPrivate(a.Addrs()):
			hidden = append(hidden, f.name)
		default:
			elsewhere = append(elsewhere, fmt.Sprintf("%s (%s)", f.name, addrList(a.Addrs())))
		}
	}
	switch {
	case len(confirmed) > 0:
		if rest := len(forwards) - len(confirmed); rest > 0 {
			r.note("%s of the names does not lead back to the address; one that does is enough.", count(rest, "other"))
		}
		j.foreign(r, confirmed[0])
		if why := j.generic(confirmed[0], ip); why != "" {
			r.note("Some receivers refuse names that look like a dial-up line or a rented server. Ask the provider for one of your own, such as mail.<your domain>.")
			return r.end("ptr-generic", "%s has the PTR record %s, which leads back to it but looks generic: %s.", ip, confirmed[0], why)
		}
		return r.end("ptr-ok", "%s has the PTR record %s, which leads back to it.", ip, confirmed[0])
	case len(lost) > 0:
		return r.end("ptr-unknown", "Whether the PTR record of %s leads back to it could not be seen: %s.", ip, and(lost))
	case len(hidden) > 0:
		r.note("A private address is an answer for your own network; what the world gets could not be seen from here.")
		return r.end("ptr-unknown", "%s has the PTR record %s, which your resolver answers with a private address.", ip, and(hidden))
	}
	j.zoneOwner(ctx, r, ip)
	if len(elsewhere) > 0 {
		return r.end("ptr-mismatch", "%s has the PTR record %s, which leads to another address.", ip, and(elsewhere))
	}
	return r.end("ptr-unconfirmed", "%s has the PTR record %s, and that name has no address.", ip, and(unresolved))
}

// zoneOwner asks for the SOA of the reverse zone, to say where the record is
// changed.
func (j *job) zoneOwner(ctx context.Context, r *result, ip netip.Addr) {
	a := j.DNS.Ask(ctx, dnsq.ReverseName(ip), dns.TypeSOA)
	if a.Definite() {
		r.saw(a)
		j.owner(r, a)
	}
}

// foreign notes a reverse name outside the own domains. It is information:
// no receiver asks for more than that the name leads back.
func (j *job) foreign(r *result, name string) {
	if len(j.req.Target.Domains) == 0 {
		return
	}
	for _, d := range j.req.Target.Domains {
		if d = diag.DomainKey(d); name == d || strings.HasSuffix(name, "."+d) {
			return
		}
	}
	r.note("The name lies under %s, which is none of the domains named here; that alone is no fault.", orgDomain(name))
}

// resolvable reports whether a reverse name can be looked up: a host name with
// a dot that is neither localhost, an address nor itself a reverse name.
func resolvable(name string) bool {
	if !dnsq.ValidName(name) || !strings.Contains(name, ".") {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	return !strings.HasSuffix(name, ".arpa") && !strings.HasSuffix(name, ".localhost")
}

// orgDomain returns the registrable domain of a name, the name itself where it
// has none.
func orgDomain(name string) string {
	name = diag.DomainKey(name)
	if d, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return d
	}
	return name
}

func addrList(list []netip.Addr) string {
	var out []string
	for i, a := range list {
		if i == 4 {
			out = append(out, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		out = append(out, a.String())
	}
	return and(out)
}
