package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"metriage/diag/triage"
)

// shownTalkers is how many of each kind the Senders tab lists.
const shownTalkers = 8

// sendersTab says who is sending, against what they usually send.
func sendersTab(m *Model, w int) content {
	_, p, _, ok := m.selectedAudit()
	if !ok {
		return m.noAudit()
	}
	var out []string
	for _, g := range []struct {
		head string
		list []triage.Talker
		why  string
	}{
		{"Who signed in to send", p.Users, ""}, {"Accounts", p.Accounts, ""}, {"Client addresses, signed in", p.Clients, ""},
		{"Envelope senders", p.Senders, ""}, {"Handed in without signing in", p.Anonymous, ""},
	} {
		if len(g.list) == 0 {
			continue
		}
		out = m.headed(out, g.head)
		cols, name := talkerColumns(w)
		head := fit("", name, "")
		for _, c := range cols {
			head += fitRight(c.title, c.width, "")
		}
		out = append(out, m.theme.faint.Render(fit(head, w, "")))
		for _, t := range g.list[:min(len(g.list), shownTalkers)] {
			out = append(out, m.talkerLine(t, cols, name, w))
		}
		if n := len(g.list) - shownTalkers; n > 0 {
			out = append(out, m.theme.faint.Render(fmt.Sprintf("  and %d more", n)))
		}
	}
	if len(out) == 0 {
		return content{lines: wrapTo("The logs show nobody who handed mail in. Where the SMTP Activity log is switched off, they cannot.", w)}
	}
	return content{lines: append(out, "", m.theme.faint.Render(fit("DAY: recipients of the busiest 24 hours of the newest two days; USUAL: of a day before.", w, m.glyph.more)))}
}

// talkerColumn is one column of the Senders tab.
type talkerColumn struct {
	title string
	width int
	// rank is the order in which columns come as there is room.
	rank int
	text func(m *Model, t triage.Talker) string
}

// leastName is the least room for whom a line is about.
const leastName = 22

// talkerColumns are the columns that fit w cells, and the room for the name.
func talkerColumns(w int) ([]talkerColumn, int) {
	number := func(title string, width, rank int, n func(t triage.Talker) int) talkerColumn {
		return talkerColumn{title, width, rank, func(_ *Model, t triage.Talker) string { return count(n(t)) }}
	}
	all := []talkerColumn{
		{"DAY", 7, 0, func(m *Model, t triage.Talker) string {
			text := fitRight(count(t.Day), 7, "")
			if t.Known && t.Day >= 50 && float64(t.Day) >= 5*max(1, t.Usual) {
				return m.theme.fail.Render(text)
			}
			return text
		}},
		{"USUAL", 7, 0, func(_ *Model, t triage.Talker) string {
			if !t.Known {
				return "-"
			}
			return strconv.Itoa(int(t.Usual + 0.5))
		}},
		number("ALL", 7, 1, func(t triage.Talker) int { return t.Recipients }),
		number("REFUSED", 8, 0, func(t triage.Talker) int { return t.Refused }),
		number("BAD", 5, 4, func(t triage.Talker) int { return t.Bad }),
		number("NETS", 5, 2, func(t triage.Talker) int { return t.Networks }),
		{"14 DAYS", 16, 3, func(m *Model, t triage.Talker) string {
			return m.theme.accent.Render(m.glyph.spark(t.Days[:], max(1, slices.Max(t.Days[:]))))
		}},
	}
	left := w - leastName
	for rank := range 5 {
		for _, c := range all {
			if c.rank == rank {
				left -= c.width
			}
		}
		if left < 0 {
			all = slices.DeleteFunc(all, func(c talkerColumn) bool { return c.rank >= rank && c.rank > 0 })
			break
		}
	}
	name := w
	for _, c := range all {
		name -= c.width
	}
	return all, min(40, name)
}

// talkerLine is one sender: far more than usual stands out.
func (m *Model) talkerLine(t triage.Talker, cols []talkerColumn, name, w int) string {
	line := fit(m.safe(cmp.Or(t.Key, "<>")), name, m.glyph.more)
	for _, c := range cols {
		text := c.text(m, t)
		line += strings.Repeat(" ", max(0, c.width-width(text))) + text
	}
	return fit(line, w, m.glyph.more)
}

// shownInnocent is how many of those who suffer from a run are listed.
const shownInnocent = 30

// runsTab lists the spam runs and those who suffer from them.
func runsTab(m *Model, w int) content {
	_, _, noun, ok := m.selectedAudit()
	if !ok {
		return m.noAudit()
	}
	if len(noun.Runs) == 0 {
		return content{lines: wrapTo("No spam run is seen: nobody sends far more than usual, nothing goes out that a script or a stranger handed in.", w)}
	}
	out := []string{m.theme.strong.Render("Spam runs")}
	for _, r := range noun.Runs {
		out = append(out, m.runLines(r, w)...)
	}
	out = append(out, m.theme.faint.Render(fit("In the Queue view :select-run marks the messages of a run as one.", w, m.glyph.more)))
	out = m.headed(out, "Mail of others that fails or waits beside them")
	if len(noun.Innocent) == 0 {
		return content{lines: append(out, "None: nobody else's mail fails or waits.")}
	}
	name := max(20, min(44, w-26))
	out = append(out, m.theme.faint.Render(fit(fit("", name, "")+" REFUSED WAITING  GIVES UP", w, "")))
	for _, x := range noun.Innocent[:min(len(noun.Innocent), shownInnocent)] {
		up := "-"
		if !x.GivesUp.IsZero() {
			up = "~" + m.clock(x.GivesUp)
		}
		out = append(out, fit(fit(m.safe(cmp.Or(x.Sender, "<> (notices)")), name, m.glyph.more)+fitRight(count(x.Failed), 8, "")+fitRight(count(x.Waiting), 8, "")+"  "+up, w, m.glyph.more))
	}
	if n := len(noun.Innocent) - shownInnocent; n > 0 {
		out = append(out, m.theme.faint.Render(fmt.Sprintf("  and %d more", n)))
	}
	return content{lines: out}
}
