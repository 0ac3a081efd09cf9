package sample

import (
	"time"

	"metriage/diag"
)

// intrusions are the classes that only some stories have: sign-ins that fail
// before one succeeds, and mail that redirections pass on. n is the size of the
// sample.
func (w *traffic) intrusions(n int) []class {
	s := w.site
	var out []class
	if t := s.thief; t != nil && t.guesses > 0 {
		begun := s.now.Add(-t.since)
		c := newClock(begun.Add(-6*time.Hour), begun, func(time.Time) uint64 { return 1 })
		at := func(i int) time.Time { return c.at(i, t.guesses) }
		out = append(out, class{name: "guess", n: t.guesses, at: at, make: func(i int) piece {
			return w.guess(newDice(w.seed, classGuess, i), at(i))
		}})
	}
	if len(s.redirects) == 0 {
		return out
	}
	c := newClock(s.retention, s.now.Add(-6*time.Minute), s.weigh)
	for _, kind := range []struct {
		name    string
		number  int
		percent int
		each    int
		make    func(dice, time.Time) piece
	}{{"passed", classPassed, 15, 1, w.passed}, {"bounced", classBounced, 12, 2, w.bounced}} {
		many := n * kind.percent / 100 / kind.each
		at := func(i int) time.Time { return c.at(i, many) }
		out = append(out, class{name: kind.name, n: many, each: kind.each, at: at, make: func(i int) piece {
			return kind.make(newDice(w.seed, kind.number, i), at(i))
		}})
	}
	return out
}

// guess is a sign-in that fails.
func (w *traffic) guess(d dice, at time.Time) piece {
	return piece{sessions: []logSession{
		w.site.signIn(d, at, d.id(), w.seen(w.bot(d)), w.site.thief.mailbox, "535 Invalid Username or Password"),
	}}
}

// redirected is mail from elsewhere that came in for one of our mailboxes and
// goes on under its own sender: the session, and the copy in the mailbox.
func (w *traffic) redirected(d dice, at time.Time) (p piece, r redirect, sp spoken) {
	s := w.site
	r = pick(d, s.redirects)
	from, subject, client := pick(d, s.foreign), pick(d, spamSubjects[:]), pick(d, remoteClients[:])
	to := r.mailbox
	header := ""
	if r.catchAll && d.percent(70) {
		to = d.ref(6) + "@" + diag.AddressDomain(r.mailbox)
		header = "Received: from ([" + client + "]) for <" + to + "> with MailEnable Catch-All Filter; " + w.at(at).Format(time.RFC1123Z) + "\n"
	}
	o := &ordinary{
		id: d.id(), host: s.hostAt(at), from: from, to: to, subject: subject, date: w.at(at), clientIP: w.seen(client),
		kind: d.IntN(4), header: header, body: "Best price, only this week. Click the link below.\n",
	}
	box := ""
	for _, m := range s.mailboxes {
		if m.address == r.mailbox {
			box = m.inbox()
		}
	}
	p.files = []file{{folder: box, name: o.id, at: at.Add(2 * time.Second), body: o.append}}
	p.sessions = []logSession{s.receive(d, at, o.id, w.seen(client), from, to, "")}
	sp = spoken{
		at: at.Add(4 * time.Second), id: d.id(), sender: from, rcpts: []string{r.to}, subject: subject, size: 2500 + d.IntN(4000),
	}
	for _, x := range s.destinations {
		if x.key == diag.AddressDomain(r.to) {
			sp.to = x
		}
	}
	sp.words = w.words(d, sp.to, from, at)
	sp.words.recipient = r.to
	p.lines = []logLine{{at: at.Add(3 * time.Second), text: requeued(o.id, sp.id, sp.to.domain)}}
	return p, r, sp
}

// spamSubjects are what a redirection should better not pass on.
var spamSubjects = [...]string{"You have won", "Cheap watches", "Loan approved", "Re: your account", "Meet people near you"}

// passed is redirected mail that the destination took.
func (w *traffic) passed(d dice, at time.Time) piece {
	p, _, sp := w.redirected(d, at)
	if !sp.at.Before(sp.to.accept) {
		// The destination takes nothing any more; the copy stays.
		return piece{files: p.files, sessions: p.sessions[:1]}
	}
	t := w.site.tell(d, sp)
	p.sessions = append(p.sessions, t.logSession)
	p.marks = []mark{{domain: sp.to.key, accepted: 1, acceptedAt: t.accepted}}
	return p
}

// bounced is redirected mail that the destination refused. The notice to the
// stranger who sent it lies in Bad Mail, refused itself or never deliverable.
func (w *traffic) bounced(d dice, at time.Time) piece {
	p, r, sp := w.redirected(d, at)
	var on []*trouble
	for i := range sp.to.troubles {
		if t := &sp.to.troubles[i]; t.forwarded && t.on(sp.at) {
			on = append(on, t)
		}
	}
	if len(on) == 0 {
		return w.unsent(d, p)
	}
	said := active(d, on, sp.at).said
	if said.stage == diag.StageRcpt {
		sp.at1 = map[string]*refusal{r.to: said}
	} else {
		sp.refused = said
	}
	t := w.site.tell(d, sp)
	p.sessions = append(p.sessions, t.logSession)
	reported := t.refused.Add(d.between(0, 4*time.Second))
	n := &ndr{
		kind: ndrRecipients, id: d.id(), about: sp.id, host: sp.words.helo, to: sp.sender, domain: sp.to.domain, date: w.at(reported),
		items: []ndrItem{{r.to, sp.words.lines(said), false}},
		original: ndrOriginal{
			messageID: d.ref(20) + "@" + diag.AddressDomain(sp.sender), from: sp.sender, to: []string{r.mailbox}, subject: sp.subject,
			date: w.at(at), clientIP: "203.0.113.5", returnPath: sp.sender,
		},
		form: ndrForm{quote: quoteHeaders, badMail: true, joined: d.one(4)},
	}
	p.files = append(p.files, pair(badMail, n.id, reported, reported, envelopeText{
		id: n.id, recipients: []string{sp.sender}, server: "Z", acquired: reported, clientIP: "127.0.0.1",
		status: "Undelivered", command: "NDR", subject: "Message Delivery Failure", priority: "Normal",
	}, n.append)...)
	p.marks = []mark{{
		domain: sp.to.key, failed: 1, cause: said.cause, sender: sp.sender, known: true,
		refusedAt: []time.Time{t.refused, reported},
	}}
	return p
}

// unsent is redirected mail before anyone refused it: the copy, and a message
// in Bad Mail in place of the notice.
func (w *traffic) unsent(d dice, p piece) piece {
	bad := w.bad(d, p.files[0].at, 0)
	return piece{files: append(p.files, bad.files...), sessions: p.sessions[:1]}
}
