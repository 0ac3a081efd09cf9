package mailenable

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Outcome is how one attempt to deliver to one recipient ended.
type Outcome uint8

// The outcomes.
const (
	Accepted Outcome = iota
	Deferred         // a 4yz reply
	Refused          // a 5yz reply
)

// Attempt is what one outgoing session meant for one recipient, or for the
// message as a whole where it was refused before any recipient was named.
type Attempt struct {
	Time      time.Time
	Began     time.Time // of the session
	Outcome   Outcome
	Stage     diag.Stage
	ID        string // message id, upper case
	Recipient string // "" before RCPT
	Sender    string
	// SenderKnown tells the null sender from a session that never got to MAIL.
	SenderKnown bool
	Remote      netip.Addr
	// Banner is the host name in the remote server's greeting.
	Banner string
	// SeenAs is our address as the remote server's EHLO reply shows it.
	SeenAs  netip.Addr
	HELO    string
	Reply   string // the first line of the reply; the log keeps no more
	Subject string
}

// Sessions puts the rows of outgoing sessions together and hands out an
// Attempt for every recipient as soon as the log decides about it. Sessions
// may interleave and go on over midnight into the next file.
type Sessions struct {
	emit  func(Attempt)
	open  map[sessionKey]*session
	last  *session // of the row before; most rows belong to it
	spare []*session
	words words
	lower []byte
	tick  int
}

type sessionKey struct {
	socket string
	remote string
}

type session struct {
	key                               sessionKey
	id, sender, banner, helo, subject string
	senderKnown                       bool
	rawID, rawSubject                 []byte // as in the row before
	remote, seenAs                    netip.Addr
	began                             time.Time
	pending                           []string // recipients accepted at RCPT
	held                              *Attempt // an EHLO refusal, unless HELO works
	used                              int
	at                                int64 // Unix time of the last row
}

// NewSessions returns an assembler that calls emit for every attempt.
func NewSessions(emit func(Attempt)) *Sessions {
	return &Sessions{emit: emit, open: map[sessionKey]*session{}, words: newWords()}
}

// Add takes the next row; rows of incoming sessions are ignored.
func (s *Sessions) Add(r Row) { s.AddRow(&r) }

// AddRow is Add for a row that stays where it is.
func (s *Sessions) AddRow(r *Row) {
	if !r.Out {
		return
	}
	if s.tick++; s.tick%sweepEvery == 0 {
		s.sweep(r.Time.Unix())
	}
	cmd := verb(r.Command)
	cur := s.last
	if cur == nil || cur.key.socket != string(r.Socket) || cur.key.remote != string(r.Remote) {
		cur = s.open[sessionKey{string(r.Socket), string(r.Remote)}]
	}
	if cur == nil || cmd == "CONN" || cur.over(r.Time.Unix()) {
		cur = s.begin(cur, r)
	}
	s.last = cur
	cur.used, cur.at = s.tick, r.Time.Unix()
	if !bytes.Equal(r.ID, cur.rawID) {
		cur.rawID = append(cur.rawID[:0], r.ID...)
		if id := strings.ToUpper(string(r.ID)); id != cur.id {
			// One connection can carry several messages; each has its own id.
			cur.id, cur.pending, cur.sender, cur.senderKnown = id, cur.pending[:0], "", false
		}
	}
	if len(r.Subject) > 0 && !bytes.Equal(r.Subject, cur.rawSubject) {
		cur.rawSubject = append(cur.rawSubject[:0], r.Subject...)
		cur.subject = s.words.of(r.Subject)
	}
	s.row(cur, cmd, r)
	if cmd == "QUIT" {
		s.close(cur)
	}
}

// begin opens the session of row r in place of old, which may be nil.
func (s *Sessions) begin(old *session, r *Row) *session {
	if old != nil {
		s.close(old)
	} else if len(s.open) >= maxSessions {
		s.evict()
	}
	var cur *session
	if n := len(s.spare); n > 0 {
		cur, s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		cur = &session{}
	}
	cur.key = sessionKey{s.words.of(r.Socket), s.words.of(r.Remote)}
	cur.remote, _ = netip.ParseAddr(cur.key.remote)
	cur.began = r.Time
	s.open[cur.key] = cur
	return cur
}

// close ends a session: an EHLO refusal that HELO did not mend stands.
func (s *Sessions) close(c *session) {
	if c.held != nil {
		s.emit(*c.held)
	}
	delete(s.open, c.key)
	if s.last == c {
		s.last = nil
	}
	*c = session{rawID: c.rawID[:0], rawSubject: c.rawSubject[:0], pending: c.pending[:0]}
	s.spare = append(s.spare, c)
}

func (s *Sessions) row(c *session, cmd string, r *Row) {
	code := replyCode(r.Response)
	if cmd != "HELO" && cmd != "EHLO" && c.held != nil && cmd != "QUIT" {
		c.held = nil // it went on all the same
	}
	switch cmd {
	case "CONN":
		s.lower = bannerHost(s.lower[:0], r.Response)
		c.banner = s.words.of(s.lower)
		s.refuse(c, r, code, diag.StageConnect, "")
	case "EHLO", "HELO":
		if name := bytes.TrimSpace(r.Detail); len(name) > 5 {
			c.helo = s.words.of(bytes.TrimSpace(name[4:]))
		}
		if a := bracketed(r.Response); a.IsValid() && code/100 == 2 {
			c.seenAs = a
		}
		if code/100 == 2 {
			c.held = nil
		} else if o, is := refusal(code); is {
			a := s.make(c, r, o, diag.StageHELO, "")
			c.held = &a
		}
	case "MAIL":
		c.sender, c.senderKnown = s.words.of(pathBytes(r.Detail)), true
		c.pending = c.pending[:0]
		s.refuse(c, r, code, diag.StageMail, "")
	case "RCPT":
		to := s.words.of(pathBytes(r.Detail))
		if code/100 == 2 {
			if len(c.pending) < maxRecipients {
				c.pending = append(c.pending, to)
			}
			return
		}
		s.refuse(c, r, code, diag.StageRcpt, to)
	case "DATA":
		s.forPending(c, r, code, diag.StageData)
	case "DATE", ".":
		if code/100 == 2 {
			for _, to := range c.pending {
				s.emit(s.make(c, r, Accepted, diag.StageEndOfData, to))
			}
		} else {
			s.forPending(c, r, code, diag.StageEndOfData)
		}
		c.pending = c.pending[:0]
	case "RSET":
		c.pending = c.pending[:0]
	}
}

func (s *Sessions) forPending(c *session, r *Row, code int, stage diag.Stage) {
	if code/100 != 4 && code/100 != 5 {
		return
	}
	for _, to := range c.pending {
		s.refuse(c, r, code, stage, to)
	}
	c.pending = c.pending[:0]
}

// refuse hands out an attempt where code is a refusal.
func (s *Sessions) refuse(c *session, r *Row, code int, stage diag.Stage, to string) {
	if o, is := refusal(code); is {
		s.emit(s.make(c, r, o, stage, to))
	}
}

// refusal returns the outcome of a reply that is a refusal.
func refusal(code int) (o Outcome, is bool) {
	switch code / 100 {
	case 4:
		return Deferred, true
	case 5:
		return Refused, true
	}
	return 0, false
}

func (s *Sessions) make(c *session, r *Row, o Outcome, stage diag.Stage, to string) Attempt {
	a := Attempt{
		Time: r.Time, Began: c.began, Outcome: o, Stage: stage, ID: c.id, Recipient: to,
		Sender: c.sender, SenderKnown: c.senderKnown, Remote: c.remote,
		Banner: c.banner, SeenAs: c.seenAs, HELO: c.helo, Subject: c.subject,
	}
	if o != Accepted {
		a.Reply = toUTF8(bytes.TrimSpace(r.Response))
	}
	return a
}

// Flush ends the sessions that are still open; for the end of the last log.
func (s *Sessions) Flush() {
	for _, c := range s.inOrder() {
		s.close(c)
	}
}

// inOrder returns the open sessions, the one that was quiet for longest first.
func (s *Sessions) inOrder() []*session {
	return slices.SortedFunc(maps.Values(s.open), func(a, b *session) int { return a.used - b.used })
}

// Sessions that say nothing for two hours by the log's clock are over: no
// timeout of RFC 5321 is longer than ten minutes, a clock is put forward or back
// by one hour, and many sessions end without QUIT.
const (
	quietFor   = 2 * 3600
	sweepEvery = 1 << 13
)

// sweep closes the sessions that have been quiet for too long at now.
func (s *Sessions) sweep(now int64) {
	for _, c := range s.inOrder() {
		if c.over(now) {
			s.close(c)
		}
	}
}

func (c *session) over(now int64) bool { return c.at < now-quietFor || c.at > now+quietFor }

// evict drops half of the sessions, those that were quiet for longest.
func (s *Sessions) evict() {
	for _, c := range s.inOrder()[:maxSessions/2] {
		s.close(c)
	}
}
