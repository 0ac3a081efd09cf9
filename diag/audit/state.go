package audit

import (
	"errors"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// stateVersion changes with everything that is kept, and with what is made of
// rows.
const stateVersion = 5

var errOtherState = errors.New("what was kept of the audit is of another version")

// Save returns everything that the Collector knows, for Load.
func (c *Collector) Save() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &coder{b: make([]byte, 0, 1<<20)}
	c.everything(k)
	return k.b
}

// Load takes back what Save returned, into a Collector without rows. Where a
// domain of its Options was not known to be hosted here when the rows were read,
// they have to be read again, which is an error.
func (c *Collector) Load(b []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &coder{b: b, reading: true}
	c.everything(k)
	if k.err == nil && len(k.b) > 0 {
		k.fail()
	}
	if k.err != nil {
		return k.err
	}
	for _, d := range c.opt.Local {
		if d = diag.DomainKey(d); d != "" && !c.local[d] {
			return errors.New("more domains are hosted here than when the logs were read")
		}
	}
	return nil
}

func (c *Collector) everything(k *coder) {
	version := stateVersion
	if num(k, &version); version != stateVersion {
		k.err = errOtherState
		return
	}
	k.word(&c.key)
	num(k, &c.rows, &c.inbound, &c.outbound, &c.unnamed)
	num(k, &c.first, &c.last, &c.hour)
	num(k, &c.day)
	dict(k, &c.local, codeText, func(k *coder, p *bool) { k.flag(p) })
	for _, t := range []*table{c.users, c.accounts, c.clients, c.networks, c.senders, c.anon} {
		t.code(k)
	}
	c.inHour.code(k)
	sliced(k, &c.visits.days, func(k *coder, d *visitDay) {
		num(k, &d.day)
		num(k, &d.total)
		dict(k, &d.private, codeAddr, codeNum)
	})
	c.guesses.code(k)
	c.grants.code(k)
	c.patterns.code(k)
	c.own.code(k)
	c.forwards.code(k)
	seen := []uint64(c.seen)
	sliced(k, &seen, codeWord)
	if c.seen = seen; len(seen) != maxSeen {
		k.fail()
	}
	dict(k, &c.deferred, codeWord, func(k *coder, t *tried) {
		num(k, &t.first, &t.last)
		linked(k, &t.forward, c.forwards.boxes, (*forward).key)
	})
	c.debug.code(k)
	dict(k, &c.denied, codeAddr, codeDenial)
	sliced(k, &c.marks, codeMark)
	c.codeSessions(k)
}

// codeMark codes a line of the service; its time is in the zone of the log,
// which does not matter to anybody who compares times.
func codeMark(k *coder, m *mailenable.ServiceMark) {
	sec := m.Time.Unix()
	num(k, &sec)
	k.flag(&m.Started)
	if k.reading {
		m.Time = time.Unix(sec, 0)
	}
}

// codeSessions codes the sessions under way, so that they go on where the log
// does.
func (c *Collector) codeSessions(k *coder) {
	all := make([]*session, 0, len(c.open))
	for _, s := range c.open {
		all = append(all, s)
	}
	sliced(k, &all, func(k *coder, p **session) {
		if k.reading {
			*p = &session{}
		}
		s := *p
		k.word(&s.key)
		k.bytes(&s.socket)
		k.bytes(&s.remote)
		k.bytes(&s.sender)
		k.flag(&s.out, &s.null, &s.foreign, &s.localFrom, &s.failed, &s.fresh, &s.signed)
		k.addr(&s.peer)
		k.addr(&s.own)
		num(k, &s.used, &s.at, &s.outSession.hour)
		num(k, &s.outSession.day)
		num(k, &s.rcpts, &s.granted, &s.bad, &s.provID, &s.pending)
		k.text(&s.mailbox, &s.host, &s.dest)
		k.word(&s.id)
		codeHashes(k, &s.to)
		codeSpan(k, &s.sum)
		linked(k, &s.user, c.users.by, (*talker).key)
		linked(k, &s.from, c.senders.by, (*talker).key)
		linked(k, &s.pat, c.patterns.by, (*pattern).key)
		linked(k, &s.forward, c.forwards.boxes, (*forward).key)
		sliced(k, &s.grants, func(k *coder, g **grant) { linked(k, g, c.grants.by, (*grant).key) })
		c.forwards.pointer(k, &s.in)
	})
	if !k.reading {
		return
	}
	c.open, c.prev = map[uint64]*session{}, nil
	for _, s := range all {
		n := 0
		for _, g := range s.grants {
			if g != nil {
				s.grants[n] = g
				n++
			}
		}
		s.grants = s.grants[:n]
		c.open[s.key] = s
	}
}
