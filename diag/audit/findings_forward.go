package audit

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// passing is one mailbox that passes mail on, as the log shows it.
type passing struct {
	mailbox string // "postoffice/mailbox" or an address
	forward
	catchAll bool
}

// passings puts the forwards together by mailbox: the addresses that a
// catch-all takes are one.
func (f *facts) passings() []passing {
	by := map[string]*passing{}
	for _, x := range f.c.forwards.boxes {
		name := x.mailbox
		caught := false
		if m := f.mailboxOf(x.mailbox); m != "" {
			name = m
			_, direct := f.directly(x.mailbox)
			caught = !direct
		}
		p := by[name]
		if p == nil {
			p = &passing{mailbox: name, forward: forward{to: map[string]int{}, first: x.first, sender: x.sender}}
			by[name] = p
		}
		p.messages += x.messages
		p.accepted += x.accepted
		p.deferred += x.deferred
		p.refused += x.refused
		p.first, p.last = min(p.first, x.first), max(p.last, x.last)
		for _, d := range x.days {
			addDay(&p.days, UsageDays, d.day, d.span)
		}
		p.catchAll = p.catchAll || caught
		for to, n := range x.to {
			p.to[to] += n
		}
	}
	var out []passing
	for _, p := range by {
		// A single message that happens to share sender and minute is no
		// redirection.
		if p.messages >= 3 {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b passing) int {
		return cmp.Or(cmp.Compare(b.messages, a.messages), cmp.Compare(a.mailbox, b.mailbox))
	})
	return out
}

// directly returns the mailbox that has an address for its own.
func (f *facts) directly(address string) (string, bool) {
	m := f.mailboxOf(address)
	if m == "" {
		return "", false
	}
	for _, a := range f.in.Config.AddressesOf(m) {
		if strings.EqualFold(a, address) {
			return m, true
		}
	}
	return m, false
}

// ended reports whether the settings of a mailbox were changed after it passed on
// something for the last time, and no longer redirect it, and the log goes on
// behind that.
func (f *facts) ended(p *passing) bool {
	if f.tabs() != "" {
		return false
	}
	c := f.in.Config
	for _, r := range c.Redirects {
		if r.Status != 0 && strings.EqualFold(r.Mailbox, p.mailbox) && len(f.outsideOf(r.To)) > 0 {
			return false
		}
	}
	for _, x := range c.Outside {
		if strings.EqualFold(x.From, p.mailbox) && f.outside(x.To) {
			return false
		}
	}
	postoffice, _, _ := strings.Cut(strings.ToUpper(p.mailbox), "/")
	return slices.ContainsFunc(c.Files, func(x mailenable.ConfigFile) bool {
		name := strings.ToUpper(x.Name)
		its := strings.HasSuffix(name, "ADDRESS-MAP.TAB") || strings.HasSuffix(name, "/"+postoffice+"/MAILBOX.TAB")
		return its && x.ModTime.Unix() > p.last && f.c.last > x.ModTime.Unix()
	})
}

func (p *passing) targets() []string {
	return slices.SortedFunc(maps.Keys(p.to), func(a, b string) int {
		return cmp.Or(cmp.Compare(p.to[b], p.to[a]), strings.Compare(a, b))
	})
}

// What it takes to call forwarding a source of spam.
const (
	passRefused = 10
	passSome    = 3  // that are worth a warning
	passShare   = 10 // percent
)

// spamRedirect: what redirections pass on is refused as spam.
func (f *facts) spamRedirect() diag.Finding {
	m := f.make(SpamRedirect)
	all := f.passings()
	var messages, refused, accepted, over int
	var names []string
	last := int64(0)
	for _, p := range all {
		if f.ended(&p) {
			over++
		}
		last = max(last, p.last)
		messages += p.messages
		refused += p.refused
		accepted += p.accepted
		names = append(names, p.mailbox)
		if len(m.Evidence) < maxSummaryList {
			m.saw(fromActivity, "%s passed on %s under foreign senders to %s; %s accepted, %s refused", p.mailbox, count(p.messages, "message"), list(p.targets()), diag.Thousands(p.accepted), diag.Thousands(p.refused))
		}
	}
	if n := f.c.forwards.lost; n > 0 {
		m.note("%s went out under foreign senders that no inbound message explains.", count(n, "message"))
	}
	switch {
	case refused >= passRefused && percent(refused, refused+accepted) >= passShare:
		m.about(names[0])
		if over == len(all) {
			return m.end(diag.StatusWarn, "Until %s redirections passed on what their targets refused: %s of %s from %s; none of them is set any more.", f.at(last), diag.Thousands(refused), count(refused+accepted, "recipient"), list(names))
		}
		m.note("Let redirections pass mail on as an attachment (Postoffice connector > General > Redirection handling), or end them.")
		return m.end(diag.StatusFail, "Redirections pass on what their targets refuse: %s of %s from %s.", diag.Thousands(refused), count(refused+accepted, "recipient"), list(names))
	case refused >= passSome && percent(refused, refused+accepted) >= passShare:
		m.about(names[0])
		return m.end(diag.StatusWarn, "Of the little that redirections pass on their targets refuse a part: %s of %s from %s.", diag.Thousands(refused), count(refused+accepted, "recipient"), list(names))
	case messages > 0:
		return m.end(diag.StatusPass, "%s passed on under foreign senders %s, few of them refused (%s).", count(messages, "message"), f.logged(), diag.Thousands(refused))
	}
	if f.c.outbound == 0 || f.c.inbound == 0 {
		return m.end(diag.StatusUnknown, "Not known: it takes an SMTP-Activity log of both directions.")
	}
	return m.end(diag.StatusPass, "Nothing goes out that came in from elsewhere, %s.", f.logged())
}

// catchAll: made-up addresses whose mail leaves again.
func (f *facts) catchAll() diag.Finding {
	m := f.make(CatchAll)
	var domains []string
	if c := f.in.Config; c != nil {
		for _, ca := range c.CatchAlls {
			switch {
			case ca.Address != "" && f.outside(ca.Address):
				domains = append(domains, ca.Domain)
				m.saw(fromConfig, "%s: everything for %s goes to %s", ca.Where, ca.Domain, ca.Address)
			case ca.Mailbox != "":
				for _, r := range c.Redirects {
					if to := f.outsideOf(r.To); r.Status != 0 && len(to) > 0 && strings.EqualFold(r.Mailbox, ca.Mailbox) {
						domains = append(domains, ca.Domain)
						m.saw(fromConfig, "%s: everything for %s arrives in %s", ca.Where, ca.Domain, ca.Mailbox)
						m.saw(fromConfig, "%s: %s is %s to %s", r.Where, r.Mailbox, redirectWords(r), list(to))
						break
					}
				}
			}
		}
	}
	f.tellCode(m, "ME-I0102")
	traced := 0
	for _, t := range f.in.Traces {
		if t.Trace.CatchAllFor != "" && t.Row.Outgoing && t.Row.Sender != "" && f.outside(t.Row.Sender) {
			if traced++; traced <= maxSummaryList {
				m.saw(fromQueue, "%s came in for %s by a catch-all and is on its way to %s", t.Row.ID, t.Trace.CatchAllFor, t.Row.Destination)
			}
		}
	}
	if why := f.tabs(); why != "" {
		m.note("%s.", upper(why))
	}
	slices.Sort(domains)
	domains = slices.Compact(domains)
	switch {
	case len(domains) > 0:
		m.about(domains[0])
		m.note("\"Disable all catchalls\" (SMTP > Properties > Security) stops it at once.")
		return m.end(diag.StatusFail, "The catch-all of %s leads outside: spam to made-up addresses leaves as ours.", list(domains))
	case traced > 0:
		return m.end(diag.StatusWarn, "%s in the outgoing queue came in by a catch-all.", count(traced, "message"))
	case f.tabs() != "":
		return m.end(diag.StatusUnknown, "Not known: %s.", f.tabs())
	case len(f.in.Config.CatchAlls) > 0:
		return m.end(diag.StatusPass, "None of %s leads outside.", count(len(f.in.Config.CatchAlls), "catch-all"))
	}
	return m.end(diag.StatusPass, "No domain has a catch-all.")
}

// outsideOf returns those addresses that are not hosted here.
func (f *facts) outsideOf(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		if f.outside(a) {
			out = append(out, a)
		}
	}
	return out
}

// redirectOut: mailboxes whose mail goes on to others.
func (f *facts) redirectOut() diag.Finding {
	m := f.make(RedirectOut)
	var boxes []string
	known := map[string]bool{}
	if c := f.in.Config; c != nil {
		for _, r := range c.Redirects {
			if to := f.outsideOf(r.To); r.Status != 0 && len(to) > 0 {
				boxes = append(boxes, r.Mailbox)
				known[strings.ToLower(r.Mailbox)] = true
				if len(m.Evidence) < 20 {
					m.saw(fromConfig, "%s: %s is %s to %s", r.Where, r.Mailbox, redirectWords(r), list(to))
				}
			}
		}
		for _, x := range c.Outside {
			if f.outside(x.To) {
				boxes = append(boxes, x.From)
				known[strings.ToLower(x.From)] = true
				if len(m.Evidence) < 20 {
					m.saw(fromConfig, "%s: %s leads to %s", x.Where, x.From, x.To)
				}
			}
		}
	}
	seen := 0
	for _, p := range f.passings() {
		if !known[strings.ToLower(p.mailbox)] && !f.ended(&p) {
			boxes = append(boxes, p.mailbox)
			seen++
			if len(m.Evidence) < 20 {
				m.saw(fromActivity, "mail for %s goes on to %s (%s)", p.mailbox, list(p.targets()), count(p.messages, "message"))
			}
		}
	}
	if why := f.tabs(); why != "" {
		m.note("%s.", upper(why))
	}
	switch {
	case len(boxes) > 0:
		if seen > 0 {
			m.note("%s of them no settings file shows: senders, mailboxes and times in the log do.", diag.Thousands(seen))
		}
		m.about(boxes[0])
		return m.end(diag.StatusWarn, "%s passed on to addresses elsewhere: %s.", is(len(boxes), "mailbox"), list(boxes))
	case f.tabs() != "" && f.c.outbound == 0:
		return m.end(diag.StatusUnknown, "Not known: %s, and there is no SMTP-Activity log that could be read.", f.tabs())
	case f.tabs() != "":
		return m.end(diag.StatusPass, "No mail was seen to be passed on %s, though %s.", f.logged(), f.tabs())
	}
	return m.end(diag.StatusPass, "No mailbox is redirected to an address elsewhere.")
}

func is(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	if strings.HasSuffix(noun, "x") {
		noun += "e"
	}
	return diag.Thousands(n) + " " + noun + "s are"
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
