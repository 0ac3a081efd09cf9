package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// planMsg is the plan for what the detail is about.
type planMsg struct {
	key  string
	plan diag.Plan
}

// rawMsg is the file of the Raw tab.
type rawMsg rawFile

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

func (m *Model) wantPlan() tea.Cmd {
	key := m.planFor()
	if key == "" {
		return nil
	}
	key += fmt.Sprintf("\x00%s %d", m.findings.Stamp(), m.assessed)
	if key == m.planAsked {
		return nil
	}
	m.planAsked = key
	d, sess, found, sub := m.data, m.sess, m.findings.All(), m.data.subject
	members := d.view.Members(d.by, m.state().lists[0].key)
	if m.state().depth > 0 {
		l := &m.state().lists[1]
		if n, ok := l.current(); ok {
			d = l.data
			members = d.view.Alike(d.view.Members(d.by, l.parent), n)
		}
	}
	server := m.server
	return func() tea.Msg {
		cases := sess.Cases(d.view, members, found)
		var domains []string
		for _, c := range cases {
			domains = append(domains, c.Domains...)
		}
		return planMsg{key, server.Part(sess.Plan(sub, cases), domains)}
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
