package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"metriage/diag/report"
)

func strip(s string) string { return ansi.Strip(s) }

func redact(s string) string { return report.RedactAddresses(s) }

// columnWidths shares w cells among columns: columns shrink to their least width
// and then go, in their fixed order, until those that stay have the width they
// want; then those that grow share what is left. A column that is dropped has
// width 0.
func columnWidths(cols []column, w int) []int {
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = max(c.width, c.want)
	}
	order := map[int]int{} // drop -> column
	last := 0
	for i, c := range cols {
		if c.drop > 0 {
			order[c.drop] = i
			last = max(last, c.drop)
		}
	}
	for d := last; d > 0 && taken(out) > w; d-- {
		if i, ok := order[d]; ok {
			out[i] = cols[i].width
			if taken(out) > w {
				out[i] = 0
			}
		}
	}
	for i, c := range cols {
		if over := taken(out) - w; over > 0 && out[i] > 0 {
			out[i] = max(c.width, out[i]-over)
		}
	}
	squeeze(out, w)
	share(out, cols, w-taken(out))
	return out
}

// squeeze takes cells from the widest columns where even the least widths do
// not fit.
func squeeze(out []int, w int) {
	for taken(out) > w {
		widest := 0
		for i := range out {
			if out[i] > out[widest] {
				widest = i
			}
		}
		if out[widest] <= 3 {
			return
		}
		out[widest]--
	}
}

// taken is the room that columns take with a blank after each.
func taken(widths []int) int {
	n := 0
	for _, w := range widths {
		if w > 0 {
			n += w + 1
		}
	}
	return n
}

// share gives what is left to the columns that grow, in their proportions.
func share(out []int, cols []column, left int) {
	grow, last := 0, -1
	for i, c := range cols {
		if out[i] > 0 && c.grow > 0 {
			grow += c.grow
			last = i
		}
	}
	if left <= 0 || last < 0 {
		return
	}
	given := 0
	for i, c := range cols {
		if out[i] > 0 && c.grow > 0 {
			n := left * c.grow / grow
			out[i] += n
			given += n
		}
	}
	out[last] += left - given
}

// columnTitle is the head of a column; the first one of the groups says what
// they are grouped by.
func (m *Model) columnTitle(level, col int) string {
	c := m.sec().levels[level].columns[col]
	if level == 0 && col == 0 && m.sec().id == "failures" {
		for _, g := range groupings {
			if g.by == m.by {
				return g.head
			}
		}
	}
	return c.title
}

// listLines draws the list of a level: a head and its rows, or why there are
// none.
func (m *Model) listLines(level int, r rect) []string {
	def := m.sec().levels[level]
	l := &m.state().lists[level]
	cols := columnWidths(def.columns, r.w-2)
	lines := make([]string, 0, r.h)

	var head strings.Builder
	head.WriteString("  ")
	for i, c := range def.columns {
		if cols[i] == 0 {
			continue
		}
		title := m.columnTitle(level, i)
		if l.sort == i+1 {
			title += map[bool]string{false: "v", true: "^"}[l.reverse]
		}
		if c.right {
			head.WriteString(fitRight(title, cols[i], "") + " ")
		} else {
			head.WriteString(fit(title, cols[i], "") + " ")
		}
	}
	lines = append(lines, m.theme.faint.Render(fit(head.String(), r.w, "")))

	if len(l.items) == 0 {
		for _, s := range wrapTo(m.emptyText(level), max(1, r.w-4)) {
			lines = append(lines, fit("  "+s, r.w, m.glyph.more))
		}
		return pad(lines, r.w, r.h, m.glyph.more)
	}
	focus := !m.state().detail && m.state().depth == level
	for y := 0; y < r.h-1; y++ {
		n := l.top + y
		if n >= len(l.items) {
			break
		}
		lines = append(lines, m.rowLine(def, l, l.items[n], cols, r.w, n == l.cursor, focus))
	}
	for len(lines) < r.h {
		lines = append(lines, blanks(r.w))
	}
	return lines
}

// rowLine draws one row. The selected one is marked with a sign and not by
// colour alone.
func (m *Model) rowLine(def level, l *listState, n int32, cols []int, w int, selected, focus bool) string {
	row := def.row(l.data, n)
	var b strings.Builder
	if len(l.marked) > 0 && l.marked[def.key(l.data, n)] {
		b.WriteString(" " + m.glyph.mark)
	} else {
		b.WriteString("  ")
	}
	for i, c := range def.columns {
		if cols[i] == 0 {
			continue
		}
		text := c.text(m, row)
		if c.right {
			text = fitRight(text, cols[i], m.glyph.more)
		} else {
			text = fit(text, cols[i], m.glyph.more)
		}
		if !selected && c.role != nil {
			text = m.roleStyle(c.role(m, row)).Render(text)
		}
		b.WriteString(text + " ")
	}
	line := b.String()
	if used := 2 + taken(cols); used <= w {
		line += blanks(w - used)
	} else {
		line = fit(line, w, "")
	}
	if !selected {
		return line
	}
	line = m.glyph.cursor + line[1:]
	if focus {
		return m.theme.cursor.Render(line)
	}
	return m.theme.cursorIdle.Render(line)
}

func (m *Model) roleStyle(r role) style {
	switch r {
	case roleStrong:
		return m.theme.strong
	case roleFaint:
		return m.theme.faint
	case rolePass:
		return m.theme.pass
	case roleWarn:
		return m.theme.warn
	case roleFail:
		return m.theme.fail
	case roleUnknown:
		return m.theme.unknown
	}
	return m.theme.plain
}

// emptyText says why a list is empty: by its filter, or what the level says. Of
// the lists below an empty one there is nothing to say.
func (m *Model) emptyText(level int) string {
	l := &m.state().lists[level]
	switch {
	case level > 0 && len(m.state().lists[level-1].items) == 0:
		return ""
	case m.data == nil && len(m.sess.Roots()) > 0:
		return "Reading " + m.safe(strings.Join(m.sess.Roots(), ", ")) + " ..."
	case l.filter != "" && l.total > 0:
		return "Nothing matches " + m.safe(l.filter) + ". esc clears the filter."
	}
	return m.sec().levels[level].empty(m)
}
