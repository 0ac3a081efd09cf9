package dnsq

import (
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"metriage/diag"
)

// maxServers bounds the servers of one zone that are asked side by side.
const maxServers = 8

// Everywhere asks every server of the zone that holds name for itself, so that
// a change that only some of them have shows. Where name is an alias, the zone
// of its target counts (RFC 2317). There is one Answer for each name server; a
// server that does not answer is among them with its error. The error says
// that the zone or its servers could not be found.
func (w *Walker) Everywhere(ctx context.Context, name string, qtype uint16) (zone string, answers []Answer, err error) {
	name = dns.CanonicalName(name)
	a := w.Ask(ctx, name, qtype)
	if a.Err != nil {
		return "", nil, a.Err
	}
	if chain := a.CNAMEs(); len(chain) > 0 {
		name = dns.CanonicalName(chain[len(chain)-1])
	}
	zone, servers := w.known(name)
	if all := w.nameServers(ctx, zone); len(all) > 0 {
		servers = all
	}
	answers = make([]Answer, min(len(servers), maxServers))
	var asked diag.Crew
	for i := range answers {
		asked.Go(func() { answers[i] = w.client.AskServer(ctx, servers[i], name, qtype, false) })
	}
	asked.Wait()
	return zone, answers, ctx.Err()
}

// nameServers returns one address of each server that zone itself names, as
// host:port; none where it does not say.
func (w *Walker) nameServers(ctx context.Context, zone string) []string {
	hosts := w.Ask(ctx, zone, dns.TypeNS).Names()
	slices.Sort(hosts)
	if hosts = slices.Compact(hosts); len(hosts) > maxServers {
		hosts = hosts[:maxServers]
	}
	found := make([]netip.Addr, len(hosts))
	var asked diag.Crew
	for i, h := range hosts {
		asked.Go(func() {
			for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
				if ips := w.Ask(ctx, h, t).Addrs(); len(ips) > 0 {
					found[i] = ips[0]
					return
				}
			}
		})
	}
	asked.Wait()
	var out []string
	for _, ip := range found {
		if ip.IsValid() {
			out = append(out, netip.AddrPortFrom(ip, w.port).String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TTL returns for how long an answer may be kept: the lowest TTL of its
// records, or of a negative answer what its SOA record says (RFC 2308 section
// 5), in seconds; 0 where it does not say.
func (a Answer) TTL() uint32 {
	ttl, found := uint32(0), false
	for _, rr := range a.Records {
		if t := rr.Header().Ttl; !found || t < ttl {
			ttl, found = t, true
		}
	}
	if found {
		return ttl
	}
	for _, rr := range a.Authority {
		if s, ok := rr.(*dns.SOA); ok {
			return min(s.Hdr.Ttl, s.Minttl)
		}
	}
	return 0
}
