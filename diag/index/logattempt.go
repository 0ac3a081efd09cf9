package index

import (
	"net/netip"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// take puts the rows of a batch into their sessions and counts its lines.
func (r *logReader) take(f *logFile, b *rowBatch) {
	f.lines += b.lines
	f.skipped += b.skipped
	for i := range b.rows {
		r.sessions.AddRow(&b.rows[i])
	}
}

// target keeps what a line of a Debug or MTA log says of a message.
func (r *logReader) target(routes *mailenable.MTAParser, line []byte) {
	s := r.x.store
	if l, ok := mailenable.LinkOf(line); ok {
		r.targets = append(r.targets, target{id: s.ids.of(l.To), from: s.ids.of(l.From), domain: s.text.ref(l.Domain)})
		return
	}
	if !r.l.mta {
		return
	}
	if m, ok := routes.Parse(line); ok && m.Sent && strings.Contains(m.To, "@") && !strings.Contains(m.To, ":") {
		r.targets = append(r.targets, target{id: s.ids.of(m.ID), from: noID, sender: s.lower(m.Sender), routed: true})
	}
}

// attempt keeps one outcome within the window.
func (r *logReader) attempt(a mailenable.Attempt) {
	if r.x.old(a.Time) {
		return
	}
	s := r.x.store
	rcpt := s.lower(a.Recipient)
	domain, ok := r.domains[rcpt]
	if !ok {
		if len(r.domains) > maxJudged {
			clear(r.domains)
		}
		domain = s.text.ref(diag.AddressDomain(a.Recipient))
		r.domains[rcpt] = domain
	}
	c := common{
		inst: uint16(r.l.inst), domain: domain, sender: s.lower(a.Sender), sent: a.SenderKnown,
		host: s.text.ref(a.Banner), helo: s.text.ref(a.HELO),
	}
	c.remote, c.own = r.addr(a.Remote), r.addr(a.SeenAs)
	id := s.ids.of(a.ID)
	if a.ID == "" {
		// Without an id, sessions have nothing in common.
		id = s.ids.of("session with " + a.Remote.String() + " at " + a.Began.Format(time.DateTime))
	}
	if a.Outcome == mailenable.Accepted {
		r.accepted = append(r.accepted, acceptance{moment(a.Time), id, rcpt, s.commons.of(c)})
	} else {
		j := r.judge.of(a.Reply, reply.Context{
			Stage: a.Stage, RemoteHost: a.Banner, Recipient: a.Recipient, Sender: a.Sender,
			OwnDomain: r.x.opt.OwnDomain, At: a.Time,
		})
		if j.own != 0 {
			c.own = j.own
		}
		if domain == 0 {
			c.guess = j.guess
		}
		kind := logDeferred
		if a.Outcome == mailenable.Refused {
			kind = logRefused
		}
		r.events = append(r.events, event{
			kind: kind, when: moment(a.Time), id: id, rcpt: rcpt, raw: j.raw, answer: j.answer,
			subject: s.text.ref(cut(a.Subject, maxSubject)), flags: stageIndex(a.Stage), common: s.commons.of(c),
		})
	}
	if len(r.events)+len(r.accepted) >= attemptBatch {
		r.flush()
	}
}

// addr gives an address its ref; few occur again and again.
func (r *logReader) addr(a netip.Addr) ref {
	if !a.IsValid() {
		return 0
	}
	n, ok := r.addrs[a]
	if !ok {
		if len(r.addrs) > maxJudged {
			clear(r.addrs)
		}
		n = r.x.store.text.ref(a.String())
		r.addrs[a] = n
	}
	return n
}

// flush hands what was read to the index.
func (r *logReader) flush() {
	read := r.bytes.Swap(0)
	if len(r.events)+len(r.accepted)+len(r.targets)+int(read) == 0 {
		return
	}
	x, l := r.x, r.l
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range r.events {
		l.events.add(e)
	}
	for _, a := range r.accepted {
		l.accepted.add(a)
	}
	for _, t := range r.targets {
		l.targets.add(t)
	}
	x.prog.LogBytes += read
	x.store.edits++
	r.events, r.accepted, r.targets = r.events[:0], r.accepted[:0], r.targets[:0]
}
