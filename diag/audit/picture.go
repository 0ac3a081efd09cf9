package audit

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Picture is what the audit says at a moment. It does not change any more and
// is safe for concurrent use.
type Picture struct {
	// Findings are one for each of Codes, in their order.
	Findings []diag.Finding
	// Runs are the spam runs that they point at, the biggest first.
	Runs []Run
	// Headline is the worst thing that they say, in one line, and
	// HeadlineCode the code of its finding; "" where nothing is worth one.
	Headline, HeadlineCode string
	// Local are the domains hosted here, as far as is known, sorted.
	Local []string
	// Passed are the mailboxes whose mail goes on to others, as the log shows
	// it, those with most messages first.
	Passed []Passed
	// Relayed are the addresses that were granted recipients elsewhere without
	// signing in, those with most first.
	Relayed []Relayed
	// Usual is how long the outgoing queue mostly is, 0 where not enough of the
	// days before are known.
	Usual int
	// Bounces are the notices in the outgoing queue.
	Bounces Bounces

	now   time.Time
	sure  bool // Local is known
	local map[string]bool
	pool  string
}

// Look puts everything together.
func (c *Collector) Look(in Inputs) *Picture {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.facts(in)
	p := &Picture{Findings: f.findings(), now: f.now, sure: f.sure, local: f.local, pool: f.pool(), Local: slices.Sorted(maps.Keys(f.local))}
	p.Runs, p.Passed, p.Relayed, p.Bounces = f.runs(p.Findings), f.passed(), f.relayedBy(), f.bounces()
	p.Usual, _ = f.usualDepth()
	p.Headline, p.HeadlineCode = f.headline(p.Findings)
	return p
}

// Situation says how a message came about, in the words of the runbooks: ours,
// forwarded, stolen-password, web-script, nat-pool or young-address; "" where it
// is not known. A smart host is recognised elsewhere, see Collector.Hosts.
func (p *Picture) Situation(m Message) string {
	if i := RunOf(p.Runs, m); i >= 0 {
		switch p.Runs[i].Code {
		case SpamUser, SpamWebmail:
			return "stolen-password"
		case SpamWeb:
			return "web-script"
		case SpamRedirect:
			return "forwarded"
		}
		return "" // relayed: the cause open-relay has its own steps
	}
	named := m.SenderKnown && m.Sender != ""
	if named && m.User == "" && p.sure && outsideOf(p.local)(m.Sender) {
		return "forwarded"
	}
	switch {
	case p.pool != "":
		return p.pool
	case named && p.sure:
		return "ours"
	}
	return ""
}

// Innocent counts failures and queued messages that belong to none of the runs;
// see Innocent.
func (p *Picture) Innocent(failures iter.Seq[Failed], rows iter.Seq[QueueRow], lifetime time.Duration) []Affected {
	return Innocent(failures, rows, p.Runs, p.now, lifetime)
}

// pool returns "nat-pool" where several own addresses are in use at the same
// time, "young-address" where the only one in use came up within the logs.
func (f *facts) pool() string {
	a := f.addresses()
	until := map[bool]int64{} // by family: IPv4 and IPv6 side by side are no pool
	for _, x := range a {
		four := !strings.Contains(x.key, ":")
		if min(until[four], x.last)-x.first >= 3600 {
			return "nat-pool"
		}
		until[four] = max(until[four], x.last)
	}
	if n := len(a); n > 1 && a[n-1].first > f.c.first+86400 && f.c.last-a[n-1].last < 86400 {
		return "young-address"
	}
	return ""
}

// headline is the worst thing that the findings say.
func (f *facts) headline(findings []diag.Finding) (text, code string) {
	status := map[string]diag.Status{}
	for _, x := range findings {
		status[x.Code] = x.Status
	}
	for _, s := range f.users {
		if s.status != diag.StatusFail {
			continue
		}
		code := SpamUser
		if s.machine {
			code = SpamWebmail
		}
		nets := ""
		if s.networks >= networksLeast {
			nets = ", " + count(s.networks, "network")
		}
		if q := s.queued; q != nil && f.queue.outgoing >= growingLeast && percent(q.n, f.queue.outgoing) >= 30 {
			usual := ""
			if u, known := f.usualDepth(); known {
				usual = " (usual " + orNone(u) + ")"
			}
			return fmt.Sprintf("Queue %s%s: %d %% from %s since %s%s", diag.Thousands(f.queue.outgoing), usual, percent(q.n, f.queue.outgoing), diag.Clean(s.name), f.at(s.since), nets), code
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
