package tui

import (
	"fmt"
	"strings"
	"time"

	"metriage/diag"
)

// noAudit is what the tabs of the Server view show where nothing is selected.
func (m *Model) noAudit() content {
	return content{lines: []string{m.theme.faint.Render("Nothing is selected.")}}
}

// headed adds a head with a blank line before it.
func (m *Model) headed(out []string, head string) []string {
	if len(out) > 0 {
		out = append(out, "")
	}
	return append(out, m.theme.strong.Render(head))
}

// auditFindingTab shows one finding: what was found, what to do, on what it
// rests.
func auditFindingTab(m *Model, w int) content {
	r, p, noun, ok := m.selectedAudit()
	if !ok {
		return m.noAudit()
	}
	f := r.finding
	out := indent(m.theme.status(f.Status).Render(f.Status.Word())+" ", "", m.theme.strong.Render(topic(f.Code))+m.theme.faint.Render("  "+f.Code), w-len(f.Status.Word())-1)
	out = append(out, wrapTo(m.safe(f.Summary), w)...)
	if len(f.Notes) > 0 {
		head := "Good to know"
		if f.Status == diag.StatusFail || f.Status == diag.StatusWarn {
			head = "What to do"
		}
		out = m.headed(out, head)
		for _, n := range f.Notes {
			out = append(out, wrapTo(m.safe(n), w)...)
		}
	}
	if len(f.Evidence) > 0 {
		out = m.headed(out, "Seen in")
		for _, e := range f.Evidence {
			out = append(out, indent("  ", "    ", m.safe(e.Query+": "+e.Answer), w)...)
		}
	}
	for _, run := range noun.Runs {
		if run.Code == f.Code {
			out = append(m.headed(out, "Spam run"), m.runLines(run, w)...)
		}
	}
	if k, nets := m.userNetworks(); len(nets) > 0 {
		out = append(m.headed(out, fmt.Sprintf("Signed in from %s, newest first", diag.Plural(len(nets), "network", "networks"))), m.networkLines(k, nets, w)...)
	}
	if strings.HasPrefix(f.Code, "relay-") && len(p.Settings.Relay) > 0 {
		out = append(m.headed(out, "Registry values that speak of relaying"), m.rawSettings(p.Settings.Relay, w)...)
	}
	if f.Code == "queue-growing" {
		out = m.headed(out, "Waiting by destination")
		for _, a := range p.Ages[:min(len(p.Ages), 12)] {
			parts := make([]string, 0, len(a.Ages))
			for _, n := range a.Ages {
				parts = append(parts, ageBelow(n.Below)+" "+count(n.Messages))
			}
			out = append(out, fit("  "+m.safe(a.Destination), min(34, w/2), m.glyph.more)+fitRight(count(a.Messages), 6, "")+m.theme.faint.Render("  "+strings.Join(parts, "  ")))
		}
	}
	if len(m.sess.Roots()) > 1 {
		out = append(out, "", m.theme.faint.Render("of "+m.safe(r.root)))
	}
	return content{lines: out}
}

// runLines tells of one spam run.
func (m *Model) runLines(r diag.SpamRun, w int) []string {
	out := wrapTo(m.theme.accent.Render(m.safe(r.Title)), w)
	facts := fmt.Sprintf("%s messages to %s recipients since %s", count(r.Messages), count(r.Recipients), m.clock(r.First))
	if r.Networks > 1 {
		facts += fmt.Sprintf(", from %s networks", count(r.Networks))
	}
	out = append(out, indent("  ", "  ", facts+".", w)...)
	return append(out, indent("  ", "  ", fmt.Sprintf("%s refused for good, %s wait in the queue.", count(r.Failures), count(r.Waiting)), w)...)
}

// ageBelow names an age by its upper bound.
func ageBelow(d time.Duration) string {
	switch {
	case d == 0:
		return "older"
	case d < time.Hour:
		return fmt.Sprintf("<%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("<%dh", int(d.Hours()))
	}
	return fmt.Sprintf("<%dd", int(d.Hours()/24))
}
