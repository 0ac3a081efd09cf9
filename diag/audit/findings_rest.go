package audit

import (
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// sourceNAT: the clients' own addresses do not arrive.
func (f *facts) sourceNAT() diag.Finding {
	m := f.make(SourceNAT)
	if why, no := f.noLog(); no {
		return m.end(diag.StatusUnknown, "Not known: %s.", why)
	}
	g := f.gate
	switch {
	case g.total < gatewaySessions:
		return m.end(diag.StatusUnknown, "Not known: only %s in the log.", count(g.total, "session"))
	case !g.is():
		return m.end(diag.StatusPass, "Clients' own addresses arrive: %d %% of %s come from any one private address at most.", percent(g.sessions, g.total), count(g.total, "session"))
	}
	m.about(g.addr.String())
	m.saw(fromActivity, "%s of %s in the newest %s come from %s", diag.Thousands(g.sessions), count(g.total, "session"), count(g.days, "day"), g.addr)
	m.note("Block lists, bans, SPF of inbound mail and privileged ranges judge the gateway instead of the client. Let the firewall keep the source address of what it passes to port 25.")
	for _, r := range f.relayRanges() {
		if mailenable.PatternHas(r, g.addr) {
			return m.end(diag.StatusFail, "%d %% of all clients seem to come from %s, which may relay without sign-in: everybody may.", percent(g.sessions, g.total), g.addr)
		}
	}
	return m.end(diag.StatusWarn, "%d %% of all clients seem to come from the private address %s: a firewall hides their own.", percent(g.sessions, g.total), g.addr)
}

func (f *facts) relayRanges() []string {
	var out []string
	if f.in.Config != nil {
		for _, a := range f.in.Config.Relaying {
			out = append(out, a.Pattern)
		}
	}
	return out
}

// Notices to strangers that are worth a warning.
const (
	aliensLeast = 20
	aliensShare = 10 // percent
)

// backscatter: notices to people who never wrote.
func (f *facts) backscatter() diag.Finding {
	m := f.make(Backscatter)
	q := &f.queue
	null, sent := f.c.own.null.recent(f.c.last).messages, f.c.own.sent.recent(f.c.last).messages
	if q.strangers > 0 {
		m.saw(fromQueue, "%s of %s on the way out are notices to strangers", diag.Thousands(q.strangers), count(q.outgoing, "message"))
	}
	if q.badAliens > 0 {
		m.saw("Bad Mail", "%s of %s are notices to strangers that nobody took", diag.Thousands(q.badAliens), count(q.bad, "message"))
	}
	if null > 0 {
		m.saw(fromActivity, "%s of %s tried in the newest two days have the null sender", diag.Thousands(int(null)), count(int(sent), "message"))
	}
	aliens := q.strangers + q.badAliens
	fromQueueToo := aliens >= aliensLeast && (percent(q.strangers, q.outgoing) >= aliensShare || percent(q.badAliens, q.bad) >= aliensShare)
	fromLog := int(null) >= aliensLeast && percent(int(null), int(sent)) >= aliensShare
	switch {
	case fromQueueToo:
		m.note("Refuse mail that cannot be delivered while its sender waits (\"Force Inbound Resolution\"), and do not pass mail on that others refuse: a notice about it goes to whoever was forged.")
		return m.end(diag.StatusWarn, "%s go to strangers: %s on the way out, %s in Bad Mail.", count(aliens, "notice"), diag.Thousands(q.strangers), diag.Thousands(q.badAliens))
	case fromLog:
		m.note("Refuse mail that cannot be delivered while its sender waits (\"Force Inbound Resolution\").")
		return m.end(diag.StatusWarn, "%d %% of what was sent in the newest two days (%s) are notices.", percent(int(null), int(sent)), count(int(null), "message"))
	case f.unreadQueue() != "" && (q.read || f.c.outbound == 0):
		return m.end(diag.StatusUnknown, "Not known: %s.", f.unreadQueue())
	case !f.sure && q.null > 0:
		return m.end(diag.StatusUnknown, "Not known: nothing tells which domains are hosted here.")
	}
	return m.end(diag.StatusPass, "Few notices go to strangers: %s in the queue, %s in Bad Mail.", diag.Thousands(q.strangers), diag.Thousands(q.badAliens))
}

// Sign-ins that fail and are worth a warning: within 24 hours.
const guessLeast = 100

// authGuessing: passwords that are tried out.
func (f *facts) authGuessing() diag.Finding {
	m := f.make(AuthGuessing)
	if why, no := f.noLog(); no {
		return m.end(diag.StatusUnknown, "Not known: %s.", why)
	}
	all := &f.c.guesses.all
	b := f.c.burst(all)
	if all.total.messages > 0 {
		m.saw(fromActivity, "%s %s from %s", count(int(all.total.messages), "failed sign-in"), f.logged(), count(len(f.c.guesses.networks), "network"))
	}
	var broken []string
	fails, networks := uint32(0), 0
	first := int64(0)
	for _, u := range f.c.users.sorted() {
		if br := u.breach; br.fails >= breachFails && br.last >= f.c.last-7*86400 {
			broken = append(broken, u.name)
			fails += br.fails
			networks += br.networks
			if first == 0 || br.first < first {
				first = br.first
			}
			m.saw(fromActivity, "%s from %s, then %s signed in there, first %s", count(int(br.fails), "failed sign-in"), count(br.networks, "network"), u.name, f.at(br.first))
		}
	}
	switch {
	case len(broken) > 0:
		m.about(broken[0])
		m.note("Change the password of %s at once; MESMTPCS has to restart for sessions that are signed in to end.", list(slices.Clone(broken)))
		return m.end(diag.StatusFail, "Guessing went on until it worked: after %s from %s, %s signed in from there since %s.", count(int(fails), "failed sign-in"), count(networks, "network"), list(broken), f.at(first))
	case b.messages >= guessLeast:
		m.note("Abuse detection bans an address after ten failures an hour (Localhost > Properties > Policies); its list is empty after a restart.")
		return m.end(diag.StatusWarn, "Passwords are being guessed: %s within 24 hours, none known to have worked.", count(int(b.messages), "failed sign-in"))
	}
	return m.end(diag.StatusPass, "%s %s, too few to be guesses.", count(int(all.total.messages), "failed sign-in"), f.logged())
}

// queueGrowing: more comes in than goes out.
func (f *facts) queueGrowing() diag.Finding {
	m := f.make(QueueGrowing)
	q := &f.queue
	if why := f.unreadQueue(); why != "" && q.outgoing < growingLeast {
		return m.end(diag.StatusUnknown, "Not known: %s.", why)
	}
	if q.outgoing == 0 {
		return m.end(diag.StatusPass, "Nothing waits in the outgoing queue.")
	}
	m.saw(fromQueue, "%s wait, %s of them for less than a day, %s never tried, the oldest since %s", count(q.outgoing, "message"), diag.Thousands(q.young), diag.Thousands(q.untried), f.at(q.oldest.Unix()))
	if u, known := f.usualDepth(); known {
		m.saw("earlier counts", "usually %s wait", orNone(u))
		if q.outgoing >= growingLeast && q.outgoing >= growingFactor*u {
			return m.end(diag.StatusWarn, "%s wait in the outgoing queue, usually %s: %s", count(q.outgoing, "message"), orNone(u), f.whoWaits())
		}
		return m.end(diag.StatusPass, "%s wait in the outgoing queue, usually %s.", count(q.outgoing, "message"), orNone(u))
	}
	in := f.c.burst(f.c.inHour)
	if f.c.inbound > 0 && in.known {
		m.saw(fromActivity, "%s handed in within 24 hours, %s", count(int(in.recipients), "recipient"), in.usualWords())
	}
	switch {
	case q.outgoing < growingLeast:
		return m.end(diag.StatusPass, "%s wait in the outgoing queue.", count(q.outgoing, "message"))
	case f.c.inbound == 0 || !in.known:
		return m.end(diag.StatusUnknown, "Not known: %s wait, and neither logs nor earlier counts tell how many usually do.", count(q.outgoing, "message"))
	case in.factor() >= inflowFactor && float64(in.recipients) >= 2*in.busiest && percent(q.young, q.outgoing) >= 50:
		return m.end(diag.StatusWarn, "%s wait in the outgoing queue and far more is handed in than usual (%s within 24 hours, %s): %s", count(q.outgoing, "message"), count(int(in.recipients), "recipient"), in.usualWords(), f.whoWaits())
	}
	return m.end(diag.StatusPass, "%s wait in the outgoing queue; no more is handed in than usual.", count(q.outgoing, "message"))
}

// whoWaits says whose messages fill the queue.
func (f *facts) whoWaits() string {
	name, x := f.queue.topUser()
	sender, n := "", 0
	for s, k := range f.queue.senders {
		if k > n || k == n && s < sender {
			sender, n = s, k
		}
	}
	if x != nil && x.n >= n {
		sender, n = name, x.n
	}
	if n == 0 {
		return "no sender stands out."
	}
	return diag.Thousands(percent(n, f.queue.outgoing)) + " % of it from " + diag.Clean(sender) + "."
}

// queueOrphans: command files without message and the reverse.
func (f *facts) queueOrphans() diag.Finding {
	m := f.make(QueueOrphans)
	switch {
	case f.in.Orphans > 0:
		m.note("MailEnable moves such halves to Bad Mail sooner or later; until then they are tried in vain. Hold or delete them.")
		return m.end(diag.StatusWarn, "%s in the queue folders: a command file without its message, or the reverse.", count(f.in.Orphans, "orphan"))
	case f.unreadQueue() != "":
		return m.end(diag.StatusUnknown, "Not known: %s.", f.unreadQueue())
	}
	return m.end(diag.StatusPass, "Every command file has its message.")
}

// selfBanned: addresses of our own that are turned away.
func (f *facts) selfBanned() diag.Finding {
	m := f.make(SelfBanned)
	week := f.c.last - 7*86400
	names := map[string]bool{}
	var own, users []string
	hit := func(a, where string, ours bool) {
		if names[a] {
			return
		}
		names[a] = true
		if len(names) <= 20 {
			m.saw(where, "%s is denied", a)
		}
		if ours {
			own = append(own, a)
		} else {
			users = append(users, a)
		}
	}
	mine := map[netip.Addr]bool{netip.MustParseAddr("127.0.0.1"): true, netip.IPv6Loopback(): true}
	for a := range f.own {
		mine[a] = true
	}
	if f.gate.is() {
		mine[f.gate.addr] = true
	}
	theirs := map[netip.Addr]bool{}
	for _, t := range f.c.clients.by {
		if a := parseAddr(t.name); t.last >= week && a.IsValid() && !mine[a] && !f.suspicious(a) {
			theirs[a] = true
		}
	}
	banned := func(pattern, where string) {
		if a := parseAddr(pattern); a.IsValid() {
			if mine[a] || theirs[a] {
				hit(a.String(), where, mine[a])
			}
			return
		}
		for a := range mine {
			if mailenable.PatternHas(pattern, a) {
				hit(a.String(), where, true)
			}
		}
		for a := range theirs {
			if mailenable.PatternHas(pattern, a) {
				hit(a.String(), where, false)
			}
		}
	}
	if c := f.in.Config; c != nil {
		for _, d := range c.Denied {
			banned(d.Pattern, d.Where)
		}
	}
	for a, when := range f.c.debug.banned {
		if when == 0 || when >= week {
			banned(a.String(), fromDebug)
		}
	}
	for a, d := range f.c.denied {
		if d.last >= week {
			banned(a.String(), fromActivity)
		}
	}
	slices.Sort(own)
	slices.Sort(users)
	switch {
	case len(own) > 0:
		return m.about(own[0]).end(diag.StatusFail, "The server turns itself away: %s.", list(own))
	case len(users) > 0:
		m.note("Too many wrong recipients in one session ban an address; whitelist your own users' networks (SMTP > Properties > White List).")
		return m.about(users[0]).end(diag.StatusWarn, "Addresses that users signed in from within a week are denied: %s.", list(users))
	case f.unreadTabs() != "" && f.c.rows == 0:
		return m.end(diag.StatusUnknown, "Not known: neither the deny list nor a log could be read.")
	case f.unreadTabs() != "":
		return m.end(diag.StatusPass, "No own address and no user was turned away %s; %s.", f.logged(), f.unreadTabs())
	}
	return m.end(diag.StatusPass, "None of %s covers an own address or one that users signed in from.", entries(len(f.in.Config.Denied)))
}

// suspicious reports whether an address is one of a user who is suspected: it
// is right that it is denied.
func (f *facts) suspicious(address netip.Addr) bool {
	p := networkOf(address)
	for _, s := range f.users {
		if s.talker == nil {
			continue
		}
		if x := s.talker.nets[p]; x != nil && x.first >= f.c.last-int64(7*24*time.Hour/time.Second) {
			return true
		}
	}
	return false
}
