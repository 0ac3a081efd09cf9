package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// planMsg is the plan for what the detail is about.
type planMsg struct {
	key  string
	plan diag.Plan
}

// wants starts what the screen needs and does not have: the plan, the file, the
// chart, the end of a message.
func (m *Model) wants() tea.Cmd {
	return tea.Batch(m.wantPlan(), m.wantRaw(), m.wantTimeline(), m.wantAudit(), m.toastEnd())
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

// planKey names the plan that the screen needs, "" where it shows none.
func (m *Model) planKey() string {
	if !m.shows("Guidance") {
		return ""
	}
	key := m.planFor()
	if key == "" {
		return ""
	}
	return key + fmt.Sprintf("\x00%s %d", m.findings.Stamp(), m.assessed)
}

// shows reports whether a tab is on the screen.
func (m *Model) shows(title string) bool {
	tabs := m.sec().tabs
	if tabs[m.state().tab].title == title && m.layout.detail.h > 0 {
		return true
	}
	return m.layout.second.h > 0 && tabs[m.secondTab()].title == title
}

// wantPlan makes the plan in a command, one at a time: over a long list each
// takes longer than the next key.
func (m *Model) wantPlan() tea.Cmd {
	key := m.planKey()
	if key == "" || key == m.planAsked || m.planning {
		return nil
	}
	if len(m.data.view.Members(m.data.by, m.state().lists[0].key)) > manyMembers && m.rested != key {
		// While the cursor moves every row would have its plan made.
		return m.opt.Tick(restFor, func(time.Time) tea.Msg { return restMsg{key} })
	}
	m.planAsked, m.planning = key, true
	d, sess, found, sub := m.data, m.sess, m.findings.All(), m.data.subject
	by, group, one := d.by, m.state().lists[0].key, int32(-1)
	if m.state().depth > 0 {
		l := &m.state().lists[1]
		if n, ok := l.current(); ok {
			d, group, one = l.data, l.parent, n
		}
	}
	server := m.server
	return func() tea.Msg {
		members := d.view.Members(by, group)
		if one >= 0 {
			members = d.view.Alike(members, one)
		}
		cases := sess.Cases(d.view, members, found)
		var domains []string
		for _, c := range cases {
			domains = append(domains, c.Domains...)
		}
		return planMsg{key, server.Part(sess.Plan(sub, cases), domains)}
	}
}

// manyMembers is how many failures a group has whose plan waits until the
// cursor rests, for restFor.
const (
	manyMembers = 20_000
	restFor     = 250 * time.Millisecond
)

// restMsg says that the screen has shown one thing for a while.
type restMsg struct{ key string }

// onPlan takes a plan; one that the screen no longer needs is dropped.
func (m *Model) onPlan(msg planMsg) {
	m.planning = false
	if msg.key == m.planKey() && msg.key == m.planAsked {
		m.plan = &msg.plan
		m.openFirstStep()
	}
}

// timelineMsg is the chart of a group.
type timelineMsg struct {
	key string
	t   triage.Timeline
}

// timelineKey names the chart of a group on this picture at this width.
func (m *Model) timelineKey(g diag.Group) string {
	return fmt.Sprintf("%s %s %d %d", m.data.by, g.Key, m.data.view.Version, chartSteps(m.layout.detail.w))
}

func (m *Model) wantTimeline() tea.Cmd {
	g, ok := m.selectedGroup()
	if !ok || m.layout.detail.h == 0 || m.state().depth > 0 {
		return nil
	}
	key := m.timelineKey(g)
	if key == m.timelineAsked {
		return nil
	}
	m.timelineAsked = key
	d, now, since, n := m.data, m.sess.Now(), m.sess.Since(), chartSteps(m.layout.detail.w)
	return func() tea.Msg {
		return timelineMsg{key, d.view.Timeline(d.by, g.Key, now, since, n)}
	}
}
