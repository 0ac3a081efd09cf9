package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// facts are a Collector's counts and the Inputs, put together for one set of
// findings.
type facts struct {
	c     *Collector
	in    Inputs
	now   time.Time
	local map[string]bool
	// sure is set where it is known which domains are hosted here.
	sure bool
	// seemsHosted are further domains that behave as if they were.
	seemsHosted map[string]bool
	own         map[netip.Addr]bool
	queue       queueFacts
	users       []suspect
	gate        *gateway
}

func (c *Collector) facts(in Inputs) *facts {
	f := &facts{c: c, in: in, now: in.Now, local: map[string]bool{}, own: map[netip.Addr]bool{}}
	if f.now.IsZero() {
		f.now = time.Unix(c.last, 0)
	}
	for d := range c.local {
		f.local[d] = true
	}
	for _, d := range in.Local {
		f.local[diag.DomainKey(d)] = true
	}
	if in.Config != nil {
		for _, d := range in.Config.Domains {
			f.local[d] = true
		}
		for _, po := range in.Config.Postoffices {
			if strings.Contains(po, ".") {
				f.local[diag.DomainKey(po)] = true
			}
		}
	}
	f.sure = len(f.local) > 0
	for _, a := range in.Own {
		f.own[a.Unmap()] = true
	}
	if s := in.Settings; s != nil && s.OutboundBinding.IsValid() {
		f.own[s.OutboundBinding] = true
	}
	for k, x := range c.own.cells {
		if k.own.IsValid() && x.greeted > 0 {
			f.own[k.own] = true
		}
	}
	f.gate = f.gateway()
	f.queue = f.readQueue()
	f.seemsHosted = f.seeming()
	f.users = f.suspects()
	return f
}

// ours reports whether a client is this machine: loopback or an own address.
func (f *facts) ours(a netip.Addr) bool { return a.IsLoopback() || f.own[a] }

func (f *facts) hosted(domain string) bool { return f.local[domain] }

// outside reports whether an address is one elsewhere.
func (f *facts) outside(address string) bool { return outsideOf(f.local)(address) }

// outsideOf returns a function that reports whether an address is in none of
// the domains.
func outsideOf(local map[string]bool) func(string) bool {
	return func(address string) bool {
		d := diag.AddressDomain(address)
		return d != "" && !local[d]
	}
}

// at writes a time for people: in the time zone of the clock handed in.
func (f *facts) at(sec int64) string {
	if sec == 0 {
		return "an unknown time"
	}
	t := time.Unix(sec, 0).In(f.now.Location())
	if d := f.now.Sub(t); d < 20*time.Hour && t.Day() == f.now.Day() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}

// logged says in words which time the logs cover.
func (f *facts) logged() string {
	days := int((f.c.last-f.c.first)/86400) + 1
	if days == 1 {
		return "in the log of one day"
	}
	return "in the logs of " + count(days, "day")
}

// gateway is the private address that nearly all clients seem to come from.
type gateway struct {
	addr            netip.Addr
	sessions, total int
	days            int
}

// What it takes to call an address a gateway.
const (
	gatewaySessions = 20
	gatewayShare    = 90 // percent
)

// gateway looks at the newest days that have enough sessions.
func (f *facts) gateway() *gateway {
	g := gateway{}
	by := map[netip.Addr]int{}
	for _, d := range slices.Backward(f.c.visits.days) {
		g.total += d.total
		g.days++
		for a, n := range d.private {
			by[a] += n
		}
		if g.total >= 10*gatewaySessions || g.days >= 7 {
			break
		}
	}
	for a, n := range by {
		if n > g.sessions || n == g.sessions && a.Less(g.addr) {
			g.addr, g.sessions = a, n
		}
	}
	return &g
}

// is reports whether there is such a gateway.
func (g *gateway) is() bool {
	return g.total >= gatewaySessions && g.sessions*100 >= g.total*gatewayShare
}

// mailboxOf returns the mailbox that an address leads to, "" where it is not
// known.
func (f *facts) mailboxOf(address string) string {
	if f.in.Config == nil {
		return ""
	}
	return f.in.Config.MailboxOf(address)
}

// tabs says why the TAB files may not tell everything, "" where they do.
func (f *facts) tabs() string {
	switch why := f.unreadTabs(); {
	case why != "":
		return why
	case f.in.Settings != nil && f.in.Settings.Database:
		return "the configuration is kept in a database (" + f.in.Settings.Provider + "), so the TAB files may be out of date"
	}
	return ""
}

// unreadTabs says that TAB files could not be read, "" where all were.
func (f *facts) unreadTabs() string {
	switch c := f.in.Config; {
	case c == nil || !c.Read:
		return "the TAB files could not be read"
	case len(c.Problems) > 0:
		return diag.Plural(len(c.Problems), "file or folder", "files and folders") + " of the configuration could not be read"
	}
	return ""
}

// unreadQueue says that this account may not read all of the queue, "" where it
// may.
func (f *facts) unreadQueue() string {
	if f.in.Queue == nil {
		return "the queue could not be read"
	}
	if f.in.Unread > 0 {
		return "this account may not read " + diag.Plural(f.in.Unread, "folder or file", "folders and files") + " of the queue and of Bad Mail"
	}
	return ""
}

// status of a settings file's redirection in words.
func redirectWords(r mailenable.Redirect) string {
	switch r.Status {
	case 1:
		return "redirected"
	case 2:
		return "redirected, a copy stays"
	}
	return "with a redirection whose status is not known"
}

func sortRows(rows []QueueRow) {
	slices.SortFunc(rows, func(a, b QueueRow) int {
		return cmp.Or(cmp.Compare(a.User, b.User), b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID))
	})
}
