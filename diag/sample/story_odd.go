package sample

import (
	"fmt"
	"strings"
	"time"
)

// common are the pieces that every sample has: a first message in each Inbox,
// so that no folder is empty, for each destination that ever accepted an
// acceptance late enough to be the last one, a first refusal right where each
// incident begins, and messages that were given up.
func (w *traffic) common() []piece {
	s := w.site
	var out []piece
	for i, m := range s.mailboxes {
		d := newDice(w.seed, classOdd, i)
		at := s.now.Add(-d.between(20*24*time.Hour, 28*24*time.Hour))
		o := &ordinary{
			id: d.id(), host: s.host, from: "postmaster@" + s.postoffices[0].domain, to: m.address, name: "Postmaster",
			subject: "Welcome", date: w.at(at), clientIP: w.client(d), signedIn: true, kind: i % 4,
			body: "Welcome to your new mailbox.\n\nIf a message comes back with ME-E0193 or \"Message Delivery Failure\", forward it to us.\n",
		}
		out = append(out, piece{files: []file{{folder: m.inbox(), name: o.id, at: at, body: o.append}}})
	}
	for i, to := range s.destinations {
		if to.weight == 0 {
			continue
		}
		d := newDice(w.seed, classOdd, 1000+i)
		from := senderOf(d, s.senders)
		at := to.accept.Add(-d.between(2*time.Minute, 50*time.Minute))
		t := s.tell(d, spoken{
			at: at, id: d.id(), to: to, sender: from.address, rcpts: w.recipients(d, to, 1), subject: pick(d, s.subjects),
			words: w.words(d, to, from.address, at), size: 4096,
		})
		out = append(out, piece{
			sessions: []logSession{t.logSession},
			marks:    []mark{{domain: to.key, accepted: 1, acceptedAt: t.accepted}},
		})
	}
	for i, t := range s.refusing {
		if t.mild || t.since == 0 || len(s.senders) == 0 {
			continue
		}
		d := newDice(w.seed, classOdd, 2000+i)
		at := t.from.Add(d.between(0, 4*time.Minute))
		sh := w.shipment(d, at, t, w.author(d, s.senders, at))
		out = append(out, w.report(sh, nil))
	}
	return append(out, w.expired()...)
}

// oddities makes the peculiar pieces of a story one after the other.
type oddities struct {
	*traffic
	out []piece
	n   int
}

// roll returns the chance of the next piece.
func (o *oddities) roll() dice {
	o.n++
	return newDice(o.seed, classOdd, 10_000+o.n)
}

func (o *oddities) add(p piece) { o.out = append(o.out, p) }

func (o *oddities) ago(d time.Duration) time.Time { return o.site.now.Add(-d) }

// to returns a destination of the site by domain. The names are the story's
// own, so a missing one is a mistake in this package.
func (o *oddities) to(domain string) *destination {
	for _, d := range o.site.destinations {
		if d.domain == domain {
			return d
		}
	}
	panic(fmt.Sprintf("sample: no destination %q", domain))
}

// trouble returns what domain says by the id of the refusal.
func (o *oddities) trouble(domain, says string) *trouble {
	to := o.to(domain)
	for i := range to.troubles {
		if to.troubles[i].says == says {
			return &to.troubles[i]
		}
	}
	panic(fmt.Sprintf("sample: %q never says %q", domain, says))
}

func (o *oddities) box(address string) *mailbox {
	for _, m := range o.site.mailboxes {
		if m.address == address {
			return m
		}
	}
	panic(fmt.Sprintf("sample: no mailbox %q", address))
}

// by is the author with that address.
func (o *oddities) by(d dice, address string) author {
	return author{box: o.box(address), client: o.client(d), subject: pick(d, o.site.subjects)}
}

// refusal makes a refused message whose NDR lies in the sender's Inbox.
func (o *oddities) refusal(ago time.Duration, domain, says, from string, set func(*shipment), change func(*ndr)) {
	d := o.roll()
	sh := o.shipment(d, o.ago(ago), o.trouble(domain, says), o.by(d, from))
	sh.plain = true
	if sh.from == nil && !sh.trouble.forwarded {
		sh.from, sh.sender = o.box(from), from
		sh.words.sender = from
	}
	if set != nil {
		set(sh)
	}
	o.add(o.report(sh, change))
}

// single puts one ordinary message into a mailbox.
func (o *oddities) single(box string, m ordinary) {
	d := o.roll()
	at := o.ago(d.between(time.Hour, 60*time.Hour))
	m.id, m.host, m.to, m.date, m.clientIP = d.id(), o.site.host, box, o.traffic.at(at), pick(d, remoteClients[:])
	if m.from == "" {
		m.from = pick(d, o.site.foreign)
	}
	o.add(piece{files: []file{{folder: o.box(box).inbox(), name: m.id, at: at, body: m.append}}})
}

func raw(text string) func([]byte) []byte {
	return func(b []byte) []byte { return append(b, text...) }
}

// binary is contents that are no text: what a broken disk leaves.
func binary(d dice, n int) func([]byte) []byte {
	seed := d.Uint64()
	return func(b []byte) []byte {
		r := newDice(seed, 0, 0)
		for range n / 8 {
			x := r.Uint64()
			b = append(b, 0, byte(x), byte(x>>8), 0, byte(x>>16), 0xFF, 0, byte(x>>24))
		}
		return b
	}
}

// forwardedNotice is an NDR as a person quotes it in mail of their own.
func (o *oddities) forwardedNotice(prefix string) string {
	d := o.roll()
	n := &ndr{
		kind: ndrDomain, about: d.id(), host: o.site.host, domain: "example.com",
		items: []ndrItem{{"office@example.com", []string{"554 Your access to this mail system has been rejected"}, false}},
	}
	text := "From: \"Delivery Subsystem\" <postmaster@" + o.site.postoffices[0].domain + ">\nSubject: Message Delivery Failure\n\n" + n.text()
	if prefix == "" {
		return text
	}
	return prefix + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+prefix) + "\n"
}
