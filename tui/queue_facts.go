package tui

import (
	"fmt"
	"strings"
	"time"

	"metriage/diag/triage"
)

// lifetime is how long an installation tries messages, as far as its logs show.
func (m *Model) lifetime(inst int) time.Duration {
	if m.data == nil || m.data.audit == nil || inst >= len(m.data.audit.pictures) {
		return 0
	}
	return m.data.audit.pictures[inst].Lifetime
}

// estimateWords say when a message is tried next and given up; "~" marks what
// is estimated.
func (m *Model) estimateWords(q triage.QueueMessage) (next, giveUp string) {
	f, ok := m.selectedFolder()
	if !ok || !f.Outgoing {
		return "", ""
	}
	e := triage.EstimateFor(f, q, m.sess.Now(), m.lifetime(f.Installation))
	switch now := m.sess.Now(); {
	case e.Next.IsZero():
	case e.Next.Before(now):
		next = "due, estimated from the retry schedule"
	default:
		next = "~" + m.clock(e.Next) + ", estimated from the retry schedule"
	}
	giveUp = "not known: the logs show no message that was given up"
	if !e.GiveUp.IsZero() {
		giveUp = "~" + m.clock(e.GiveUp) + ", estimated from those given up before"
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
	name := max(16, min(40, w-8-6*len(total)))
	head := fit("", name, "") + fitRight("ALL", 6, "")
	for _, a := range list[0].Ages {
		head += fitRight(ageBelow(a.Below), 6, "")
	}
	out = append(out, m.theme.faint.Render(fit(head, w, "")))
	for _, a := range list[:min(len(list), shownDestinations)] {
		line := fit(m.safe(a.Destination), name, m.glyph.more) + fitRight(count(a.Messages), 6, "")
		for _, x := range a.Ages {
			line += fitRight(count(x.Messages), 6, "")
		}
		out = append(out, fit(line, w, ""))
	}
	if n := len(list) - shownDestinations; n > 0 {
		out = append(out, m.theme.faint.Render(strings.TrimSpace(fmt.Sprintf("and %d more", n))))
	}
	return out
}
