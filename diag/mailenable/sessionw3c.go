package mailenable

import (
	"bytes"
	"strings"
	"time"
)

// How far apart a session and what it is looked for may lie where time alone
// ties them together.
const (
	beforeHandedIn = 15 * time.Minute
	aroundAttempt  = 10 * time.Minute
	maxW3CRows     = 400 // of one session
)

// w3c finds the sessions of the message by time, client and addresses in W3C
// logs, which have no message ids.
func (h *historian) w3c(_ string, day time.Time, f File) {
	p := NewW3CParser(h.loc, day)
	open := map[sessionKey]*w3cSession{}
	end := func(k sessionKey) {
		if s := open[k]; s != nil {
			delete(open, k)
			h.byTime(s)
		}
	}
	h.lines("", f, func(_ int64, line []byte) {
		r, ok := p.Parse(line)
		if !ok {
			return
		}
		k := sessionKey{string(r.Socket) + map[bool]string{true: " out", false: " in"}[r.Out], string(r.Remote)}
		if opens(r) {
			end(k)
		}
		s := open[k]
		if s == nil {
			if len(open) >= maxSessions {
				return
			}
			s = &w3cSession{out: r.Out}
			open[k] = s
		}
		if len(s.rows) < maxW3CRows {
			s.rows = append(s.rows, r.clone())
		}
		if verb(r.Command) == "QUIT" {
			end(k)
		}
	})
	for _, s := range open {
		h.byTime(s)
	}
}

// w3cSession is a session of a W3C log.
type w3cSession struct {
	out  bool
	rows []Row
}

// clone copies a row, whose slices belong to its parser.
func (r Row) clone() Row {
	for _, b := range []*[]byte{&r.ID, &r.Socket, &r.Remote, &r.Command, &r.Detail, &r.Response, &r.User, &r.Subject} {
		*b = bytes.Clone(*b)
	}
	return r
}

// byTime keeps a session that may be one of the message.
func (h *historian) byTime(s *w3cSession) {
	first, last := s.rows[0].Time, s.rows[len(s.rows)-1].Time
	from, to := h.q.From.Add(-aroundAttempt), h.q.To.Add(aroundAttempt)
	if !s.out {
		from, to = h.q.From.Add(-beforeHandedIn), h.q.From.Add(beforeHandedIn)
	}
	if h.q.From.IsZero() || last.Before(from) || first.After(to) || !h.agrees(s) {
		return
	}
	if h.hits++; h.hits > maxHistoryHits {
		h.out.Truncated = true
		return
	}
	h.out.ByTime = true
	group := len(h.out.Lines)*1000 + h.hits
	in, tries := HandedIn{}, NewSessions(h.attemptByTime)
	for i := range s.rows {
		r := &s.rows[i]
		way := "SMTP-IN"
		if r.Out {
			way = "SMTP-OU"
		}
		cells := []string{r.Time.Format("01/02/06 15:04:05"), way, "", "", string(r.Remote), string(r.Command), string(r.Detail), string(r.Response), "", "", string(r.User), ""}
		h.line("W3C", "", r.Time, group, []byte(strings.Join(cells, "\t")))
		tries.AddRow(r)
		if !r.Out && h.handed(&in, *r) && h.out.HandedIn == nil {
			done := in
			h.out.HandedIn = &done
		}
	}
	tries.Flush()
}

// attemptByTime keeps an attempt that names the recipient or none.
func (h *historian) attemptByTime(a Attempt) {
	if (a.Recipient == "" || h.q.Recipient == "" || strings.EqualFold(a.Recipient, h.q.Recipient)) && len(h.out.Attempts) < maxHistoryLines {
		h.out.Attempts = append(h.out.Attempts, a)
	}
}

// agrees reports whether a session says nothing else of client, sender and
// recipient than what is looked for, and enough of it.
func (h *historian) agrees(s *w3cSession) bool {
	client := string(s.rows[0].Remote)
	if s.out && h.q.Remote != "" && client != h.q.Remote || !s.out && h.q.Client != "" && client != h.q.Client {
		return false
	}
	mail, rcpt, rcpts := false, false, 0
	for i := range s.rows {
		switch r := &s.rows[i]; verb(r.Command) {
		case "MAIL":
			mail = mail || h.q.SenderKnown && strings.EqualFold(pathOf(r.Detail), h.q.Sender)
			if h.q.SenderKnown && !strings.EqualFold(pathOf(r.Detail), h.q.Sender) && !mail {
				return false
			}
		case "RCPT":
			rcpts++
			rcpt = rcpt || h.q.Recipient != "" && strings.EqualFold(pathOf(r.Detail), h.q.Recipient)
		}
	}
	if rcpts > 0 && h.q.Recipient != "" {
		return rcpt
	}
	// Refused before it named anybody: the other side has to be the same.
	return mail || s.out && h.q.Remote != "" && rcpts == 0
}
