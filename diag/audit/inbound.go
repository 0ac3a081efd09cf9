package audit

import (
	"bytes"
	"net/netip"

	"metriage/diag/mailenable"
)

// inSession is what a session of the SMTP-IN side needs to know.
type inSession struct {
	user      *talker
	signed    bool // signed in, whether the log names the user or not
	granted   int  // recipients that were accepted
	bad       int  // recipients that were refused
	foreign   bool
	localFrom bool
	grants    []*grant // of this message, without sign-in
	to        [4]uint64
	mailbox   string // first recipient
	failed    bool   // a sign-in failed in this session
}

// visits counts the sessions that came in, by day, and those that came from
// private addresses by address.
type visits struct {
	days []visitDay
}

type visitDay struct {
	day     int32
	total   int
	private map[netip.Addr]int
}

// denial is an address that was turned away at the door.
type denial struct {
	n           int
	first, last int64
}

func (c *Collector) visit(s *session, r *mailenable.Row, sec int64) {
	days := &c.visits.days
	d := len(*days) - 1
	for d >= 0 && (*days)[d].day > c.day {
		d--
	}
	if d < 0 || (*days)[d].day != c.day {
		d++
		*days = append(*days, visitDay{})
		copy((*days)[d+1:], (*days)[d:])
		(*days)[d] = visitDay{day: c.day, private: map[netip.Addr]int{}}
		if len(*days) > maxDays {
			*days = append((*days)[:0], (*days)[1:]...)
			d--
		}
	}
	if d < 0 {
		return
	}
	v := &(*days)[d]
	v.total++
	if s.peer.IsValid() && private(s.peer) && !s.peer.IsLoopback() && (len(v.private) < maxDenied || v.private[s.peer] > 0) {
		v.private[s.peer]++
	}
	if code := replyCode(r.Response); code == 530 || code == 554 || code == 550 {
		c.deny(s.peer, sec)
	}
}

func (c *Collector) deny(a netip.Addr, sec int64) {
	if !a.IsValid() {
		return
	}
	d, ok := c.denied[a]
	if !ok && len(c.denied) >= maxDenied {
		return
	}
	if d.first == 0 {
		d.first = sec
	}
	d.n++
	d.last = sec
	c.denied[a] = d
}

// inRow takes a row of somebody who hands mail in.
func (c *Collector) inRow(s *session, r *mailenable.Row, sec int64, code int) {
	c.inbound++
	if len(r.User) > 0 && s.user == nil {
		if u := bytes.TrimSpace(r.User); len(u) > 0 && !wrongPassword(code, r.Response) {
			c.signedIn(s, u, sec)
		}
	}
	cmd := r.Command
	switch {
	case isVerb(cmd, "AUTH"):
		switch {
		case wrongPassword(code, r.Response):
			c.guess(s, sec)
		case code == 235:
			s.signed = true // a log of ten columns does not say who
		}
	case isVerb(cmd, "MAIL"):
		s.reset()
		if code == 0 || code/100 == 2 {
			s.sender, _ = pathOf(s.sender[:0], r.Detail)
			s.null = len(s.sender) == 0
			s.localFrom = c.isLocal(domainOf(s.sender))
		}
	case isVerb(cmd, "RCPT"):
		c.inRcpt(s, r, sec, code)
	case isVerb(cmd, "DATA"):
		if code == 354 {
			c.handedIn(s, sec)
			s.reset()
		}
	case isVerb(cmd, "RSET"):
		s.reset()
	}
}

// reset forgets the message under way.
func (s *session) reset() {
	s.sender, s.null, s.rcpts = s.sender[:0], false, 0
	s.granted, s.bad, s.foreign, s.localFrom, s.mailbox = 0, 0, false, false, ""
	s.grants = s.grants[:0]
	s.to = [4]uint64{}
}

// signedIn takes the name of the user of a session.
func (c *Collector) signedIn(s *session, name []byte, sec int64) {
	c.buf = appendLower(c.buf[:0], name)
	u, ok := c.users.by[string(c.buf)]
	if !ok {
		u = c.users.make(string(c.buf))
		c.learn(u.name)
	}
	s.user, s.signed = u, true
	c.signIn(u, s, sec)
}

// inRcpt takes one recipient of a message that comes in.
func (c *Collector) inRcpt(s *session, r *mailenable.Row, sec int64, code int) {
	if s.signed && code/100 == 2 {
		s.granted++
		return
	}
	c.buf, _ = pathOf(c.buf[:0], r.Detail)
	address := c.buf
	if code/100 != 2 {
		if code/100 == 5 {
			s.bad++
			if !s.signed && len(address) > 0 {
				c.refusedRcpt(s, address, code, sec)
			}
		}
		return
	}
	s.granted++
	if n := s.granted; n <= len(s.to) {
		s.to[n-1] = c.hash(address)
	}
	if s.mailbox == "" {
		s.mailbox = c.forwards.word(address)
	}
	c.grantRcpt(s, address, sec)
}

// handedIn counts a message whose contents were asked for. No row shows the
// final answer; the session goes on under a new id.
func (c *Collector) handedIn(s *session, sec int64) {
	if s.granted == 0 {
		return
	}
	sp := span{messages: 1, recipients: uint32(s.granted), bad: uint32(s.bad)}
	c.remember(s, sec)
	if !s.signed {
		for _, g := range s.grants {
			g.messages++
		}
		if s.peer.IsValid() {
			c.anon.of(s.remote).add(sec, c.hour, c.day, sp)
		}
		for _, g := range s.grants {
			if !c.isLocal([]byte(g.domain)) {
				c.inHour.add(sec, c.hour, c.day, sp)
				break
			}
		}
		return
	}
	c.inHour.add(sec, c.hour, c.day, sp)
	if u := s.user; u == nil {
		c.unnamed++
	} else {
		u.add(sec, c.hour, c.day, sp)
		c.usedSender(u, s.sender)
		if n := u.nets[networkOf(s.peer)]; n != nil {
			n.messages++
		}
		if account := domainOf([]byte(u.name)); len(account) > 0 {
			c.accounts.of(account).add(sec, c.hour, c.day, sp)
		}
	}
	if s.peer.IsValid() {
		c.clients.of(s.remote).add(sec, c.hour, c.day, sp)
		c.buf = networkOf(s.peer).AppendTo(c.buf[:0])
		c.networks.of(c.buf).add(sec, c.hour, c.day, sp)
	}
}

// usedSender keeps which senders a user writes under.
func (c *Collector) usedSender(u *talker, sender []byte) {
	if len(sender) == 0 {
		return
	}
	if n, ok := u.senders[string(sender)]; ok {
		u.senders[string(sender)] = n + 1
		return
	}
	if u.senders == nil {
		u.senders = map[string]uint32{}
	}
	if len(u.senders) < maxGrantees {
		u.senders[string(sender)] = 1
	}
}
