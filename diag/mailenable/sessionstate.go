package mailenable

import "net/netip"

// OpenSession is a session that goes on where a log ends, so that reading can
// go on there later.
type OpenSession struct {
	Socket, Remote string
	ID             string
	Sender         string
	SenderKnown    bool
	Banner, HELO   string
	Subject        string
	SeenAs         netip.Addr
	Recipients     []string // accepted at RCPT
	Held           *Attempt // an EHLO refusal, unless HELO works
	At             int64    // Unix time of its last row
}

// Open returns the sessions that are open, the one that was quiet for longest
// first.
func (s *Sessions) Open() []OpenSession {
	if len(s.open) == 0 {
		return nil
	}
	out := make([]OpenSession, 0, len(s.open))
	for _, c := range s.inOrder() {
		o := OpenSession{
			Socket: c.key.socket, Remote: c.key.remote, ID: c.id, Sender: c.sender, SenderKnown: c.senderKnown,
			Banner: c.banner, HELO: c.helo, Subject: c.subject, SeenAs: c.seenAs, At: c.at,
			Recipients: append([]string(nil), c.pending...),
		}
		if c.held != nil {
			held := *c.held
			o.Held = &held
		}
		out = append(out, o)
	}
	return out
}

// Undecided reports whether Flush would hand out anything.
func (s *Sessions) Undecided() bool {
	for _, c := range s.open {
		if c.held != nil {
			return true
		}
	}
	return false
}

// Resume takes sessions that were open where another assembler ended.
func (s *Sessions) Resume(open []OpenSession) {
	for _, o := range open {
		s.tick++
		c := &session{
			key: sessionKey{o.Socket, o.Remote}, id: o.ID, sender: o.Sender, senderKnown: o.SenderKnown,
			banner: o.Banner, helo: o.HELO, subject: o.Subject, seenAs: o.SeenAs,
			pending: append([]string(nil), o.Recipients...), rawID: []byte(o.ID), used: s.tick, at: o.At,
		}
		if o.Held != nil {
			held := *o.Held
			c.held = &held
		}
		c.remote, _ = netip.ParseAddr(o.Remote)
		s.open[c.key] = c
	}
}
