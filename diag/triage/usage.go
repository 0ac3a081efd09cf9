package triage

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/mailenable"
)

// maxUsage bounds how many users of what a step closes are named.
const maxUsage = 6

// closes says, for each thing that a step can take away, who used it rightly,
// how often, and what they need instead; see diag.Step.Closes.
var closes = map[string]func(u usage) []string{
	"relay-local": usage.relay,
	"relay-range": usage.relay,
	"catch-all":   usage.catchAll,
	"redirection": usage.redirection,
	"password":    usage.password,
	"mailbox":     usage.mailbox,
	"limit":       usage.limit,
	"outgoing":    usage.outgoing,
	"direct":      usage.direct,
}

// Usage returns for the steps of a plan that close something who used it in
// the last 14 days, from the logs, by Step.Key.
func (s *Session) Usage(pictures []AuditPicture, plan diag.Plan) map[string][]string {
	out := map[string][]string{}
	made := map[string][]string{}
	for _, step := range plan.Steps {
		if closes[step.Closes] == nil {
			continue
		}
		if made[step.Closes] == nil {
			made[step.Closes] = s.usageOf(pictures, step.Closes)
		}
		out[step.Key()] = made[step.Closes]
	}
	return out
}

// usageOf is Usage for one word of closes.
func (s *Session) usageOf(pictures []AuditPicture, word string) (lines []string) {
	if s.kept != nil {
		lines = s.kept.usage[word]
	} else {
		for i := range pictures {
			lines = append(lines, closes[word](usage{s, &pictures[i]})...)
		}
	}
	if len(lines) == 0 {
		return []string{"Who uses it is not known: it takes an SMTP Activity log."}
	}
	return lines
}

// lately says of which time it is told.
var lately = fmt.Sprintf("in the last %d days", audit.UsageDays)

// usage is what the logs of one installation tell.
type usage struct {
	s *Session
	p *AuditPicture
}

// logged reports whether there is a log that could tell.
func (u usage) logged() bool {
	return len(u.p.Users)+len(u.p.Clients)+len(u.p.Anonymous)+len(u.p.Senders) > 0
}

// relay: who sends without signing in. Machines of the own network are users,
// strangers are more likely the hole itself.
func (u usage) relay() []string {
	if !u.logged() {
		return nil
	}
	var out []string
	inside, strangers, mail := 0, 0, 0
	for _, r := range u.p.Relayed {
		if r.Lately == 0 {
			continue
		}
		if !insider(r.Addr) {
			strangers, mail = strangers+1, mail+r.Lately
			continue
		}
		if inside++; inside <= maxUsage {
			out = append(out, fmt.Sprintf("%s sent to %s without signing in %s, last %s: give it a mailbox and password, or keep it as a single privileged address.", r.Addr, recipients(r.Lately), lately, u.s.Clock(u.sender(r.Addr.String()).Last)))
		}
	}
	if inside > maxUsage {
		out = append(out, fmt.Sprintf("%d more machines of your own network did too.", inside-maxUsage))
	}
	if inside == 0 {
		out = append(out, "No machine of your own network sent to the outside without signing in "+lately+".")
	}
	if strangers > 0 {
		who := diag.Plural(strangers, "outside address", "outside addresses")
		out = append(out, fmt.Sprintf("%s sent to %s elsewhere without signing in %s", who, recipients(mail), lately)+": that is the hole, unless a partner's server is among them.")
	}
	return out
}

// sender is what the log says of an address that hands mail in without signing
// in.
func (u usage) sender(addr string) Talker {
	for _, t := range u.p.Anonymous {
		if t.Key == addr {
			return t
		}
	}
	return Talker{}
}

// insider reports whether an address belongs to the own network (RFC 1918, RFC
// 6598, loopback, link-local, ULA).
func insider(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || netip.MustParsePrefix("100.64.0.0/10").Contains(a)
}

func recipients(n int) string {
	if n == 1 {
		return "1 recipient"
	}
	return diag.Thousands(n) + " recipients"
}

// catchAll: which domains have one, and what went through it.
func (u usage) catchAll() []string {
	var out []string
	for i, c := range u.p.Config.CatchAlls {
		if i == maxUsage {
			out = append(out, fmt.Sprintf("%d more domains have one.", len(u.p.Config.CatchAlls)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s: mail to any unknown address goes to %s.", diag.DomainDisplay(c.Domain), cmp.Or(c.Mailbox, c.Address)))
	}
	for _, f := range u.p.Passed {
		if f.CatchAll && f.Lately > 0 {
			out = append(out, fmt.Sprintf("%s passed on %s %s, last %s, to %s.", f.Mailbox, messages(f.Lately), lately, u.s.Clock(f.Last), firstFew(f.To)))
		}
	}
	switch {
	case len(out) > 0:
		return append(out, "Whoever is reached only by such an address needs an alias: ask the owners first.")
	case u.p.Config.Read:
		return []string{"No catch-all is set up, so nobody loses anything."}
	}
	return nil
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return diag.Thousands(n) + " messages"
}

// redirection: whose mail goes on, to whom, and how much of it was taken.
func (u usage) redirection() []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range u.p.Passed {
		if f.Lately == 0 {
			continue
		}
		seen[strings.ToLower(f.Mailbox)] = true
		if len(out) < maxUsage {
			out = append(out, fmt.Sprintf("%s to %s: %s %s, last %s; %d accepted, %d refused.", f.Mailbox, firstFew(f.To), messages(f.Lately), lately, u.s.Clock(f.Last), f.LatelyAccepted, f.LatelyRefused))
		}
	}
	idle := slices.DeleteFunc(slices.Clone(u.p.Config.Redirects), func(r mailenable.Redirect) bool {
		return r.Status == 0 || len(r.To) == 0 || seen[strings.ToLower(r.Mailbox)]
	})
	for i, r := range idle {
		if i == maxUsage {
			out = append(out, fmt.Sprintf("%d more redirections are set up.", len(idle)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s to %s is set up; the logs show no mail that it passed on %s.", r.Mailbox, firstFew(r.To), lately))
	}
	switch {
	case len(out) > 0:
		return append(out, "Their owners read the mailbox here from then on: by IMAP or web mail.")
	case u.p.Config.Read || u.logged():
		return []string{"No redirection to the outside is known, so nobody loses anything."}
	}
	return nil
}

// password: who signs in with it rightly.
func (u usage) password() []string {
	return u.owners("The owner needs the new password, by telephone, on every device.")
}

// mailbox: who can hardly send until the limit goes.
func (u usage) mailbox() []string {
	return u.owners("The owner can hardly send until the limit goes: tell them.")
}

// owners says how the mailboxes that send the runs are used rightly: where from,
// and how much.
func (u usage) owners(need string) []string {
	var out []string
	for i := range u.p.Runs {
		run := &u.p.Runs[i]
		k := slices.IndexFunc(u.p.Users, func(t Talker) bool { return run.User != "" && strings.EqualFold(t.Key, run.User) })
		if k < 0 {
			continue
		}
		t := u.p.Users[k]
		var usual []string
		last := time.Time{}
		for _, n := range u.p.Networks(t.Key) {
			if n.First.Before(run.First) && n.Failed == 0 && u.s.Now().Sub(n.Last) < audit.UsageDays*24*time.Hour {
				usual = append(usual, n.Prefix.String())
				if n.Last.After(last) {
					last = n.Last
				}
			}
		}
		text := t.Key + " is somebody's mailbox"
		if t.Known {
			text += fmt.Sprintf(": on usual days it sends to about %s", recipients(int(t.Usual+0.5)))
			if n := before(t, run.First, u.s.Now()); n > 0 {
				text += fmt.Sprintf(", %s %s up to the run", recipients(n), lately)
			}
		}
		if len(usual) > 0 {
			text += fmt.Sprintf(", from %s, last %s", firstFew(usual), u.s.Clock(last))
		}
		out = append(out, text+". "+need)
	}
	if len(out) == 0 && u.logged() {
		return []string{need}
	}
	return out
}

// before counts the recipients of a user in the last days before a moment.
func before(t Talker, when, now time.Time) (n int) {
	days := int(now.Sub(when)/(24*time.Hour)) + 1 // of the run, its first whole
	for _, d := range t.Days[:max(0, len(t.Days)-days)] {
		n += d
	}
	return n
}

// limit: who sends most, and would run into one.
func (u usage) limit() []string {
	var out []string
	for _, t := range u.p.Users {
		if slices.ContainsFunc(u.p.Runs, func(r SpamRun) bool { return strings.EqualFold(r.User, t.Key) }) || !t.Known || t.Usual < 1 {
			continue
		}
		if len(out) == maxUsage {
			break
		}
		out = append(out, fmt.Sprintf("%s sends to about %s on a usual day, to %d on the busiest %s: set its limit above that.", t.Key, recipients(int(t.Usual+0.5)), slices.Max(t.Days[:]), lately))
	}
	if len(out) == 0 && u.logged() {
		return []string{"Nobody but the run sends much: a limit hits no one."}
	}
	return out
}

// outgoing: the innocent mail beside the run.
func (u usage) outgoing() []string {
	var out []string
	for _, a := range u.p.Innocents() {
		if a.Waiting == 0 {
			continue
		}
		if len(out) == maxUsage {
			out = append(out, "More innocent senders wait beside it.")
			break
		}
		out = append(out, fmt.Sprintf("%s has %s waiting that belong to no run: leave them out.", a.Sender, messages(a.Waiting)))
	}
	if len(out) == 0 && u.logged() {
		return []string{"No innocent mail waits beside the run."}
	}
	return out
}

// direct: machines that send past the mail server.
func (u usage) direct() []string {
	return []string{"The mail server's logs cannot show machines that send past it: read the firewall's log of port 25 first. Printers and programs among them need a mailbox and port 587."}
}
