package tui

import (
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// prompt is the line in which a filter is typed. It filters while one types.
type prompt struct {
	on     bool
	text   string
	before string // the filter that esc brings back
}

// maxPrompt bounds what can be typed.
const maxPrompt = 200

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
	case "backspace", "ctrl+h":
		if p.text == "" {
			p.on = false
			break
		}
		_, n := utf8.DecodeLastRuneInString(p.text)
		p.text = p.text[:len(p.text)-n]
	case "ctrl+u":
		p.text = ""
	default:
		return p.paste(m, msg.Text)
	}
	return p.apply(m)
}

// paste adds printable text.
func (p *prompt) paste(m *Model, text string) tea.Cmd {
	for _, r := range text {
		if unicode.IsPrint(r) && len(p.text) < maxPrompt {
			p.text += string(r)
		}
	}
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
