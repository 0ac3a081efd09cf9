package audit

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"

	"metriage/diag/mailenable"
)

// outSession is what a session of the SMTP-OU side needs to know.
type outSession struct {
	host    string
	provID  int
	own     netip.Addr
	from    *talker // the sender
	pat     *pattern
	forward *forward
	in      *recent // the inbound message that this one follows
	fresh   bool    // first time that this message is tried
	id      uint64
	pending int
	dest    string
	// What the sender did with this message, added up at its end.
	sum  span
	at   int64
	hour int64
	day  int32
}

// outcome of a recipient.
type outcome uint8

const (
	accepted outcome = iota
	deferredFor
	refusedFor
)

// outRow takes a row of a delivery.
func (c *Collector) outRow(s *session, r *mailenable.Row, sec int64, code int) {
	c.outbound++
	cmd := r.Command
	switch {
	case isVerb(cmd, "CONN"):
		s.host = c.own.hostOf(r.Response)
		s.provID = c.provider(s.host)
		if code/100 >= 4 {
			s.ownFrom(r.Response)
			c.outcome(s, sec, outcomeOf(code), 1)
		}
	case isVerb(cmd, "EHLO"), isVerb(cmd, "HELO"):
		c.hello(s, r, sec, code)
	case isVerb(cmd, "MAIL"):
		c.outMail(s, r, sec, code)
	case isVerb(cmd, "RCPT"):
		c.outRcpt(s, r, sec, code)
	case isVerb(cmd, "DATE"), len(cmd) == 1 && cmd[0] == '.':
		c.outEnd(s, r, sec, code)
	case isVerb(cmd, "DATA"):
		if code/100 >= 4 {
			c.outEnd(s, r, sec, code)
		}
	}
}

func outcomeOf(code int) outcome {
	switch code / 100 {
	case 2:
		return accepted
	case 5:
		return refusedFor
	}
	return deferredFor
}

func (c *Collector) outMail(s *session, r *mailenable.Row, sec int64, code int) {
	c.settleOut(s)
	s.sender, _ = pathOf(s.sender[:0], r.Detail)
	s.null = len(s.sender) == 0
	s.pending, s.in, s.forward, s.rcpts = 0, nil, nil, 0
	s.at, s.hour, s.day = sec, c.hour, c.day
	s.id = c.hash(r.ID)
	s.fresh = len(r.ID) == 0 || c.seen.add(s.id)
	s.from, s.pat = nil, nil
	if s.null {
		if s.fresh {
			c.own.null.add(sec, c.hour, c.day, span{messages: 1, recipients: 1})
		}
	} else {
		s.from = c.senders.of(s.sender)
		switch {
		case !s.fresh:
			s.forward = c.deferred[s.id].forward
		case !c.isLocal(domainOf(s.sender)):
			s.in = c.recall(s.sender, sec)
		}
	}
	if s.fresh {
		c.own.sent.add(sec, c.hour, c.day, span{messages: 1, recipients: 1})
		s.sum.messages = 1
	}
	s.pat = c.patterns.of(c, r.Subject)
	if s.pat != nil && s.fresh {
		s.pat.message(s.sender, sec, c.day, sizeOf(r.Detail), r.Subject)
	}
	if code/100 >= 4 {
		s.ownFrom(r.Response)
		c.outcome(s, sec, outcomeOf(code), 1)
	}
}

func (c *Collector) outRcpt(s *session, r *mailenable.Row, sec int64, code int) {
	if s.rcpts == 0 {
		c.hostUse(s, domainIn(r.Detail))
	}
	s.rcpts++
	if s.in != nil && s.forward == nil {
		c.buf, _ = pathOf(c.buf[:0], r.Detail)
		s.forward = c.forwards.follow(s.in, c.buf, c.hash(c.buf), string(s.sender), sec, c.day)
	}
	if s.fresh {
		s.sum.recipients++
	}
	switch {
	case code/100 == 2:
		s.pending++
	case code/100 >= 4:
		s.ownFrom(r.Response)
		c.outcome(s, sec, outcomeOf(code), 1)
		if code/100 == 5 {
			s.sum.bad++
		}
	}
}

// outEnd takes the answer to the contents.
func (c *Collector) outEnd(s *session, r *mailenable.Row, sec int64, code int) {
	if s.pending == 0 || code/100 < 2 || code/100 == 3 {
		return
	}
	if code/100 >= 4 {
		s.ownFrom(r.Response)
	}
	c.outcome(s, sec, outcomeOf(code), s.pending)
	s.pending = 0
}

// settleOut ends a message: what its sender did with it is counted.
func (c *Collector) settleOut(s *session) {
	s.pending = 0
	if s.from != nil && s.sum != (span{}) {
		s.from.add(s.at, s.hour, s.day, s.sum)
	}
	s.sum = span{}
}

// outcome counts what became of n recipients.
func (c *Collector) outcome(s *session, sec int64, o outcome, n int) {
	c.own.outcome(s, sec, o, n)
	if o == refusedFor {
		s.sum.refused += uint32(n)
		if s.pat != nil {
			s.pat.refused += n
		}
	}
	if s.forward != nil {
		s.forward.outcome(o, n, sec, c.day)
	}
	c.time(s, sec, o)
}

// tried is when a message was deferred first and last.
type tried struct {
	first, last int64
	forward     *forward
}

// time keeps how long messages that are deferred are tried.
func (c *Collector) time(s *session, sec int64, o outcome) {
	if s.id == 0 {
		return
	}
	t, ok := c.deferred[s.id]
	switch {
	case o != deferredFor:
		if ok {
			delete(c.deferred, s.id)
		}
	case ok:
		t.last = sec
		c.deferred[s.id] = t
	case len(c.deferred) < maxDeferred:
		c.deferred[s.id] = tried{sec, sec, s.forward}
	}
}

// sizeOf returns the SIZE of a MAIL command (RFC 1870), 0 for none.
func sizeOf(detail []byte) int64 {
	i := bytes.LastIndexByte(detail, '=')
	if i < 4 || !isVerb(detail[i-4:i], "SIZE") {
		if i = bytes.Index(detail, []byte("SIZE=")) + 4; i < 4 {
			return 0
		}
	}
	var n int64
	for _, x := range detail[i+1:] {
		if x < '0' || x > '9' || n > 1<<40 {
			break
		}
		n = n*10 + int64(x-'0')
	}
	return n
}

// ownFrom takes our address from a refusal where the EHLO reply did not show
// it.
func (s *session) ownFrom(reply []byte) {
	if s.own.IsValid() {
		return
	}
	for b := reply[:min(len(reply), 512)]; len(b) > 0; {
		i := 0
		for i < len(b) && (b[i] < '0' || b[i] > '9') {
			i++
		}
		b = b[i:]
		n, dots := 0, 0
		for n < len(b) && (b[n] == '.' || b[n] >= '0' && b[n] <= '9') {
			if b[n] == '.' {
				dots++
			}
			n++
		}
		word := bytes.TrimRight(b[:n], ".")
		b = b[n:]
		if dots < 3 || len(word) < 7 || len(word) > 15 {
			continue
		}
		if a, err := netip.ParseAddr(string(word)); err == nil && string(word) != string(s.remote) && !private(a) && !version(string(word)) {
			s.own = a
			return
		}
	}
}

// version tells "4.3.2.1" of software from an address: all parts of one digit.
func version(s string) bool {
	for p := range strings.SplitSeq(s, ".") {
		if n, err := strconv.Atoi(p); err != nil || n > 9 {
			return false
		}
	}
	return true
}

// seenSet remembers which messages were seen, as many as it has places. Each
// message has a few of them to choose from; the newest takes the place of the
// oldest there.
type seenSet []uint64

// seenPlaces is how many places a message has.
const seenPlaces = 8

// add reports whether k is new.
func (s seenSet) add(k uint64) bool {
	from := k % uint64(len(s)/seenPlaces) * seenPlaces
	places := s[from : from+seenPlaces]
	for _, v := range places {
		if v == k {
			return false
		}
	}
	copy(places[1:], places)
	places[0] = k
	return true
}
