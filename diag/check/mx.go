package check

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// mailHosts is where a domain takes mail (RFC 5321 section 5.1).
type mailHosts struct {
	names    []string // by preference
	implicit bool     // no MX: the domain's own address
	null     bool     // "0 .": it takes none (RFC 7505)
	noDomain bool
	lost     string // why it could not be seen
}

// asker is a question to the own resolver or to the world.
type asker func(ctx context.Context, name string, qtype uint16) dnsq.Answer

// mailHosts looks up where a domain takes mail.
func (j *job) mailHosts(ctx context.Context, r *result, ask asker, domain string) mailHosts {
	a := ask(ctx, domain, dns.TypeMX)
	r.saw(a)
	switch a.Outcome() {
	case dnsq.NoName:
		return mailHosts{noDomain: true}
	case dnsq.NoData:
		return j.implicitMX(ctx, r, ask, domain)
	case dnsq.Found:
	default:
		return mailHosts{lost: unseen(a)}
	}
	mx := a.MX()
	slices.SortStableFunc(mx, func(x, y *dns.MX) int { return cmp.Compare(x.Preference, y.Preference) })
	var m mailHosts
	for _, x := range mx {
		if n := diag.DomainKey(x.Mx); n != "" {
			m.names = append(m.names, n)
		}
	}
	m.null = len(m.names) == 0
	return m
}

func (j *job) implicitMX(ctx context.Context, r *result, ask asker, domain string) mailHosts {
	var lost string
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
		a := ask(ctx, domain, t)
		r.saw(a)
		if a.Outcome() == dnsq.Found {
			return mailHosts{names: []string{domain}, implicit: true}
		}
		if !a.Definite() {
			lost = unseen(a)
		}
	}
	return mailHosts{lost: lost}
}

// addresses returns the addresses of a mail host, IPv4 first, and whether they
// could be seen. IPv6 is not asked for where IPv4 leads into the internet.
func (j *job) addresses(ctx context.Context, r *result, ask asker, host string) (out []netip.Addr, seen bool) {
	seen = true
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
		a := ask(ctx, host, t)
		r.saw(a)
		out = append(out, a.Addrs()...)
		seen = seen && a.Definite()
		if s := j.req.Source; slices.ContainsFunc(out, routed) && (!s.IsValid() || s.Unmap().Is4()) {
			break
		}
	}
	return out, seen
}
