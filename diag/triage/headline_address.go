package triage

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/index"
)

// What it takes to say that a provider refuses some of our addresses alone.
const (
	addressRefused  = 5 // refusals of one address
	addressAccepted = 5 // acceptances of another, all without refusal
)

// addressUse is what a provider did with mail from one own address.
type addressUse struct {
	addr              netip.Addr
	accepted, refused int
	first             time.Time // refusal
	last              time.Time // acceptance
	// now is how many were refused since that, and since the first of them.
	now   int
	since time.Time
}

// addressUses says by provider what became of mail from each of our own
// addresses; nil where there is one address only.
func addressUses(v *index.View) map[string]map[netip.Addr]*addressUse {
	uses := map[string]map[netip.Addr]*addressUse{}
	seen := v.OwnSightings()
	ours := map[netip.Addr]bool{} // somebody took mail from it
	for _, o := range seen {
		ours[o.Addr] = ours[o.Addr] || !o.InReply
	}
	several := map[netip.Addr]bool{}
	for _, o := range seen {
		if o.Provider == "" || !ours[o.Addr] {
			continue
		}
		several[o.Addr] = true
		if uses[o.Provider] == nil {
			uses[o.Provider] = map[netip.Addr]*addressUse{}
		}
		uses[o.Provider][o.Addr] = &addressUse{addr: o.Addr, accepted: o.Accepted, last: o.LastAccepted}
	}
	if len(several) < 2 {
		return nil
	}
	for _, n := range v.AllFailures() {
		r := v.Row(n)
		if r.Cause.RecipientSide() {
			continue
		}
		a, err := netip.ParseAddr(r.OwnIP)
		u := uses[r.Provider][a]
		if err != nil || u == nil {
			continue
		}
		u.refused++
		if u.first.IsZero() || r.First.Before(u.first) {
			u.first = r.First
		}
		if r.Last.After(u.last) {
			u.now++
			if u.since.IsZero() || r.First.Before(u.since) {
				u.since = r.First
			}
		}
	}
	return uses
}

// addressOnsets are when mail from single own addresses was first refused
// somewhere that takes it from others: no destination as a whole has an onset
// then. What is accepted again later does not change it.
func addressOnsets(v *index.View) (out []diag.Event) {
	for provider, by := range addressUses(v) {
		for _, u := range by {
			if u.refused >= addressRefused {
				out = append(out, diag.Event{At: u.first, Text: fmt.Sprintf("%s at %s: first refused, %s in all", u.addr, Name(provider), diag.Thousands(u.refused))})
			}
		}
	}
	slices.SortFunc(out, func(a, b diag.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Text, b.Text)) })
	return out[:min(len(out), maxEvents)]
}

// oneAddress is the provider that refuses everything from some of our own
// addresses while it takes mail from others: what several addresses behind one name look like
// where not all of them are set up.
func (s *Session) oneAddress(v *index.View) (Headline, bool) {
	best, most := Headline{}, 0
	for provider, by := range addressUses(v) {
		var bad, good []string
		refused, since := 0, time.Time{}
		for _, u := range by {
			if u.now < addressRefused {
				continue
			}
			bad = append(bad, u.addr.String())
			refused += u.now
			if since.IsZero() || u.since.Before(since) {
				since = u.since
			}
		}
		for _, u := range by {
			// One that was left before says nothing of the others.
			if u.refused == 0 && u.accepted >= addressAccepted && u.last.After(since) {
				good = append(good, u.addr.String())
			}
		}
		if len(bad) == 0 || len(good) == 0 || refused < most || refused == most && provider > best.Key {
			continue
		}
		slices.Sort(bad)
		slices.Sort(good)
		most = refused
		best = Headline{Status: diag.StatusFail, By: diag.ByProvider, Key: provider, Text: fmt.Sprintf(
			"%s: %s from %s refused since %s, none from %s", Name(provider), diag.Thousands(refused), strings.Join(bad, ", "), s.Clock(since), good[0])}
	}
	return best, most > 0
}
