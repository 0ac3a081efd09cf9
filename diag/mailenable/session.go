package mailenable

import (
	"bytes"
	"net/netip"
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
	emit func(Attempt)
	open map[sessionKey]*session
	tick int
}

type sessionKey struct {
	socket string
	remote string
}

type session struct {
	id, sender, banner, helo, subject string
	senderKnown                       bool
	remote, seenAs                    netip.Addr
	pending                           []string // recipients accepted at RCPT
	held                              *Attempt // an EHLO refusal, unless HELO works
	used                              int
}

// NewSessions returns an assembler that calls emit for every attempt.
func NewSessions(emit func(Attempt)) *Sessions {
	return &Sessions{emit: emit, open: map[sessionKey]*session{}}
}

// Add takes the next row; rows of incoming sessions are ignored.
func (s *Sessions) Add(r Row) {
	if !r.Out {
		return
	}
	s.tick++
	key := sessionKey{string(r.Socket), string(r.Remote)}
	cmd := verb(r.Command)
	cur := s.open[key]
	if cur == nil || cmd == "CONN" {
		if cur != nil {
			s.end(cur)
		} else if len(s.open) >= maxSessions {
			s.evict()
		}
		cur = &session{}
		cur.remote, _ = netip.ParseAddr(string(r.Remote))
		s.open[key] = cur
	}
	cur.used = s.tick
	if id := strings.ToUpper(string(r.ID)); id != cur.id {
		// One connection can carry several messages; each has its own id.
		cur.id, cur.pending, cur.sender, cur.senderKnown = id, nil, "", false
	}
	if len(r.Subject) > 0 {
		cur.subject = toUTF8(r.Subject)
	}
	s.row(cur, cmd, r)
	if cmd == "QUIT" {
		s.end(cur)
		delete(s.open, key)
	}
}

func (s *Sessions) row(c *session, cmd string, r Row) {
	code := replyCode(r.Response)
	if cmd != "HELO" && cmd != "EHLO" && c.held != nil && cmd != "QUIT" {
		c.held = nil // it went on all the same
	}
	switch cmd {
	case "CONN":
		c.banner = bannerHost(r.Response)
		s.refuse(c, r, code, diag.StageConnect, "")
	case "EHLO", "HELO":
		if name := bytes.TrimSpace(r.Detail); len(name) > 5 {
			c.helo = string(bytes.TrimSpace(name[4:]))
		}
		if a := bracketed(r.Response); a.IsValid() && code/100 == 2 {
			c.seenAs = a
		}
		if code/100 == 2 {
			c.held = nil
		} else if a := s.attempt(c, r, code, diag.StageHELO, ""); a != nil {
			c.held = a
		}
	case "MAIL":
		c.sender, c.senderKnown = pathOf(r.Detail), true
		c.pending = nil
		s.refuse(c, r, code, diag.StageMail, "")
	case "RCPT":
		to := pathOf(r.Detail)
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
		c.pending = nil
	case "RSET":
		c.pending = nil
	}
}

func (s *Sessions) forPending(c *session, r Row, code int, stage diag.Stage) {
	if code/100 != 4 && code/100 != 5 {
		return
	}
	for _, to := range c.pending {
		s.refuse(c, r, code, stage, to)
	}
	c.pending = nil
}

// refuse hands out an attempt where code is a refusal.
func (s *Sessions) refuse(c *session, r Row, code int, stage diag.Stage, to string) {
	if a := s.attempt(c, r, code, stage, to); a != nil {
		s.emit(*a)
	}
}

func (s *Sessions) attempt(c *session, r Row, code int, stage diag.Stage, to string) *Attempt {
	var o Outcome
	switch code / 100 {
	case 4:
		o = Deferred
	case 5:
		o = Refused
	default:
		return nil
	}
	a := s.make(c, r, o, stage, to)
	return &a
}

func (s *Sessions) make(c *session, r Row, o Outcome, stage diag.Stage, to string) Attempt {
	a := Attempt{
		Time: r.Time, Outcome: o, Stage: stage, ID: c.id, Recipient: to,
		Sender: c.sender, SenderKnown: c.senderKnown, Remote: c.remote,
		Banner: c.banner, SeenAs: c.seenAs, HELO: c.helo, Subject: c.subject,
	}
	if o != Accepted {
		a.Reply = toUTF8(bytes.TrimSpace(r.Response))
	}
	return a
}

// end closes a session: an EHLO refusal that HELO did not mend stands.
func (s *Sessions) end(c *session) {
	if c.held != nil {
		s.emit(*c.held)
		c.held = nil
	}
}

// Flush ends the sessions that are still open; for the end of the last log.
func (s *Sessions) Flush() {
	for k, c := range s.open {
		s.end(c)
		delete(s.open, k)
	}
}

// evict drops the session that was quiet for longest.
func (s *Sessions) evict() {
	var oldest sessionKey
	used := s.tick + 1
	for k, c := range s.open {
		if c.used < used {
			oldest, used = k, c.used
		}
	}
	s.end(s.open[oldest])
	delete(s.open, oldest)
}

// verb returns a command in upper case without allocating for the usual ones.
func verb(b []byte) string {
	for _, v := range []string{"CONN", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "DATE", "QUIT", "RSET", "STARTTLS"} {
		if len(v) == len(b) && strings.EqualFold(v, string(b)) {
			return v
		}
	}
	return strings.ToUpper(string(b))
}

// replyCode returns the three digits at the beginning of a reply, 0 where
// there are none.
func replyCode(b []byte) int {
	b = bytes.TrimLeft(b, " ")
	if len(b) < 3 || len(b) > 3 && b[3] != ' ' && b[3] != '-' {
		return 0
	}
	n := 0
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// pathOf returns the address of "MAIL FROM:<a@b> SIZE=…" or "RCPT TO:<a@b>".
func pathOf(b []byte) string {
	i := bytes.IndexByte(b, '<')
	if i >= 0 {
		if j := bytes.IndexByte(b[i:], '>'); j > 0 {
			return toUTF8(bytes.TrimSpace(b[i+1 : i+j]))
		}
	}
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		a, _, _ := bytes.Cut(bytes.TrimSpace(b[i+1:]), []byte{' '})
		return toUTF8(bytes.Trim(a, "<>"))
	}
	return ""
}

// bannerHost returns the host name that a greeting begins with.
func bannerHost(b []byte) string {
	b = bytes.TrimSpace(b)
	if replyCode(b) != 0 {
		b = bytes.TrimLeft(b[3:], " -")
	}
	w, _, _ := bytes.Cut(b, []byte{' '})
	h := strings.ToLower(strings.Trim(string(w), "<>()[],;:."))
	if !strings.Contains(h, ".") || len(h) > 253 || strings.ContainsAny(h, "/@=*") {
		return ""
	}
	if _, err := netip.ParseAddr(h); err == nil || h[0] >= '0' && h[0] <= '9' && strings.Count(h, ".") == 2 {
		return "" // an address or an enhanced status code
	}
	return h
}
