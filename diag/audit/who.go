package audit

import (
	"fmt"
	"time"

	"metriage/diag"
)

// By is what "who is sending" is counted by.
type By string

// The kinds of talkers.
const (
	ByUser    By = "user"    // who signed in
	ByAccount By = "account" // the domain of the user
	ByClient  By = "client"  // address that handed mail in, signed in
	ByNetwork By = "network" // /24 or /48 of it
	BySender  By = "sender"  // envelope sender of what went out
	ByAnon    By = "anonymous"
)

// Talker is somebody with what they sent.
type Talker struct {
	Key string
	// Messages and Recipients over the whole of the logs; Refused recipients
	// and Bad ones, refused at RCPT.
	Messages, Recipients, Refused, Bad int
	// Day is the recipients of the busiest 24 hours of the newest two days, and
	// Usual of the median day before; Known where there are enough days.
	Day   int
	Usual float64
	Known bool
	// Hours are the recipients of the newest 24 hours, oldest first, and Days
	// of the newest 14 days.
	Hours       [24]int
	Days        [14]int
	Networks    int // of a user
	First, Last time.Time
}

// Talkers returns the n with most recipients in the newest two days, then over
// all.
func (c *Collector) Talkers(by By, n int) []Talker {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := map[By]*table{ByUser: c.users, ByAccount: c.accounts, ByClient: c.clients, ByNetwork: c.networks, BySender: c.senders, ByAnon: c.anon}[by]
	if t == nil {
		return nil
	}
	all := t.sorted()
	sortByDay(c, all)
	var out []Talker
	for _, k := range all[:min(n, len(all))] {
		b := c.burst(k)
		x := Talker{
			Key: k.name, Messages: int(k.total.messages), Recipients: int(k.total.recipients), Refused: int(k.total.refused), Bad: int(k.total.bad),
			Day: int(b.recipients), Usual: b.usual, Known: b.known, Networks: len(k.nets) + k.netMore, First: unix(k.first), Last: unix(k.last),
		}
		for _, h := range k.hours {
			if i := int(h.hour - c.last/3600 + 23); i >= 0 && i < len(x.Hours) {
				x.Hours[i] = int(h.recipients)
			}
		}
		for _, d := range k.days {
			if i := int(d.day) - int(c.last/86400) + 13; i >= 0 && i < len(x.Days) {
				x.Days[i] = int(d.recipients)
			}
		}
		out = append(out, x)
	}
	return out
}

// Situation says how a message came about, in the words of the runbooks: ours,
// forwarded, stolen-password, web-script, nat-pool or young-address; "" where it
// is not known. The smart host is recognised elsewhere.
func (c *Collector) Situation(in Inputs, runs []Run, m Message) string {
	if i := RunOf(runs, m); i >= 0 {
		switch runs[i].Code {
		case SpamUser, SpamWebmail:
			return "stolen-password"
		case SpamWeb:
			return "web-script"
		case SpamRedirect:
			return "forwarded"
		}
		return "" // relayed: the cause open-relay has its own steps
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.facts(Inputs{Now: in.Now, Config: in.Config, Local: in.Local, Settings: in.Settings})
	if m.SenderKnown && m.Sender != "" && m.User == "" && f.sure && f.outside(m.Sender) {
		return "forwarded"
	}
	switch f.pool() {
	case "pool":
		return "nat-pool"
	case "young":
		return "young-address"
	}
	if m.SenderKnown && m.Sender != "" && f.sure {
		return "ours"
	}
	return ""
}

// pool reports "pool" where several own addresses are in use at the same time,
// "young" where the only one in use came up within the logs.
func (f *facts) pool() string {
	a := f.addresses()
	var live []named
	for _, x := range a {
		if f.c.last-x.last < 86400 {
			live = append(live, x)
		}
	}
	switch {
	case len(live) > 1:
		return "pool"
	case len(live) == 1 && len(a) > 1 && live[0].first > f.c.first+86400:
		return "young"
	}
	return ""
}

// Headline is the worst thing that the findings say, in one line, with the code
// of the finding; "" where none of them is worth one.
func (c *Collector) Headline(in Inputs, findings []diag.Finding) (text, code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.facts(in)
	status := map[string]diag.Status{}
	for _, x := range findings {
		status[x.Code] = x.Status
	}
	for _, s := range f.users {
		if s.status != diag.StatusFail {
			continue
		}
		code = SpamUser
		if s.machine {
			code = SpamWebmail
		}
		nets := ""
		if s.networks >= networksLeast {
			nets = ", " + count(s.networks, "network")
		}
		if q := s.queued; q != nil && f.queue.outgoing >= growingLeast && percent(q.n, f.queue.outgoing) >= 30 {
			usual := ""
			if u := f.usualDepth(); u > 0 {
				usual = fmt.Sprintf(" (usual %s)", thousands(u))
			}
			return fmt.Sprintf("Queue %s%s: %d %% from %s since %s%s", thousands(f.queue.outgoing), usual, percent(q.n, f.queue.outgoing), diag.Clean(s.name), f.at(s.since), nets), code
		}
		return fmt.Sprintf("%s sends %s in a day since %s%s", diag.Clean(s.name), count(int(s.burst.recipients), "recipient"), f.at(s.since), nets), code
	}
	r := f.relayed()
	switch {
	case status[RelayAnyone] == diag.StatusFail:
		return fmt.Sprintf("Open relay: %s for strangers since %s, from %s", count(r.foreign, "recipient"), f.at(r.first), r.who()), RelayAnyone
	case status[RelayLocal] == diag.StatusFail:
		return fmt.Sprintf("Relay for local senders: %s without sign-in since %s, from %s", count(r.local, "recipient"), f.at(r.first), r.who()), RelayLocal
	}
	for _, want := range []string{SpamWeb, SpamRedirect, CatchAll, RelayIP, AuthGuessing, SelfBanned} {
		for _, x := range findings {
			if x.Code == want && x.Status == diag.StatusFail {
				return x.Summary, want
			}
		}
	}
	return "", ""
}
