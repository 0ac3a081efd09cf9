package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// openPlan shows the one plan for the whole server.
func (m *Model) openPlan() tea.Cmd {
	o := &planOverlay{}
	if steps := m.planSteps(); len(steps) > 0 {
		// Where to go on: the first step that is not done.
		if i := slices.IndexFunc(steps, func(s diag.Step) bool { return !m.steps[s.Key()].Done }); i > 0 {
			o.cursor = i
		}
		o.key = steps[o.cursor].Key()
	}
	return m.open(o)
}

// planSteps are the steps of the server's plan, none while it is being made.
func (m *Model) planSteps() []diag.Step {
	if m.server == nil {
		return nil
	}
	return m.server.Plan.Steps
}

// planOverlay is the plan of the whole server: every step in its order with
// what it frees, opened one at a time.
type planOverlay struct {
	cursor int
	key    string // of the step under the cursor: the plan may change below it
	open   bool
	inside bool // the step is longer than the screen and is being read
}

func (p *planOverlay) title(m *Model) string {
	if m.server == nil {
		return "Plan for the server"
	}
	return fmt.Sprintf("Plan for the server: %d of %d steps done", m.server.Done(), len(m.server.Plan.Steps))
}

func (p *planOverlay) foot() string {
	return "enter opens, d done, n note, v verify, t test, L letter, y copy, e report"
}

// sync keeps the cursor on its step where the plan has changed.
func (p *planOverlay) sync(steps []diag.Step) {
	if i := slices.IndexFunc(steps, func(s diag.Step) bool { return s.Key() == p.key }); i >= 0 {
		p.cursor = i
	}
	p.cursor = max(0, min(p.cursor, len(steps)-1))
}

func (p *planOverlay) lines(m *Model, w int) ([]string, int) {
	lines, at, _ := p.text(m, w)
	if p.inside {
		return lines, -1
	}
	return lines, at
}

// text is the whole plan with the line of the step under the cursor and the
// line behind it.
func (p *planOverlay) text(m *Model, w int) (lines []string, at, end int) {
	steps := m.planSteps()
	p.sync(steps)
	lines = m.planHead(w)
	if len(steps) == 0 {
		return lines, -1, 0
	}
	phase := diag.Phase("")
	for i, s := range steps {
		if s.Phase != phase {
			phase = s.Phase
			lines = append(lines, m.theme.accent.Render(strings.ToUpper(string(phase))))
		}
		if i == p.cursor {
			at = len(lines)
		}
		line := m.planLine(i+1, s, w)
		lines = append(lines, line)
		if i == p.cursor && p.open {
			lines = append(lines, m.wholeTitle(line, s, w)...)
			lines = append(lines, m.stepDetail(s, w)...)
		}
		if i == p.cursor {
			end = len(lines)
		}
	}
	for _, n := range m.server.Plan.NotNeeded {
		lines = append(lines, indent(m.theme.faint.Render(strings.ToUpper(string(n.Phase))+" "), "  ", m.safe(n.Text), w)...)
	}
	return lines, at, end
}

// planHead says how things stand, and heads the columns.
func (m *Model) planHead(w int) []string {
	switch {
	case m.server == nil && (m.scanning || m.data == nil):
		return []string{"The folders and logs are being read ..."}
	case m.server == nil:
		return []string{"Working out the steps ..."}
	case len(m.server.Plan.Steps) == 0:
		return []string{"There is nothing to do: no failure needs a step on this server."}
	}
	var out []string
	if m.findings.Busy() {
		out = append(out, m.theme.faint.Render("Asking the checks ... x stops them."))
	} else if m.findings.Empty() {
		out = append(out, m.theme.faint.Render("Nothing was checked yet: v asks the checks and ticks what they prove."))
	}
	if s := m.recoveryLine(); s != "" {
		out = append(out, fit(s, w, m.glyph.more))
	}
	head := fmt.Sprintf("%6s %7s %-5s", "FREES", "DOMAINS", "STATE")
	return append(out, m.theme.faint.Render(fit("   STEP", w-len(head)-1, "")+" "+head))
}

// recoveryLine says at how many of the refusing domains mail is accepted again.
func (m *Model) recoveryLine() string {
	total, again := 0, 0
	var open []string
	for d, r := range m.server.Known.Recovered {
		if r.Since.IsZero() {
			continue
		}
		total++
		if r.Recovered() {
			again++
		} else {
			open = append(open, diag.DomainDisplay(d))
		}
	}
	switch {
	case total == 0:
		return ""
	case again == total:
		return m.theme.pass.Render(fmt.Sprintf("Ledger: mail is accepted again at all %d domains.", total))
	}
	slices.Sort(open)
	s := fmt.Sprintf("Ledger: mail is accepted again at %d of %d domains; not yet %s", again, total, open[0])
	if again == 0 {
		s = "Ledger: nothing is accepted yet at " + open[0]
	}
	if n := len(open) - 1; n > 0 {
		s += fmt.Sprintf(" and %d more", n)
	}
	return m.safe(s) + "."
}

// planLine is one step with what it frees: how many failures, at how many
// domains.
func (m *Model) planLine(n int, s diag.Step, w int) string {
	word, style := m.stepState(s)
	tail := fmt.Sprintf("%6s %7d ", diag.Thousands(s.Failures), len(s.Domains))
	head := fmt.Sprintf("%2d ", n)
	return m.theme.strong.Render(head) + fit(m.safe(s.Title), w-len(head)-len(tail)-6, m.glyph.more) + " " + tail + style.Render(fit(word, 5, ""))
}

func (p *planOverlay) press(m *Model, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	k := msg.String()
	switch k {
	case "esc", "q", "P":
		return nil, true
	case "v":
		return m.verify(), false
	case "r":
		return m.recheck(), false
	case "x":
		if m.findings.Busy() {
			return m.stopChecks(), false
		}
		return nil, false
	case "e":
		if m.data == nil {
			return nil, false
		}
		return m.exportIncident(), false
	}
	steps := m.planSteps()
	if len(steps) == 0 {
		return nil, false
	}
	p.sync(steps)
	step := steps[p.cursor]
	switch k {
	case "enter":
		p.open, p.inside = !p.open, false
	case "d":
		return m.toggleStep(step), false
	case "n":
		return m.noteStep(step), false
	case "L":
		return m.stepLetter(step), false
	case "t":
		return m.testStep(step), false
	case "y":
		return m.copyOut("step", stepText(step)), false
	default:
		p.move(m, k, steps)
	}
	return nil, false
}

// move goes to another step; one that is longer than the screen is read first.
func (p *planOverlay) move(m *Model, k string, steps []diag.Step) {
	h := m.height - 3
	lines, at, end := p.text(m, m.width-2)
	top := m.overlayTop
	if !p.inside { // what overlayScreen shows
		top = max(0, min(top, len(lines)-h))
		top = min(max(top, at-h+1), at)
	}
	d := 0
	switch k {
	case "j", "down":
		d = 1
		if p.open && end > top+h {
			m.overlayTop, p.inside = top+1, top+1 > at
			return
		}
	case "k", "up":
		d = -1
		if p.open && top > at {
			m.overlayTop, p.inside = top-1, top-1 > at
			return
		}
	case "pgdown", "ctrl+f", "space":
		d = h / 2
	case "pgup", "ctrl+b":
		d = -h / 2
	case "g", "home":
		d = -len(steps)
	case "G", "end":
		d = len(steps)
	default:
		return
	}
	before := p.cursor
	p.cursor = max(0, min(p.cursor+d, len(steps)-1))
	p.key = steps[p.cursor].Key()
	m.overlayTop, p.inside = top, false
	if p.cursor != before && p.open {
		// The next step opens as well, from its first line.
		_, at, _ = p.text(m, m.width-2)
		m.overlayTop = at
	}
}
