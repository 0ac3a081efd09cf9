package index

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
)

// Seen is a value and how often it was seen.
type Seen[T any] struct {
	Value T
	N     int
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
}

// OwnSightings returns the addresses under which remote servers saw us, in the
// order of addresses, then providers.
func (v *View) OwnSightings() []OwnSighting {
	type key struct {
		own      ref
		provider string
	}
	sums := map[key]*OwnSighting{}
	for i := range v.records {
		r := &v.records[i]
		if r.own == 0 {
			continue
		}
		k := key{r.own, v.provider(r)}
		s := sums[k]
		if s == nil {
			a, err := netip.ParseAddr(v.snap.text[r.own])
			if err != nil {
				continue
			}
			s = &OwnSighting{Addr: a, Provider: k.provider, InReply: true}
			sums[k] = s
		}
		at := fromUnix(r.moment())
		if s.First.IsZero() || at.Before(s.First) {
			s.First = at
		}
		if at.After(s.Last) {
			s.Last = at
		}
		switch r.state {
		case stateAccepted:
			s.Accepted++
			s.InReply = false
		case stateDelayed:
			s.Delayed++
		case stateFailed:
			s.Refused++
		}
	}
	out := make([]OwnSighting, 0, len(sums))
	for _, s := range sums {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b OwnSighting) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Provider, b.Provider))
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
	for i := range v.records {
		r := &v.records[i]
		host := r.host
		if host == 0 {
			host = r.remote
		}
		if r.sources&diag.SourceLog != 0 && host != 0 && r.domain != 0 && !r.guessed {
			n[key{r.domain, host}]++
		}
	}
	out := make([]Route, 0, len(n))
	for k, c := range n {
		out = append(out, Route{v.snap.text[k.domain], v.snap.text[k.host], c})
	}
	slices.SortFunc(out, func(a, b Route) int { return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Host, b.Host)) })
	return out
}

// LastAccepted is when any remote server last accepted a message.
func (v *View) LastAccepted() time.Time {
	last := int64(0)
	for i := range v.records {
		if r := &v.records[i]; r.state == stateAccepted {
			last = max(last, r.accepted)
		}
	}
	return fromUnix(last)
}

// HELONames returns the names that outgoing sessions gave in EHLO or HELO, the
// most frequent first.
func (v *View) HELONames() []Seen[string] { return ranked(v.snap.helos) }

// SenderDomains returns the domains of the senders of refused mail, the most
// frequent first.
func (v *View) SenderDomains() []Seen[string] {
	n := map[string]int{}
	for i := range v.records {
		if r := &v.records[i]; r.state == stateFailed && r.sender != 0 {
			if d := diag.AddressDomain(v.snap.text[r.sender]); d != "" {
				n[d]++
			}
		}
	}
	return ranked(n)
}

func ranked(n map[string]int) []Seen[string] {
	out := make([]Seen[string], 0, len(n))
	for _, k := range slices.Sorted(maps.Keys(n)) {
		out = append(out, Seen[string]{k, n[k]})
	}
	slices.SortStableFunc(out, func(a, b Seen[string]) int { return cmp.Compare(b.N, a.N) })
	return out
}

// RefusedSince counts the failures of a group from a moment on whose cause
// does not lie with the recipient's address.
func (v *View) RefusedSince(by diag.GroupBy, key string, from time.Time) int {
	n, since := 0, unix(from)
	for _, m := range v.Members(by, key) {
		if r := &v.records[m]; r.state == stateFailed && r.last >= since && !v.cause(r).RecipientSide() {
			n++
		}
	}
	return n
}
