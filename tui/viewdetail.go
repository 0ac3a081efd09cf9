package tui

import (
	"fmt"
	"strings"
)

// tabsLine shows the tabs, the one that is open marked in words too, and what
// the checks found so far.
func (m *Model) tabsLine(w int) string {
	s := m.state()
	var b strings.Builder
	for i, t := range m.sec().tabs {
		title := t.title
		if s.depth == 0 && t.group != "" {
			title = t.group
		}
		label := fmt.Sprintf(" %d %s ", i+1, title)
		if i == s.tab {
			label = fmt.Sprintf("[%d %s]", i+1, title)
			if s.detail {
				b.WriteString(m.theme.tabOn.Render(label))
			} else {
				b.WriteString(m.theme.strong.Render(label))
			}
			continue
		}
		b.WriteString(m.theme.tab.Render(label))
	}
	badge := ""
	if m.sec().badge != nil {
		badge = m.sec().badge(m)
	}
	line := b.String()
	room := w - width(line) - width(badge)
	if room < 1 {
		return fit(line, w, "")
	}
	rule := m.theme.rule.Render(" " + strings.Repeat(m.glyph.hline, max(0, room-2)))
	return fit(line+rule+" "+badge, w, "")
}

// detailLines is the part of the open tab that is on the screen.
func (m *Model) detailLines(w, h int) []string {
	d, c := m.tabState(), m.content[0]
	lines := c.lines
	if d.top < len(lines) {
		lines = lines[d.top:]
	} else {
		lines = nil
	}
	out := margin(pad(lines, w-1, h, m.glyph.more))
	if m.state().detail && len(c.anchors) > 0 {
		if y := c.anchors[d.item].line - d.top; y >= 0 && y < h {
			out[y] = m.theme.cursor.Render(fit(">"+strip(out[y])[1:], w, m.glyph.more))
		}
	}
	if rest := len(c.lines) - d.top - h; rest > 0 {
		note := " " + moreLines(rest) + " "
		out[h-1] = fit(out[h-1], w-len(note), m.glyph.more) + m.theme.faint.Render(note)
	}
	return out
}

// pad makes lines fill a part of the screen.
func pad(lines []string, w, h int, more string) []string {
	out := make([]string, h)
	for i := range out {
		if i < len(lines) {
			out[i] = fit(lines[i], w, more)
		} else {
			out[i] = strings.Repeat(" ", w)
		}
	}
	return out
}

// margin sets lines off from what is left of them; the line under the cursor
// has its mark there.
func margin(lines []string) []string {
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return lines
}

func moreLines(n int) string {
	if n == 1 {
		return "1 more line"
	}
	return fmt.Sprintf("%d more lines", n)
}
