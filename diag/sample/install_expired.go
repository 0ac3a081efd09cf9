package sample

import (
	"time"

	"metriage/diag"
)

// lifetime is the sample's Failed Message Lifetime: how long MailEnable tries a
// message before it puts it into Bad Mail.
const lifetime = 48 * time.Hour

// expired are messages that were deferred all their lifetime and then given up.
// A reader learns from them how long messages are tried, which takes several.
func (w *traffic) expired() (out []piece) {
	var t *trouble
	for _, x := range w.site.deferring {
		if x.mild && x.since == 0 && !x.passing && x.said.stage == diag.StageRcpt {
			t = x
			break
		}
	}
	if t == nil || len(w.site.senders) == 0 {
		return nil
	}
	for i := range 6 {
		d := newDice(w.seed, classOdd, 3000+i)
		begun := w.site.now.Add(-time.Duration(4+i)*24*time.Hour - d.between(0, 12*time.Hour))
		by := w.author(d, w.site.senders, begun)
		f := &deferral{trouble: t, id: d.id(), from: by.box, by: by, rcpts: w.recipients(d, t.at, 1), subject: by.subject, begun: begun}
		f.words = w.words(d, t.at, f.from.address, begun)
		f.words.recipient = f.rcpts[0]
		end := begun.Add(lifetime)
		f.tries = attempts(begun, end.Add(-time.Minute))
		out = append(out, piece{
			files: pair(badMail, f.id, end, begun, envelopeText{
				id: f.id, domain: t.at.domain, recipients: f.rcpts, sender: f.from.address, acquired: begun, clientIP: w.seen(by.client),
				signedIn: w.signedIn(by), user: w.user(by), account: f.from.domain, priority: "Normal", status: "Undelivered",
				statusCode: 7, retries: len(f.tries), command: "NDR", subject: f.subject,
			}, w.outgoing(d, f.id, by, f.rcpts[0], begun)),
			sessions: w.tried(d, f),
			marks:    []mark{{domain: t.at.key, delayed: 1}},
		})
	}
	return out
}
