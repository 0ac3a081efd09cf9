package audit

import (
	"cmp"
	"net/netip"
	"slices"

	"metriage/diag/mailenable"
)

// grants are the recipients that sessions without sign-in got accepted, by
// domain. Which of the domains are hosted here is asked later, when everything
// that tells it was read.
type grants struct {
	by      map[string]*grant
	rest    grant             // of domains that made room and are not hosted here
	refused map[string]denial // addresses that were refused a recipient without sign-in
	refuses denial
}

// grant is one recipient domain.
type grant struct {
	domain      string
	recipients  int
	messages    int
	local       int // recipients under a sender hosted here
	null        int // under the null sender
	first, last int64
	from        []grantee
	more        int    // recipients of further addresses
	sender      string // one of them, for people
	localSender string
	to          string // one recipient
}

// grantee is an address that was granted recipients.
type grantee struct {
	addr  netip.Addr
	n     int
	local int
	days  []daySpan
}

func (g *grants) init() {
	g.by = map[string]*grant{}
	g.refused = map[string]denial{}
	g.rest.domain = "(others)"
}

// grantRcpt counts an accepted recipient of a session without sign-in.
func (c *Collector) grantRcpt(s *session, address []byte, sec int64) {
	domain := domainOf(address)
	if len(domain) == 0 {
		return // "postmaster" alone: this server
	}
	g := c.grants.by[string(domain)]
	if g == nil {
		if len(c.grants.by) >= maxGrants {
			c.grants.shrink(c.local)
		}
		g = &grant{domain: string(domain), first: sec, to: string(address)}
		c.grants.by[g.domain] = g
	}
	g.recipients++
	g.last = max(g.last, sec)
	switch {
	case s.localFrom:
		g.local++
		if g.localSender == "" {
			g.localSender = string(s.sender)
		}
	case s.null:
		g.null++
	default:
		if g.sender == "" {
			g.sender = string(s.sender)
		}
	}
	g.grantee(s.peer, s.localFrom, c.day)
	if !slices.Contains(s.grants, g) && len(s.grants) < maxGrantees {
		s.grants = append(s.grants, g)
	}
}

func (g *grant) grantee(a netip.Addr, local bool, day int32) {
	n := 0
	if local {
		n = 1
	}
	for i := range g.from {
		if g.from[i].addr == a {
			g.from[i].n++
			g.from[i].local += n
			addDay(&g.from[i].days, UsageDays, day, span{recipients: 1})
			return
		}
	}
	if len(g.from) >= maxGrantees {
		g.more++
		return
	}
	g.from = append(g.from, grantee{a, 1, n, []daySpan{{day, span{recipients: 1}}}})
}

// shrink makes room: the smaller half of the domains goes. Those that are not
// hosted here are added up.
func (g *grants) shrink(local map[string]bool) {
	all := make([]*grant, 0, len(g.by))
	for _, x := range g.by {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *grant) int {
		return cmp.Or(cmp.Compare(a.recipients, b.recipients), cmp.Compare(a.last, b.last), cmp.Compare(a.domain, b.domain))
	})
	for _, x := range all[:len(all)/2] {
		delete(g.by, x.domain)
		if !local[x.domain] {
			g.rest.fold(x)
		}
	}
}

// fold adds what another domain was granted.
func (g *grant) fold(o *grant) {
	g.recipients += o.recipients
	g.messages += o.messages
	g.local += o.local
	g.null += o.null
	if g.first == 0 || o.first < g.first {
		g.first = o.first
	}
	g.last = max(g.last, o.last)
	g.more += o.more
	for _, f := range o.from {
		g.spread(f)
	}
	if g.sender == "" {
		g.sender = o.sender
	}
	if g.localSender == "" {
		g.localSender = o.localSender
	}
	if g.to == "" {
		g.to = o.to
	}
}

func (g *grant) spread(f grantee) {
	for i := range g.from {
		if g.from[i].addr == f.addr {
			g.from[i].n += f.n
			g.from[i].local += f.local
			g.from[i].addDays(f.days)
			return
		}
	}
	if len(g.from) >= 8*maxGrantees {
		g.more += f.n
		return
	}
	g.from = append(g.from, f)
}

// addDays adds the days of the same address under another domain.
func (g *grantee) addDays(days []daySpan) {
	for _, d := range days {
		addDay(&g.days, UsageDays, d.day, d.span)
	}
}

// refusedRcpt counts a recipient that a session without sign-in was refused.
// Those for domains hosted here are wrong addresses and say nothing about
// relaying.
func (c *Collector) refusedRcpt(s *session, address []byte, code int, sec int64) {
	d := domainOf(address)
	if len(d) == 0 || c.isLocal(d) {
		return
	}
	r := &c.grants.refuses
	if r.first == 0 {
		r.first = sec
	}
	r.n++
	r.last = sec
	x, ok := c.grants.refused[string(s.remote)]
	if ok || len(c.grants.refused) < maxDenied {
		x.n++
		x.last = sec
		c.grants.refused[string(s.remote)] = x
	}
}

// debugCounts are the codes of the Debug log that the vendor documents.
type debugCounts struct {
	codes  map[string]*debugCode
	banned map[netip.Addr]int64
	lines  int
}

type debugCode struct {
	n           int
	first, last int64
	address     string // one that the line names
	ip          netip.Addr
}

func (d *debugCounts) init() {
	d.codes, d.banned = map[string]*debugCode{}, map[netip.Addr]int64{}
}

// AddDebug takes a line of the SMTP Debug log.
func (c *Collector) AddDebug(l mailenable.DebugLine) {
	if len(l.Code) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.debug.lines++
	k := c.debug.codes[string(l.Code)]
	if k == nil {
		if mailenable.CodeMeaning(string(l.Code)) == "" {
			return
		}
		k = &debugCode{address: l.Address(), ip: l.IP()}
		c.debug.codes[string(l.Code)] = k
	}
	k.n++
	if !l.Time.IsZero() {
		sec := l.Time.Unix()
		if k.first == 0 || sec < k.first {
			k.first = sec
		}
		k.last = max(k.last, sec)
	}
	if string(l.Code) == "ME-I0073" {
		if a := l.IP(); a.IsValid() && len(c.debug.banned) < maxDenied {
			c.debug.banned[a] = l.Time.Unix()
		}
	}
}

// ForgetDebug forgets the lines of the Debug log: they come again.
func (c *Collector) ForgetDebug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.debug = debugCounts{}
	c.debug.init()
}

// KeepDebug takes over what another Collector knows of the Debug log. The other
// one is not used any more.
func (c *Collector) KeepDebug(old *Collector) {
	old.mu.Lock()
	d := old.debug
	old.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.debug = d
}

// code returns what is known of a Debug code; the zero value where it was never
// seen.
func (c *Collector) code(name string) debugCode {
	if k := c.debug.codes[name]; k != nil {
		return *k
	}
	return debugCode{}
}
