package tui

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/triage"
)

// failuresSection lists what was refused: groups, then the failures of one.
func failuresSection() section {
	return section{
		id: "failures", title: "Failures", place: inFailures, badge: (*Model).checksBadge,
		levels: []level{groupLevel(), failureLevel()},
		tabs: []tab{
			{title: "Reply", group: "Summary", build: replyTab}, {title: "Checks", build: checksTab},
			{title: "Guidance", build: guidanceTab}, {title: "Raw", build: rawTab},
		},
	}
}

func groupLevel() level {
	g := func(row any) diag.Group { return row.(diag.Group) }
	return level{
		one: "group", many: "groups",
		columns: []column{
			{title: "DOMAIN", width: 13, want: 21, grow: 5, text: func(m *Model, r any) string { return m.safe(g(r).Display) }, role: quietRole,
				less: func(a, b any) int {
					return strings.Compare(strings.ToLower(g(a).Display), strings.ToLower(g(b).Display))
				}},
			{title: "REFUSED", width: 7, right: true, text: func(_ *Model, r any) string { return count(g(r).Failures) }, role: groupRole,
				less: func(a, b any) int { return cmp.Compare(g(b).Failures, g(a).Failures) }},
			{title: "E0193", width: 5, right: true, drop: 3, text: func(_ *Model, r any) string { return count(g(r).E0193) },
				less: func(a, b any) int { return cmp.Compare(g(b).E0193, g(a).E0193) }},
			{title: "DELAY", width: 5, right: true, drop: 4, text: func(_ *Model, r any) string { return count(g(r).Delayed) },
				less: func(a, b any) int { return cmp.Compare(g(b).Delayed, g(a).Delayed) }},
			{title: "OK", width: 5, right: true, drop: 2, text: func(_ *Model, r any) string { return count(g(r).Accepted) },
				less: func(a, b any) int { return cmp.Compare(g(b).Accepted, g(a).Accepted) }},
			{title: "REFUSED SINCE", width: 13, drop: 5, text: func(m *Model, r any) string { return m.clock(g(r).Onset) },
				less: func(a, b any) int { return g(b).Onset.Compare(g(a).Onset) }},
			{title: "CAUSE", width: 14, grow: 1, drop: 1, text: func(_ *Model, r any) string { return mainCause(g(r)) }, role: quietRole,
				less: func(a, b any) int { return cmp.Compare(mainCause(g(a)), mainCause(g(b))) }},
		},
		load: func(d *data, _ string) []int32 {
			out := make([]int32, 0, len(d.groups))
			for i, x := range d.groups {
				if (x.Failures > 0 || x.Delayed > 0 || x.Accepted > 0) && (!d.e0193 || x.E0193 > 0) {
					out = append(out, int32(i))
				}
			}
			return out
		},
		key:   func(d *data, n int32) string { return d.groups[n].Key },
		row:   func(d *data, n int32) any { return d.groups[n] },
		name:  func(r any) string { return g(r).Display },
		same:  func(r any) string { return "cause:" + filterWord(string(topCause(g(r)))) },
		empty: emptyFailures,
		field: func(r any, name string) (string, bool) {
			x := g(r)
			switch name {
			case "":
				v := x.Key + " " + x.Display + " " + mainCause(x)
				for _, r := range x.Replies {
					v += " " + r.Text
				}
				return v, true
			case "fault":
				return yesIf(!x.Onset.IsZero()), true
			case "reply":
				var b strings.Builder
				for _, r := range x.Replies {
					b.WriteString(r.Text + " ")
				}
				return b.String(), true
			case "domain", "provider", "sender", "key":
				return x.Key + " " + x.Display, true
			case "cause":
				var b strings.Builder
				for c := range x.Causes {
					b.WriteString(string(c) + " " + c.Label() + " ")
				}
				return b.String(), true
			}
			return "", false
		},
	}
}

func count(n int) string {
	if n == 0 {
		return "."
	}
	return diag.Thousands(n)
}

// quietRole keeps groups in the background that refused nothing.
func quietRole(_ *Model, r any) role {
	if r.(diag.Group).Failures == 0 {
		return roleFaint
	}
	return rolePlain
}

// groupRole shows groups that refuse everything since an onset strongest.
func groupRole(_ *Model, r any) role {
	g := r.(diag.Group)
	switch {
	case g.Failures == 0:
		return roleFaint
	case !g.Onset.IsZero() && g.Failures > g.Causes[diag.CauseRecipient]+g.Causes[diag.CauseMailboxFull]+g.Causes[diag.CauseSize]:
		return roleFail
	}
	return rolePlain
}

// topCause is the most frequent cause of a group, "" without any.
func topCause(g diag.Group) diag.Cause {
	best, n := diag.Cause(""), 0
	for _, c := range diag.Causes() {
		if g.Causes[c] > n {
			best, n = c, g.Causes[c]
		}
	}
	return best
}

// filterWord is a value as one word of a filter.
func filterWord(s string) string { return strings.ReplaceAll(s, " ", "-") }

// mainCause names the most frequent cause and how many others there are.
func mainCause(g diag.Group) string {
	best := topCause(g)
	if best == "" {
		if g.Delayed > 0 {
			return "delayed only"
		}
		return "accepted"
	}
	if more := len(g.Causes) - 1; more > 0 {
		return fmt.Sprintf("%s +%d", best.Label(), more)
	}
	return best.Label()
}

func failureLevel() level {
	f := func(row any) triage.Row { return row.(triage.Row) }
	return level{
		one: "failure", many: "failures",
		columns: []column{
			{title: "AGE", width: 4, right: true, text: func(m *Model, r any) string { return m.age(f(r).Last) },
				less: func(a, b any) int { return f(b).Last.Compare(f(a).Last) }},
			{title: "RECIPIENT", width: 14, want: 16, grow: 2, text: func(m *Model, r any) string { return m.safe(who(f(r))) },
				less: func(a, b any) int { return cmp.Compare(who(f(a)), who(f(b))) }},
			{title: "SENDER", width: 14, grow: 1, drop: 3, text: func(m *Model, r any) string { return m.safe(f(r).Sender) },
				less: func(a, b any) int { return cmp.Compare(f(a).Sender, f(b).Sender) }},
			{title: "REPLY", width: 10, want: 22, grow: 4, drop: 2, text: func(m *Model, r any) string { return m.safe(f(r).Reply) },
				less: func(a, b any) int { return cmp.Compare(f(a).Reply, f(b).Reply) }},
			{title: "CAUSE", width: 13, drop: 1, text: func(_ *Model, r any) string { return causeWord(f(r)) }, role: failureRole,
				less: func(a, b any) int { return cmp.Compare(causeWord(f(a)), causeWord(f(b))) }},
			{title: "TRIES", width: 5, right: true, drop: 4, text: func(_ *Model, r any) string { return strconv.Itoa(f(r).Attempts) },
				less: func(a, b any) int { return cmp.Compare(f(b).Attempts, f(a).Attempts) }},
		},
		load: func(d *data, parent string) []int32 {
			members := d.view.Members(d.by, parent)
			if !d.e0193 {
				return members
			}
			var out []int32
			for _, n := range members {
				if d.view.Row(n).E0193 {
					out = append(out, n)
				}
			}
			return out
		},
		key:  func(d *data, n int32) string { return strconv.FormatUint(d.view.Key(n), 36) },
		row:  func(d *data, n int32) any { return d.view.Row(n) },
		name: func(r any) string { return who(f(r)) },
		same: func(r any) string {
			if !f(r).Failed {
				return "state:delayed"
			}
			return "state:refused cause:" + filterWord(string(f(r).Cause))
		},
		extra: []extraField{
			{"domain", func(r any) string { return f(r).Domain }},
			{"state", func(r any) string { return map[bool]string{true: "refused", false: "delayed"}[f(r).Failed] }},
			{"first", func(r any) string { return f(r).First.Format(time.RFC3339) }},
			{"last", func(r any) string { return f(r).Last.Format(time.RFC3339) }},
			{"named", func(r any) string { return f(r).Named }},
			{"provider", func(r any) string { return f(r).Provider }},
			{"own address", func(r any) string { return f(r).OwnIP }},
			{"account", func(r any) string { return f(r).Account }},
			{"subject", func(r any) string { return f(r).Subject }},
			{"id", func(r any) string { return f(r).ID }},
			{"sources", func(r any) string { return strings.Join(f(r).Sources.Names(), " ") }},
		},
		empty: func(*Model) string { return "Nothing of this group was refused or delayed." },
		field: func(r any, name string) (string, bool) {
			x := f(r)
			switch name {
			case "":
				return strings.Join([]string{x.Recipient, x.Domain, x.Sender, x.Reply, string(x.Cause), x.Cause.Label(), x.Subject, x.ID}, " "), true
			case "fault":
				return yesIf(x.Failed && !x.Cause.RecipientSide()), true
			case "to", "recipient":
				return x.Recipient, true
			case "from", "sender":
				return x.Sender, true
			case "domain":
				return x.Domain, true
			case "cause":
				return string(x.Cause) + " " + x.Cause.Label(), true
			case "reply", "code":
				return x.Reply, true
			case "provider", "named", "list":
				return x.Provider + " " + x.Named, true
			case "account":
				return x.Account, true
			case "ip":
				return x.OwnIP, true
			case "id":
				return x.ID, true
			case "subject":
				return x.Subject, true
			case "source":
				return strings.Join(x.Sources.Names(), " "), true
			case "state":
				if x.Failed {
					return "refused failed", true
				}
				return "delayed waiting", true
			}
			return "", false
		},
	}
}

// who is the recipient or, where none is named, the domain.
func who(r triage.Row) string {
	if r.Recipient != "" {
		return r.Recipient
	}
	return r.Domain
}

func causeWord(r triage.Row) string {
	if !r.Failed {
		return "delayed"
	}
	return r.Cause.Label()
}

func failureRole(_ *Model, row any) role {
	r := row.(triage.Row)
	switch {
	case !r.Failed:
		return roleWarn
	case r.Cause == diag.CauseUnknown:
		return roleUnknown
	}
	return rolePlain
}

// emptyFailures says that nothing was refused as the good news that it is, or
// why nothing could be read.
func emptyFailures(m *Model) string {
	roots := m.sess.Roots()
	switch {
	case len(roots) == 0:
		return "No MailEnable installation was found. Start metriage with --root DIR, or try: metriage demo"
	case m.data != nil && m.data.e0193:
		return "No ME-E0193 failures. m shows every refusal again."
	case m.data != nil && !m.data.partial && m.data.view.Totals().Blind():
		return strings.TrimSpace("Nothing could be read. Type :problems and enter to see why. " + diag.RightsAdvice(m.data.view.Problems()))
	case m.data == nil || m.data.partial:
		return "Reading " + strings.Join(roots, ", ") + " ..."
	}
	return fmt.Sprintf("Nothing was refused, delayed or sent %s. Read at %s; R reads again.", m.windowWords(), m.readAt.In(m.sess.Location()).Format("15:04"))
}

func (m *Model) windowWords() string {
	d := m.sess.Since()
	switch {
	case d == 0:
		return "at any time"
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("in the last %d days", d/(24*time.Hour))
	}
	return fmt.Sprintf("in the last %s", d)
}
