package sample

import (
	"time"

	"metriage/diag"
)

// twice are failures that several files report, and files that look alike but
// report different ones.
func (o *oddities) twice() {
	// The sender and the postmaster got the same notice: one failure.
	o.refusal(4*time.Hour, "example.com", "cisco", "dispatch@brandt-freight.example", func(sh *shipment) { sh.rcpts = sh.rcpts[:1] }, func(n *ndr) {
		n.form = ndrForm{quote: quoteHeaders}
		n.original.returnPath = n.to
	})
	p := &o.out[len(o.out)-1]
	copied := p.files[0]
	copied.folder, copied.name = o.site.mailboxes[0].inbox(), o.roll().id()
	p.files = append(p.files, copied)
	// The same words twice within a minute, of two messages: two failures, here
	// from a time that no log tells of any more.
	for i := range 2 {
		o.refusal(20*24*time.Hour+time.Duration(i)*40*time.Second, "old-partner.example", "relay", "bernd@harbourline.example", func(sh *shipment) {
			sh.rcpts = []string{"office@old-partner.example"}
		}, func(n *ndr) { n.form = ndrForm{quote: quoteHeaders} })
	}
	// The domain in other letters and with its dot.
	o.refusal(21*24*time.Hour, "locked-post.example", "tls", "desk@olm-clinic.example", nil, func(n *ndr) {
		n.domain, n.form = "Locked-Post.EXAMPLE.", ndrForm{quote: quoteHeaders}
	})
}

// late are reports from before the window that lie in young files, and a log
// from before it.
func (o *oddities) late() {
	sh := o.shipment(o.roll(), o.ago(45*24*time.Hour), o.trouble("old-partner.example", "relay"), o.by(o.roll(), "k.brandt@brandt-freight.example"))
	sh.logged = false
	var p piece
	o.log(&p, sh)
	n := o.notify(sh)
	n.form = ndrForm{quote: quoteHeaders, received: true}
	o.add(piece{files: []file{{folder: o.box("k.brandt@brandt-freight.example").inbox(), name: n.id, at: o.ago(5 * time.Hour), body: n.append}}})
	for i, domain := range []string{"parish-archive.example", "old-partner.example"} {
		d := o.roll()
		to := o.to(domain)
		at := o.ago(35*24*time.Hour + time.Duration(i)*time.Minute)
		sp := spoken{at: at, id: d.id(), to: to, sender: "bernd@harbourline.example", rcpts: o.recipients(d, to, 1), subject: "Minutes of the meeting", words: o.words(d, to, "bernd@harbourline.example", at), size: 3000}
		if i == 1 {
			sp.at1 = map[string]*refusal{sp.rcpts[0]: o.trouble(domain, "relay").said}
		}
		o.add(piece{sessions: []logSession{o.site.tell(d, sp).logSession}})
	}
	// A delay notice by recipient, without an id, that nothing else tells of.
	d := o.roll()
	at := o.ago(19 * 24 * time.Hour)
	from := o.box("desk@olm-clinic.example")
	named := &ndr{
		kind: ndrDelayNamed, id: d.id(), host: o.site.host, to: from.address, domain: "slowpoke.example", date: o.traffic.at(at),
		items: []ndrItem{{"p.nowak@slowpoke.example", []string{"451 4.3.2 System not accepting messages now"}, false}},
		form:  ndrForm{quote: quoteHeaders},
		original: ndrOriginal{
			messageID: d.ref(20) + "@olm-clinic.example", from: from.address, to: []string{"p.nowak@slowpoke.example"},
			subject: "Appointment", date: o.traffic.at(at), clientIP: "203.0.113.41", returnPath: from.address,
		},
	}
	o.add(piece{
		files: []file{{folder: from.inbox(), name: named.id, at: at, body: named.append}},
		marks: []mark{{domain: "slowpoke.example", delayed: 1}},
	})
}

// journeys are messages that took more than one session.
func (o *oddities) journeys() {
	s := o.site
	to := o.to("example.org")
	from := o.box("anna@harbourline.example")
	unknown := o.trouble("example.org", "unknown-user").said
	full := &refusal{id: "later", stage: diag.StageRcpt, lines: []string{"451 4.3.0 <{rcpt}>: try again later"}}
	start := func(ago time.Duration) (dice, spoken) {
		d := o.roll()
		at := to.accept.Add(-guard - ago)
		return d, spoken{at: at, id: d.id(), to: to, sender: from.address, subject: "Re: invoice 10-4471", words: o.words(d, to, from.address, at), size: 5000}
	}
	// One recipient of a message is accepted, one refused, one has to wait.
	d, sp := start(time.Hour)
	sp.rcpts = []string{"info@example.org", "gone@example.org", "office@example.org"}
	sp.at1 = map[string]*refusal{"gone@example.org": unknown, "office@example.org": full}
	t := s.tell(d, sp)
	n := &ndr{
		kind: ndrRecipients, id: d.id(), host: s.host, to: from.address, date: o.traffic.at(t.refused.Add(3 * time.Second)),
		items: []ndrItem{{"gone@example.org", sp.words.rcpt("gone@example.org").lines(unknown), false}}, form: ndrForm{quote: quoteHeaders},
		original: ndrOriginal{messageID: d.ref(20) + "@harbourline.example", from: from.address, to: sp.rcpts, subject: sp.subject, date: o.traffic.at(sp.at), clientIP: "203.0.113.18", returnPath: from.address},
	}
	files := pair(outgoing, sp.id, sp.at, sp.at, envelopeText{
		id: sp.id, domain: "example.org", recipients: []string{"office@example.org"}, sender: from.address, acquired: sp.at, clientIP: "203.0.113.18",
		signedIn: true, user: from.address, account: from.domain, status: "Unsent", statusCode: 7, retries: 1, command: "NDR", subject: sp.subject,
	}, o.outgoing(d, sp.id, author{box: from, client: "203.0.113.18", subject: sp.subject}, "office@example.org", sp.at))
	o.add(piece{
		files:    append(files, file{folder: from.inbox(), name: n.id, at: t.refused.Add(4 * time.Second), body: n.append}),
		sessions: []logSession{t.logSession},
		marks: []mark{{
			domain: "example.org", accepted: 1, acceptedAt: t.accepted, delayed: 1, waiting: 1,
			failed: 1, cause: unknown.cause, sender: from.address, known: true, refusedAt: []time.Time{t.refused, t.refused.Add(3 * time.Second)},
		}},
	})
	// Deferred first and refused a quarter of an hour later.
	d, sp = start(2 * time.Hour)
	sp.rcpts = []string{"gone@example.org"}
	first := sp
	first.at1 = map[string]*refusal{"gone@example.org": full}
	sp.at, sp.at1 = sp.at.Add(15*time.Minute), map[string]*refusal{"gone@example.org": unknown}
	a, b := s.tell(d, first), s.tell(d, sp)
	o.add(piece{sessions: []logSession{a.logSession, b.logSession}, marks: []mark{{
		domain: "example.org", failed: 1, cause: unknown.cause, sender: from.address, known: true, refusedAt: []time.Time{b.refused},
	}}})
	// Turned away at the door for now, and let in later.
	d, sp = start(3 * time.Hour)
	sp.rcpts = []string{"info@example.org", "office@example.org"}
	door := sp
	door.refused = &refusal{id: "door", stage: diag.StageConnect, lines: []string{"421 {host} too busy, try again later"}}
	sp.at = sp.at.Add(15 * time.Minute)
	a, b = s.tell(d, door), s.tell(d, sp)
	o.add(piece{sessions: []logSession{a.logSession, b.logSession}, marks: []mark{{domain: "example.org", accepted: 2, acceptedAt: b.accepted}}})
	// The first MX refuses the connection, the second both recipients.
	d, sp = start(4 * time.Hour)
	sp.rcpts = []string{"gone@example.org", "left@example.org"}
	door = sp
	door.refused = busy
	sp.host, sp.at1 = 1, map[string]*refusal{"gone@example.org": unknown, "left@example.org": unknown}
	a, b = s.tell(d, door), s.tell(d, sp)
	o.add(piece{sessions: []logSession{a.logSession, b.logSession}, marks: []mark{{
		domain: "example.org", failed: 2, cause: unknown.cause, sender: from.address, known: true, refusedAt: []time.Time{a.refused, b.refused},
	}}})
	// Refused at DATA.
	d, sp = start(5 * time.Hour)
	sp.rcpts = []string{"info@example.org"}
	sp.refused = &refusal{id: "data", stage: diag.StageData, lines: []string{"554 5.7.1 Message rejected as spam by content filter"}}
	a = s.tell(d, sp)
	o.add(piece{sessions: []logSession{a.logSession}, marks: []mark{{
		domain: "example.org", failed: 1, cause: diag.CauseContentSpam, sender: from.address, known: true, refusedAt: []time.Time{a.refused},
	}}})
}

// untold are refusals in the log that name no recipient, and those of notices.
func (o *oddities) untold() {
	s := o.site
	at := o.ago(7 * time.Hour)
	door := func(domain, host, line string) (dice, logSession, time.Time) {
		d := o.roll()
		at = at.Add(3 * time.Minute)
		to := &destination{domain: domain, hosts: []string{host}, ips: []string{"203.0.113.199"}}
		said := &refusal{id: "door", stage: diag.StageConnect, lines: []string{line}}
		t := s.tell(d, spoken{at: at, id: d.id(), to: to, words: o.words(d, to, "", at), refused: said})
		return d, t.logSession, t.refused
	}
	_, session, when := door("lonely-reef.test", "mx9.lonely-reef.test", "554 {host} refuses your address for its poor reputation")
	o.add(piece{sessions: []logSession{session}, marks: []mark{{domain: "lonely-reef.test", failed: 1, cause: diag.CauseReputationIP, refusedAt: []time.Time{when}}}})
	_, session, when = door("", "", "554 5.7.1 Connection refused by policy")
	o.add(piece{sessions: []logSession{session}, marks: []mark{{failed: 1, cause: diag.CausePolicy, refusedAt: []time.Time{when}}}})
	// Only the Debug log says for whom.
	d, session, when := door("hidden-cove.example", "", "554 5.7.1 Connection refused by policy")
	o.add(piece{
		sessions: []logSession{session}, lines: []logLine{{at: when, text: requeued(d.id(), session.id, "hidden-cove.example")}},
		marks: []mark{{domain: "hidden-cove.example", failed: 1, cause: diag.CausePolicy, refusedAt: []time.Time{when}}},
	})
	// Only the command file, about to be turned into a notice, says for whom.
	d, session, when = door("quiet-bay.example", "", "554 5.7.1 Connection refused by policy")
	from := o.box("dispatch@brandt-freight.example")
	o.add(piece{
		sessions: []logSession{session},
		files: pair(outgoing, session.id, when, when, envelopeText{
			id: session.id, domain: "quiet-bay.example", recipients: []string{"crew@quiet-bay.example"}, sender: from.address, acquired: when,
			clientIP: "203.0.113.41", signedIn: true, user: from.address, account: from.domain, status: "Sending", command: "NDR", subject: "Delivery on Thursday",
		}, o.outgoing(d, session.id, author{box: from, client: "203.0.113.41", subject: "Delivery on Thursday"}, "crew@quiet-bay.example", when)),
		marks: []mark{{domain: "quiet-bay.example", failed: 1, waiting: 1, cause: diag.CausePolicy, sender: from.address, known: true, refusedAt: []time.Time{when}}},
	})
	// A notice to a forged sender is refused itself: the null sender's failure.
	d = o.roll()
	to := o.to("example.org")
	at = to.accept.Add(-guard - 6*time.Hour)
	unknown := o.trouble("example.org", "unknown-user").said
	t := s.tell(d, spoken{at: at, id: d.id(), to: to, rcpts: []string{"forged@example.org"}, at1: map[string]*refusal{"forged@example.org": unknown}, subject: "Message Delivery Failure", words: o.words(d, to, "", at), size: 1500})
	o.add(piece{sessions: []logSession{t.logSession}, marks: []mark{{domain: "example.org", failed: 1, cause: unknown.cause, known: true, refusedAt: []time.Time{t.refused}}}})
}

// visitors are inbound sessions that count for nothing in the ledger.
func (o *oddities) visitors() {
	s := o.site
	for i, answer := range []string{
		"530 " + s.host + " ESMTP MailEnable Service, Version: " + s.product + " denied access",
		"554 The IP Address of the sender (203.0.113.66) was found in a DNS blacklist database and was therefore refused.",
	} {
		d := o.roll()
		v := logSession{at: o.ago(time.Duration(2+i) * time.Hour), in: true, id: d.id(), ip: "203.0.113.66"}
		v.add(0, "", "", answer)
		o.add(piece{sessions: []logSession{v}})
	}
	for i, answer := range []string{
		"451 This server employs greylisting as a means of reducing spam. Please resend e-mail shortly.",
		"550 Requested action not taken: mailbox unavailable or not local.",
		"503 This mail server requires authentication when attempting to send to a non-local e-mail address.",
	} {
		d := o.roll()
		v := s.receive(d, o.ago(time.Duration(5+i)*time.Hour), d.id(), "203.0.113.66", "m.keller@ridgeway.example", "nobody@elsewhere.example", "")
		v.rows = append(v.rows[:3], logRow{after: 1, verb: "RCPT", detail: "RCPT TO:<nobody@elsewhere.example>", response: answer, sent: 60, received: 40})
		o.add(piece{sessions: []logSession{v}})
	}
	for i := range 6 {
		d := o.roll()
		o.add(piece{sessions: []logSession{s.signIn(d, o.ago(33*time.Hour-time.Duration(i)*20*time.Second), d.id(), "203.0.113.77", "info@brandt-freight.example", "535 Invalid Username or Password")}})
	}
}
