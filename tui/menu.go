package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// choice is one line of a menu.
type choice struct {
	name, key, help string
	why             string // why it cannot be chosen now
	do              func(m *Model) tea.Cmd
}

// menu is a list of choices that narrows while one types.
type menu struct {
	head    string
	choices func(m *Model) []choice
	query   string
	cursor  int
}

func inOrder(s, letters string) bool {
	for _, r := range letters {
		i := strings.IndexRune(s, r)
		if i < 0 {
			return false
		}
		s = s[i+1:]
	}
	return true
}

func (p *menu) title(m *Model) string { return p.head + ": " + m.glyph.text(p.query) + "_" }

func (p *menu) foot() string { return "type to narrow, up and down, enter runs, esc closes" }

// found returns the choices that hold the letters of the query in their order:
// first the one that is called so, then those that begin so, then those that
// hold it as a word.
func (p *menu) found(m *Model) []choice {
	q := strings.ToLower(strings.TrimSpace(p.query))
	all := p.choices(m)
	if q == "" {
		return all
	}
	var same, begin, words, letters []choice
	for _, c := range all {
		switch name := strings.ToLower(c.name); {
		case name == q:
			same = append(same, c)
		case strings.HasPrefix(name, q):
			begin = append(begin, c)
		case strings.Contains(name+" "+strings.ToLower(c.help), q):
			words = append(words, c)
		case inOrder(name, q):
			letters = append(letters, c)
		}
	}
	return slices.Concat(same, begin, words, letters)
}

func (p *menu) lines(m *Model, _ int) ([]string, int) {
	list := p.found(m)
	if len(list) == 0 {
		return []string{"Nothing is called that. Try fewer letters."}, -1
	}
	p.cursor = max(0, min(p.cursor, len(list)-1))
	out := make([]string, len(list))
	name, key := 12, 0
	for _, c := range list {
		name, key = max(name, min(44, width(c.name))), max(key, width(c.key))
	}
	for i, c := range list {
		help := c.help
		if c.why != "" {
			help = "not now: " + c.why
		}
		out[i] = fmt.Sprintf("%s %s %s", fit(c.name, name, m.glyph.more), m.theme.key.Render(fit(c.key, key, "")), m.theme.faint.Render(help))
	}
	return out, p.cursor
}

func (p *menu) press(m *Model, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	switch msg.String() {
	case "esc":
		return nil, true
	case "up", "ctrl+p":
		p.cursor--
	case "down", "ctrl+n", "tab":
		p.cursor++
	case "pgdown":
		p.cursor += m.height - 3
	case "pgup":
		p.cursor -= m.height - 3
	case "enter":
		list := p.found(m)
		if len(list) == 0 {
			return nil, false
		}
		c := list[max(0, min(p.cursor, len(list)-1))]
		if c.why != "" {
			m.sayf("%s: %s", c.name, c.why)
			return nil, true
		}
		return c.do(m), true
	default:
		q, changed := edit(p.query, msg)
		if p.query = q; changed {
			p.cursor = 0
		}
	}
	p.cursor = max(0, min(p.cursor, len(p.found(m))-1))
	return nil, false
}
