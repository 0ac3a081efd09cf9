package audit

import (
	"cmp"
	"net/netip"
	"slices"

	"metriage/diag"
)

func parseAddr(s string) netip.Addr {
	a, _ := netip.ParseAddr(s)
	return a.Unmap()
}

// external returns the recipient domains elsewhere that sessions without
// sign-in were granted, the biggest first.
func (f *facts) external() []*grant {
	if !f.sure {
		return nil
	}
	var out []*grant
	for _, g := range f.c.grants.by {
		if d := diag.DomainKey(g.domain); !f.hosted(d) && !f.seemsHosted[d] {
			out = append(out, g)
		}
	}
	if f.c.grants.rest.recipients > 0 {
		out = append(out, &f.c.grants.rest)
	}
	slices.SortFunc(out, func(a, b *grant) int {
		return cmp.Or(cmp.Compare(b.recipients, a.recipients), cmp.Compare(a.domain, b.domain))
	})
	return out
}

// relayed adds up what others than this machine were granted.
type relayed struct {
	recipients, local, foreign int
	domains                    int
	first, last                int64
	addrs                      map[netip.Addr]*grantee
	networks                   map[netip.Prefix]int
	public                     int // networks that are not private
	more                       int
	sender, localSender, to    string
	top                        string // the domain with most
	topN                       int
}

func (f *facts) relayed() relayed {
	r := relayed{addrs: map[netip.Addr]*grantee{}, networks: map[netip.Prefix]int{}}
	for _, g := range f.external() {
		n, local := 0, 0
		for _, x := range g.from {
			if f.ours(x.addr) {
				continue
			}
			n += x.n
			local += x.local
			a := r.addrs[x.addr]
			if a == nil {
				a = &grantee{addr: x.addr}
				r.addrs[x.addr] = a
			}
			a.n += x.n
			a.local += x.local
			a.addDays(x.days)
			if p := networkOf(x.addr); p.IsValid() {
				if r.networks[p] == 0 && !private(x.addr) {
					r.public++
				}
				r.networks[p] += x.n
			}
		}
		n += g.more
		r.more += g.more
		if n == 0 {
			continue
		}
		r.domains++
		r.recipients += n
		if g.more > 0 {
			local += g.more * g.local / max(g.recipients, 1)
		}
		r.local += local
		if r.first == 0 || g.first < r.first {
			r.first = g.first
		}
		r.last = max(r.last, g.last)
		if n > r.topN {
			r.top, r.topN = g.domain, n
		}
		r.sender, r.localSender, r.to = cmp.Or(r.sender, g.sender), cmp.Or(r.localSender, g.localSender), cmp.Or(r.to, g.to)
	}
	r.foreign = r.recipients - r.local
	return r
}

// few is up to how many networks a privileged range is more likely than a
// server that relays for everybody who names the right sender.
const few = 3

// who writes where the sessions came from.
func (r *relayed) who() string {
	more := ""
	if r.more > 0 {
		more = " or more"
	}
	return count(len(r.networks), "network") + more
}

func (f *facts) relayUnknown(m *made) (diag.Finding, bool) {
	if why, no := f.noLog(); no {
		return m.end(diag.StatusUnknown, "Not known: %s.", why), true
	}
	if !f.sure {
		return m.end(diag.StatusUnknown, "Not known: nothing tells which domains are hosted here; name them with --domain."), true
	}
	return diag.Finding{}, false
}

// relayLocal: whoever names a sender of ours may send.
func (f *facts) relayLocal() diag.Finding {
	m := f.make(RelayLocal)
	r, code := f.relayed(), f.c.code("ME-I0106")
	f.tellCode(m, "ME-I0106")
	if r.local > 0 {
		m.saw(fromActivity, "without sign-in %s under senders hosted here, from %s, first %s, such as %s to %s", count(r.local, "recipient"), r.who(), f.at(r.first), r.localSender, r.to)
	}
	switch {
	case r.local > 0 && code.n > 0 && (r.public > 0 || len(r.networks) == 0),
		r.local > 0 && r.public > few && r.foreign < r.local/4:
		m.note("Switch off \"Allow relay for local sender addresses\" (SMTP > Properties > Relay); whoever needs it can sign in.")
		return m.end(diag.StatusFail, "The server relays for whoever names a sender hosted here: %s without sign-in since %s, from %s.", count(r.local, "recipient"), f.at(r.first), r.who())
	case code.n > 0:
		m.note("Switch off \"Allow relay for local sender addresses\" (SMTP > Properties > Relay); whoever needs it can sign in.")
		return m.end(diag.StatusFail, "The Debug log says that the server relays for local sender addresses (ME-I0106, %s).", count(code.n, "time"))
	}
	if u, no := f.relayUnknown(m); no {
		return u
	}
	switch {
	case r.local > 0 && r.public > 0 && f.c.code("ME-I0107").n == 0:
		return m.end(diag.StatusUnknown, "Not known: %s without sign-in under senders hosted here, from %s; that may be a privileged range (see %s).", count(r.local, "recipient"), r.who(), RelayIP)
	case r.local > 0:
		return m.end(diag.StatusPass, "Senders hosted here were granted without sign-in from privileged addresses alone (see %s).", RelayIP)
	}
	return m.end(diag.StatusPass, "No session without sign-in was granted a recipient elsewhere for a sender hosted here, %s.", f.logged())
}

// tellCode adds what the Debug log says under a code.
func (f *facts) tellCode(m *made, code string) {
	k := f.c.code(code)
	if k.n == 0 {
		return
	}
	detail := k.address
	if detail == "" && k.ip.IsValid() {
		detail = k.ip.String()
	}
	if detail != "" {
		detail = ", such as " + detail
	}
	m.saw(fromDebug, "%s %s%s, first %s", code, count(k.n, "time"), detail, f.at(k.first))
}

// relayAnyone: an open relay.
func (f *facts) relayAnyone() diag.Finding {
	m := f.make(RelayAnyone)
	r, code := f.relayed(), f.c.code("ME-I0110")
	f.tellCode(m, "ME-I0110")
	if r.foreign > 0 {
		m.saw(fromActivity, "without sign-in %s under foreign senders, from %s, first %s, such as %s to %s", count(r.foreign, "recipient"), r.who(), f.at(r.first), r.sender, r.to)
	}
	if n := f.c.grants.refuses.n; n > 0 {
		m.saw(fromActivity, "without sign-in %s elsewhere were refused to %s", count(n, "recipient"), count(len(f.c.grants.refused), "address"))
	}
	if code.n > 0 {
		return m.end(diag.StatusFail, "The server relays for everybody: the Debug log says so (ME-I0110, %s).", count(code.n, "time"))
	}
	if r.foreign > 0 && r.public > few && r.foreign >= r.local/4 {
		if r.domains < 3 {
			m.note("A domain that this server takes mail for and passes on (\"Act as Smart Host\", backup MX) looks the same.")
			return m.end(diag.StatusWarn, "Strangers get recipients at %s accepted without sign-in, %s from %s.", r.top, count(r.foreign, "recipient"), r.who())
		}
		return m.end(diag.StatusFail, "The server relays for strangers: %s at %s without sign-in since %s, from %s.", count(r.foreign, "recipient"), count(r.domains, "domain"), f.at(r.first), r.who())
	}
	if u, no := f.relayUnknown(m); no {
		return u
	}
	switch {
	case r.foreign > 0 && r.public > 0 && f.c.grants.refuses.n == 0 && f.c.code("ME-I0107").n == 0:
		return m.end(diag.StatusUnknown, "Not known: %s elsewhere were granted without sign-in, all to %s, and no stranger tried; metriage check relay tells.", count(r.foreign, "recipient"), r.who())
	case f.c.grants.refuses.n > 0:
		f.tellSeeming(m)
		return m.end(diag.StatusPass, "Strangers who tried to relay were refused (%s %s).", count(f.c.grants.refuses.n, "recipient"), f.logged())
	}
	f.tellSeeming(m)
	return m.end(diag.StatusPass, "No stranger was granted a recipient elsewhere %s; none tried, so see also check relay.", f.logged())
}

// relayIP: addresses that may relay without sign-in.
func (f *facts) relayIP() diag.Finding {
	m := f.make(RelayIP)
	r, code := f.relayed(), f.c.code("ME-I0107")
	f.tellCode(m, "ME-I0107")
	if c := f.in.Config; c != nil && len(c.Relaying) > 0 {
		var names []string
		for _, a := range c.Relaying {
			names = append(names, a.Pattern)
		}
		m.saw(fromConfig, "privileged: %s", list(names))
		for _, a := range c.Relaying {
			if wide(a.Pattern) {
				return m.end(diag.StatusFail, "The privileged range %s covers the whole internet: everybody may relay.", a.Pattern)
			}
		}
	}
	gate := f.gate.is() && r.addrs[f.gate.addr] != nil
	ranged := r.recipients > 0 && (code.n > 0 || len(r.networks) <= few && r.more == 0 && f.c.code("ME-I0106").n == 0)
	if ranged && (r.public > 0 || gate) {
		var names []string
		for _, a := range r.sorted() {
			names = append(names, a.addr.String())
			m.saw(fromActivity, "%s was granted %s elsewhere without sign-in", a.addr, count(a.n, "recipient"))
		}
		m.Evidence = m.Evidence[:min(len(m.Evidence), 12)]
		if gate {
			return m.end(diag.StatusFail, "%s may relay without sign-in, and nearly all clients seem to come from it: everybody behind it may.", f.gate.addr)
		}
		m.note("Each such address sends whatever anybody on it wants: a printer or an application is better given a user of its own.")
		return m.about(names[0]).end(diag.StatusWarn, "%s may relay without sign-in (%s elsewhere %s): %s.", count(len(names), "public address"), count(r.recipients, "recipient"), f.logged(), list(names))
	}
	if code.n > 0 && r.recipients == 0 {
		return m.end(diag.StatusWarn, "The Debug log says that addresses may relay without sign-in (ME-I0107, %s).", count(code.n, "time"))
	}
	if u, no := f.relayUnknown(m); no {
		return u
	}
	if ranged {
		return m.end(diag.StatusPass, "Only addresses of the own network relay without sign-in (%s elsewhere %s).", count(r.recipients, "recipient"), f.logged())
	}
	return m.end(diag.StatusPass, "No address is seen to relay by a privilege of its own %s.", f.logged())
}

func (r *relayed) sorted() []*grantee {
	out := make([]*grantee, 0, len(r.addrs))
	for _, a := range r.addrs {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *grantee) int {
		return cmp.Or(cmp.Compare(b.n, a.n), a.addr.Compare(b.addr))
	})
	return out
}

// wide reports whether a pattern of a privileged range covers everything.
func wide(pattern string) bool {
	if p, err := netip.ParsePrefix(pattern); err == nil {
		return p.Bits() < 4
	}
	return pattern == "*" || pattern == "*.*.*.*" || pattern == "0.0.0.0"
}
