package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// move moves the cursor of the list or the detail by d lines.
func (m *Model) move(d int) tea.Cmd {
	s := m.state()
	if !s.detail {
		l := m.openList()
		l.move(d, len(l.items), m.listRows(s.depth))
		return m.cursorMoved()
	}
	t, c := m.tabState(), m.content[0]
	if len(c.anchors) == 0 {
		t.top = max(0, min(t.top+d, len(c.lines)-m.layout.detail.h))
		return nil
	}
	// An opened item may be longer than the screen: go through it first.
	h := m.layout.detail.h
	end := len(c.lines)
	if t.item+1 < len(c.anchors) {
		end = c.anchors[t.item+1].line
	}
	switch {
	case d == 1 && end > t.top+h:
		t.top++
	case d == -1 && c.anchors[t.item].line < t.top:
		t.top--
	default:
		t.item = max(0, min(t.item+d, len(c.anchors)-1))
	}
	return nil
}

// movePage moves by a page, or by the given part of one.
func (m *Model) movePage(dir, part int) tea.Cmd {
	s := m.state()
	if !s.detail {
		return m.move(dir * max(1, m.listRows(s.depth)/part))
	}
	n := max(1, m.layout.detail.h/part)
	t, c := m.tabState(), m.content[0]
	if len(c.anchors) == 0 {
		return m.move(dir * n)
	}
	line := c.anchors[t.item].line + dir*n
	for i, a := range c.anchors {
		if a.line <= line {
			t.item = i
		}
	}
	if line <= 0 {
		t.item = 0
	}
	return nil
}

// cursorMoved notes the item under the cursor and loads the list below it
// where that is on the screen.
func (m *Model) cursorMoved() tea.Cmd {
	s := m.state()
	l := m.openList()
	before := l.key
	m.noteKey(s.depth)
	if l.key == before {
		return nil
	}
	m.resetDetail()
	if next := s.depth + 1; next < len(s.lists) {
		return m.load(m.section, next)
	}
	return nil
}

// noteKey remembers which item is under the cursor of a level.
func (m *Model) noteKey(level int) {
	l := &m.state().lists[level]
	if n, ok := l.current(); ok {
		l.held = true
		l.key = m.sec().levels[level].key(l.data, n)
	}
}

// resetDetail begins the tabs of another item at their top.
func (m *Model) resetDetail() {
	s := m.state()
	for i := range s.scroll {
		s.scroll[i] = detailState{open: map[string]bool{}}
	}
	m.plan, m.planAsked = nil, ""
}

func (m *Model) enter() tea.Cmd {
	s := m.state()
	if s.detail {
		t, c := m.tabState(), m.content[0]
		// One item is open at a time, so that the others stay in sight.
		key := c.anchors[min(t.item, len(c.anchors)-1)].key
		open := !t.open[key]
		clear(t.open)
		t.open[key], t.first = open, ""
		return nil
	}
	if s.depth+1 < len(s.lists) {
		m.noteKey(s.depth)
		s.depth++
		m.resetDetail()
		return m.load(m.section, s.depth)
	}
	if s.tab == 0 && m.sec().id == "failures" {
		s.tab = 1
	}
	return m.toDetail()
}

// back closes the innermost thing that is open.
func (m *Model) back() tea.Cmd {
	s := m.state()
	switch {
	case s.detail:
		s.detail, s.zoom = false, false
	case s.zoom:
		s.zoom = false
	case m.openList().filter != "":
		m.openList().filter = ""
		return m.load(m.section, s.depth)
	case s.depth > 0:
		s.depth--
		m.resetDetail()
	case m.e0193:
		return m.toggleE0193()
	}
	return nil
}

// toDetail gives the detail the focus. The first time in a session it asks the
// checks that opening a detail asks.
func (m *Model) toDetail() tea.Cmd {
	m.noteKey(m.state().depth)
	m.state().detail = true
	return m.openingChecks()
}

func (m *Model) toList() tea.Cmd {
	s := m.state()
	s.detail, s.zoom = false, false
	return nil
}

func (m *Model) chooseTab(n int) tea.Cmd {
	s := m.state()
	if n >= len(m.sec().tabs) {
		m.sayf("This view has the tabs 1 to %d.", len(m.sec().tabs))
		return nil
	}
	s.tab = n
	return m.toDetail()
}

func (m *Model) toggleZoom() tea.Cmd {
	m.state().zoom = !m.state().zoom
	return nil
}

func (m *Model) switchSection(k string) tea.Cmd {
	d := 1
	if k == "[" {
		d = len(m.sections) - 1
	}
	return m.toSection((m.section + d) % len(m.sections))
}

func (m *Model) toSection(n int) tea.Cmd {
	m.section = n
	m.plan, m.planAsked = nil, ""
	return m.loadAll(m.section)
}

func (m *Model) toggleProvider() tea.Cmd {
	if m.by == diag.ByProvider {
		return m.groupBy(diag.ByDomain)
	}
	return m.groupBy(diag.ByProvider)
}

func (m *Model) toggleE0193() tea.Cmd {
	m.e0193 = !m.e0193
	return m.regroup()
}

// regroup goes back to the groups and makes a picture under the new grouping.
func (m *Model) regroup() tea.Cmd {
	s := &m.states[0]
	s.depth, s.detail, s.zoom = 0, false, false
	m.resetDetail()
	return m.takePicture()
}

// openHeadline opens the group that the headline is about, or the finding.
func (m *Model) openHeadline() tea.Cmd {
	h := m.data.headline
	if h.Key == "" {
		return m.openFinding(h.Installation, h.Code)
	}
	m.section = 0
	s := m.state()
	s.depth, s.detail, s.zoom = 0, false, false
	s.lists[0].key, s.lists[0].filter, s.lists[0].held = h.Key, "", true
	s.depth = 1
	m.by, m.e0193 = h.By, false
	m.resetDetail()
	return m.takePicture()
}

// openFinding goes to a finding in the Server view.
func (m *Model) openFinding(installation, code string) tea.Cmd {
	n := slices.IndexFunc(m.sections, func(s section) bool { return s.place == inServer })
	s := &m.states[n]
	s.detail, s.zoom, s.tab = false, false, 0
	s.lists[0].key, s.lists[0].filter, s.lists[0].held = findingKey(installation, code), "", true
	cmd := m.toSection(n)
	m.resetDetail()
	return cmd
}

func (m *Model) sortNext() tea.Cmd {
	return m.sortBy((m.openList().sort + 1) % (len(m.sec().levels[m.state().depth].columns) + 1))
}

// sortBy sorts the open list by a column, counted from 1, or leaves it as read.
func (m *Model) sortBy(column int) tea.Cmd {
	l := m.openList()
	l.sort = column
	if l.sort == 0 {
		m.sayf("Sorted as read: the worst first.")
	} else {
		m.sayf("Sorted by %s.", m.columnTitle(m.state().depth, l.sort-1))
	}
	return m.load(m.section, m.state().depth)
}

func (m *Model) sortReverse() tea.Cmd {
	m.openList().reverse = !m.openList().reverse
	return m.load(m.section, m.state().depth)
}

// openFirstStep opens the first step of a new plan. Where a newer plan begins
// with another, that one takes its place, unless the admin is reading.
func (m *Model) openFirstStep() {
	if m.plan == nil || len(m.plan.Steps) == 0 {
		return
	}
	for i, t := range m.sec().tabs {
		s := &m.state().scroll[i]
		alone := len(s.open) == 0 || len(s.open) == 1 && s.open[s.first] && !m.state().detail
		if t.title != "Guidance" || !alone {
			continue
		}
		clear(s.open)
		s.first = "step " + m.plan.Steps[0].Key()
		s.open[s.first] = true
	}
}
