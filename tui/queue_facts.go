package tui

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/triage"
)

// queueRow is a message of the queue with when it is tried next and given up.
type queueRow struct {
	triage.QueueMessage
	triage.Estimated
}

// queueRow returns message n as the list shows it.
func (d *data) queueRow(n int32) queueRow {
	q := d.view.QueueMessage(n)
	return queueRow{q, triage.EstimateFor(q, d.at, d.lifetime(q.Installation))}
}

// lifetime is how long an installation tries messages, as far as its logs show.
func (d *data) lifetime(inst int) time.Duration {
	if d.audit == nil || inst >= len(d.audit.pictures) {
		return 0
	}
	return d.audit.pictures[inst].Lifetime
}

// soon writes an estimated moment in at most seven cells, with "~" for that it
// is estimated: the hour of the next day and a half, else the day.
func (m *Model) soon(t time.Time) string {
	now := m.sess.Now()
	switch t := t.In(m.sess.Location()); {
	case t.IsZero():
		return "-"
	case !t.After(now):
		return "due"
	case t.Sub(now) < 20*time.Hour:
		return "~" + t.Format("15:04")
	default:
		return "~" + t.Format("2 Jan")
	}
}

// compareSoon orders estimated moments, those that are not known last.
func compareSoon(a, b time.Time) int {
	switch {
	case a.IsZero() == b.IsZero():
		return a.Compare(b)
	case a.IsZero():
		return 1
	}
	return -1
}

// estimatedAt is an estimated moment for exports.
func estimatedAt(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return "~" + t.Format(time.RFC3339)
}

// estimateWords say when a message is tried next and given up; "~" marks what
// is estimated.
func (m *Model) estimateWords(q triage.QueueMessage) (next, giveUp string) {
	if !q.Outgoing {
		return "", ""
	}
	e := triage.EstimateFor(q, m.sess.Now(), m.data.lifetime(q.Installation))
	switch now := m.sess.Now(); {
	case e.Next.IsZero():
	case !e.Next.After(now):
		next = "due, estimated from the retry schedule"
	default:
		next = "~" + m.clock(e.Next) + ", estimated from the retry schedule"
	}
	giveUp = "not known: the logs show no message that was given up"
	if !e.GiveUp.IsZero() {
		giveUp = m.sess.SoonWords(e.GiveUp) + ", estimated from those given up before"
	}
	return next, giveUp
}

// shownDestinations is how many destinations a folder's ages are listed of.
const shownDestinations = 12

// waitingLines say how long outgoing mail waits, over all and by destination.
func (m *Model) waitingLines(f triage.QueueFolder, w int) []string {
	if !f.Outgoing || m.data.audit == nil || f.Installation >= len(m.data.audit.pictures) {
		return nil
	}
	list := m.data.audit.pictures[f.Installation].Ages
	if len(list) == 0 {
		return nil
	}
	most, total := 1, make([]int, len(list[0].Ages))
	for _, a := range list {
		for i := range min(len(total), len(a.Ages)) {
			total[i] += a.Ages[i].Messages
			most = max(most, total[i])
		}
	}
	out := m.headed(nil, "How long outgoing mail waits")
	for i, n := range total {
		bar := m.glyph.barLine(n, most, max(4, min(40, w-20)))
		out = append(out, fitRight(ageBelow(list[0].Ages[i].Below), 7, "")+" "+m.theme.accent.Render(bar)+" "+count(n))
	}
	out = m.headed(out, "By destination")
	const up = 9
	life := m.data.lifetime(f.Installation)
	name := max(14, min(40, w-6-up-6*len(total)))
	head := fit("", name, "") + fitRight("ALL", 6, "") + fitRight("GIVES UP", up, "")
	for _, a := range list[0].Ages {
		head += fitRight(ageBelow(a.Below), 6, "")
	}
	out = append(out, m.theme.faint.Render(fit(head, w, "")))
	for _, a := range list[:min(len(list), shownDestinations)] {
		first := triage.EstimateFor(triage.QueueMessage{Outgoing: true, Since: a.Oldest}, m.data.at, life)
		line := fit(m.safe(cmp.Or(a.Destination, "(unknown)")), name, m.glyph.more) + fitRight(count(a.Messages), 6, "") + fitRight(m.soon(first.GiveUp), up, "")
		for _, x := range a.Ages {
			line += fitRight(count(x.Messages), 6, "")
		}
		out = append(out, fit(line, w, ""))
	}
	if n := len(list) - shownDestinations; n > 0 {
		out = append(out, m.theme.faint.Render(strings.TrimSpace(fmt.Sprintf("and %d more", n))))
	}
	for _, l := range wrapTo(m.givesUpNote(life), w) {
		out = append(out, m.theme.faint.Render(l))
	}
	return out
}

// givesUpNote says where estimated moments come from, or why there are none.
func (m *Model) givesUpNote(life time.Duration) string {
	if life == 0 {
		return "GIVES UP is not known: the logs show no message that was given up."
	}
	return "GIVES UP: when the first of them is, estimated (~) from those given up after " + roundSpan(life.Round(time.Hour)) + " before."
}

// outgoingLines say how long the outgoing queue mostly is, where that is known,
// and how much of it is backscatter.
func (m *Model) outgoingLines(f triage.QueueFolder) (out []string) {
	if !f.Outgoing || m.data.audit == nil || f.Installation >= len(m.data.audit.pictures) {
		return nil
	}
	p := &m.data.audit.pictures[f.Installation]
	if p.Usual > 0 {
		out = append(out, fmt.Sprintf("%s outgoing messages wait, usually %s.", diag.Thousands(p.Bounces.Queued), diag.Thousands(p.Usual)))
	}
	if p.Bounces.Queued > 0 {
		out = append(out, bounceWords(p.Bounces))
	}
	return out
}

// bounceWords say how much of the outgoing queue is backscatter.
func bounceWords(b triage.Bounces) string {
	share := func(n int) string {
		return fmt.Sprintf("%s of %s (%d %%)", diag.Thousands(n), diag.Thousands(b.Queued), n*100/max(b.Queued, 1))
	}
	switch {
	case b.Null == 0:
		return "Backscatter: none, no outgoing message has the null sender."
	case !b.Known:
		return "Backscatter: unknown. " + share(b.Null) + " outgoing messages have the null sender; which domains are hosted here is not known."
	}
	return "Backscatter: " + share(b.Strangers) + " outgoing messages are bounces to domains elsewhere."
}
