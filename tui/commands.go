package tui

import (
	"cmp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// palette lists everything that can be done here by name: the keys, and what
// has no key of its own.
func (m *Model) palette() tea.Cmd {
	return m.open(&menu{head: "Command", choices: (*Model).commands})
}

func (m *Model) commands() []choice {
	var out []choice
	for _, g := range groupings {
		out = append(out, choice{
			name: "group by " + g.word, help: "Failures by " + g.word,
			do: func(m *Model) tea.Cmd { return m.groupBy(g.by) },
		})
	}
	for i, s := range m.sections {
		out = append(out, choice{name: "view " + strings.ToLower(s.title), help: "Go to the " + s.title + " view", do: func(m *Model) tea.Cmd { return m.toSection(i) }})
	}
	for _, f := range exportFormats {
		out = append(out, choice{
			name: "export " + f.word, help: "Write the selection, or the whole list, as " + f.word, why: nothingSelected(m),
			do: func(m *Model) tea.Cmd { return m.export(f) },
		})
	}
	depth := m.state().depth
	for i := range m.sec().levels[depth].columns {
		title := m.columnTitle(depth, i)
		out = append(out, choice{name: "sort by " + strings.ToLower(title), help: "Sort this list by " + title, do: func(m *Model) tea.Cmd { return m.sortBy(i + 1) }})
	}
	for _, name := range themeNames {
		out = append(out, choice{name: "theme " + name, help: "Colours: " + name, do: func(m *Model) tea.Cmd { return m.setTheme(name) }})
	}
	out = append(out,
		choice{name: "export capsule", help: "Write a folder that --root opens elsewhere, names hidden", do: (*Model).exportCapsule},
		choice{name: "problems", help: "What was not read, and why", do: func(m *Model) tea.Cmd { return m.open(problemsOverlay()) }},
		choice{name: "messages", help: "What the program said in this session", do: func(m *Model) tea.Cmd { return m.open(messagesOverlay()) }},
	)
	out = append(append(out, m.actCommands()...), m.runCommands()...)
	out = append(out, m.smtpCommands()...)
	for _, c := range m.opt.Commands {
		out = append(out, choice{name: c.Name, help: c.Help, do: func(m *Model) tea.Cmd { return m.outside(c) }})
	}
	focus, section := m.here()
	for _, b := range keyTable {
		if b.do == nil || !b.acts(focus, section) || b.show == ":" {
			continue
		}
		c := choice{name: strings.ToLower(cmp.Or(b.name, firstWords(b.help))), key: b.show, help: b.help, do: b.do}
		if b.why != nil {
			c.why = b.why(m)
		}
		out = append(out, c)
	}
	return out
}

// outside runs a command that comes from outside.
func (m *Model) outside(c Command) tea.Cmd {
	ctx := m.ctx
	return func() tea.Msg {
		text, err := c.Run(ctx)
		if err != nil {
			return saidMsg{diag.StatusWarn, err.Error()}
		}
		return saidMsg{"", text}
	}
}

// firstWords is a short name for a key without one.
func firstWords(s string) string {
	s, _, _ = strings.Cut(s, ":")
	s, _, _ = strings.Cut(s, ",")
	f := strings.Fields(s)
	if len(f) > 4 {
		f = f[:4]
	}
	return strings.Join(f, " ")
}

// groupings are what failures can be grouped by, with the head of the list.
var groupings = []struct {
	by   diag.GroupBy
	word string
	head string
}{
	{diag.ByDomain, "domain", "DOMAIN"},
	{diag.ByProvider, "provider", "PROVIDER"},
	{diag.ByCause, "cause", "BY CAUSE"},
	{diag.BySender, "sender", "SENDER"},
	{diag.ByAccount, "account", "ACCOUNT"},
	{diag.ByIP, "own address", "OWN ADDRESS"},
}

func (m *Model) groupBy(by diag.GroupBy) tea.Cmd {
	m.by = by
	m.section = 0
	return m.regroup()
}

// nextGrouping goes through the groupings.
func (m *Model) nextGrouping() tea.Cmd {
	for i, g := range groupings {
		if g.by == m.by {
			return m.groupBy(groupings[(i+1)%len(groupings)].by)
		}
	}
	return m.groupBy(diag.ByDomain)
}
