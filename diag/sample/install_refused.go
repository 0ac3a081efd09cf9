package sample

import (
	"time"

	"metriage/diag"
)

// shipment is one message to one domain that was refused for good.
type shipment struct {
	d        dice
	at       time.Time // of the session
	trouble  *trouble
	id       string // queue file in Outgoing
	sender   string
	from     *mailbox // nil: forwarded for somebody elsewhere
	rcpts    []string
	lost     []string // of rcpts, those that were refused
	subject  string
	by       author // from, as whoever wrote it
	words    *words
	logged   bool
	plain    bool      // the NDR lies in the sender's Inbox
	otherID  bool      // the NDR names another queue file than the log
	when     time.Time // refused, by the log
	accepted time.Time // the other recipients
	reported time.Time // date of the NDR
}

// refused is a message that was refused for good and has an NDR.
func (w *traffic) refused(d dice, at time.Time, i int) piece {
	sh := w.shipment(d, at, active(d, w.site.refusing, at), w.author(d, w.site.senders, at))
	if i%w.refusedStep != 0 {
		sh.otherID = false
	}
	return w.report(sh, nil)
}

// report makes all traces of sh. change, where there is one, may alter the NDR
// before it is placed.
func (w *traffic) report(sh *shipment, change func(*ndr)) piece {
	var p piece
	w.handIn(&p, sh)
	w.log(&p, sh)
	n := w.notify(sh)
	if sh.otherID {
		n.about = sh.d.id()
	}
	if change != nil {
		change(n)
	}
	at := w.place(&p, sh, n)
	m := mark{
		domain: sh.trouble.at.key, cause: sh.trouble.said.cause, failed: len(sh.lost),
		sender: sh.sender, known: w.senderKnown(sh, n),
		accepted: len(sh.rcpts) - len(sh.lost), acceptedAt: sh.accepted,
	}
	if n.kind == ndrDomain {
		m.failed, m.e0193 = 1, 1
	}
	if m.refusedAt = append(m.refusedAt, at); sh.logged {
		m.refusedAt = append(m.refusedAt, sh.when)
	}
	p.marks = append(p.marks, m)
	return p
}

// shipment rolls a message that t refuses.
func (w *traffic) shipment(d dice, at time.Time, t *trouble, from author) *shipment {
	sh := &shipment{d: d, at: at, trouble: t, id: d.id(), from: from.box, by: from, subject: from.subject, logged: w.logged(at)}
	sh.sender = from.box.address
	if t.forwarded || (w.site.forwards && !from.box.pop && !t.said.early() && d.one(40)) {
		sh.from, sh.sender = nil, pick(d, w.site.foreign)
	}
	n := 1
	if d.one(5) && !t.said.local {
		n = 2 + d.IntN(2)
	}
	sh.rcpts = w.recipients(d, t.at, n)
	sh.words = w.words(d, t.at, sh.sender, at)
	sh.words.recipient = sh.rcpts[0]
	if w.site.pooled {
		sh.words.ip = w.pool(d, t)
	}
	if t.said.local {
		sh.logged = false
	}
	sh.otherID = sh.logged && t.said.stage == diag.StageMail && d.one(6)
	return sh
}

// log adds the session of sh, where the log of that day still exists.
func (w *traffic) log(p *piece, sh *shipment) {
	said := sh.trouble.said
	sp := spoken{
		at: sh.at, id: sh.id, to: sh.trouble.at, sender: sh.sender, rcpts: sh.rcpts,
		subject: sh.subject, words: sh.words, size: 1200 + sh.d.IntN(40000),
	}
	sh.lost = sh.rcpts
	if !sh.logged {
		sh.when = sh.at.Add(time.Second)
		return
	}
	if said.stage == diag.StageRcpt {
		// A single wrong address does not stop the others.
		if n := len(sh.rcpts); n > 1 && sh.trouble.mild && sh.d.one(3) {
			sh.lost = sh.rcpts[:n-1]
		}
		sp.at1 = map[string]*refusal{}
		for _, r := range sh.lost {
			sp.at1[r] = said
		}
	} else {
		sp.refused = said
	}
	t := w.site.tell(sh.d, sp)
	sh.when, sh.accepted = t.refused, t.accepted
	p.sessions = append(p.sessions, t.logSession)
}

// notify makes the NDR of sh.
func (w *traffic) notify(sh *shipment) *ndr {
	d, said := sh.d, sh.trouble.said
	sh.reported = sh.when.Add(d.between(0, 6*time.Second))
	n := &ndr{
		id: d.id(), about: sh.id, host: sh.words.helo, to: sh.sender,
		domain: sh.trouble.at.domain, date: w.at(sh.reported), kind: ndrRecipients,
	}
	if said.early() {
		n.kind = ndrDomain
	}
	for _, r := range sh.lost {
		if said.stage == diag.StageRcpt {
			sh.words.recipient = r
		}
		n.items = append(n.items, ndrItem{r, sh.words.lines(said), said.local})
	}
	n.original = ndrOriginal{
		messageID: d.ref(20) + "@" + diag.AddressDomain(sh.sender), from: sh.sender, to: sh.rcpts,
		subject: sh.subject, date: w.at(sh.at.Add(-d.between(time.Second, 40*time.Second))), clientIP: w.seen(sh.by.client),
	}
	if d.percent(80) {
		n.original.returnPath = sh.sender
	}
	if n.kind == ndrDomain && d.one(12) {
		n.original.to = nil
	}
	if d.one(6) {
		n.original.cc = []string{"archive@" + w.site.postoffices[0].domain}
	}
	n.form = w.form(d, n, said)
	if sh.otherID && !n.namesSender() {
		sh.otherID = false
	}
	return n
}

// form rolls how n is written down.
func (w *traffic) form(d dice, n *ndr, said *refusal) ndrForm {
	f := ndrForm{
		lf: d.percent(25), received: d.percent(50), subject: d.percent(50), sameLine: d.percent(15),
		joined: d.percent(20), urlAlone: d.percent(30), unsaid: d.percent(20),
		firstLine: !said.vague && d.percent(40), quote: quoteHeaders,
	}
	switch r := d.IntN(100); {
	case r < 10:
		f.mime = mimeQuoted
	case r < 16:
		f.mime = mimeBase64
	case r < 22:
		f.mime = mimeMixed
	case r < 28 && (n.kind != ndrDomain || len(n.items) == 1):
		f.mime = mimeReport
	case r < 31:
		f.mime = mimeAlternate
	case r < 36:
		f.bare = true
	}
	switch r := d.IntN(10); {
	case r == 0:
		f.quote = quoteNothing
	case r == 1:
		f.quote = quoteContents
	}
	if f.bare && n.kind != ndrDomain {
		// Without a Message-ID only sender, reply and time join it to the log.
		f.quote, n.original.returnPath = quoteHeaders, n.to
	}
	return f
}

// namesSender reports whether the notice says whose message was refused: in its
// own To, or in the quoted Return-Path or From.
func (n *ndr) namesSender() bool {
	return !n.form.bare || n.form.quote != quoteNothing
}

// senderKnown reports whether any source names the sender of sh.
func (w *traffic) senderKnown(sh *shipment, n *ndr) bool {
	return n.namesSender() || (sh.logged && sh.trouble.said.stage == diag.StageMail && !sh.otherID)
}

// place puts the NDR where MailEnable would leave it and returns its own time.
func (w *traffic) place(p *piece, sh *shipment, n *ndr) time.Time {
	d := sh.d
	lies := sh.reported.Add(d.between(0, 2*time.Second))
	if n.form.bare {
		lies = sh.reported
	}
	env := envelopeText{
		id: n.id, recipients: []string{n.to}, server: "Z", acquired: sh.reported, clientIP: "127.0.0.1",
		status: "Unsent", command: "NDR", subject: "Message Delivery Failure", priority: "Normal",
	}
	where := d.IntN(100)
	if sh.plain {
		where = 0
	}
	switch {
	case sh.from == nil && sh.at.After(w.site.now.Add(-40*time.Hour)) && where < 60 && !n.form.bare:
		env.domain, env.terse = diag.AddressDomain(n.to), d.one(2)
		m := mark{domain: env.domain, waiting: 1}
		if d.one(2) {
			env.retries, env.statusCode = 1+d.IntN(3), 5
			m.delayed = 1
		}
		p.marks = append(p.marks, m)
		p.files = append(p.files, pair(outgoing, n.id, lies, lies, env, n.append)...)
	case sh.from == nil || where >= 96:
		n.form = ndrForm{quote: n.form.quote, badMail: true, joined: n.form.joined}
		env.status = "Undelivered"
		p.files = append(p.files, pair(badMail, n.id, lies, lies, env, n.append)...)
	case where >= 91:
		env.status = "Undelivered"
		p.files = append(p.files, pair(storeQueue, n.id, lies, lies, env, n.append)...)
	default:
		p.files = append(p.files, file{folder: sh.from.inbox(), name: n.id, at: lies, body: n.append})
	}
	return sh.reported
}

// secret is a message that was refused for good and that only the log tells
// of: a POP client took the NDR away.
func (w *traffic) secret(d dice, at time.Time, _ int) piece {
	t := active(d, w.site.secret, at)
	sh := w.shipment(d, at, t, w.author(d, w.site.fetched, at))
	var p piece
	w.log(&p, sh)
	m := mark{
		domain: t.at.key, cause: t.said.cause, failed: len(sh.lost), sender: sh.sender, known: true,
		refusedAt: []time.Time{sh.when}, accepted: len(sh.rcpts) - len(sh.lost), acceptedAt: sh.accepted,
	}
	if t.said.early() {
		m.failed, m.known = 1, t.said.stage == diag.StageMail
	}
	p.marks = append(p.marks, m)
	return p
}
