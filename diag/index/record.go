package index

import (
	"slices"

	"metriage/diag"
)

// state is how a recipient of a message stands.
type state uint8

const (
	stateNone    state = iota // queued, not tried yet
	stateDelayed              // refused for now
	stateFailed               // refused for good
	stateAccepted
)

// record is one recipient of one message, or one domain of one message where
// no recipient is named, with everything that any source says about it. What
// the log alone says was accepted has none: it is one bit, see picture.
type record struct {
	id, logged               idref // logged is the id under which the log has it, mostly the same
	rcpt, domain             ref
	sender, account, subject ref
	raw, host, own, remote   ref
	answer                   uint32
	item                     uint32 // the file that reports it best, 0 for none
	first, last              uint32 // refused for good, or for now while not final; last is when it was accepted
	attempts, inst           uint16
	state                    state
	sources                  diag.Source
	stage                    uint8
	flags                    recordFlag
}

type recordFlag uint8

const (
	recE0193   recordFlag = 1 << iota
	recSent               // the sender is known
	recWaiting            // in the queue
	recGuessed            // the domain is a guess
	recMessage            // the message half of item reports it
	recQuoted             // the recipient is from a quoted header
)

func (r *record) is(f recordFlag) bool { return r.flags&f != 0 }

// draft is a record in the making.
type draft struct {
	record
	bounced  bool // an NDR says that it failed for good
	accepted uint32
	taken    int // facts
	pure     int // of them acceptances
	bit      acceptBit
}

// acceptBit is where an acceptance is: its log and its number there.
type acceptBit struct{ log, n uint32 }

// fact is an event with its context.
type fact struct {
	event
	common
	bit acceptBit // of an acceptance
	at  uint32    // number of the event, else
}

// message makes the records of one message from its facts, which are in the
// order of time.
func (b *build) message(list []fact) {
	guessed := b.attribute(list)
	doubtQuoted(list)
	b.drafts = b.drafts[:0]
	clear(b.byRcpt)
	// Recipients that any source names.
	for i := range list {
		if f := &list[i]; f.rcpt != 0 && b.find(f.rcpt) < 0 {
			b.add(draft{record: record{id: f.id, logged: f.id, inst: f.inst, rcpt: f.rcpt, domain: f.domain}})
		}
	}
	named := len(b.drafts)
	for i := range list {
		f := &list[i]
		if f.rcpt != 0 {
			b.drafts[b.find(f.rcpt)].take(f)
			continue
		}
		// What is said of a domain is said of its recipients, but not of those
		// that were already accepted.
		for k := range named {
			if d := &b.drafts[k]; d.domain == f.domain && d.state != stateAccepted {
				d.take(f)
			}
		}
	}
	for k := range named {
		b.drafts[k].settle()
	}
	// Domains without a named recipient, or none that still waits for word.
	for i := range list {
		f := &list[i]
		if f.rcpt != 0 || b.covers(named, f) {
			continue
		}
		k := named
		for k < len(b.drafts) && b.drafts[k].domain != f.domain {
			k++
		}
		if k == len(b.drafts) {
			d := draft{record: record{id: f.id, logged: f.id, inst: f.inst, domain: f.domain}}
			if guessed && (f.kind == logRefused || f.kind == logDeferred) {
				d.flags = recGuessed
			}
			b.drafts = append(b.drafts, d)
		}
		b.drafts[k].take(f)
	}
	for k := named; k < len(b.drafts); k++ {
		b.drafts[k].settle()
	}
	for k := range b.drafts {
		d := &b.drafts[k]
		if d.taken == d.pure && d.rcpt != 0 {
			b.accept(d.bit)
			continue
		}
		if d.state == stateAccepted {
			d.last = d.accepted
		}
		if !d.is(recSent) {
			if sender, ok := b.links.from(b.ids.index(d.logged)); ok {
				d.sender = sender
				d.flags |= recSent
			}
		}
		b.records = append(b.records, d.record)
	}
}

// doubtQuoted takes the recipient away from facts that have it from a quoted
// To field where an envelope or session of the same message names others of
// that domain: the field is not who the message went to.
func doubtQuoted(list []fact) {
	for i := range list {
		q := &list[i]
		if q.event.flags&isQuoted == 0 || q.rcpt == 0 {
			continue
		}
		others, same := false, false
		for k := range list {
			if f := &list[k]; f.event.flags&isQuoted == 0 && f.rcpt != 0 && f.domain == q.domain {
				others, same = true, same || f.rcpt == q.rcpt
			}
		}
		if others && !same {
			q.rcpt = 0
		}
	}
}

// manyRecipients is from how many on recipients are looked up in a map.
const manyRecipients = 32

func (b *build) find(rcpt ref) int {
	if len(b.drafts) > manyRecipients {
		if k, ok := b.byRcpt[rcpt]; ok {
			return k
		}
		return -1
	}
	for k := range b.drafts {
		if b.drafts[k].rcpt == rcpt {
			return k
		}
	}
	return -1
}

func (b *build) add(d draft) {
	b.drafts = append(b.drafts, d)
	switch n := len(b.drafts); {
	case n == manyRecipients+1:
		for k := range b.drafts {
			b.byRcpt[b.drafts[k].rcpt] = k
		}
	case n > manyRecipients:
		b.byRcpt[d.rcpt] = n - 1
	}
}

// covers reports whether what f says of a domain was said of a recipient
// there. A bounce for a domain whose recipients were all accepted stands for
// itself.
func (b *build) covers(named int, f *fact) bool {
	for k := range named {
		if d := &b.drafts[k]; d.domain == f.domain && (f.kind != ndrFailed || d.bounced) {
			return true
		}
	}
	return false
}

// attribute gives sessions that were refused before RCPT their domain: that
// of an envelope, NDR or debug line with the same id; else that of other
// sessions with the same banner; else the registrable domain of the host in
// the reply. It reports whether it had to guess.
func (b *build) attribute(list []fact) (guessed bool) {
	b.named = b.named[:0]
	open := false
	for i := range list {
		f := &list[i]
		if f.domain == 0 {
			open = open || f.kind == logRefused || f.kind == logDeferred
		} else if n := (named{f.id, f.domain}); len(b.named) < maxKnown && !slices.Contains(b.named, n) {
			b.named = append(b.named, n)
		}
	}
	if !open {
		return false
	}
	for i := range list {
		f := &list[i]
		t := b.links.target(b.ids.index(f.id))
		if t != 0 && len(b.named) < maxKnown && !slices.ContainsFunc(b.named, func(n named) bool { return n.id == f.id }) {
			b.named = append(b.named, named{f.id, t})
		}
	}
	for i := range list {
		f := &list[i]
		if f.domain != 0 || f.kind != logRefused && f.kind != logDeferred {
			continue
		}
		banner := b.banners[f.host]
		b.domains(f.id)
		if len(b.known) == 0 {
			b.domains(noID) // of what it was requeued as, or was before
		}
		switch {
		case len(b.known) == 1:
			f.domain = b.known[0]
		case len(b.known) > 1 && contains(b.known, banner):
			f.domain = banner
		case len(b.known) > 1:
			f.domain = b.known[0]
		case banner != 0 && f.host != 0:
			f.domain, guessed = banner, true
		default:
			f.domain, guessed = f.guess, true
		}
	}
	return guessed
}

// named is a domain that a fact of an id names.
type named struct {
	id     idref
	domain ref
}

// domains puts the domains that facts of an id name into known, with noID those
// of the whole message.
func (b *build) domains(id idref) {
	b.known = b.known[:0]
	for _, n := range b.named {
		if (id == noID || n.id == id) && !contains(b.known, n.domain) {
			b.known = append(b.known, n.domain)
		}
	}
}

// maxKnown bounds the domains of one message that a session without recipient
// may have been for.
const maxKnown = 256

func contains(list []ref, r ref) bool {
	for _, v := range list {
		if v == r {
			return true
		}
	}
	return false
}
