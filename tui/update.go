package tui

import (
	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// Update is where all state changes. It does nothing slow.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.update(msg)
	m.refresh()
	return m, tea.Batch(cmd, m.wants())
}

// applied is a message that changes the state itself, so that a view or dialog
// needs no place here.
type applied interface{ apply(m *Model) tea.Cmd }

func (m *Model) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		if m.prompt.on {
			return m.prompt.paste(m, msg.Content)
		}
	case readyMsg:
		for _, e := range msg.problems {
			m.say(diag.StatusWarn, e.Error())
		}
		if msg.err != nil {
			m.say(diag.StatusFail, msg.err.Error())
		}
	case scanTick:
		return m.onScanTick(msg)
	case scanDone:
		return m.onScanDone(msg)
	case pictureMsg:
		return m.onPicture(msg)
	case itemsMsg:
		return m.onItems(msg)
	case findingMsg:
		return m.onFinding(msg)
	case runDone:
		return m.onRunDone(msg)
	case stateMsg:
		m.onState(msg)
	case spinTick:
		return m.onSpin(msg)
	case planMsg:
		m.onPlan(msg)
	case restMsg:
		if msg.key == m.planKey() {
			m.rested = msg.key
		}
	case timelineMsg:
		if msg.key == m.timelineAsked {
			m.timeline = msg
		}
	case toastOver:
		if msg.n == m.toast.n {
			m.toast.text = ""
		}
	case saidMsg:
		m.say(msg.status, msg.text)
	case exportedMsg:
		m.exporting--
		m.say(msg.said.status, msg.said.text)
	case applied:
		return msg.apply(m)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.theme = newTheme(m.themeName, m.dark)
	}
	return nil
}

// press handles a key: a prompt takes it first, then what lies over the
// screen, then the table of keys.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	k := msg.String()
	switch {
	case m.prompt.on:
		return m.prompt.press(m, msg)
	case m.layout.tooSmall && m.width > 0:
		if k == "q" || k == "ctrl+c" {
			return m.quit()
		}
		return nil
	}
	if o, ok := m.topOverlay(); ok {
		return m.pressOverlay(o, msg)
	}
	m.hinted = true
	return m.key(k)
}

// refresh brings what depends on state up to date: layout, cursors, contents.
func (m *Model) refresh() {
	s := m.state()
	title, text, _, _ := m.headline()
	m.layout = layout(layoutIn{
		longHeadline: 1+width(title+text) > m.width,
		width:        m.width, height: m.height, depth: s.depth, levels: len(s.lists), detail: s.detail, zoom: s.zoom,
	})
	if m.layout.tooSmall {
		return
	}
	for i := range s.lists {
		s.lists[i].place(len(s.lists[i].items), m.listRows(i))
	}
	m.content = [2]content{}
	if r := m.layout.detail; r.h > 0 {
		m.content[0] = m.sec().tabs[s.tab].build(m, r.w-1)
	}
	if r := m.layout.second; r.h > 0 {
		m.content[1] = m.sec().tabs[m.secondTab()].build(m, r.w-1)
	}
	m.placeDetail()
}

// secondTab is the tab that wide screens show below the first: the steps
// beside what they rest on.
func (m *Model) secondTab() int {
	s, n := m.state(), len(m.sec().tabs)
	if n > 2 && s.tab != 2 {
		return 2
	}
	return (s.tab + 1) % min(n, 2)
}

// listRows is how many items the list of a level shows at once.
func (m *Model) listRows(level int) int {
	if r := m.layout.lists[level]; r.h > 1 {
		return r.h - 1
	}
	return 1
}

// placeDetail keeps the item under the cursor of the tab, or the scrolled
// text, on the screen.
func (m *Model) placeDetail() {
	d, c, h := m.tabState(), m.content[0], m.layout.detail.h
	if len(c.anchors) > 0 {
		d.item = max(0, min(d.item, len(c.anchors)-1))
		first := c.anchors[d.item].line
		last := len(c.lines)
		if d.item+1 < len(c.anchors) {
			last = c.anchors[d.item+1].line
		}
		if d.item == 0 {
			first = 0
		}
		if last-d.top > h {
			d.top = last - h
		}
		if first < d.top {
			d.top = first
		}
	}
	d.top = max(0, min(d.top, len(c.lines)-h))
}

// quit stops what runs and leaves. While an export is being written it asks to
// be told twice.
func (m *Model) quit() tea.Cmd {
	if m.exporting > 0 && !m.leaving {
		m.leaving = true
		m.sayf("An export is still being written; q again leaves it unfinished.")
		return nil
	}
	if m.acting.stop != nil && !m.leaving {
		m.leaving = true
		m.sayf("An action is under way; q again stops it and leaves.")
		return nil
	}
	m.quitting = true
	if m.acting.stop != nil {
		m.acting.stop()
	}
	if m.runCtx != nil {
		m.runCtx()
	}
	return tea.Quit
}
