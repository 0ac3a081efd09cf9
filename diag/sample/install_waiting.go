package sample

import (
	"time"

	"metriage/diag"
)

// deferral is a message that is still being tried.
type deferral struct {
	trouble *trouble
	id      string
	from    *mailbox
	by      author
	rcpts   []string
	subject string
	words   *words
	begun   time.Time
	tries   []time.Time
}

// deferral rolls a deferred message; its notice calls it again.
func (w *traffic) deferral(d dice, at time.Time) *deferral {
	t := active(d, w.site.deferring, at)
	if t.passing {
		if late := w.site.now.Add(-d.between(time.Minute, 14*time.Minute)); at.Before(late) {
			at = late
		}
	}
	by := w.author(d, w.site.senders, at)
	f := &deferral{trouble: t, id: d.id(), from: by.box, by: by, subject: by.subject}
	n := 1
	if d.one(4) {
		n = 2 + d.IntN(2)
	}
	f.rcpts = w.recipients(d, t.at, n)
	f.words = w.words(d, t.at, f.from.address, at)
	f.words.recipient = f.rcpts[0]
	f.begun, f.tries = at, attempts(at, w.site.now.Add(-time.Minute))
	return f
}

// deferred is a message in Outgoing that was tried and is not through.
func (w *traffic) deferred(d dice, at time.Time, i int) piece {
	f := w.deferral(d, at)
	t, at := f.trouble, f.begun
	last := f.tries[len(f.tries)-1]
	folder, status, code := outgoing, "Unsent", 4
	if d.one(12) {
		folder = campaign
	}
	if d.one(40) {
		status = "Sending"
	}
	switch t.said.stage {
	case diag.StageMail:
		code = 6
	case diag.StageRcpt:
		code = 7
	case diag.StageData, diag.StageEndOfData:
		code = 8
	case diag.StageUnknown:
		code = 3
	}
	retries := len(f.tries)
	if d.one(15) {
		code = 0 // some files have retries without a code
	} else if d.one(15) {
		retries = 0
	}
	p := piece{
		files: pair(folder, f.id, last, at, envelopeText{
			id: f.id, domain: t.at.domain, recipients: f.rcpts, sep: pick(d, separators[:]), sender: f.from.address,
			acquired: at, clientIP: w.seen(f.by.client), signedIn: w.signedIn(f.by), user: w.user(f.by), account: f.from.domain,
			priority: "Normal", status: status, statusCode: code, retries: retries, command: "NDR",
			subject: f.subject, terse: d.one(4), blanks: d.one(10),
		}, w.outgoing(d, f.id, f.by, f.rcpts[0], at)),
		marks: []mark{{domain: t.at.key, waiting: len(f.rcpts), delayed: len(f.rcpts)}},
	}
	if t.said.silent || i%w.deferredStep != 0 {
		return p // of a big sample only so many are tried in the log
	}
	p.sessions = w.tried(d, f)
	return p
}

// tried are the sessions of a deferred message.
func (w *traffic) tried(d dice, f *deferral) (out []logSession) {
	for _, try := range f.tries {
		said := *f.words
		if w.site.before != nil {
			// A later try comes from whoever we are by then.
			ip, host := w.site.identity(try)
			said.ip, said.helo = ip.String(), host
		}
		sp := spoken{at: try, id: f.id, to: f.trouble.at, sender: f.from.address, rcpts: f.rcpts, subject: f.subject, words: &said, size: 2048}
		if f.trouble.said.stage == diag.StageRcpt {
			sp.at1 = map[string]*refusal{}
			for _, r := range f.rcpts {
				sp.at1[r] = f.trouble.said
			}
		} else {
			sp.refused = f.trouble.said
		}
		out = append(out, w.site.tell(d, sp).logSession)
	}
	return out
}

// user is who signed in to send as by, "" where nobody did.
func (w *traffic) user(by author) string {
	if w.signedIn(by) {
		return by.box.address
	}
	return ""
}

// separators are what stands between recipients; ";" is the usual one.
var separators = [...]string{";", ";", ";", "; ", ""}

// notice is the delay notice that the sender of every third deferred message
// got at the first failure. It adds a message, not a delay.
func (w *traffic) notice(d dice, at time.Time, i int) piece {
	f := w.deferral(newDice(w.seed, classDeferred, 3*i), at)
	at = f.begun
	n := &ndr{
		kind: ndrDelay, id: d.id(), about: f.id, host: f.words.helo, to: f.from.address, domain: f.trouble.at.domain,
		date: w.at(at.Add(2 * time.Second)),
		original: ndrOriginal{
			messageID: d.ref(20) + "@" + f.from.domain, from: f.from.address, to: f.rcpts, subject: f.subject,
			date: w.at(at), clientIP: w.seen(f.by.client), returnPath: f.from.address,
		},
	}
	if !f.trouble.said.silent {
		n.items = []ndrItem{{f.rcpts[0], f.words.lines(f.trouble.said), false}}
	}
	n.form = w.form(d, n, f.trouble.said)
	n.form.firstLine = false
	if n.form.mime == mimeReport && (len(f.rcpts) > 1 || f.trouble.said.silent) {
		n.form.mime = mimeMixed
	}
	return piece{files: []file{{folder: f.from.inbox(), name: n.id, at: at.Add(3 * time.Second), body: n.append}}}
}

// waiting is a message in Outgoing or a campaign that was not tried yet.
func (w *traffic) waiting(d dice, at time.Time, _ int) piece {
	by := w.author(d, w.site.senders, at)
	from := by.box
	to := weighted(d, w.site.destinations, func(x *destination) int { return x.weight + 1 })
	rcpts := w.recipients(d, to, 1+d.IntN(2)*d.IntN(3))
	id := d.id()
	folder, priority := outgoing, "Normal"
	if d.one(4) && !by.stolen {
		folder, priority, by.subject = campaign, "Low", "Newsletter: what is new this month"
	}
	return piece{
		files: pair(folder, id, at.Add(time.Second), at, envelopeText{
			id: id, domain: to.domain, recipients: rcpts, sender: from.address, acquired: at, clientIP: w.seen(by.client),
			signedIn: w.signedIn(by), user: w.user(by), account: from.domain, priority: priority, status: "Unsent",
			command: pick(d, []string{"DELIVER", "NDR", ""}), subject: by.subject, terse: d.one(6),
		}, w.outgoing(d, id, by, rcpts[0], at)),
		marks: []mark{{domain: to.key, waiting: len(rcpts)}},
	}
}

// outgoing returns the message file of a message on its way out.
func (w *traffic) outgoing(d dice, id string, by author, to string, at time.Time) func([]byte) []byte {
	o := &ordinary{
		id: id, host: w.site.hostAt(at), from: by.box.address, to: to, subject: by.subject, date: w.at(at),
		clientIP: w.seen(by.client), signedIn: w.signedIn(by), kind: d.IntN(4),
	}
	return o.append
}
