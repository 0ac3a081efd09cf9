package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// itemsMsg is the items of one list, filtered and sorted.
type itemsMsg struct {
	section, level, seq int
	items               []int32
	total               int
	data                *data
}

func (m *Model) loadAll(section int) tea.Cmd {
	var cmds []tea.Cmd
	for i := range m.sections[section].levels {
		cmds = append(cmds, m.load(section, i))
	}
	return tea.Batch(cmds...)
}

// load makes the items of a list in a command. Items that come late are
// dropped by their number.
func (m *Model) load(section, level int) tea.Cmd {
	if m.data == nil {
		return nil
	}
	st := &m.states[section]
	l := &st.lists[level]
	if level > 0 {
		parent := st.lists[level-1].key
		if parent != l.parent {
			l.parent, l.key, l.filter, l.data, l.items, l.list, l.held, l.marked = parent, "", "", nil, nil, list{}, false, nil
		}
	}
	l.seq++
	d, def, seq, now := m.data, m.sections[section].levels[level], l.seq, m.sess.Now()
	parent, filter, sort, reverse := l.parent, l.filter, l.sort, l.reverse
	return func() tea.Msg {
		var all []int32
		if level == 0 || parent != "" {
			all = def.load(d, parent)
		}
		items := arrange(d, &def, all, filter, sort, reverse, now)
		return itemsMsg{section: section, level: level, seq: seq, items: items, total: len(all), data: d}
	}
}

// arrange filters and sorts the items of a list.
func arrange(d *data, def *level, all []int32, filter string, sort int, reverse bool, now time.Time) []int32 {
	items := all
	if q := parseQuery(filter); len(q.terms) > 0 {
		items = make([]int32, 0, len(all))
		for _, n := range all {
			row := def.row(d, n)
			if q.match(func(name string) (string, bool) { return def.field(row, name) }, rowAge(row, now)) {
				items = append(items, n)
			}
		}
	}
	if sort > 0 {
		less := def.columns[sort-1].less
		rows := make(map[int32]any, len(items))
		for _, n := range items {
			rows[n] = def.row(d, n)
		}
		items = slices.Clone(items)
		slices.SortStableFunc(items, func(a, b int32) int { return less(rows[a], rows[b]) })
	}
	if reverse {
		items = slices.Clone(items)
		slices.Reverse(items)
	}
	return items
}

// rowAge is how long ago a row last happened, for "age:".
func rowAge(row any, now time.Time) time.Duration {
	var t time.Time
	switch r := row.(type) {
	case triage.Row:
		t = r.Last
	case diag.Group:
		t = r.Last
	case queueRow:
		t = r.Since
	case triage.QueueFolder:
		t = r.Oldest
	}
	if t.IsZero() {
		return 0
	}
	return now.Sub(t)
}

// onItems takes the items of a list; the cursor stays on its item.
func (m *Model) onItems(msg itemsMsg) tea.Cmd {
	st := &m.states[msg.section]
	l := &st.lists[msg.level]
	if msg.seq != l.seq || msg.data != m.data {
		return nil
	}
	l.data, l.items, l.total, l.loaded = msg.data, msg.items, msg.total, true
	def := m.sections[msg.section].levels[msg.level]
	if !l.held {
		l.cursor = 0 // nobody chose one yet: the worst is at the top
	} else if l.key != "" {
		for i, n := range l.items {
			if def.key(l.data, n) == l.key {
				l.cursor = i
				break
			}
		}
	}
	l.cursor = max(0, min(l.cursor, len(l.items)-1))
	before := l.key
	if n, ok := l.current(); ok {
		l.key = def.key(l.data, n)
	}
	if next := msg.level + 1; next < len(st.lists) && (l.key != before || st.lists[next].parent != l.key) {
		return m.load(msg.section, next)
	}
	return nil
}
