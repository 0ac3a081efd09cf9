package tui

import tea "charm.land/bubbletea/v2"

// markThis marks the item under the cursor, or takes the mark away, and goes
// on to the next.
func (m *Model) markThis() tea.Cmd {
	l := m.openList()
	m.noteKey(m.state().depth)
	if l.marked == nil {
		l.marked = map[string]bool{}
	}
	if l.marked[l.key] {
		delete(l.marked, l.key)
	} else {
		l.marked[l.key] = true
	}
	return m.move(1)
}

// markAll marks everything that the list shows.
func (m *Model) markAll() tea.Cmd {
	l := m.openList()
	def := m.sec().levels[m.state().depth]
	marked := make(map[string]bool, len(l.items))
	for _, n := range l.items {
		marked[def.key(l.data, n)] = true
	}
	l.marked = marked
	m.sayf("%d marked. u takes the marks away.", len(marked))
	return nil
}

func (m *Model) unmark() tea.Cmd {
	clear(m.openList().marked)
	return nil
}

// marks is how many items of the open list are marked.
func (m *Model) marks() int { return len(m.openList().marked) }

func nothingMarked(m *Model) string {
	if m.marks() == 0 {
		return "nothing is marked"
	}
	return ""
}

// faultFilter keeps to what is out of order.
const faultFilter = "fault:yes"

// yesIf is the value of a field that holds or not.
func yesIf(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// faultsOnly keeps to what is out of order; a second time shows everything
// again.
func (m *Model) faultsOnly() tea.Cmd {
	l := m.openList()
	m.noteKey(m.state().depth)
	if l.filter == faultFilter {
		l.filter = ""
	} else {
		l.filter = faultFilter
	}
	return m.load(m.section, m.state().depth)
}

// sameOnly keeps to the cause, or state, of the item under the cursor; a
// second time shows everything again.
func (m *Model) sameOnly() tea.Cmd {
	l := m.openList()
	def := m.sec().levels[m.state().depth]
	if l.filter != "" {
		l.filter = ""
		return m.load(m.section, m.state().depth)
	}
	n, ok := l.current()
	if !ok || def.same == nil {
		return nil
	}
	m.noteKey(m.state().depth)
	l.filter = def.same(def.row(l.data, n))
	return m.load(m.section, m.state().depth)
}
