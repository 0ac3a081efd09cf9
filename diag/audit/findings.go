package audit

import (
	"fmt"
	"slices"
	"strings"

	"metriage/diag"
)

// Findings puts everything together. There is exactly one finding for each of
// Codes, in their order.
func (c *Collector) Findings(in Inputs) []diag.Finding { return c.Look(in).Findings }

// findings makes all of them.
func (f *facts) findings() []diag.Finding {
	out := []diag.Finding{
		f.spamUser(), f.spamWeb(), f.spamWebmail(), f.spamRedirect(), f.catchAll(), f.redirectOut(),
		f.relayLocal(), f.relayAnyone(), f.relayIP(), f.sourceNAT(), f.backscatter(), f.authGuessing(),
		f.queueGrowing(), f.queueOrphans(), f.selfBanned(),
	}
	for i := range out {
		out[i].Asked = f.now
	}
	return out
}

// made is a finding while it is being put together.
type made struct{ diag.Finding }

func (f *facts) make(code string) *made {
	return &made{diag.Finding{Check: Check, Code: code}}
}

// note adds a further sentence.
func (m *made) note(format string, args ...any) *made {
	m.Notes = append(m.Notes, fmt.Sprintf(format, args...))
	return m
}

// saw adds evidence: where it was seen and what.
func (m *made) saw(where, format string, args ...any) *made {
	m.Evidence = append(m.Evidence, diag.Evidence{Query: where, Answer: diag.Clean(fmt.Sprintf(format, args...))})
	return m
}

// about sets the subject.
func (m *made) about(subject string) *made {
	m.Subject = diag.Clean(subject)
	return m
}

func (m *made) end(s diag.Status, format string, args ...any) diag.Finding {
	m.Status, m.Summary = s, diag.Clean(fmt.Sprintf(format, args...))
	return m.Finding
}

// Where evidence comes from.
const (
	fromActivity = "SMTP-Activity log"
	fromDebug    = "SMTP-Debug log"
	fromQueue    = "queue"
	fromConfig   = "TAB files"
	fromRegistry = "registry"
)

// noLog is the answer of findings that need the inbound side of the log.
func (f *facts) noLog() (string, bool) {
	switch {
	case f.c.rows == 0:
		return "there is no SMTP-Activity log that could be read", true
	case f.c.inbound == 0:
		return "the SMTP-Activity log has no rows of mail that was handed in", true
	}
	return "", false
}

// spamUser: a mailbox that others send through.
func (f *facts) spamUser() diag.Finding {
	m := f.make(SpamUser)
	for _, s := range f.users {
		if !s.machine {
			return f.tellSuspect(m, s, f.others(false))
		}
	}
	if why, no := f.noLog(); no {
		if f.queue.read && f.queue.outgoing > 0 {
			return m.end(diag.StatusUnknown, "Not known: %s, and no user stands out in the queue.", why)
		}
		return m.end(diag.StatusUnknown, "Not known: %s.", why)
	}
	switch n := f.c.unnamed; {
	case len(f.c.users.by) == 0 && n > 0:
		return m.end(diag.StatusUnknown, "Not known: %s by users who signed in, but the log does not name them.", count(n, "message"))
	case len(f.c.users.by) == 0:
		return m.end(diag.StatusPass, "Nobody signed in %s.", f.logged())
	}
	return m.end(diag.StatusPass, "None of %s stands out %s, by volume, networks or failed sign-ins.", count(len(f.c.users.by), "user"), f.logged())
}

// others are the suspects beside the first, by name.
func (f *facts) others(machine bool) []string {
	var out []string
	for _, s := range f.users {
		if s.machine == machine {
			out = append(out, s.name)
		}
	}
	if len(out) > 0 {
		out = out[1:]
	}
	return out
}

func (f *facts) tellSuspect(m *made, s suspect, others []string) diag.Finding {
	m.about(s.name)
	verb := "hands in far more than usual"
	if s.status == diag.StatusWarn {
		verb = "stands out"
	}
	since := ""
	if s.since > 0 {
		since = " since " + f.at(s.since)
	}
	if t := s.talker; t != nil {
		m.saw(fromActivity, "%s from %s, busiest within 24 hours from %s; %s", count(int(s.burst.messages), "message"), s.name, f.at(s.burst.from), s.burst.usualWords())
		if t.breach.fails > 0 {
			m.saw(fromActivity, "%s from %s, then signed in as %s from %s", count(int(t.breach.fails), "failed sign-in"), count(t.breach.networks, "network"), s.name, f.at(t.breach.first))
		}
		if s.refused.refused > 0 {
			m.saw(fromActivity, "remote servers refused %s of this sender in the newest two days", count(int(s.refused.refused), "recipient"))
		}
		if n := f.networkNames(t); len(n) > 0 {
			m.saw(fromActivity, "networks: %s", list(n))
		}
	}
	if q := s.queued; q != nil {
		m.saw(fromQueue, "%s of %s that wait were handed in by %s", diag.Thousands(q.n), count(f.queue.outgoing, "message"), s.name)
	}
	if len(others) > 0 {
		m.note("The same holds for %s.", list(others))
	}
	if s.status == diag.StatusFail {
		m.note("Limit or change this mailbox's password rather than disabling it: a disabled mailbox makes notices to strangers. Sessions that are already signed in end when MESMTPCS restarts.")
	}
	return m.end(s.status, "%s %s%s: %s.", s.name, verb, since, strings.Join(s.signs, ", "))
}

// networkNames are the newest networks of a user.
func (f *facts) networkNames(t *talker) []string {
	type one struct {
		name  string
		first int64
	}
	var all []one
	for p, x := range t.nets {
		all = append(all, one{p.String(), x.first})
	}
	slices.SortFunc(all, func(a, b one) int {
		if a.first != b.first {
			return int(min(max(b.first-a.first, -1), 1))
		}
		return strings.Compare(a.name, b.name)
	})
	var out []string
	for _, x := range all {
		out = append(out, x.name)
	}
	return out
}

// spamWebmail: a mailbox that is used from this machine, which is where webmail
// hands in from.
func (f *facts) spamWebmail() diag.Finding {
	m := f.make(SpamWebmail)
	for _, s := range f.users {
		if s.machine {
			m.note("Nearly all of it was handed in from this machine under the user's name, as webmail does: whoever it is signed in to webmail, so look at the web log too.")
			return f.tellSuspect(m, s, f.others(true))
		}
	}
	if why, no := f.noLog(); no {
		return m.end(diag.StatusUnknown, "Not known: %s.", why)
	}
	if len(f.c.users.by) == 0 && f.c.unnamed > 0 {
		return m.end(diag.StatusUnknown, "Not known: the log does not name the users who signed in.")
	}
	n := 0
	for _, t := range f.c.users.by {
		for _, x := range t.nets {
			if f.ours(x.addr) {
				n += int(x.messages)
			}
		}
	}
	if n == 0 {
		return m.end(diag.StatusPass, "No user handed mail in from this machine %s; webmail would.", f.logged())
	}
	return m.end(diag.StatusPass, "Users handed in %s from this machine %s, none far more than usual.", count(n, "message"), f.logged())
}

// spamWeb: mail from this machine without sign-in, as web scripts send it.
func (f *facts) spamWeb() diag.Finding {
	m := f.make(SpamWeb)
	scripts := f.scripts(m)
	var worst *talker
	var busiest burst
	granted := 0
	for _, g := range f.external() {
		for _, x := range g.from {
			if f.ours(x.addr) {
				granted += x.n
			}
		}
	}
	for _, t := range f.c.anon.by {
		if a := parseAddr(t.name); a.IsValid() && f.ours(a) {
			if b := f.c.burst(t); worst == nil || b.recipients > busiest.recipients {
				worst, busiest = t, b
			}
		}
	}
	waiting := 0
	for a, q := range f.queue.clients {
		if f.ours(a) && q.localSender > 0 {
			waiting += q.n
		}
	}
	if worst != nil && granted > 0 {
		m.about(worst.name).saw(fromActivity, "%s within a day from %s without sign-in (%s)", count(int(busiest.recipients), "recipient"), worst.name, busiest.usualWords())
	}
	if waiting > 0 {
		m.saw(fromQueue, "%s handed in from this machine without a user wait", count(waiting, "message"))
	}
	many := worst != nil && granted > 0 && busiest.recipients >= volumeLeast
	switch {
	case many && (!busiest.known || busiest.factor() >= volumeFactor):
		s := diag.StatusFail
		if !busiest.known {
			s = diag.StatusWarn
		}
		return m.end(s, "Without sign-in this machine (%s) hands in %s within a day since %s, %s: a script on it sends.", worst.name, count(int(busiest.recipients), "recipient"), f.at(f.c.onset(worst, busiest)), busiest.usualWords())
	case waiting >= queueLeast && percent(waiting, f.queue.outgoing) >= queueShare:
		return m.end(diag.StatusWarn, "%d %% of the outgoing queue (%s) was handed in from this machine without sign-in: look for a script that sends.", percent(waiting, f.queue.outgoing), count(waiting, "message"))
	}
	if why, no := f.noLog(); no {
		return m.end(diag.StatusUnknown, "Not known: %s.", why)
	}
	if granted > 0 {
		return m.end(diag.StatusPass, "This machine hands mail in without sign-in (%s outside %s), no more than usual.", count(granted, "recipient"), f.logged())
	}
	if scripts > 0 {
		return m.end(diag.StatusPass, "Scripts send mail, but nothing leaves from this machine without sign-in %s.", f.logged())
	}
	return m.end(diag.StatusPass, "Nothing for outside was handed in from this machine without sign-in %s.", f.logged())
}

// scripts adds the header fields by which scripts show themselves.
func (f *facts) scripts(m *made) int {
	n := 0
	for _, t := range f.in.Traces {
		for _, h := range t.Trace.Script {
			if n++; n <= maxSummaryList {
				m.saw(fromQueue, "%s: %s: %s", t.Row.ID, h.Key, h.Value)
			}
		}
	}
	return n
}
