package tui

import (
	"fmt"
	"strings"

	"metriage/diag"
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
		add(m.stepLine(i+1, s, w))
		if open {
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

// stepState says whether the check of a step has proven it.
func (m *Model) stepState(s diag.Step) (string, styler) {
	if s.Check == "" {
		return "", m.theme.faint
	}
	worst := diag.Status("")
	for _, f := range m.findings.Of(s.Check) {
		switch {
		case f.Status == diag.StatusFail, worst == "" || worst == diag.StatusPass:
			worst = f.Status
		}
	}
	switch worst {
	case diag.StatusPass:
		return "DONE", m.theme.pass
	case diag.StatusFail:
		return "OPEN", m.theme.fail
	case diag.StatusWarn:
		return "OPEN", m.theme.warn
	}
	return "", m.theme.faint
}

func (m *Model) stepDetail(s diag.Step, w int) []string {
	var out []string
	para := func(head, text string) {
		if text != "" {
			out = append(out, indent("   "+head, "   "+strings.Repeat(" ", len(head)), m.safe(text), w)...)
		}
	}
	para("", s.Why)
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
	if s.Check != "" {
		para("Proof: ", "the "+strings.ToUpper(s.Check)+" check; v asks again")
	} else {
		para("Proof: ", s.Proof)
	}
	if s.Failures > 0 {
		para("Frees: ", fmt.Sprintf("%d failures, %s", s.Failures, strings.Join(s.Domains, ", ")))
	}
	for _, a := range s.Articles {
		para("", a.ID+" "+a.URL)
	}
	return append(out, "")
}
