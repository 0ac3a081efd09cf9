package tui

import (
	"cmp"
	"fmt"
	"strings"

	"metriage/diag"
	"metriage/diag/triage"
)

// replyTab shows the remote server's words and what they mean or, for a
// group, what kinds of replies there were.
func replyTab(m *Model, w int) content {
	if f, ok := m.selectedFailure(); ok {
		return content{lines: m.replyLines(f, w)}
	}
	if g, ok := m.selectedGroup(); ok {
		return content{lines: m.groupLines(g, w)}
	}
	return content{lines: []string{m.theme.faint.Render("Nothing is selected.")}}
}

func (m *Model) replyLines(f diag.Failure, w int) []string {
	var out []string
	text := f.Reply.Text
	if text == "" {
		text = "(no reply is known; the queue only says that it was not delivered)"
	}
	for _, l := range wrapTo(m.safe(text), w) {
		out = append(out, m.theme.strong.Render(l))
	}
	out = append(out, "")
	row := func(name, value string) {
		if value != "" {
			out = append(out, indent(m.theme.faint.Render(fit(name, 11, "")), strings.Repeat(" ", 11), value, w)...)
		}
	}
	cause := f.Verdict.Cause.Label()
	switch {
	case !f.Permanent:
		cause = "refused for now, still being tried: " + cause
	case f.Verdict.Cause == diag.CauseUnknown:
		cause = "unknown: no rule knows this reply"
	case f.Verdict.Confidence != "":
		cause += ", confidence " + string(f.Verdict.Confidence)
	}
	row("Cause", cause)
	row("Proof", m.proofText(f))
	if len(f.Verdict.Because) > 0 {
		row("Because of", m.safe(`"`+strings.Join(f.Verdict.Because, `", "`)+`"`))
	}
	if f.Verdict.Named != "" {
		row("Named", triage.Name(f.Verdict.Named))
	}
	if f.Verdict.Provider != "" && f.Verdict.Provider != f.Verdict.Named {
		row("Provider", triage.Name(f.Verdict.Provider))
	}
	if f.Verdict.IdentityDomain != "" {
		row("Whose", m.safe(f.Verdict.IdentityDomain)+identityWords(f.Verdict.Identity))
	}
	if f.OwnIP.IsValid() {
		row("Seen as", f.OwnIP.String())
	}
	link := f.Verdict.LookupURL
	if link != "" && !triage.KnownLink(link) {
		link += " (no known list or provider: look before you open it)"
	}
	row("Look it up", m.safe(link))
	row("To", m.safe(cmp.Or(f.Recipient, f.Domain)))
	row("From", m.safe(senderWords(f)))
	row("Subject", m.safe(f.Subject))
	when := m.clock(f.Last)
	if f.Attempts > 1 {
		when = fmt.Sprintf("%d times, first %s, last %s", f.Attempts, m.clock(f.First), m.clock(f.Last))
	}
	if f.Reply.Stage != diag.StageUnknown && f.Reply.Stage != "" {
		when += ", at " + string(f.Reply.Stage)
	}
	row("Refused", when+"; seen in "+strings.Join(f.Sources.Names(), ", "))
	row("Message", m.safe(f.ID))
	return out
}

func identityWords(i diag.Identity) string {
	switch i {
	case diag.IdentityOurs:
		return " (ours)"
	case diag.IdentityForeign:
		return " (not hosted here: the mail was forwarded)"
	case diag.IdentityRelay:
		return " (the relay that we send through)"
	}
	return ""
}

func senderWords(f diag.Failure) string {
	switch {
	case f.Sender != "":
		return f.Sender
	case f.SenderKnown:
		return "<> (a bounce)"
	}
	return "(unknown)"
}

// groupLines sums a group up: its ledger, then its replies by kind.
func (m *Model) groupLines(g diag.Group, w int) []string {
	out := []string{
		m.theme.strong.Render(m.safe(g.Display)),
		fmt.Sprintf("%s refused for good (%s ME-E0193), %s delayed, %s accepted, %s waiting",
			diag.Thousands(g.Failures), diag.Thousands(g.E0193), diag.Thousands(g.Delayed), diag.Thousands(g.Accepted), diag.Thousands(g.Waiting)),
	}
	switch {
	case !g.Onset.IsZero() && g.LastAccepted.IsZero():
		out = append(out, "Refused since "+m.clock(g.Onset)+"; no accepted delivery is known.")
	case !g.Onset.IsZero():
		out = append(out, "Refused since "+m.clock(g.Onset)+"; last accepted "+m.clock(g.LastAccepted)+".")
	case !g.LastAccepted.IsZero():
		out = append(out, "Last accepted "+m.clock(g.LastAccepted)+": not blocked as a whole.")
	}
	if m.data.audit != nil {
		if up := triage.FirstGivesUp(g, m.data.audit.pictures, m.data.at); !up.IsZero() {
			out = append(out, "Of those that wait the first gives up "+m.sess.SoonWords(up)+", estimated.")
		}
	}
	charted := m.timeline.key == m.timelineKey(g)
	if charted {
		out = append(out, m.timelineLines(g, m.timeline.t)...)
	}
	out = append(out, "")
	for _, q := range g.Replies {
		head := fmt.Sprintf("%s x %s", diag.Thousands(q.Count), q.Cause.Label())
		if q.Named != "" {
			head += ", " + triage.Name(q.Named)
		}
		out = append(out, m.theme.accent.Render(fit(head, w, m.glyph.more)))
		text := q.Text
		if text == "" {
			text = "(no reply is known)"
		}
		out = append(out, indent("  ", "  ", m.safe(text), w)...)
	}
	if len(g.Causes) > 1 {
		out = append(append(out, ""), m.causeLines(g, w)...)
	}
	if charted && g.Failures > 0 {
		out = append(out, "", m.ageLine(m.timeline.t))
	}
	var fit []string
	for _, l := range out {
		fit = append(fit, wrapTo(l, w)...)
	}
	return fit
}
