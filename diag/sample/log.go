package sample

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"metriage/diag"
)

// logSession is one SMTP session as the Activity log keeps it.
type logSession struct {
	at      time.Time
	in      bool // SMTP-IN
	id      string
	socket  int    // set when it is written
	ip      string // of the other side
	subject string // outgoing sessions only
	rows    []logRow
	// short leaves out the last column, as a few real lines do.
	short bool
}

// logRow is one line of a session.
type logRow struct {
	after          int // seconds since the session began
	verb, detail   string
	response       string
	sent, received int
	user           string // signed in
	id             string // "" for the session's own
}

// append writes row r of s with CRLF. at is its time in the zone of the logs.
func (s *logSession) append(b []byte, r *logRow, at time.Time) []byte {
	b = at.AppendFormat(b, "01/02/06 15:04:05")
	if s.in {
		b = append(b, "\tSMTP-IN\t"...)
	} else {
		b = append(b, "\tSMTP-OU\t"...)
	}
	id := r.id
	if id == "" {
		id = s.id
	}
	b = append(b, id...)
	b = append(b, '\t')
	b = strconv.AppendInt(b, int64(s.socket), 10)
	for _, f := range [...]string{s.ip, r.verb, r.detail, r.response} {
		b = append(b, '\t')
		b = append(b, f...)
	}
	b = append(b, '\t')
	b = strconv.AppendInt(b, int64(r.sent), 10)
	b = append(b, '\t')
	b = strconv.AppendInt(b, int64(r.received), 10)
	b = append(b, '\t')
	b = append(b, r.user...)
	if !s.short {
		b = append(b, '\t')
		if !s.in {
			b = append(b, s.subject...)
		}
	}
	return append(b, '\r', '\n')
}

// add appends a row; command is what was sent ("" at the connect).
func (s *logSession) add(after int, verb, command, response string) {
	sent := len(command)
	if sent > 0 {
		sent += 2
	}
	got := len(response) + 2
	if s.in {
		// Inbound lines count the other way round: what the server sent first.
		sent, got = got, sent
	}
	s.rows = append(s.rows, logRow{after: after, verb: verb, detail: command, response: response, sent: sent, received: got})
}

// spoken is one outgoing session that is to be told: who speaks to whom and what is
// refused where. Refusals of a stage before RCPT and of the data stages are in
// refused; those of single recipients are in at.
type spoken struct {
	at      time.Time
	id      string
	to      *destination
	host    int // index into to.hosts
	sender  string
	rcpts   []string
	refused *refusal
	at1     map[string]*refusal // recipients that are refused or deferred
	subject string
	words   *words
	size    int
	plain   bool // no STARTTLS though it is offered
}

// told is a session with the times that count: of the last refusal and of the
// acceptance, zero where there was none.
type told struct {
	logSession
	refused, accepted time.Time
}

// tell makes the session of t. Real servers answer within seconds; the rows
// are spread over at most three of them.
func (s *site) tell(d dice, t spoken) (out told) {
	w := t.words
	out.logSession = logSession{at: t.at, id: t.id, ip: t.to.ips[t.host], subject: t.subject, short: d.one(50)}
	w.host = t.to.hosts[t.host]
	no := func(after int) { out.refused = t.at.Add(time.Duration(after) * time.Second) }
	stage := diag.StageUnknown
	if t.refused != nil {
		stage = t.refused.stage
	}
	if stage == diag.StageConnect {
		out.add(0, "CONN", "", w.line(t.refused.lines[0]))
		if d.one(3) {
			out.add(0, "QUIT", "QUIT", "221 closing connection")
		}
		no(0)
		return out
	}
	quit := func(after int) { out.add(after, "QUIT", "QUIT", "221 2.0.0 closing connection") }
	out.add(0, "CONN", "", w.line("220 "+t.to.banner))
	hello := "EHLO " + w.helo
	if stage == diag.StageHELO {
		out.add(0, "EHLO", hello, w.line(t.refused.lines[0]))
		quit(0)
		no(0)
		return out
	}
	out.add(0, "EHLO", hello, w.line("250-"+t.to.ehlo))
	if t.to.tls && !t.plain {
		out.add(0, "STARTTLS", "STARTTLS", "220 2.0.0 Ready to start TLS")
		out.add(0, "EHLO", hello, w.line("250-"+t.to.ehlo))
	}
	mail := "MAIL FROM:<" + t.sender + "> SIZE=" + strconv.Itoa(t.size)
	if stage == diag.StageMail {
		out.add(1, "MAIL", mail, w.line(t.refused.lines[0]))
		quit(1)
		no(1)
		return out
	}
	out.add(1, "MAIL", mail, "250 2.1.0 Sender ok")
	taken := 0
	for _, r := range t.rcpts {
		if said := t.at1[r]; said != nil {
			out.add(1, "RCPT", "RCPT TO:<"+r+">", w.rcpt(r).line(said.lines[0]))
			no(1)
			continue
		}
		taken++
		out.add(1, "RCPT", "RCPT TO:<"+r+">", "250 2.1.5 Recipient ok")
	}
	if taken == 0 {
		quit(1)
		return out
	}
	if stage == diag.StageData {
		out.add(1, "DATA", "DATA", w.line(t.refused.lines[0]))
		quit(1)
		no(1)
		return out
	}
	out.add(1, "DATA", "DATA", "354 Start mail input; end with <CRLF>.<CRLF>")
	end := 2 + d.IntN(2)
	if stage == diag.StageEndOfData {
		out.add(end, "DATE", ".", w.line(t.refused.lines[0]))
		no(end)
	} else {
		out.accepted = t.at.Add(time.Duration(end) * time.Second)
		out.add(end, "DATE", ".", w.line("250 2.0.0 Ok: queued as {ref}"))
	}
	out.rows[len(out.rows)-1].sent = t.size
	quit(end)
	return out
}

// receive is an inbound session: mail from elsewhere for one of our users.
// MailEnable gives the session a new id after the message, so QUIT has another.
// helo, where not "", is the HELO name of the client.
func (s *site) receive(d dice, at time.Time, id, ip, from, to, helo string) logSession {
	out := logSession{at: at, in: true, id: id, ip: ip, short: d.one(30)}
	if helo == "" {
		helo = "mail." + diag.AddressDomain(from)
	}
	const ok = "250 Requested mail action okay, completed"
	out.add(0, "", "", "220 "+s.hostAt(at)+" ESMTP MailEnable Service, Version: "+s.product+" ready at "+at.In(s.zone).Format("01/02/06 15:04:05"))
	out.add(0, "EHLO", "EHLO "+helo, "250-"+s.hostAt(at)+" ["+ip+"], this server offers 5 extensions")
	out.add(0, "MAIL", "MAIL FROM:<"+from+">", ok)
	out.add(1, "RCPT", "RCPT TO:<"+to+">", ok)
	out.add(1, "DATA", "DATA", "354 Start mail input; end with <CRLF>.<CRLF>")
	out.add(2, "QUIT", "QUIT", "221 Service closing transmission channel")
	out.rows[len(out.rows)-1].id = d.id()
	return out
}

// relayed is an inbound session without sign-in whose recipients are elsewhere,
// and which our server grants.
func (s *site) relayed(d dice, at time.Time, id, ip, from string, to []string) logSession {
	out := s.receive(d, at, id, ip, from, to[0], "pc-"+d.ref(5))
	for _, r := range to[1:] {
		i := len(out.rows) - 2
		row := logRow{after: 1, verb: "RCPT", detail: "RCPT TO:<" + r + ">", response: "250 Requested mail action okay, completed", sent: 43, received: len(r) + 12}
		out.rows = slices.Insert(out.rows, i, row)
	}
	return out
}

// submit is an inbound session of a user who signed in.
func (s *site) submit(d dice, at time.Time, id, ip string, from *mailbox, to []string) logSession {
	out := s.signIn(d, at, id, ip, from.address, "235 Authenticated")
	const ok = "250 Requested mail action okay, completed"
	out.add(1, "MAIL", "MAIL FROM:<"+from.address+">", ok)
	for _, r := range to {
		out.add(1, "RCPT", "RCPT TO:<"+r+">", ok)
	}
	out.add(1, "DATA", "DATA", "354 Start mail input; end with <CRLF>.<CRLF>")
	out.add(2, "QUIT", "QUIT", "221 Service closing transmission channel")
	for i := len(out.rows) - len(to) - 3; i < len(out.rows); i++ {
		out.rows[i].user = from.address
	}
	out.rows[len(out.rows)-1].id = d.id()
	return out
}

// signIn is the beginning of an inbound session up to the answer to AUTH. The
// credentials are real base64 of made-up words: a reader must hide them.
func (s *site) signIn(d dice, at time.Time, id, ip, user, answer string) logSession {
	out := logSession{at: at, in: true, id: id, ip: ip}
	out.add(0, "", "", "220 "+s.hostAt(at)+" ESMTP MailEnable Service, Version: "+s.product+" ready at "+at.In(s.zone).Format("01/02/06 15:04:05"))
	out.add(0, "EHLO", "EHLO [192.168.1.20]", "250-"+s.hostAt(at)+" ["+ip+"], this server offers 5 extensions")
	out.add(0, "AUTH", "AUTH LOGIN", "334 VXNlcm5hbWU6")
	if d.one(2) {
		out.add(0, "AUTH", "{blank}", answer)
	} else {
		out.add(0, "AUTH", base64.StdEncoding.EncodeToString([]byte(user)), "334 UGFzc3dvcmQ6")
		out.add(0, "AUTH", base64.StdEncoding.EncodeToString([]byte("not-a-password-"+d.ref(4))), answer)
	}
	if answer[0] == '2' {
		out.rows[len(out.rows)-1].user = user
	}
	return out
}
