package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
)

// suspect is a user with what speaks against them.
type suspect struct {
	name     string
	talker   *talker // nil where only the queue knows the user
	burst    burst
	since    int64
	networks int // new ones in the burst
	fresh    int // messages from them
	more     bool
	refused  span // of the user's senders
	queued   *queued
	machine  bool // nearly all of it was handed in from this machine
	signs    []string
	status   diag.Status
}

// What speaks against a user. One sign alone warns, two fail.
const (
	volumeLeast    = 40 // recipients in a day
	volumeFactor   = 6  // times the usual day
	volumeAlone    = 200
	networksLeast  = 8
	networksFactor = 3
	badLeast       = 30
	badShare       = 20 // percent
	queueLeast     = 50 // messages of one user that wait
	queueShare     = 50 // percent of the queue
)

// suspects returns the users against whom something speaks, the worst first.
func (f *facts) suspects() []suspect {
	var out []suspect
	for _, t := range f.c.users.by {
		if s, ok := f.suspect(t); ok {
			out = append(out, s)
		}
	}
	if len(f.c.users.by) == 0 && (f.c.inbound == 0 || f.c.unnamed > 0) {
		// Without a log that names users the queue alone tells.
		if name, q := f.queue.topUser(); q != nil && q.n >= queueLeast && percent(q.n, f.queue.outgoing) >= queueShare {
			s := suspect{name: name, queued: q, networks: len(q.networks), since: q.oldest.Unix(), status: diag.StatusWarn}
			s.signs = append(s.signs, diag.Thousands(percent(q.n, f.queue.outgoing))+" % of the outgoing queue")
			if s.networks >= networksLeast {
				s.status = diag.StatusFail
				s.signs = append(s.signs, count(s.networks, "network"))
			}
			s.machine = q.ours*10 >= q.n*8
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b suspect) int {
		return cmp.Or(
			cmp.Compare(rank(b.status), rank(a.status)), cmp.Compare(len(b.signs), len(a.signs)),
			cmp.Compare(b.burst.recipients, a.burst.recipients), cmp.Compare(a.name, b.name))
	})
	return out
}

func rank(s diag.Status) int {
	switch s {
	case diag.StatusFail:
		return 3
	case diag.StatusWarn:
		return 2
	case diag.StatusUnknown:
		return 1
	}
	return 0
}

// suspect looks at one user.
func (f *facts) suspect(t *talker) (suspect, bool) {
	b := f.c.burst(t)
	if b.recipients == 0 && t.breach.fails == 0 {
		return suspect{}, false
	}
	s := suspect{name: t.name, talker: t, burst: b, queued: f.queuedBy(t.name)}
	s.networks, s.fresh, s.since, s.machine = f.newNetworks(t, b)
	s.more = t.netMore > 0
	for sender := range t.senders {
		if x := f.c.senders.by[sender]; x != nil {
			s.refused.add(x.recent(f.c.last))
		}
	}
	volume := b.recipients >= volumeLeast && b.known && b.factor() >= volumeFactor
	spread := s.networks >= networksLeast && s.networks >= networksFactor*f.usualNetworks(t, b)
	if f.c.last-f.c.first < usualDays*86400 {
		spread = s.networks >= 2*networksLeast // all networks of a young log are new
	}
	// Where a user is never seen to send from before, little is much.
	elsewhere := volume && s.networks > 0 && s.fresh*10 >= int(b.messages)*8
	guessed := t.breach.fails >= breachFails && t.breach.last >= f.c.last-7*86400
	bad := int(b.bad)
	// What leaves under the user's address counts only where it is the user's:
	// a server that relays for local senders sends under everybody's.
	if volume && s.refused.recipients <= 2*b.recipients {
		bad = max(bad, int(s.refused.bad))
	} else {
		s.refused = span{}
	}
	wrong := bad >= badLeast && percent(bad, int(max(b.recipients, s.refused.recipients))) >= badShare
	signs := 0
	for _, is := range []bool{volume, spread, guessed, wrong} {
		if is {
			signs++
		}
	}
	if volume {
		s.signs = append(s.signs, count(int(b.recipients), "recipient")+" within a day ("+b.usualWords()+")")
	} else if b.recipients > 0 {
		s.signs = append(s.signs, count(int(b.recipients), "recipient")+" within a day")
	}
	if spread {
		more := ""
		if s.more {
			more = " or more"
		}
		s.signs = append(s.signs, count(s.networks, "network")+more)
	}
	if elsewhere && !spread {
		s.signs = append(s.signs, "nearly all from "+count(s.networks, "network")+" never seen before")
	}
	if guessed {
		s.signs = append(s.signs, count(int(t.breach.fails), "failed sign-in")+" before, from the same networks")
	}
	if wrong {
		s.signs = append(s.signs, diag.Thousands(bad)+" wrong addresses")
	}
	switch {
	case signs >= 2:
		s.status = diag.StatusFail
	case volume && b.recipients >= volumeAlone && b.factor() >= 2*volumeFactor, elsewhere, spread, guessed:
		s.status = diag.StatusWarn
	default:
		return s, false
	}
	return s, true
}

// newNetworks counts the networks that a user was not seen in before the
// newest days, and the messages from them, and finds out when the first of them
// came and whether nearly everything was handed in from this machine.
func (f *facts) newNetworks(t *talker, b burst) (n, messages int, since int64, machine bool) {
	var firsts []int64
	var ours, oursNew, all uint32
	edge := min(b.from, f.c.last-newHours*3600)
	if b.from == 0 {
		edge = f.c.last - newHours*3600
	}
	for _, x := range t.nets {
		if x.last >= edge {
			all += x.messages
			if f.ours(x.addr) {
				ours += x.messages
			}
		}
		if x.first >= edge-6*3600 && !(f.gate.is() && x.addr == f.gate.addr) {
			firsts = append(firsts, x.first)
			messages += int(x.messages)
			if f.ours(x.addr) {
				oursNew += x.messages
			}
		}
	}
	since = f.c.onset(t, b)
	if len(firsts) >= networksLeast {
		slices.Sort(firsts)
		// The first after which others follow soon.
		for i := range firsts {
			if i+3 < len(firsts) && firsts[i+3]-firsts[i] < 6*3600 {
				since = firsts[i]
				break
			}
		}
	}
	// Messages are counted by network, not by day: what a network of long standing
	// brought is no part of the burst alone.
	return len(firsts), messages, since, all > 0 && (ours*10 >= all*8 || oursNew > 0 && oursNew*10 >= b.messages*8)
}

// usualNetworks is how many networks a user had before the burst.
func (f *facts) usualNetworks(t *talker, b burst) int {
	n := 0
	for _, x := range t.nets {
		if x.first < b.from-6*3600 {
			n++
		}
	}
	return min(n, networksLeast)
}

// recent adds up the newest two days of a talker.
func (t *talker) recent(last int64) span {
	var s span
	for i := range t.hours {
		if t.hours[i].hour > last/3600-newHours {
			s.add(t.hours[i].span)
		}
	}
	return s
}

// Network is a network that a user handed mail in from.
type Network struct {
	Prefix      netip.Prefix
	Address     netip.Addr // seen there last; for a look at block lists
	Messages    int
	First, Last time.Time
	// Failed is how many sign-ins failed there before the first succeeded.
	Failed int
}

// Networks returns the networks of a user, the newest first.
func (c *Collector) Networks(user string) []Network {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.users.by[string(appendLower(nil, []byte(user)))]
	if t == nil {
		return nil
	}
	var out []Network
	for p, x := range t.nets {
		out = append(out, Network{p, x.addr, int(x.messages), time.Unix(x.first, 0), time.Unix(x.last, 0), int(x.failsBefore)})
	}
	slices.SortFunc(out, func(a, b Network) int {
		return cmp.Or(b.First.Compare(a.First), a.Prefix.Addr().Compare(b.Prefix.Addr()))
	})
	return out
}
