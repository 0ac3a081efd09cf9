package check

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// walked remembers whether walks from the root work at all on this network.
type walked struct {
	mu   sync.Mutex
	dead bool
}

// seen is one question put to the own resolver and, where that is possible,
// to the zone's own servers.
type seen struct {
	own, world dnsq.Answer
	walked     bool // world holds an answer of the zone's own servers
	split      bool // the two say different things
}

// judged returns the answer that counts: the world's where there is one.
func (s seen) judged() dnsq.Answer {
	if s.walked {
		return s.world
	}
	return s.own
}

// answers are both, for evidence.
func (s seen) answers() []dnsq.Answer {
	if s.world.Name == "" {
		return []dnsq.Answer{s.own}
	}
	return []dnsq.Answer{s.world, s.own}
}

// look asks the own resolver and the zone's own servers at the same time. The
// resolver is not the world: on Windows it is often a domain controller with
// an internal copy of the zone.
func (j *job) look(ctx context.Context, name string, qtype uint16) seen {
	var s seen
	together(
		func() { s.own = j.DNS.Ask(ctx, name, qtype) },
		func() {
			if j.walks() {
				wctx, cancel := context.WithTimeout(ctx, j.Limits.Walk)
				defer cancel()
				s.world = j.Walker.Ask(wctx, name, qtype)
			}
		})
	switch {
	case s.world.Name == "":
		return s
	case s.world.Definite():
		s.walked = true
		s.split = s.own.Definite() && !sameRecords(s.own, s.world, qtype)
	case silent(s.world):
		j.walked.mu.Lock()
		j.walked.dead = true
		j.walked.mu.Unlock()
		j.notes.add("The zones' own servers could not be asked from here, so names were judged by the resolver's answers alone. A firewall may allow DNS to the resolver only.")
	}
	return s
}

// walks reports whether a walk from the root is worth trying.
func (j *job) walks() bool {
	if j.Walker == nil {
		return false
	}
	j.walked.mu.Lock()
	defer j.walked.mu.Unlock()
	return !j.walked.dead
}

// silent reports whether nobody at all answered during a walk: a sign that
// questions to foreign servers do not leave this network.
func silent(a dnsq.Answer) bool {
	for _, t := range a.Attempts {
		if t.Err == nil {
			return false
		}
	}
	return true
}

// sameRecords compares the data of the records of one type.
func sameRecords(a, b dnsq.Answer, qtype uint16) bool {
	data := func(x dnsq.Answer) []string {
		var out []string
		for _, rr := range x.Records {
			if rr.Header().Rrtype == qtype {
				out = append(out, strings.ToLower(strings.TrimPrefix(rr.String(), rr.Header().String())))
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(data(a), data(b))
}

// splitView is the finding for a name that the own resolver answers unlike
// the zone's own servers; nil where another check has told it.
func (j *job) splitView(name string, s seen) []diag.Finding {
	name = diag.DomainKey(name)
	if !j.splits.claim(name + " " + dns.TypeToString[s.own.Type]) {
		return nil
	}
	r := j.result("dns", name)
	r.saw(s.answers()...)
	own, world := said(s.own), said(s.world)
	r.note("Everything else here is judged by the answer of the zone's own servers, because that is what receivers see.")
	return r.end("dns-split-view", "Your resolver answers %s %s with %s, the zone's own servers with %s.",
		name, dns.TypeToString[s.own.Type], own, world)
}

// said is an answer's data in words.
func said(a dnsq.Answer) string {
	if e := a.Evidence(); e.Answer != "" {
		return e.Answer
	}
	if a.Outcome() == dnsq.NoData {
		return "no such record"
	}
	return a.RcodeText()
}

// addressType is the record type for addresses of a's family.
func addressType(a netip.Addr) uint16 {
	if a.Unmap().Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

var cgnat = netip.MustParsePrefix("100.64.0.0/10")

// private reports whether a is an address that the internet does not route:
// RFC 1918, RFC 6598, loopback, link-local and ULA. Documentation and benchmark
// ranges count as public.
func private(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || cgnat.Contains(a)
}

func allPrivate(list []netip.Addr) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(a netip.Addr) bool { return !private(a) })
}
