package sample

import (
	"time"
)

// pool picks the own address that a message to t leaves from: one that t hits.
func (w *traffic) pool(d dice, t *trouble) string {
	i := d.IntN(len(w.site.addresses))
	if t.only != nil {
		i = pick(d, t.only)
	}
	return w.site.addresses[i].ip.String()
}

// handIn adds, for every third message and all that were passed on, the session
// in which it came in, and the line that ties both queue files together.
func (w *traffic) handIn(p *piece, sh *shipment) {
	if !sh.logged || sh.from != nil && !sh.by.stolen && !sh.d.one(3) {
		return
	}
	in := sh.d.id()
	if sh.from == nil {
		p.sessions = append(p.sessions, w.site.receive(sh.d, sh.at, in, w.seen(pick(sh.d, remoteClients[:])), sh.sender, w.redirecting(), ""))
	} else {
		w.submission(p, sh.d, sh.at, in, sh.by, sh.rcpts)
	}
	p.lines = append(p.lines, logLine{at: sh.at.Add(2 * time.Second), text: requeued(in, sh.id, sh.trouble.at.domain)})
	sh.at = sh.at.Add(3 * time.Second)
}

// redirecting is the mailbox whose redirection passes foreign mail on.
func (w *traffic) redirecting() string {
	if r := w.site.redirects; len(r) > 0 {
		return r[0].mailbox
	}
	return w.site.mailboxes[0].address
}

// submission adds the session in which by hands a message in, and what the
// Debug log says to it.
func (w *traffic) submission(p *piece, d dice, at time.Time, id string, by author, rcpts []string) {
	if w.signedIn(by) {
		p.sessions = append(p.sessions, w.site.submit(d, at, id, w.seen(by.client), by.box, rcpts))
		p.lines = append(p.lines, logLine{at: at.Add(time.Second), text: "ME-I0108: [" + id + "] Relay Granted: Sender has authenticated"})
		return
	}
	p.sessions = append(p.sessions, w.site.relayed(d, at, id, w.seen(by.client), by.box.address, rcpts))
	p.lines = append(p.lines, logLine{at: at.Add(time.Second), text: "ME-I0106: [" + id + "] Relay Granted: [" + by.box.address + "] is in local address map"})
}

// seen is the address that our server sees a client at.
func (w *traffic) seen(client string) string {
	if w.site.gateway != "" {
		return w.site.gateway
	}
	return client
}

// requeued is the Debug line of a message that was put into Outgoing under a
// new id for one domain.
func requeued(in, out, domain string) string {
	return "ME-I0018: [" + in + "] Message was requeued as [" + out + "] for target domain [" + domain + "]"
}

// client returns the address of one of our users' machines.
func (w *traffic) client(d dice) string {
	if w.site.users != nil {
		return pick(d, w.site.users)
	}
	return pick(d, clients[:])
}

// clients are where our own users sit.
var clients = [...]string{"203.0.113.17", "203.0.113.18", "203.0.113.41", "203.0.113.99", "192.0.2.130", "192.0.2.131"}
