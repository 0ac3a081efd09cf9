package sample

import (
	"slices"
	"time"
)

// accepted is a message that its destination took. A few had to wait for a
// greylist or were taken by the second MX.
func (w *traffic) accepted(d dice, at time.Time, _ int) piece {
	s := w.site
	to := weighted(d, s.destinations, func(x *destination) int {
		if at.Before(x.accept) {
			return x.weight
		}
		return 0
	})
	by := w.author(d, s.mailboxes, at)
	from := by.box
	n := 1
	if d.one(6) {
		n = 2 + d.IntN(3)
	}
	rcpts := w.recipients(d, to, n)
	sp := spoken{
		at: at, id: d.id(), to: to, sender: from.address, rcpts: rcpts, subject: by.subject,
		words: w.words(d, to, from.address, at), size: 900 + d.IntN(60000), plain: d.one(8),
	}
	if s.pooled {
		sp.words.ip = w.spared(d, to, at)
	}
	var p piece
	switch {
	case to.greylist && d.one(3):
		wait := sp
		wait.at1 = map[string]*refusal{}
		for _, r := range rcpts {
			wait.at1[r] = greylisted
		}
		p.sessions = append(p.sessions, s.tell(d, wait).logSession)
		if again := at.Add(15 * time.Minute); again.Before(to.accept) {
			sp.at = again
		} else {
			sp.at = at.Add(time.Minute)
		}
	case len(to.hosts) > 1 && d.one(6):
		first := sp
		first.refused = busy
		p.sessions = append(p.sessions, s.tell(d, first).logSession)
		sp.host, sp.at = 1, at.Add(time.Second)
	}
	t := s.tell(d, sp)
	p.sessions = append(p.sessions, t.logSession)
	p.marks = []mark{{domain: to.key, accepted: len(rcpts), acceptedAt: t.accepted}}
	return p
}

// spared picks an own address that no trouble of to hits at a time.
func (w *traffic) spared(d dice, to *destination, at time.Time) string {
	var out []string
	for i, a := range w.site.addresses {
		hit := false
		for k := range to.troubles {
			t := &to.troubles[k]
			hit = hit || !at.Before(t.from) && slices.Contains(t.only, i)
		}
		if !hit {
			out = append(out, a.ip.String())
		}
	}
	return pick(d, out)
}

// mail is ordinary mail in somebody's Inbox; half of it is in the log.
func (w *traffic) mail(d dice, at time.Time, _ int) piece {
	m := pick(d, w.site.mailboxes)
	o := &ordinary{
		id: d.id(), host: w.site.hostAt(at), to: m.address, subject: pick(d, w.site.subjects), date: w.at(at),
		kind: d.IntN(4), lf: d.one(5), clientIP: pick(d, remoteClients[:]), from: pick(d, w.site.foreign),
	}
	switch {
	case d.one(4):
		from := pick(d, w.site.mailboxes)
		o.from, o.clientIP, o.signedIn = from.address, w.client(d), true
	case d.one(3):
		o.from = w.recipients(d, pick(d, w.site.destinations), 1)[0]
	}
	if d.one(8) {
		o.name = "Office"
	}
	if d.one(150) {
		o.size = 20_000 + d.IntN(40_000)
	}
	if d.one(60) {
		o.body = "Hello,\n\nour provider says the error ME-E0193 came from your side. Could you look into it?\n"
	}
	p := piece{files: []file{{folder: m.inbox(), name: o.id, at: at.Add(2 * time.Second), body: o.append}}}
	if w.logged(at) && !o.signedIn && d.one(2) {
		p.sessions = append(p.sessions, w.site.receive(d, at, o.id, w.seen(o.clientIP), o.from, m.address, ""))
		p.lines = append(p.lines, logLine{at: at.Add(2 * time.Second), mta: true, text: "[" + o.id + "] from (SMTP) [SMTP:" + o.from + "]->[SF:" + m.domain + "/" + m.name + "] Mapped Literal"})
	}
	return p
}

// remoteClients are servers elsewhere that bring mail in.
var remoteClients = [...]string{"203.0.113.5", "203.0.113.27", "203.0.113.140", "192.0.2.11", "192.0.2.77", "198.51.100.201", "198.51.100.202"}

// submitted is a session of one of our users who hands mail in.
func (w *traffic) submitted(d dice, at time.Time, _ int) piece {
	by := w.author(d, w.site.mailboxes, at)
	to := pick(d, w.site.destinations)
	var p piece
	n := 1 + d.IntN(2)
	if by.stolen {
		n += d.IntN(8)
	}
	w.submission(&p, d, at, d.id(), by, w.recipients(d, to, n))
	return p
}

// bad is mail in Bad Mail that is no notice.
func (w *traffic) bad(d dice, at time.Time, _ int) piece {
	id := d.id()
	o := &ordinary{
		id: id, host: w.site.hostAt(at), from: pick(d, w.site.foreign), to: pick(d, w.site.mailboxes).address,
		subject: pick(d, w.site.subjects), date: w.at(at), clientIP: pick(d, remoteClients[:]), kind: d.IntN(2),
		header: "X-ME-BADMAIL: BAD MESSAGE LOOP\n",
	}
	env := envelopeText{
		id: id, recipients: []string{o.to}, server: "Z", sender: o.from, acquired: at, clientIP: o.clientIP,
		status: "Undelivered", subject: o.subject, statusCode: 0,
	}
	return piece{files: pair(badMail, id, at, at, env, o.append)}
}

// quarantined is mail that a filter set aside.
func (w *traffic) quarantined(d dice, at time.Time, _ int) piece {
	id := d.id()
	o := &ordinary{
		id: id, host: w.site.hostAt(at), from: pick(d, w.site.foreign), to: pick(d, w.site.mailboxes).address,
		subject: "You have won", date: w.at(at), clientIP: pick(d, remoteClients[:]), kind: d.IntN(4),
		body: "Dear friend,\n\nanswer within 24 hours to receive your prize.\n",
	}
	env := envelopeText{
		id: id, recipients: []string{o.to}, server: "Z", sender: o.from, acquired: at, clientIP: o.clientIP,
		status: "Delivering", subject: o.subject,
	}
	return piece{files: pair(quarantine, id, at, at, env, o.append)}
}

// inbound is mail on its way to a mailbox.
func (w *traffic) inbound(d dice, at time.Time, _ int) piece {
	id, m := d.id(), pick(d, w.site.mailboxes)
	o := &ordinary{
		id: id, host: w.site.hostAt(at), from: pick(d, w.site.foreign), to: m.address, subject: pick(d, w.site.subjects),
		date: w.at(at), clientIP: pick(d, remoteClients[:]), kind: d.IntN(4),
	}
	env := envelopeText{
		id: id, recipients: []string{m.address}, server: "Z", sender: o.from, acquired: at, clientIP: o.clientIP,
		account: m.domain, status: "Delivering", subject: o.subject,
	}
	folder := inbound
	switch {
	case d.one(3):
		folder = storeQueue
	case d.one(6):
		folder = listQueue
	}
	return piece{files: pair(folder, id, at, at, env, o.append)}
}

// older lies before every window that is asked for and must not be counted.
func (w *traffic) older(d dice, at time.Time, i int) piece {
	at = at.Add(-d.between(31*24*time.Hour, 90*24*time.Hour))
	if d.one(2) {
		p := w.mail(d, at, i)
		p.files[0].older = true
		return piece{files: p.files}
	}
	sh := w.shipment(d, at, active(d, w.site.refusing, w.site.now.Add(-time.Hour)), w.author(d, w.site.senders, at))
	var p piece
	w.log(&p, sh)
	n := w.notify(sh)
	f := file{folder: sh.inbox(w), name: n.id, at: sh.reported, body: n.append, older: true}
	return piece{files: []file{f}}
}

func (sh *shipment) inbox(w *traffic) string {
	if sh.from == nil {
		return w.site.senders[0].inbox()
	}
	return sh.from.inbox()
}
