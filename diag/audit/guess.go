package audit

import (
	"bytes"
	"net/netip"
)

// guessing is what is known of sign-ins that failed: when, and from which
// networks. The log hides whose password was tried.
type guessing struct {
	all      talker // one message for each failure
	networks map[netip.Prefix]*failing
	ok       int // sign-ins that succeeded
}

type failing struct {
	n           uint32
	first, last int64
	addr        netip.Addr
}

// breach is a user who signed in from networks that had failed before.
type breach struct {
	fails       uint32
	networks    int
	first, last int64 // of the successes
}

// Failures from one network that are more than a mistyped password, and how
// long they are remembered.
const (
	typedWrong  = 3
	remembered  = 72 * 3600
	breachFails = 10
)

func (g *guessing) init() { g.networks = map[netip.Prefix]*failing{} }

// wrongPassword reports whether AUTH was answered so: 535, and 504 of older
// versions, which by itself means a mechanism that is not known.
func wrongPassword(code int, reply []byte) bool {
	return code == 535 || code == 504 && bytes.Contains(bytes.ToLower(reply), []byte("password"))
}

// guess counts a sign-in that failed.
func (c *Collector) guess(s *session, sec int64) {
	s.failed = true
	c.guesses.all.add(sec, c.hour, c.day, span{messages: 1, recipients: 1})
	p := networkOf(s.peer)
	if !p.IsValid() {
		return
	}
	f := c.guesses.networks[p]
	if f == nil {
		if len(c.guesses.networks) >= maxFailing {
			c.guesses.shrink(c.last)
		}
		f = &failing{first: sec}
		c.guesses.networks[p] = f
	}
	if f.n > 0 && sec-f.last > remembered {
		*f = failing{first: sec}
	}
	f.n++
	f.last, f.addr = sec, s.peer
}

// shrink drops the networks that failed longest ago.
func (g *guessing) shrink(now int64) {
	for age := int64(remembered); len(g.networks) >= maxFailing; age /= 2 {
		for p, f := range g.networks {
			if now-f.last >= age {
				delete(g.networks, p)
			}
		}
	}
}

// signIn takes a sign-in that succeeded: the network, and whether it had failed
// before the user was ever seen there.
func (c *Collector) signIn(u *talker, s *session, sec int64) {
	c.guesses.ok++
	p := networkOf(s.peer)
	if !p.IsValid() {
		return
	}
	n := u.nets[p]
	if n == nil {
		if len(u.nets) >= maxNetworks || c.own.nets >= maxAllNets {
			u.netMore++
			return
		}
		if u.nets == nil {
			u.nets = map[netip.Prefix]*netSpan{}
		}
		n = &netSpan{first: sec}
		if f := c.guesses.networks[p]; f != nil && f.n >= typedWrong && sec-f.last <= remembered && (!s.failed || f.n >= breachFails) {
			n.failsBefore, n.failsFirst = f.n, f.first
			b := &u.breach
			b.fails += f.n
			b.networks++
			if b.first == 0 {
				b.first = sec
			}
			b.last = sec
		}
		u.nets[p] = n
		c.own.nets++
	}
	n.last, n.addr = sec, s.peer
}
