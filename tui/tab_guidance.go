package tui

import (
	"fmt"
	"strings"

	"metriage/diag"
	"metriage/diag/triage"
)

// guidanceTab shows the plan: one line a step, the one under the cursor
// opened with enter. The first is open from the start.
func guidanceTab(m *Model, w int) content {
	var c content
	add := func(lines ...string) { c.lines = append(c.lines, lines...) }
	if f, ok := m.selectedFailure(); ok {
		if !f.Permanent {
			add(wrapTo("Refused for now: MailEnable goes on trying by itself. The steps are for the cause that the reply names.", w)...)
		} else {
			add(indent(m.theme.strong.Render("Cause: "), "       ", f.Verdict.Cause.Label()+". "+m.proofText(f), w)...)
		}
	} else if g, ok := m.selectedGroup(); ok {
		add(m.theme.strong.Render(fit("All causes of "+m.safe(g.Display), w, m.glyph.more)))
	}
	if m.plan == nil {
		add(m.theme.faint.Render("Working out the steps ..."))
		return c
	}
	if len(m.plan.Steps) == 0 {
		add("There is nothing to do on this server.")
	}
	phase := diag.Phase("")
	for i, s := range m.plan.Steps {
		if s.Phase != phase {
			phase = s.Phase
			add(m.theme.accent.Render(strings.ToUpper(string(phase))))
		}
		key := "step " + s.Key()
		open := m.itemOpen(key)
		c.anchors = append(c.anchors, anchor{line: len(c.lines), key: key})
		line := m.stepLine(i+1, s, w)
		add(line)
		if open {
			add(m.wholeTitle(line, s, w)...)
			add(m.stepDetail(s, w)...)
		}
	}
	for _, n := range m.plan.NotNeeded {
		add(indent(m.theme.faint.Render(strings.ToUpper(string(n.Phase))+" "), "  ", m.safe(n.Text), w)...)
	}
	return c
}

func (m *Model) stepLine(n int, s diag.Step, w int) string {
	word, style := m.stepState(s)
	head := fmt.Sprintf("%2d ", n)
	tail := ""
	if word != "" {
		tail = " " + word
	}
	return m.theme.strong.Render(head) + fit(m.safe(s.Title), w-len(head)-len(tail), m.glyph.more) + style.Render(tail)
}

// wholeTitle is the title of an open step where its line cuts it off.
func (m *Model) wholeTitle(line string, s diag.Step, w int) []string {
	if title := m.safe(s.Title); !strings.Contains(strip(line), title) {
		return indent("   ", "   ", title, w)
	}
	return nil
}

// stepState says how a step stands: what the journal knows, else what the
// findings say now.
func (m *Model) stepState(s diag.Step) (string, style) {
	if st := m.steps[s.Key()]; st.Done {
		return "DONE", m.theme.pass
	}
	switch m.known().Prove(s).State {
	case triage.Proven:
		return "DONE", m.theme.pass
	case triage.RuledOut:
		return "OPEN", m.theme.fail
	}
	return "", m.theme.faint
}

// stepProof says in words what is known of a step.
func (m *Model) stepProof(s diag.Step) string {
	st, known := m.steps[s.Key()]
	switch {
	case st.Done && st.ByHand:
		return "ticked by hand at " + m.clock(st.At) + ". " + st.Text
	case st.Done:
		return "proven at " + m.clock(st.At) + ": " + st.Text
	}
	p := m.known().Prove(s)
	switch {
	case p.State == triage.RuledOut:
		return "still open: " + p.Text
	case p.State == triage.ProofOpen && p.Text != "":
		return p.Text
	}
	if known && st.Text != "" {
		return "no longer proven since " + m.clock(st.At) + ": " + st.Text
	}
	return ""
}

func (m *Model) stepDetail(s diag.Step, w int) []string {
	var out []string
	para := func(head, text string) {
		if text != "" {
			out = append(out, indent("   "+head, "   "+strings.Repeat(" ", len(head)), m.safe(text), w)...)
		}
	}
	para("", s.Why)
	if m.server != nil {
		for i, l := range m.server.Usage[s.Key()] {
			head := "      "
			if i == 0 {
				head = "Uses: "
			}
			para(head, l)
		}
	}
	for _, p := range s.Where {
		para("Where: ", p)
	}
	for _, d := range s.Do {
		for _, l := range strings.Split(diag.CleanLines(d), "\n") {
			for _, p := range indent("     ", "     ", m.safe(l), w) {
				out = append(out, m.theme.accent.Render(p))
			}
		}
	}
	para("", s.Effect)
	switch {
	case s.Check == "remote":
		para("Proof: ", strings.TrimSpace("The ledger (v reads it), else a test of their servers (t asks first). "+s.Proof))
	case s.Check == "outbound":
		para("Proof: ", strings.TrimSpace("The OUTBOUND check; t asks before it connects. "+s.Proof))
	case s.Check != "":
		para("Proof: ", strings.TrimSpace("The "+strings.ToUpper(s.Check)+" check; v asks again. "+s.Proof))
	case s.Ledger != "":
		para("Proof: ", s.Proof+" v reads it.")
	default:
		para("Proof: ", s.Proof+" d ticks it by hand.")
	}
	if s.Letter == answerLetter {
		para("Letter: ", "L writes the answer to each local sender, all of them to one file.")
	} else if s.Letter != "" {
		para("Letter: ", "L writes and copies it.")
	}
	para("Now: ", m.stepProof(s))
	for _, n := range m.steps[s.Key()].Notes {
		para("Note: ", m.clock(n.At)+" "+n.Text)
	}
	if s.Failures > 0 {
		para("Frees: ", fmt.Sprintf("%s failures at %s", diag.Thousands(s.Failures), domainWords(s.Domains)))
	}
	for _, a := range s.Articles {
		para("", a.ID+" "+a.URL)
	}
	return append(out, "")
}

// domainsShown is how many domains a step names.
const domainsShown = 6

// domainWords names the domains of a step and counts the rest.
func domainWords(list []string) string {
	out := make([]string, 0, domainsShown+1)
	for i, d := range list {
		if i == domainsShown {
			return fmt.Sprintf("%d domains: %s and %d more", len(list), strings.Join(out, ", "), len(list)-domainsShown)
		}
		out = append(out, diag.DomainDisplay(d))
	}
	return strings.Join(out, ", ")
}
