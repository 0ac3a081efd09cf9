package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// helpLines lists the keys that act where one is, then the others.
func (m *Model) helpLines() []string {
	focus, section := m.here()
	where := "the list"
	if focus == inDetail {
		where = "the detail"
	}
	lines := []string{fmt.Sprintf("Keys in %s of %s", where, m.sec().title), ""}
	row := func(b binding) string { return fmt.Sprintf("  %-8s %s", b.show, b.help) }
	for _, b := range bindings() {
		if b.acts(focus, section) {
			lines = append(lines, row(b))
		}
	}
	other := false
	for _, b := range bindings() {
		if b.acts(focus, section) {
			continue
		}
		if !other {
			lines = append(lines, "", "Elsewhere")
			other = true
		}
		lines = append(lines, row(b))
	}
	return append(lines, "",
		"Filter",
		"  554 zen            both words have to be there",
		"  !greylist          the word must not be there",
		"  from:anna          a field: to from domain cause reply provider account",
		"                     subject ip id source state; in the queue also user,",
		"                     status, client, command",
		"  age:>1d age:<2h    older, younger",
		"",
		"Words",
		"  REFUSED  for good, one for each recipient, however often it was tried",
		"  E0193    of these, reported by MailEnable under ME-E0193",
		"  DELAY    refused for now and not decided yet",
		"  OK       accepted by the remote server",
		"  PASS WARN FAIL UNKNOWN SKIP: UNKNOWN could not be decided; it is neither",
		"  good nor bad",
	)
}

func (m *Model) helpScreen() []string {
	lines := m.helpLines()
	h := m.height - 2
	top := max(0, min(m.helpTop, len(lines)-h))
	body := lines[top:]
	out := pad(body, m.width, h, m.glyph.more)
	for i := range out {
		if top+i == 0 {
			out[i] = m.theme.title.Render(out[i])
		}
	}
	note := ""
	if rest := len(lines) - top - h; rest > 0 {
		note = fmt.Sprintf("%d more lines", rest)
	}
	return append(out, fit("", m.width, ""), m.theme.faint.Render(fit(" j k scroll, esc closes   "+note, m.width, "")))
}

func (m *Model) pressHelp(k string) tea.Cmd {
	h := m.height - 2
	last := max(0, len(m.helpLines())-h)
	switch k {
	case "j", "down":
		m.helpTop++
	case "k", "up":
		m.helpTop--
	case "pgdown", "space", "ctrl+f", "ctrl+d":
		m.helpTop += h
	case "pgup", "ctrl+b", "ctrl+u":
		m.helpTop -= h
	case "g", "home":
		m.helpTop = 0
	case "G", "end":
		m.helpTop = last
	case "ctrl+c":
		return m.quit()
	default:
		m.help = false
	}
	m.helpTop = max(0, min(m.helpTop, last))
	return nil
}
