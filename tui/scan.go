package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
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
	m.scanning, m.progress, m.version = true, triage.Progress{}, 0
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
	m.scanning, m.asked = false, false
	m.progress = m.sess.Progress()
	if errors.Is(d.err, context.Canceled) {
		return nil
	}
	m.took(d.err)
	sess := m.sess
	return tea.Batch(m.takePicture(), m.follow(), func() tea.Msg { sess.Keep(); return nil })
}

// pictureMsg is a new picture of what was read.
type pictureMsg struct {
	data  *data
	scan  int
	by    diag.GroupBy
	e0193 bool

	audited bool
	took    time.Duration
}

// takePicture makes a picture of the index in a command. While one is being
// made no other is begun: it follows then.
func (m *Model) takePicture() tea.Cmd {
	if m.asked {
		m.another = !m.scanning // else the ticks of the scan ask again
		return nil
	}
	m.asked = true
	sess, by, e0193, scan, partial := m.sess, m.by, m.e0193, m.scanRun, m.scanning
	// The first whole picture does not wait for the audit, which may have to
	// read the logs that the cache spared.
	audited := !partial && m.data != nil && !m.data.partial
	return func() tea.Msg {
		began := time.Now()
		v := sess.View()
		if audited {
			sess.Audit(v) // the headline knows of it
		}
		msg := pictureMsg{scan: scan, by: by, e0193: e0193, audited: audited, data: &data{
			view: v, by: by, e0193: e0193, groups: v.Groups(by), folders: v.QueueFolders(),
			headline: sess.Headline(v), subject: sess.Subject(v), at: sess.Now(), partial: partial,
		}}
		msg.took = time.Since(began)
		return msg
	}
}

func (m *Model) onPicture(p pictureMsg) tea.Cmd {
	m.asked = false
	m.following.drew = p.took
	if m.another {
		m.another = false
		return tea.Batch(m.onPicture(p), m.takePicture())
	}
	if p.by != m.by || p.e0193 != m.e0193 || p.scan != m.scanRun {
		return m.takePicture() // something else was asked for meanwhile
	}
	if m.data != nil && !m.data.partial && p.data.partial && m.scanning && p.data.view.Totals().Failures < m.data.view.Totals().Failures {
		return nil // a new reading: the old picture stays until it has caught up
	}
	if p.data.partial && !m.scanning {
		return m.takePicture()
	}
	if m.data != nil {
		p.data.audit = m.data.audit // until there is a newer one
	}
	m.data = p.data
	for i := range m.states {
		if i != m.section { // loaded anew when one goes there
			for j := range m.states[i].lists {
				m.states[i].lists[j].data, m.states[i].lists[j].items = nil, nil
			}
		}
	}
	m.planAsked = "" // the plan stays on the screen until the new one is made
	if p.data.partial {
		return m.loadAll(m.section)
	}
	if m.following.due {
		m.tellCompared(nil)
	}
	if !p.audited {
		return tea.Batch(m.loadAll(m.section), m.takePicture())
	}
	if m.checkNext {
		return tea.Batch(m.loadAll(m.section), m.verifyChecks())
	}
	return tea.Batch(m.loadAll(m.section), m.assess())
}
