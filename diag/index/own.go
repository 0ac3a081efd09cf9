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

// OwnAddresses returns the addresses under which remote servers saw us, in
// EHLO replies and in refusals, the most frequent first.
func (v *View) OwnAddresses() []Seen[netip.Addr] {
	n := map[ref]int{}
	for i := range v.records {
		if r := &v.records[i]; r.own != 0 {
			n[r.own]++
		}
	}
	var out []Seen[netip.Addr]
	for r, c := range n {
		if a, err := netip.ParseAddr(v.snap.text[r]); err == nil {
			out = append(out, Seen[netip.Addr]{a, c})
		}
	}
	slices.SortFunc(out, func(a, b Seen[netip.Addr]) int {
		return cmp.Or(cmp.Compare(b.N, a.N), a.Value.Compare(b.Value))
	})
	return out
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
