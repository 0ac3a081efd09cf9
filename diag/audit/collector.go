package audit

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// Options are what a Collector works with.
type Options struct {
	// Local are domains that are known to be hosted here before any row is
	// read: from the settings, the TAB files and the postoffice folders. Domains
	// of users who sign in are learned.
	Local []string
	// Provider names who runs a mail host, "" for nobody known; nil for never.
	Provider func(host string) string
}

// Collector keeps counts of what the rows of an installation's logs say. It is
// safe for concurrent use; rows should come in the order of time.
type Collector struct {
	mu  sync.Mutex
	opt Options
	key uint64 // of hash

	rows, inbound, outbound int
	unnamed                 int   // messages of sessions that signed in though no row says who
	first, last             int64 // Unix seconds of rows
	hour                    int64 // of last row, in hours since 1970
	day                     int32 // of last row, in days since 1970 by its own clock
	local                   map[string]bool

	open  map[uint64]*session
	prev  *session
	spare []*session

	users, accounts, clients, networks, senders, anon *table
	visits                                            visits
	guesses                                           guessing
	grants                                            grants
	forwards                                          forwards
	own                                               ownership
	patterns                                          patterns
	seen                                              seenSet
	deferred                                          map[uint64]tried
	debug                                             debugCounts
	denied                                            map[netip.Addr]denial
	marks                                             []mailenable.ServiceMark
	inHour                                            *talker // everything that is handed in to go out
	buf                                               []byte
}

// New returns a Collector without rows.
func New(o Options) *Collector {
	c := &Collector{
		opt: o, key: newKey(), local: map[string]bool{}, open: map[uint64]*session{},
		users: newTable(), accounts: newTable(), clients: newTable(), networks: newTable(), senders: newTable(), anon: newTable(),
		deferred: map[uint64]tried{}, denied: map[netip.Addr]denial{}, inHour: &talker{},
	}
	c.guesses.init()
	c.grants.init()
	c.forwards.init()
	c.own.init()
	c.patterns.init()
	c.debug.init()
	c.seen = make(seenSet, maxSeen)
	for _, d := range o.Local {
		if d = diag.DomainKey(d); d != "" {
			c.local[d] = true
		}
	}
	return c
}

// session is one SMTP session that is under way, in either direction.
type session struct {
	key    uint64
	socket []byte
	remote []byte
	out    bool
	used   int64
	peer   netip.Addr // of incoming sessions

	// Of both directions: the message under way.
	sender []byte // lower case
	null   bool
	rcpts  int

	inSession
	outSession
}

// Add takes the next row.
func (c *Collector) Add(r mailenable.Row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(&r)
}

// AddRows takes the next rows.
func (c *Collector) AddRows(rows []mailenable.Row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range rows {
		c.add(&rows[i])
	}
}

func (c *Collector) add(r *mailenable.Row) {
	sec := r.Time.Unix()
	c.clock(sec, r.Time)
	s := c.session(r, sec)
	code := replyCode(r.Response)
	if r.Out {
		c.outRow(s, r, sec, code)
	} else {
		c.inRow(s, r, sec, code)
	}
	if isVerb(r.Command, "QUIT") {
		c.close(s)
	}
}

// clock keeps the span of the log and the day of the row.
func (c *Collector) clock(sec int64, t time.Time) {
	c.rows++
	if c.first == 0 || sec < c.first {
		c.first = sec
	}
	if sec > c.last {
		c.last = sec
	}
	if h := sec / 3600; h != c.hour {
		c.hour = h
		c.day = dayOf(t)
	}
}

// dayOf numbers the days of t's own calendar.
func dayOf(t time.Time) int32 {
	y, m, d := t.Date()
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// session finds the session that a row belongs to, or begins one.
func (c *Collector) session(r *mailenable.Row, sec int64) *session {
	s := c.prev
	if s == nil || s.out != r.Out || !bytes.Equal(s.socket, r.Socket) || !bytes.Equal(s.remote, r.Remote) {
		s = c.open[c.sessionKey(r)]
	}
	begins := len(r.Command) == 0 || isVerb(r.Command, "CONN")
	if s != nil && begins {
		c.close(s)
		s = nil
	}
	if s == nil {
		s = c.begin(r)
		if begins && !r.Out {
			c.visit(s, r, sec)
		}
	}
	s.used = sec
	c.prev = s
	return s
}

func (c *Collector) sessionKey(r *mailenable.Row) uint64 {
	k := c.hash(r.Socket)*31 ^ c.hash(r.Remote)
	if r.Out {
		k = ^k
	}
	return k
}

func (c *Collector) begin(r *mailenable.Row) *session {
	if len(c.open) >= maxSessions {
		c.evict()
	}
	var s *session
	if n := len(c.spare); n > 0 {
		s, c.spare = c.spare[n-1], c.spare[:n-1]
		*s = session{socket: s.socket, remote: s.remote, sender: s.sender[:0], inSession: inSession{grants: s.grants[:0]}}
	} else {
		s = &session{}
	}
	s.key, s.out = c.sessionKey(r), r.Out
	s.socket, s.remote = append(s.socket[:0], r.Socket...), append(s.remote[:0], r.Remote...)
	if !r.Out {
		if a, err := netip.ParseAddr(string(r.Remote)); err == nil {
			s.peer = a.Unmap()
		}
	}
	c.open[s.key] = s
	return s
}

func (c *Collector) close(s *session) {
	if s.out {
		c.settleOut(s)
	}
	delete(c.open, s.key)
	if c.prev == s {
		c.prev = nil
	}
	if len(c.spare) < 256 {
		c.spare = append(c.spare, s)
	}
}

// evict drops the sessions that were quiet for an hour, or, where there are
// none, the one that was quiet for longest.
func (c *Collector) evict() {
	var oldest *session
	n := 0
	for _, s := range c.open {
		if s.used < c.last-3600 {
			c.close(s)
			n++
		} else if oldest == nil || s.used < oldest.used {
			oldest = s
		}
	}
	if n == 0 && oldest != nil {
		c.close(oldest)
	}
}

// AddMark takes a line that the service writes when it opens or closes a log.
func (c *Collector) AddMark(m mailenable.ServiceMark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.marks) < maxDenied {
		c.marks = append(c.marks, m)
	}
}

// isLocal reports whether a domain in lower case is known to be hosted here.
func (c *Collector) isLocal(domain []byte) bool { return c.local[string(domain)] }

// learn takes the domain of a user who signed in. Names are
// "mailbox@postoffice", and a postoffice need not be called like a domain: one
// without a dot is none.
func (c *Collector) learn(user string) {
	i := strings.LastIndexByte(user, '@')
	if i < 0 || len(c.local) >= maxTalkers {
		return
	}
	if d := diag.DomainKey(user[i+1:]); strings.Contains(d, ".") {
		c.local[d] = true
	}
}

// isVerb compares a command with an upper-case word.
func isVerb(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, x := range b {
		if x|0x20 != word[i]|0x20 {
			return false
		}
	}
	return true
}

// replyCode returns the three digits at the beginning of a reply, 0 for none.
func replyCode(b []byte) int {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) < 3 || b[0] < '1' || b[0] > '5' || b[1] < '0' || b[1] > '9' || b[2] < '0' || b[2] > '9' {
		return 0
	}
	if len(b) > 3 && b[3] != ' ' && b[3] != '-' {
		return 0
	}
	return int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
}

// pathOf appends the address of "MAIL FROM:<a@b> SIZE=…" or "RCPT TO:<a@b>" in
// lower case. ok is false where there is none.
func pathOf(to, detail []byte) (out []byte, ok bool) {
	i := bytes.IndexByte(detail, '<')
	if i < 0 {
		if i = bytes.IndexByte(detail, ':'); i < 0 {
			return to, false
		}
		rest := bytes.TrimLeft(detail[i+1:], " ")
		if j := bytes.IndexByte(rest, ' '); j >= 0 {
			rest = rest[:j]
		}
		return appendLower(to, rest), true
	}
	j := bytes.IndexByte(detail[i:], '>')
	if j < 0 {
		return to, false
	}
	return appendLower(to, bytes.TrimSpace(detail[i+1:i+j])), true
}

func appendLower(to, b []byte) []byte {
	for _, x := range b {
		if x >= 'A' && x <= 'Z' {
			x |= 0x20
		}
		to = append(to, x)
	}
	return to
}

// domainIn returns the domain of the address in a command, as written.
func domainIn(detail []byte) []byte {
	i := bytes.IndexByte(detail, '@')
	if i < 0 {
		return nil
	}
	d := detail[i+1:]
	if j := bytes.IndexByte(d, '>'); j >= 0 {
		d = d[:j]
	}
	return bytes.TrimRight(d, ". ")
}

// domainOf returns the domain of an address in lower case, nil for none.
func domainOf(address []byte) []byte {
	i := bytes.LastIndexByte(address, '@')
	if i < 0 {
		return nil
	}
	return bytes.TrimSuffix(address[i+1:], []byte{'.'})
}
