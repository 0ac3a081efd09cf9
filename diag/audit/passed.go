package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// Passed is a mailbox, or an address, whose mail goes on to others outside, as
// the log shows it.
type Passed struct {
	Mailbox string // "postoffice/mailbox" or an address
	To      []string
	// Messages went on to it; of their recipients so many were accepted and
	// refused.
	Messages, Accepted, Refused int
	First, Last                 time.Time
	// Lately are the messages of the last UsageDays days, and what became of
	// their recipients.
	Lately, LatelyAccepted, LatelyRefused int
	// CatchAll is set where mail to addresses that are nobody's went on.
	CatchAll bool
}

// passed returns the forwards for people, those with most messages first.
func (f *facts) passed() []Passed {
	var out []Passed
	for _, p := range f.passings() {
		l := lately(p.days, dayOf(f.now))
		out = append(out, Passed{
			Lately: int(l.messages), LatelyAccepted: int(l.recipients - l.refused), LatelyRefused: int(l.refused),
			Mailbox: p.mailbox, To: p.targets(), Messages: p.messages, Accepted: p.accepted, Refused: p.refused,
			First: unix(p.first), Last: unix(p.last), CatchAll: p.catchAll,
		})
	}
	return out
}

// Relayed is an address that was granted recipients elsewhere without signing
// in.
type Relayed struct {
	Addr       netip.Addr
	Recipients int
	Lately     int // in the last UsageDays days
}

// UsageDays is for how long back it is said who used what a step closes.
const UsageDays = 14

// relayedBy returns who relays, those with most recipients first.
func (f *facts) relayedBy() []Relayed {
	var out []Relayed
	for a, g := range f.relayed().addrs {
		out = append(out, Relayed{a, g.n, int(lately(g.days, dayOf(f.now)).recipients)})
	}
	slices.SortFunc(out, func(a, b Relayed) int {
		return cmp.Or(cmp.Compare(b.Recipients, a.Recipients), a.Addr.Compare(b.Addr))
	})
	return out
}
