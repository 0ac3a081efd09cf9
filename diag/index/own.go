package index

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
)

// Seen is a value, how often it was seen, and when last where that is known.
type Seen[T any] struct {
	Value T
	N     int
	Last  time.Time
}

// OwnSighting is one of our addresses as the servers of one provider saw it,
// and what they did with the mail from it.
type OwnSighting struct {
	Addr     netip.Addr
	Provider string // "" where not known
	// InReply is set where only refusals name the address.
	InReply                    bool
	First, Last                time.Time
	Accepted, Delayed, Refused int
	LastAccepted               time.Time
}

// sightings are the sightings in the making.
type sightings struct {
	*picture
	sums map[sighting]*OwnSighting
}

type sighting struct {
	own      ref
	provider string
}

// of returns the sum for an address, nil where it is none.
func (s *sightings) of(provider string, own ref, first, last uint32) *OwnSighting {
	k := sighting{own, provider}
	o := s.sums[k]
	if o == nil {
		a := s.address(own)
		if !a.IsValid() {
			return nil
		}
		o = &OwnSighting{Addr: a, Provider: provider, InReply: true}
		s.sums[k] = o
	}
	if at := fromUnix(first); o.First.IsZero() || at.Before(o.First) {
		o.First = at
	}
	if at := fromUnix(last); at.After(o.Last) {
		o.Last = at
	}
	return o
}

// take counts n acceptances, the last of them at a moment.
func (o *OwnSighting) take(n int, last uint32) {
	o.Accepted += n
	o.InReply = false
	if at := fromUnix(last); at.After(o.LastAccepted) {
		o.LastAccepted = at
	}
}

// OwnSightings returns the addresses under which remote servers saw us, in the
// order of addresses, then providers.
func (v *View) OwnSightings() []OwnSighting {
	s := sightings{v.picture, map[sighting]*OwnSighting{}}
	for i := range v.merged.records {
		r := &v.merged.records[i]
		if r.own == 0 {
			continue
		}
		o := s.of(v.provider(r.answer, r.host, r.domain), r.own, r.last, r.last)
		switch {
		case o == nil:
		case r.state == stateAccepted:
			o.take(1, r.last)
		case r.state == stateDelayed:
			o.Delayed++
		case r.state == stateFailed:
			o.Refused++
		}
	}
	for i, a := range v.acceptedByCommon() {
		c := v.snap.commons.at(uint32(i))
		if a.n == 0 || c.own == 0 {
			continue
		}
		if o := s.of(v.provider(0, c.host, c.domain), c.own, a.first, a.last); o != nil {
			o.take(a.n, a.last)
		}
	}
	out := make([]OwnSighting, 0, len(s.sums))
	for _, o := range s.sums {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b OwnSighting) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Provider, b.Provider))
	})
	return out
}

// acceptedSum is what was accepted without more ado of one kind.
type acceptedSum struct {
	n           int
	first, last uint32
}

// acceptedByCommon counts that by the number of what it has in common.
func (p *picture) acceptedByCommon() []acceptedSum {
	out := make([]acceptedSum, p.snap.commons.len())
	p.eachAccepted(func(a *acceptance) {
		s := &out[a.common]
		if s.n == 0 || a.when < s.first {
			s.first = a.when
		}
		s.last = max(s.last, a.when)
		s.n++
	})
	return out
}

// Route is how many recipients of a domain went to a host.
type Route struct {
	Domain, Host string
	N            int
}

// Routes returns where mail went, as the log says: host names from banners,
// addresses where there was none.
func (v *View) Routes() []Route {
	type key struct{ domain, host ref }
	n := map[key]int{}
	add := func(domain, host, remote ref, k int) {
		if host == 0 {
			host = remote
		}
		if host != 0 && domain != 0 && k > 0 {
			n[key{domain, host}] += k
		}
	}
	for i := range v.merged.records {
		if r := &v.merged.records[i]; r.sources&diag.SourceLog != 0 && !r.is(recGuessed) {
			add(r.domain, r.host, r.remote, 1)
		}
	}
	for i, a := range v.acceptedByCommon() {
		c := v.snap.commons.at(uint32(i))
		add(c.domain, c.host, c.remote, a.n)
	}
	out := make([]Route, 0, len(n))
	for k, c := range n {
		out = append(out, Route{v.text(k.domain), v.text(k.host), c})
	}
	slices.SortFunc(out, func(a, b Route) int { return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Host, b.Host)) })
	return out
}

// LastAccepted is when any remote server last accepted a message.
func (v *View) LastAccepted() time.Time {
	last := uint32(0)
	for i := range v.merged.records {
		if r := &v.merged.records[i]; r.state == stateAccepted {
			last = max(last, r.last)
		}
	}
	v.eachAccepted(func(a *acceptance) { last = max(last, a.when) })
	return fromUnix(last)
}

// HELONames returns the names that outgoing sessions gave in EHLO or HELO, the
// most frequent first.
func (v *View) HELONames() []Seen[string] {
	if v.helos != nil {
		return v.helos
	}
	n, last := map[ref]int{}, map[ref]uint32{}
	count := func(number, when uint32) {
		if when >= v.snap.cutoff {
			helo := v.snap.commons.at(number).helo
			n[helo]++
			last[helo] = max(last[helo], when)
		}
	}
	for i := range v.snap.logs {
		l := &v.snap.logs[i]
		l.events.each(func(_ uint32, e *event) { count(e.common, e.when) })
		l.accepted.each(func(_ uint32, a *acceptance) { count(a.common, a.when) })
	}
	delete(n, 0)
	names, at := make(map[string]int, len(n)), make(map[string]time.Time, len(n))
	for r, c := range n {
		name := v.text(r)
		names[name], at[name] = c, fromUnix(last[r])
	}
	out := ranked(names)
	out = out[:min(len(out), maxHELOs)]
	for i := range out {
		out[i].Last = at[out[i].Value]
	}
	return out
}

// SenderDomains returns the domains of the senders of refused mail, the most
// frequent first.
func (v *View) SenderDomains() []Seen[string] {
	senders := map[ref]int{}
	for i := range v.merged.records {
		if r := &v.merged.records[i]; r.state == stateFailed {
			senders[r.sender]++
		}
	}
	n := map[string]int{}
	for r, c := range senders {
		if d := diag.AddressDomain(v.text(r)); d != "" {
			n[d] += c
		}
	}
	return ranked(n)
}

func ranked(n map[string]int) []Seen[string] {
	out := make([]Seen[string], 0, len(n))
	for _, k := range slices.Sorted(maps.Keys(n)) {
		out = append(out, Seen[string]{Value: k, N: n[k]})
	}
	slices.SortStableFunc(out, func(a, b Seen[string]) int { return cmp.Compare(b.N, a.N) })
	return out
}
