package sample

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// zone is the records of one zone by owner name and type.
type zone struct {
	apex string
	rrs  map[string]map[uint16][]dns.RR
}

// Zone adds a zone with records in zone file form (RFC 1035 section 5),
// names relative to origin. A zone that exists is replaced. Without an SOA it
// gets one; "." makes the server answer for everything.
func (d *DNS) Zone(origin, text string) error {
	z := &zone{apex: dns.CanonicalName(origin), rrs: map[string]map[uint16][]dns.RR{}}
	rrs, err := parseZone(z.apex, text)
	if err != nil {
		return err
	}
	for _, rr := range rrs {
		z.add(rr)
	}
	if z.soa() == nil {
		soa, err := dns.NewRR(fmt.Sprintf("%s 60 IN SOA ns.%s hostmaster.%s 1 60 60 60 60",
			z.apex, strings.TrimPrefix(z.apex, "."), strings.TrimPrefix(z.apex, ".")))
		if err != nil {
			return err
		}
		z.add(soa)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.zones[z.apex] = z
	return nil
}

// Set replaces the records of name and type ("PTR") by those given in the
// form of a zone file's data column; without any it removes them. The zone
// that holds the name must exist.
func (d *DNS) Set(name, qtype string, data ...string) error {
	name = dns.CanonicalName(name)
	t, ok := dns.StringToType[qtype]
	if !ok {
		return fmt.Errorf("sample DNS server: unknown record type %q", qtype)
	}
	var rrs []dns.RR
	for _, s := range data {
		rr, err := dns.NewRR(fmt.Sprintf("%s 60 IN %s %s", name, qtype, s))
		if err != nil {
			return fmt.Errorf("sample DNS server: %s %s: %w", name, qtype, err)
		}
		rrs = append(rrs, rr)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	z := d.zoneOf(name)
	if z == nil {
		return fmt.Errorf("sample DNS server: no zone holds %s", name)
	}
	if z.rrs[name] != nil {
		delete(z.rrs[name], t)
		if len(z.rrs[name]) == 0 {
			delete(z.rrs, name)
		}
	}
	for _, rr := range rrs {
		z.add(rr)
	}
	return nil
}

func parseZone(origin, text string) ([]dns.RR, error) {
	p := dns.NewZoneParser(strings.NewReader(text), origin, "")
	p.SetDefaultTTL(60)
	var out []dns.RR
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		rr.Header().Name = dns.CanonicalName(rr.Header().Name)
		out = append(out, rr)
	}
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("sample DNS server: zone %s: %w", origin, err)
	}
	return out, nil
}

func (z *zone) add(rr dns.RR) {
	h := rr.Header()
	if z.rrs[h.Name] == nil {
		z.rrs[h.Name] = map[uint16][]dns.RR{}
	}
	z.rrs[h.Name][h.Rrtype] = append(z.rrs[h.Name][h.Rrtype], rr)
}

func (z *zone) soa() dns.RR {
	if s := z.rrs[z.apex][dns.TypeSOA]; len(s) > 0 {
		return s[0]
	}
	return nil
}

// exists reports whether name holds records or lies above one that does.
func (z *zone) exists(name string) bool {
	if z.rrs[name] != nil {
		return true
	}
	for n := range z.rrs {
		if under(n, name) {
			return true
		}
	}
	return false
}

// delegation returns the NS records of a zone cut at or above name, below the
// apex.
func (z *zone) delegation(name string) []dns.RR {
	var cut []dns.RR
	for n := name; n != z.apex && under(n, z.apex); n = parent(n) {
		if ns := z.rrs[n][dns.TypeNS]; len(ns) > 0 {
			cut = ns
		}
	}
	return cut
}

func (d *DNS) zoneOf(name string) *zone {
	for n := name; ; n = parent(n) {
		if z := d.zones[n]; z != nil {
			return z
		}
		if n == "." {
			return nil
		}
	}
}

// maxChain bounds a CNAME chain, as resolvers do.
const maxChain = 8

// resolve fills m with the answer to q. d.mu is held.
func (d *DNS) resolve(m *dns.Msg, q dns.Question, depth int) {
	name := dns.CanonicalName(q.Name)
	if depth > maxChain {
		m.Rcode, m.Answer = dns.RcodeServerFailure, nil
		return
	}
	z := d.zoneOf(name)
	// A zone may hold the records of a list's own name, such as its NS.
	if l := d.listOf(name); l != nil && (name != l.zone || z == nil || z.rrs[name] == nil) {
		l.resolve(m, q)
		return
	}
	if z == nil {
		if depth == 0 {
			m.Rcode = dns.RcodeRefused
		}
		return
	}
	if cut := z.delegation(name); cut != nil {
		d.refer(m, cut)
		return
	}
	m.Authoritative = true
	rrs := z.rrs[name]
	if rrs == nil && !z.exists(name) {
		if rrs = z.wildcard(name); rrs == nil {
			m.Rcode = dns.RcodeNameError
			m.Ns = append(m.Ns, z.soa())
			return
		}
	}
	if c := rrs[dns.TypeCNAME]; len(c) > 0 && q.Qtype != dns.TypeCNAME {
		m.Answer = append(m.Answer, named(c[0], q.Name))
		d.resolve(m, dns.Question{Name: c[0].(*dns.CNAME).Target, Qtype: q.Qtype, Qclass: q.Qclass}, depth+1)
		return
	}
	found := rrs[q.Qtype]
	if len(found) == 0 {
		m.Ns = append(m.Ns, z.soa())
		return
	}
	for _, rr := range found {
		m.Answer = append(m.Answer, named(rr, q.Name))
	}
}

// refer points to the servers of a zone below, with their addresses where
// this server knows them.
func (d *DNS) refer(m *dns.Msg, cut []dns.RR) {
	m.RecursionAvailable = false
	m.Ns = append(m.Ns, cut...)
	for _, rr := range cut {
		host := dns.CanonicalName(rr.(*dns.NS).Ns)
		for _, z := range d.zones {
			for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
				m.Extra = append(m.Extra, z.rrs[host][t]...)
			}
		}
	}
}

// wildcard returns the records that "*" holds for name (RFC 4592).
func (z *zone) wildcard(name string) map[uint16][]dns.RR {
	for n := name; n != z.apex && under(n, z.apex); {
		n = parent(n)
		if w := z.rrs["*."+strings.TrimPrefix(n, ".")]; w != nil {
			return w
		}
		if z.exists(n) {
			return nil
		}
	}
	return nil
}

// named returns a copy of rr that is owned by name.
func named(rr dns.RR, name string) dns.RR {
	c := dns.Copy(rr)
	c.Header().Name = name
	return c
}
