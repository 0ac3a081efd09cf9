package dnsq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// Bounds of one walk.
const (
	maxSteps     = 40 // questions in all, name servers' own addresses included
	maxDepth     = 4  // walks within walks, for name servers outside their zone
	maxAliases   = 8  // CNAMEs in a row
	maxPerStep   = 4  // name servers of one zone that are tried
	maxKnownCuts = 1024
)

// RootServers are the addresses of the root servers (IANA root hints, IPv4).
func RootServers() []string {
	return []string{
		"198.41.0.4:53", "170.247.170.2:53", "192.33.4.12:53", "199.7.91.13:53", "192.203.230.10:53",
		"192.5.5.241:53", "192.112.36.4:53", "198.97.190.53:53", "192.36.148.17:53", "192.58.128.30:53",
		"193.0.14.129:53", "199.7.83.42:53", "202.12.27.33:53",
	}
}

// Walker asks the servers of a name's own zone, found from the root downwards
// (RFC 1034 section 5.3.3), so that no resolver in between can change the
// answer. It is safe for use by several goroutines; zone cuts found are kept
// for as long as the Walker lives, so it should be made anew for a fresh run.
type Walker struct {
	client *Client
	roots  []string
	port   uint16

	mu   sync.Mutex
	cuts map[string][]string // zone to its servers, as host:port
}

// NewWalker returns a Walker that starts at roots (host:port, or host alone for
// port) and asks the servers it is referred to on port, 53 where 0. The client's
// servers are not asked.
func NewWalker(c *Client, roots []string, port uint16) *Walker {
	if port == 0 {
		port = 53
	}
	full := make([]string, len(roots))
	for i, r := range roots {
		if full[i] = r; !hasPort(r) {
			full[i] = net.JoinHostPort(r, strconv.Itoa(int(port)))
		}
	}
	return &Walker{client: c, roots: full, port: port, cuts: map[string][]string{}}
}

func hasPort(s string) bool {
	_, _, err := net.SplitHostPort(s)
	return err == nil
}

// Fresh returns a Walker that knows nothing yet.
func (w *Walker) Fresh() *Walker { return NewWalker(w.client, w.roots, w.port) }

// errLame is the error where no server of a zone answered for it.
var errLame = errors.New("no server of the zone answers for it")

// walk is the state of one question.
type walk struct {
	steps    int
	attempts []Attempt
}

// Ask returns the answer of the zone's own servers. Answer.Authoritative is
// set where one of them gave it. CNAMEs are followed, and the records of the
// whole chain returned, as a resolver does.
func (w *Walker) Ask(ctx context.Context, name string, qtype uint16) Answer {
	begin := w.client.o.Now()
	st := &walk{}
	a := w.chain(ctx, st, key{dns.CanonicalName(name), qtype}, 0)
	a.Name, a.At = dns.CanonicalName(name), w.client.o.Now()
	a.Took, a.Attempts = a.At.Sub(begin), st.attempts
	return a
}

// chain follows CNAMEs from q.
func (w *Walker) chain(ctx context.Context, st *walk, q key, depth int) Answer {
	var records []dns.RR
	for range maxAliases {
		a := w.descend(ctx, st, q, depth)
		target := alias(a, q)
		if a.Err != nil || target == "" {
			a.Records = append(records, a.Records...)
			return a
		}
		for _, rr := range a.Records {
			// What lies beyond the zone's own alias is not this server's to say.
			if rr.Header().Rrtype == dns.TypeCNAME && dns.CanonicalName(rr.Header().Name) == q.name {
				records = append(records, rr)
			}
		}
		q.name = target
	}
	return Answer{Type: q.qtype, Err: fmt.Errorf("more than %d aliases in a row", maxAliases), Records: records}
}

// alias returns the target of the CNAME that answers q, "" where q is answered
// itself.
func alias(a Answer, q key) string {
	if a.Err != nil || q.qtype == dns.TypeCNAME {
		return ""
	}
	target := ""
	for _, rr := range a.Records {
		if dns.CanonicalName(rr.Header().Name) != q.name {
			continue
		}
		if rr.Header().Rrtype == q.qtype {
			return ""
		}
		if c, ok := rr.(*dns.CNAME); ok {
			target = dns.CanonicalName(c.Target)
		}
	}
	return target
}

// descend goes from the lowest known zone cut above q to the zone that holds
// it.
func (w *Walker) descend(ctx context.Context, st *walk, q key, depth int) Answer {
	zone, servers := w.known(q.name)
	for {
		a := w.askZone(ctx, st, q, zone, servers)
		if a.Err != nil {
			return a
		}
		cut, hosts := referral(a, q.name, zone)
		if cut == "" {
			return a
		}
		next := glue(a, hosts, cut, w.port)
		if len(next) == 0 {
			next = w.addresses(ctx, st, hosts, depth)
		}
		if len(next) == 0 {
			a.Err = fmt.Errorf("the servers of %s have no address: %w", cut, errLame)
			return a
		}
		zone, servers = cut, next
		w.learn(zone, servers)
	}
}

// askZone asks the servers of zone in turn until one answers or refers.
func (w *Walker) askZone(ctx context.Context, st *walk, q key, zone string, servers []string) Answer {
	last := Answer{Name: q.name, Type: q.qtype, Err: fmt.Errorf("%s: %w", zone, errLame)}
	for i, s := range servers {
		if i == maxPerStep {
			break
		}
		if st.steps++; st.steps > maxSteps {
			last.Err = fmt.Errorf("more than %d questions for one name", maxSteps)
			return last
		}
		a := w.client.rounds(ctx, q, []string{s}, 1, false)
		st.attempts = append(st.attempts, a.Attempts...)
		if ctx.Err() != nil {
			return a
		}
		cut, _ := referral(a, q.name, zone)
		switch {
		case a.Definite() && (a.Authoritative || cut != ""):
			return a
		case says(a) > says(last) && a.Err == nil && !a.Definite():
			last = a
			last.Err = nil
		case last.Err != nil && a.Err != nil:
			last.Err = a.Err
		}
	}
	if last.Err == nil && last.Definite() {
		last.Err = errLame
	}
	return last
}

// referral returns the zone below the present one that an answer points to,
// and its servers' names; "" where it is no referral or leads nowhere new.
func referral(a Answer, name, zone string) (string, []string) {
	if a.Err != nil || a.Rcode != dns.RcodeSuccess || len(a.Records) > 0 || a.Authoritative {
		return "", nil
	}
	cut := ""
	var hosts []string
	for _, rr := range a.Authority {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		owner := dns.CanonicalName(ns.Hdr.Name)
		// Downwards only: this is what keeps a walk from going in circles.
		if !dns.IsSubDomain(zone, owner) || owner == zone || !dns.IsSubDomain(owner, name) {
			continue
		}
		if cut == "" {
			cut = owner
		}
		if owner == cut && len(hosts) < 16 {
			hosts = append(hosts, dns.CanonicalName(ns.Ns))
		}
	}
	return cut, hosts
}

// glue returns the addresses that came with a referral, for servers within the
// zone above, whose say they are.
func glue(a Answer, hosts []string, cut string, port uint16) []string {
	var v4, v6 []string
	above := "."
	if i, end := dns.NextLabel(cut, 0); !end {
		above = cut[i:]
	}
	for _, rr := range a.extra {
		owner := dns.CanonicalName(rr.Header().Name)
		if !slices.Contains(hosts, owner) || !dns.IsSubDomain(above, owner) {
			continue
		}
		switch r := rr.(type) {
		case *dns.A:
			v4 = append(v4, hostPort(r.A, port))
		case *dns.AAAA:
			v6 = append(v6, hostPort(r.AAAA, port))
		}
	}
	return append(v4, v6...)
}

// addresses finds the servers' addresses by walks of their own.
func (w *Walker) addresses(ctx context.Context, st *walk, hosts []string, depth int) []string {
	if depth >= maxDepth {
		return nil
	}
	var out []string
	for _, h := range hosts {
		for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
			a := w.chain(ctx, st, key{h, t}, depth+1)
			for _, ip := range a.Addrs() {
				out = append(out, netip.AddrPortFrom(ip, w.port).String())
			}
			if len(out) > 0 || ctx.Err() != nil {
				break
			}
		}
		if len(out) >= 2 || ctx.Err() != nil {
			break
		}
	}
	return out
}

// known returns the lowest zone above name whose servers are known.
func (w *Walker) known(name string) (string, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := name; n != "."; {
		if s := w.cuts[n]; s != nil {
			return n, s
		}
		i, end := dns.NextLabel(n, 0)
		if end {
			break
		}
		n = n[i:]
	}
	return ".", w.roots
}

func (w *Walker) learn(zone string, servers []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.cuts) < maxKnownCuts {
		w.cuts[zone] = servers
	}
}

// ZoneServers returns the servers of the zone that holds name, as host:port,
// for questions that only they can answer, and the zone's name.
func (w *Walker) ZoneServers(ctx context.Context, name string) (zone string, servers []string, err error) {
	a := w.Ask(ctx, name, dns.TypeSOA)
	if a.Err != nil {
		return "", nil, a.Err
	}
	zone, servers = w.known(dns.CanonicalName(name))
	return strings.TrimSuffix(zone, "."), servers, nil
}

func hostPort(ip net.IP, port uint16) string {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), port).String()
}
