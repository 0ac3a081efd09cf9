package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// confirm is a question that is asked before something is changed. The cursor
// stands on the first answer, which changes nothing.
type confirm struct {
	head string
	text []string
	// commands are for another prompt on the server; "c" copies them.
	commands []string
	answers  []answer
	cursor   int
}

// answer is one answer to a question.
type answer struct {
	text string
	yes  bool                   // "y" chooses it
	do   func(m *Model) tea.Cmd // nil: nothing
}

func (c *confirm) title(*Model) string { return c.head }

func (c *confirm) foot() string {
	keys := "up and down choose, enter takes it"
	for _, a := range c.answers {
		if a.yes {
			keys += ", y yes, n or esc no"
		}
	}
	if len(c.commands) > 0 {
		keys += ", c copies the commands"
	}
	return keys
}

func (c *confirm) lines(m *Model, w int) ([]string, int) {
	out := []string{""}
	for i, t := range c.text {
		t = m.glyph.text(t)
		if i == 0 {
			t = m.theme.strong.Render(t)
		}
		out = append(append(out, wrapTo(t, w-1)...), "")
	}
	if len(c.commands) > 0 {
		for _, k := range c.commands {
			out = append(out, "    "+m.theme.accent.Render(k))
		}
		out = append(out, "")
	}
	pick := len(out) + c.cursor
	for _, a := range c.answers {
		out = append(out, " "+m.glyph.text(a.text))
	}
	return out, pick
}

func (c *confirm) press(m *Model, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	switch msg.String() {
	case "esc", "n", "q":
		return nil, true
	case "j", "down", "tab", "right", "l":
		c.cursor = min(c.cursor+1, len(c.answers)-1)
	case "k", "up", "shift+tab", "left", "h":
		c.cursor = max(c.cursor-1, 0)
	case "c":
		if len(c.commands) > 0 {
			return m.copyOut("commands", strings.Join(c.commands, "\n")), false
		}
	case "y":
		for _, a := range c.answers {
			if a.yes {
				return a.do(m), true
			}
		}
	case "enter":
		if a := c.answers[c.cursor]; a.do != nil {
			return a.do(m), true
		}
		return nil, true
	}
	return nil, false
}
