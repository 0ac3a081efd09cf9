package audit

import "time"

// forwards ties what goes out under a foreign sender to the inbound message
// that it follows. Sender and time are all that the Activity log shares.
type forwards struct {
	ring   []*recent
	next   int
	by     map[uint64]*recent // by the sender's hash, the newest
	boxes  map[string]*forward
	words  map[string]string
	lost   int // mail under a foreign sender that follows nothing
	signed int // that a user who signed in sent
	relays int // that was addressed so when it came in
	lostAs string
	last   int64 // of lost
}

// recent is an inbound message that an outgoing one can follow.
type recent struct {
	sender  uint64
	at      int64
	mailbox string
	to      [4]uint64
	signed  bool
	before  *recent // an earlier one of the same sender, if it is still one
}

// forward is one mailbox, or address, whose mail goes on to others.
type forward struct {
	mailbox     string
	to          map[string]int // recipients there
	toMore      int
	messages    int
	accepted    int
	deferred    int
	refused     int
	first, last int64
	sender      string // one of them
	days        []daySpan
}

// followWithin is how long after an inbound message its copy may leave. Queues
// that are full take their time.
const followWithin = int64(30 * time.Minute / time.Second)

func (f *forwards) init() {
	f.ring = make([]*recent, maxRecent)
	f.by, f.boxes, f.words = map[uint64]*recent{}, map[string]*forward{}, map[string]string{}
}

// word keeps one string for equal addresses.
func (f *forwards) word(b []byte) string {
	if s, ok := f.words[string(b)]; ok {
		return s
	}
	if len(f.words) >= maxTalkers {
		clear(f.words)
	}
	s := string(b)
	f.words[s] = s
	return s
}

// remember keeps a message that was handed in.
func (c *Collector) remember(s *session, sec int64) {
	if s.null || !s.signed && s.localFrom {
		return // it cannot go out under a foreign sender
	}
	f := &c.forwards
	r := f.ring[f.next]
	if r == nil {
		r = &recent{}
		f.ring[f.next] = r
	} else if f.by[r.sender] == r {
		delete(f.by, r.sender)
	}
	f.next = (f.next + 1) % len(f.ring)
	h := c.hash(s.sender)
	*r = recent{sender: h, at: sec, mailbox: s.mailbox, to: s.to, signed: s.signed, before: f.by[h]}
	f.by[h] = r
}

// maxChain is how many inbound messages of one sender are told apart.
const maxChain = 8

// recall finds the inbound message that one under a foreign sender follows: of
// several by the same sender one for a mailbox that is known to pass mail on.
func (c *Collector) recall(sender []byte, sec int64) *recent {
	f := &c.forwards
	h := c.hash(sender)
	var best *recent
	for r, n := f.by[h], 0; r != nil && n < maxChain && r.sender == h; r, n = r.before, n+1 {
		if sec < r.at-1 || sec-r.at > followWithin {
			continue
		}
		if best == nil {
			best = r
		}
		if !r.signed && f.boxes[r.mailbox] != nil {
			best = r
			break
		}
	}
	switch {
	case best == nil:
		f.lost++
		f.lostAs, f.last = string(sender), sec
	case best.signed:
		f.signed++
		best = nil
	}
	return best
}

// follow counts one message that goes on from a mailbox to another address.
func (f *forwards) follow(in *recent, to []byte, hash uint64, sender string, sec int64, day int32) *forward {
	for _, h := range in.to {
		if h == hash {
			f.relays++
			return nil // it was addressed there from the beginning
		}
	}
	x := f.boxes[in.mailbox]
	if x == nil {
		if len(f.boxes) >= maxForwards {
			f.shrink()
		}
		x = &forward{mailbox: in.mailbox, to: map[string]int{}, first: sec, sender: sender}
		f.boxes[in.mailbox] = x
	}
	x.messages++
	x.last = sec
	addDay(&x.days, UsageDays, day, span{messages: 1})
	if n, ok := x.to[string(to)]; ok || len(x.to) < maxOutside {
		x.to[string(to)] = n + 1
	} else {
		x.toMore++
	}
	return x
}

func (f *forwards) shrink() {
	for least := 1; len(f.boxes) > maxForwards/2; least *= 2 {
		for k, x := range f.boxes {
			if x.messages <= least {
				delete(f.boxes, k)
			}
		}
	}
}

func (x *forward) outcome(o outcome, n int, sec int64, day int32) {
	switch o {
	case accepted:
		x.accepted += n
		addDay(&x.days, UsageDays, day, span{recipients: uint32(n)})
	case deferredFor:
		x.deferred += n
	case refusedFor:
		x.refused += n
		addDay(&x.days, UsageDays, day, span{recipients: uint32(n), refused: uint32(n)})
	}
	x.last = max(x.last, sec)
}
