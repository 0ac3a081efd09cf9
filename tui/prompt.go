package tui

import tea "charm.land/bubbletea/v2"

// prompt is the line in which a filter is typed. It filters while one types.
type prompt struct {
	on     bool
	text   string
	before string // the filter that esc brings back
}

func (m *Model) startFilter() tea.Cmd {
	l := m.openList()
	m.prompt = prompt{on: true, text: l.filter, before: l.filter}
	return nil
}

func (p *prompt) press(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "enter":
		p.on = false
		return nil
	case "esc", "ctrl+c":
		p.on, p.text = false, p.before
	case "backspace":
		if p.text == "" {
			p.on = false
		}
		p.text, _ = edit(p.text, msg)
	default:
		p.text, _ = edit(p.text, msg)
	}
	return p.apply(m)
}

func (p *prompt) paste(m *Model, text string) tea.Cmd {
	p.text, _ = insert(p.text, text)
	return p.apply(m)
}

func (p *prompt) apply(m *Model) tea.Cmd {
	l := m.openList()
	if l.filter == p.text {
		return nil
	}
	l.filter = p.text
	return m.load(m.section, m.state().depth)
}
