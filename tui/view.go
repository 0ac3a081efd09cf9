package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"metriage/diag"
)

// View draws the screen from the state; it changes nothing.
func (m *Model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	v.WindowTitle = "metriage"
	if m.quitting {
		v = tea.NewView("")
	}
	return v
}

// screen is the whole screen as lines.
func (m *Model) screen() string {
	if len(m.layout.lists) == 0 && !m.layout.tooSmall {
		return fit(" Reading ...", m.width, "") // the size is not known yet
	}
	if m.layout.tooSmall {
		return fit(fmt.Sprintf("Window too small (%dx%d), needs %dx%d; q quits", m.width, m.height, minWidth, minHeight), m.width, "")
	}
	if o, ok := m.topOverlay(); ok {
		return strings.Join(m.overlayScreen(o), "\n")
	}
	lines := make([]string, 0, m.height)
	lines = append(lines, m.headlineLines()...)
	lines = append(lines, m.crumbsLine())
	if m.layout.stacked {
		lines = append(lines, m.stackedBody()...)
	} else {
		lines = append(lines, m.columnsBody()...)
	}
	lines = over(lines, m.statusLines())
	lines = append(lines, m.footerLine())
	return strings.Join(lines, "\n")
}

// headline is the worst true thing, the words that say where it comes from,
// and the key that opens it.
func (m *Model) headline() (title, text, hint string, look style) {
	if m.opt.Title != "" {
		title = strings.ToUpper(m.opt.Title) + " "
	}
	switch {
	case m.data != nil:
		h := m.data.headline
		text, look = m.safe(h.Text), m.theme.status(h.Status)
		switch {
		case h.Status == "":
			look = m.theme.faint
		case m.data.partial:
			text += " (so far)"
		}
		if noHeadline(m) == "" {
			hint = "  0 opens it"
		}
	case len(m.sess.Roots()) == 0:
		text, look = "No installation", m.theme.faint
	default:
		text, look = "Reading ...", m.theme.faint
	}
	return title, text, hint, look
}

// headlineLines is the headline on as many lines as the layout gives it. On one
// line the hint goes first where there is no room.
func (m *Model) headlineLines() []string {
	title, text, hint, look := m.headline()
	lines := []string{text}
	if m.layout.headline.h > 1 {
		lines = wrapTo(title+text, m.width-1)
		lines[0] = strings.TrimPrefix(lines[0], title)
		lines = append(lines[:1], strings.Join(lines[1:], " "))
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = " " + look.Render(l)
		if i == 0 {
			out[i] = " " + m.theme.accent.Render(title) + look.Render(l)
		}
		if i == len(lines)-1 {
			out[i] += m.theme.faint.Render(hint)
		}
		out[i] = fit(out[i], m.width, m.glyph.more)
	}
	return out
}

// crumbsLine says where one is and how much there is.
func (m *Model) crumbsLine() string {
	s := m.state()
	var views []string
	for i, sec := range m.sections {
		if i == m.section {
			views = append(views, "["+sec.title+"]")
		} else {
			views = append(views, sec.title)
		}
	}
	parts := []string{strings.Join(views, " ")}
	for i := 0; i < s.depth; i++ {
		if r, ok := m.selectedRow(i); ok {
			parts = append(parts, m.safe(m.sec().levels[i].name(r)))
		}
	}
	left := " " + strings.Join(parts, " "+m.glyph.sep+" ")
	if m.e0193 && m.sec().id == "failures" {
		left += " (ME-E0193 only)"
	}
	left = ansi.Truncate(left, m.width*2/3, m.glyph.more)
	right := m.countsLine(m.width - width(left) - 2)
	return m.theme.title.Render(fit(left, m.width-width(right)-1, m.glyph.more)) + right + " "
}

// countsLine says how much there is, as far as it fits: how far the reading is
// or what was counted.
func (m *Model) countsLine(w int) string {
	var parts []string
	switch {
	case m.scanning:
		parts = []string{fmt.Sprintf("reading: %s of %s files", diag.Thousands(m.progress.Files), diag.Thousands(max(m.progress.Found, m.progress.Files)))}
	case m.data != nil && m.data.partial:
		parts = []string{"counting what was read"}
	case m.data != nil:
		t := m.data.view.Totals()
		parts = []string{diag.Thousands(t.Failures) + " refused", diag.Thousands(t.Accepted) + " accepted", diag.Thousands(t.Delayed) + " delayed"}
		if n := t.Unreadable + t.Orphans + t.Unlisted; n > 0 {
			parts = append(parts, fmt.Sprintf("%d faults", n))
		}
	}
	out := ""
	for _, p := range parts {
		if len(out)+len(p)+2 > w {
			break
		}
		if out != "" {
			out += "  "
		}
		out += p
	}
	return out
}

func (m *Model) stackedBody() []string {
	var lines []string
	for i, r := range m.layout.lists {
		if r.h > 0 {
			lines = append(lines, m.listLines(i, r)...)
		}
	}
	if m.layout.tabs.h > 0 {
		lines = append(lines, m.tabsLine(m.layout.tabs.w))
		lines = append(lines, m.detailLines(m.layout.detail.w, m.layout.detail.h)...)
	}
	return lines
}

// columnsBody joins the panes side by side.
func (m *Model) columnsBody() []string {
	var panes [][]string
	height := 0
	for i, r := range m.layout.lists {
		if r.h > 0 {
			panes = append(panes, m.listLines(i, r))
			height = r.h
		}
	}
	if r := m.layout.detail; r.h > 0 {
		p := append([]string{m.tabsLine(r.w)}, m.detailLines(r.w, r.h)...)
		if s := m.layout.second; s.h > 0 {
			title := " " + m.sec().tabs[m.secondTab()].title + " "
			p = append(p, m.theme.rule.Render(fit(title+strings.Repeat(m.glyph.hline, max(0, s.w-len(title))), s.w, "")))
			p = append(p, margin(pad(m.content[1].lines, s.w-1, s.h, m.glyph.more))...)
		}
		panes = append(panes, p)
		height = max(height, len(p))
	}
	lines := make([]string, height)
	bar := m.theme.rule.Render(m.glyph.vline)
	for y := range lines {
		var b strings.Builder
		for i, p := range panes {
			if i > 0 {
				b.WriteString(bar)
			}
			if y < len(p) {
				b.WriteString(p[y])
			}
		}
		lines[y] = b.String()
	}
	return lines
}

// over puts the last of more below lines and the others over the end of them.
func over(lines, more []string) []string {
	return append(lines[:len(lines)-len(more)+1], more...)
}

// statusLines are a message, the filter that is being typed or set, and the
// place in the list: one line, two where a message does not fit on one.
func (m *Model) statusLines() []string {
	s := m.state()
	l := m.openList()
	right := ""
	if n := m.marks(); n > 0 {
		right = fmt.Sprintf("%s marked  ", diag.Thousands(n))
	}
	if n := len(l.items); n > 0 {
		right += fmt.Sprintf("%s of %s", diag.Thousands(l.cursor+1), diag.Thousands(n))
		if n != l.total {
			right += fmt.Sprintf(" (%s in all)", diag.Thousands(l.total))
		}
	}
	right += " "
	fresh, status := m.freshness()
	if fresh != "" {
		right = "  " + right
	}
	note := m.theme.faint.Render(fresh)
	if status != "" {
		note = m.theme.status(status).Render(fresh)
	}
	room := m.width - width(right) - width(fresh) - 1
	left := ""
	var above []string
	switch {
	case m.prompt.on:
		left = m.theme.key.Render(" /") + m.glyph.text(m.prompt.text) + m.theme.cursor.Render(" ") + m.theme.faint.Render("  enter keeps, esc undoes")
	case m.actingLine() != "":
		left = m.theme.accent.Render(" " + m.actingLine())
	case m.toast.text != "":
		above, left = m.toastLines(room)
	case l.filter != "":
		left = m.theme.accent.Render(" filter: " + m.safe(l.filter))
	case !m.hinted:
		left = m.theme.faint.Render(" enter opens, 1-4 tabs, ? explains the keys")
	case s.detail:
		left = m.theme.faint.Render(" esc goes back to the list")
	}
	return append(above, fit(left, room, m.glyph.more)+" "+note+m.theme.faint.Render(right))
}

// footerLine shows the keys that act in the place one is in, as many as fit.
func (m *Model) footerLine() string {
	focus, section := m.here()
	var b strings.Builder
	b.WriteString(" ")
	used := 1
	for n := 1; n <= 12; n++ {
		for _, k := range keyTable {
			if k.foot != n || !k.acts(focus, section) || k.why != nil && k.why(m) != "" {
				continue
			}
			show, _, _ := strings.Cut(k.show, " ")
			text := show + " " + k.name
			if used+len(text) > m.width {
				break
			}
			used += len(text) + 2
			b.WriteString(m.theme.key.Render(show) + " " + m.theme.faint.Render(k.name) + "  ")
		}
	}
	return fit(b.String(), m.width, "")
}
