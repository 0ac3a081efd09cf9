package tui

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/triage"
)

// scanTick looks at a scan that is under way; scanDone ends it.
type (
	scanTick struct{ run int }
	scanDone struct {
		run int
		err error
	}
)

// startScan reads the installations in the background. The lists fill while it
// goes on.
func (m *Model) startScan() tea.Cmd {
	if len(m.sess.Roots()) == 0 {
		return m.takePicture()
	}
	m.scanRun++
	m.scanning, m.progress, m.version = true, index.Progress{}, 0
	run, sess, ctx := m.scanRun, m.sess, m.ctx
	return tea.Batch(
		func() tea.Msg { return scanDone{run, sess.Scan(ctx)} },
		m.tickScan(run, firstPoll),
	)
}

func (m *Model) tickScan(run int, d time.Duration) tea.Cmd {
	return m.opt.Tick(d, func(time.Time) tea.Msg { return scanTick{run} })
}

func (m *Model) onScanTick(t scanTick) tea.Cmd {
	if t.run != m.scanRun || !m.scanning {
		return nil
	}
	m.progress = m.sess.Progress()
	return tea.Batch(m.tickScan(t.run, pollEvery), m.takePicture())
}

func (m *Model) onScanDone(d scanDone) tea.Cmd {
	if d.run != m.scanRun {
		return nil
	}
	m.scanning, m.readAt = false, m.sess.Now()
	m.progress = m.sess.Progress()
	if d.err != nil && !errors.Is(d.err, context.Canceled) {
		m.say(diag.StatusFail, d.err.Error())
	}
	m.asked = false
	return m.takePicture()
}

// pictureMsg is a new picture of what was read.
type pictureMsg struct {
	data  *data
	scan  int
	by    diag.GroupBy
	e0193 bool
}

// takePicture makes a picture of the index in a command. While one is being
// made no other is begun; the ticks of the scan ask again.
func (m *Model) takePicture() tea.Cmd {
	if m.asked {
		return nil
	}
	m.asked = true
	sess, by, e0193, scan, partial := m.sess, m.by, m.e0193, m.scanRun, m.scanning
	return func() tea.Msg {
		v := sess.View()
		return pictureMsg{scan: scan, by: by, e0193: e0193, data: &data{
			view: v, by: by, e0193: e0193, groups: v.Groups(by), folders: v.QueueFolders(),
			headline: sess.Headline(v), subject: sess.Subject(v), partial: partial,
		}}
	}
}

func (m *Model) onPicture(p pictureMsg) tea.Cmd {
	m.asked = false
	if p.by != m.by || p.e0193 != m.e0193 || p.scan != m.scanRun {
		return m.takePicture() // something else was asked for meanwhile
	}
	if m.data != nil && !m.data.partial && p.data.partial && m.scanning && p.data.view.Totals().Failures < m.data.view.Totals().Failures {
		return nil // a new reading: the old picture stays until it has caught up
	}
	if p.data.partial && !m.scanning {
		return m.takePicture()
	}
	m.data = p.data
	m.plan, m.planAsked = nil, ""
	return m.loadAll(m.section)
}

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
			l.parent, l.key, l.filter, l.items, l.list, l.held = parent, "", "", nil, list{}, false
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
	case index.Row:
		t = r.Last
	case diag.Group:
		t = r.Last
	case index.QueueMessage:
		t = r.Since
	case index.QueueFolder:
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
	l.items, l.total, l.loaded = msg.items, msg.total, true
	def := m.sections[msg.section].levels[msg.level]
	if !l.held {
		l.cursor = 0 // nobody chose one yet: the worst is at the top
	} else if l.key != "" {
		for i, n := range l.items {
			if def.key(m.data, n) == l.key {
				l.cursor = i
				break
			}
		}
	}
	l.cursor = max(0, min(l.cursor, len(l.items)-1))
	before := l.key
	if n, ok := l.current(); ok {
		l.key = def.key(m.data, n)
	}
	if next := msg.level + 1; next < len(st.lists) && (l.key != before || st.lists[next].parent != l.key) {
		return m.load(msg.section, next)
	}
	return nil
}

// findingMsg is one finding of a run of checks, runDone its end.
type (
	findingMsg struct {
		run     int
		finding diag.Finding
		more    <-chan diag.Finding
	}
	runDone struct {
		run    int
		result diag.Run
	}
	spinTick struct{ run int }
)

// openingChecks asks the checks of ourselves, once in a session.
func (m *Model) openingChecks() tea.Cmd {
	if !m.findings.Empty() || m.findings.Busy() || m.data == nil {
		return nil
	}
	return m.startChecks(m.sess.OpeningWords(), false)
}

func (m *Model) recheck() tea.Cmd {
	if m.data == nil {
		m.sayf("Nothing is read yet; try again in a moment.")
		return nil
	}
	if m.findings.Busy() {
		m.stopRun()
	}
	return m.startChecks(m.sess.OpeningWords(), true)
}

// startChecks begins a run; one that is under way is replaced.
func (m *Model) startChecks(words []string, fresh bool) tea.Cmd {
	var named []string
	if s := m.states[0]; s.lists[0].key != "" && m.data != nil {
		named = triage.NamedLists(m.data.view, m.data.view.Members(m.data.by, s.lists[0].key))
	}
	req := m.sess.Request(m.data.subject, words, named, fresh)
	run := m.findings.Begin(words)
	ctx, cancel := context.WithCancel(m.ctx)
	m.runCtx = cancel
	sess, ch := m.sess, make(chan diag.Finding)
	return tea.Batch(
		func() tea.Msg {
			defer cancel()
			result := sess.Check(ctx, req, func(f diag.Finding) {
				select {
				case ch <- f:
				case <-ctx.Done():
				}
			})
			close(ch)
			return runDone{run, result}
		},
		nextFinding(run, ch),
		m.tickSpin(run),
	)
}

// nextFinding waits for the next finding of a run.
func nextFinding(run int, ch <-chan diag.Finding) tea.Cmd {
	return func() tea.Msg {
		f, ok := <-ch
		if !ok {
			return nil
		}
		return findingMsg{run, f, ch}
	}
}

func (m *Model) tickSpin(run int) tea.Cmd {
	return m.opt.Tick(spinEvery, func(time.Time) tea.Msg { return spinTick{run} })
}

func (m *Model) onFinding(f findingMsg) tea.Cmd {
	m.findings.Add(f.run, f.finding)
	return nextFinding(f.run, f.more)
}

func (m *Model) onRunDone(d runDone) {
	// The last findings may still be on their way: the result has them all.
	for _, f := range d.result.Findings {
		m.findings.Add(d.run, f)
	}
	if m.findings.End(d.run) {
		m.notes = d.result.Notes
		m.runCtx = nil
	}
}

func (m *Model) onSpin(t spinTick) tea.Cmd {
	if !m.findings.Current(t.run) {
		return nil
	}
	m.frame++
	return m.tickSpin(t.run)
}

func (m *Model) stopRun() {
	if m.runCtx != nil {
		m.runCtx()
		m.runCtx = nil
	}
	m.findings.Stop()
}

func (m *Model) stopChecks() tea.Cmd {
	m.stopRun()
	m.sayf("Checks stopped. What had come in stays; r asks again.")
	return nil
}

// planMsg is the plan for what the detail is about.
type planMsg struct {
	key  string
	plan diag.Plan
}

// rawMsg is the file of the Raw tab.
type rawMsg rawFile

// wants starts what the screen needs and does not have: the plan, the file,
// the end of a message.
func (m *Model) wants() tea.Cmd {
	return tea.Batch(m.wantPlan(), m.wantRaw(), m.toastEnd())
}

// planFor names what the plan is for; the findings are part of it, because
// they decide variants.
func (m *Model) planFor() string {
	if m.data == nil || m.sec().id != "failures" {
		return ""
	}
	key := m.state().lists[0].key
	if _, ok := m.selectedFailure(); ok {
		key += "\x00" + m.state().lists[1].key
	}
	return key
}

func (m *Model) wantPlan() tea.Cmd {
	key := m.planFor()
	if key == "" {
		return nil
	}
	key += "\x00" + m.findings.Stamp()
	if key == m.planAsked {
		return nil
	}
	m.planAsked = key
	d, sess, found, sub := m.data, m.sess, m.findings.All(), m.data.subject
	members := d.view.Members(d.by, m.state().lists[0].key)
	if m.state().depth > 0 {
		if n, ok := m.state().lists[1].current(); ok {
			members = d.view.Alike(members, n)
		}
	}
	return func() tea.Msg {
		return planMsg{key, sess.Plan(sub, sess.Cases(d.view, members, found))}
	}
}

func (m *Model) wantRaw() tea.Cmd {
	s := m.state()
	path := m.selectedPath()
	raw := func(t int) bool { return m.sec().tabs[t].title == "Raw" }
	if path == "" || path == m.raw.path || !raw(s.tab) && (m.layout.second.h == 0 || !raw(m.secondTab())) {
		return nil
	}
	m.raw = rawFile{path: path, text: "Reading ..."}
	sess := m.sess
	return func() tea.Msg {
		b, more, err := sess.ReadFile(path)
		return rawMsg{path: path, text: diag.CleanLines(string(b)), more: more, err: err}
	}
}
