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
// no recipient is named, with everything that any source says about it.
type record struct {
	id, rcpt, domain, sender, account ref
	subject, path, raw, host          ref
	own, remote                       ref
	answer                            uint32
	inst                              uint16
	attempts                          uint16
	state                             state
	sources                           diag.Source
	stage                             uint8
	e0193, sent, waiting, guessed     bool
	quoted                            bool  // rcpt is from a quoted header
	bounced                           bool  // an NDR says that it failed for good
	first, last                       int64 // refused for good, or for now while not final
	accepted                          int64
}

// build is one making of records from events.
type build struct {
	events  []event
	targets map[ref]ref
	banners map[ref]ref // banner -> the domain that its other sessions were for
	records []record
}

// merge puts the events of each message together and then matches what
// different sources say under different ids.
func merge(s snapshot) []record {
	b := build{events: s.events, targets: s.targets}
	b.learnBanners()
	for _, list := range b.byMessage(len(s.text)) {
		b.message(list)
	}
	b.matchSources(s)
	return b.records
}

// learnBanners finds for every banner host the domain that most sessions with
// it were for; the smaller ref decides between equals, so that the answer
// does not depend on chance.
func (b *build) learnBanners() {
	type key struct{ host, domain ref }
	n := map[key]int{}
	for i := range b.events {
		e := &b.events[i]
		if e.host != 0 && e.rcpt != 0 && e.kind >= logAccepted && e.kind <= logRefused {
			n[key{e.host, e.domain}]++
		}
	}
	b.banners = map[ref]ref{}
	best := map[ref]int{}
	for k, c := range n {
		if c > best[k.host] || c == best[k.host] && k.domain < b.banners[k.host] {
			best[k.host], b.banners[k.host] = c, k.domain
		}
	}
}

// byMessage returns the events of each message of each installation in the
// order of time, messages in the order of their first event.
func (b *build) byMessage(refs int) [][]*event {
	type key struct {
		inst uint16
		id   ref
	}
	at := make(map[key]int32, refs/4)
	heads := make([]int32, 0, refs/4)
	next := make([]int32, len(b.events))
	tails := make([]int32, 0, refs/4)
	for i := range b.events {
		k := key{b.events[i].inst, b.events[i].id}
		next[i] = -1
		if n, ok := at[k]; ok {
			next[tails[n]] = int32(i)
			tails[n] = int32(i)
		} else {
			at[k] = int32(len(heads))
			heads = append(heads, int32(i))
			tails = append(tails, int32(i))
		}
	}
	out := make([][]*event, len(heads))
	room := make([]*event, 0, len(b.events))
	for n, h := range heads {
		start := len(room)
		for i := h; i >= 0; i = next[i] {
			room = append(room, &b.events[i])
		}
		list := room[start:len(room):len(room)]
		slices.SortStableFunc(list, func(x, y *event) int {
			if x.when != y.when {
				return int(min(max(x.when-y.when, -1), 1))
			}
			return int(x.kind) - int(y.kind)
		})
		out[n] = list
	}
	return out
}

// message makes the records of one message.
func (b *build) message(list []*event) {
	guessed := b.attribute(list)
	doubtQuoted(list)
	start := len(b.records)
	// Recipients that any source names.
	for _, e := range list {
		if e.rcpt != 0 && b.find(start, e.rcpt, 0) < 0 {
			b.records = append(b.records, record{id: e.id, inst: e.inst, rcpt: e.rcpt, domain: e.domain})
		}
	}
	named := len(b.records)
	for i := start; i < named; i++ {
		r := &b.records[i]
		for _, e := range list {
			// What is said of a domain is said of its recipients, but not of
			// those that were already accepted.
			if e.rcpt == r.rcpt || e.rcpt == 0 && e.domain == r.domain && r.state != stateAccepted {
				r.take(e)
			}
		}
		r.settle()
	}
	// Domains without a named recipient, or none that still waits for word.
	for _, e := range list {
		if e.rcpt != 0 || b.covers(start, named, e) {
			continue
		}
		i := b.find(named, 0, e.domain)
		if i < 0 {
			i = len(b.records)
			b.records = append(b.records, record{
				id: e.id, inst: e.inst, domain: e.domain, guessed: guessed && (e.kind == logRefused || e.kind == logDeferred),
			})
		}
		b.records[i].take(e)
	}
	for i := named; i < len(b.records); i++ {
		b.records[i].settle()
	}
}

// doubtQuoted takes the recipient away from events that have it from a quoted
// To field where an envelope or session of the same message names others of
// that domain: the field is not who the message went to.
func doubtQuoted(list []*event) {
	for _, e := range list {
		if !e.quoted || e.rcpt == 0 {
			continue
		}
		others, same := false, false
		for _, o := range list {
			if !o.quoted && o.rcpt != 0 && o.domain == e.domain {
				others, same = true, same || o.rcpt == e.rcpt
			}
		}
		if others && !same {
			e.rcpt = 0
		}
	}
}

func (b *build) find(from int, rcpt, domain ref) int {
	for i := from; i < len(b.records); i++ {
		if r := &b.records[i]; r.rcpt == rcpt && (rcpt != 0 || r.domain == domain) {
			return i
		}
	}
	return -1
}

// covers reports whether what e says of a domain was said of a recipient
// there. A bounce for a domain whose recipients were all accepted stands for
// itself.
func (b *build) covers(from, to int, e *event) bool {
	for i := from; i < to; i++ {
		if r := &b.records[i]; r.domain == e.domain && (e.kind != ndrFailed || r.bounced) {
			return true
		}
	}
	return false
}

// attribute gives sessions that were refused before RCPT their domain: that
// of an envelope, NDR or debug line with the same id; else that of other
// sessions with the same banner; else the registrable domain of the host in
// the reply. It reports whether it had to guess.
func (b *build) attribute(list []*event) (guessed bool) {
	var known []ref
	for _, e := range list {
		if e.domain != 0 && !slices.Contains(known, e.domain) {
			known = append(known, e.domain)
		}
	}
	for _, e := range list {
		if e.domain != 0 || e.kind != logRefused && e.kind != logDeferred {
			continue
		}
		banner := b.banners[e.host]
		switch {
		case len(known) == 1:
			e.domain = known[0]
		case len(known) > 1 && slices.Contains(known, banner):
			e.domain = banner
		case len(known) > 1:
			e.domain = known[0]
		case b.targets[e.id] != 0:
			e.domain = b.targets[e.id]
		case banner != 0 && e.host != 0:
			e.domain, guessed = banner, true
		default:
			e.domain, guessed = e.guess, true
		}
	}
	return guessed
}
