package tui

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// How often the folders and logs are looked at again. Where that takes long it
// is done less often, so that it never takes more than a small part of the
// time.
const (
	refreshEvery = 3 * time.Second
	refreshMost  = 5 * time.Minute
	refreshShare = 15
	// staleAfter is from when on the screen says how old its data is.
	staleAfter = time.Minute
)

// following is how the screen is kept up to date.
type following struct {
	run    int  // of the pass that is under way or next
	busy   bool // a pass is under way
	paused bool
	late   bool          // nothing was read for staleAfter
	failed string        // why the last pass failed
	off    bool          // because a root cannot be opened
	armed  bool          // a lateTick is on its way
	took   time.Duration // by the last pass
	drew   time.Duration // by the last picture
	tell   *diag.Totals  // R was pressed: what stood there before
	due    bool          // the next picture shows what R came to
}

// refreshTick begins the next pass, refreshDone ends it, lateTick looks whether
// the data has become old.
type (
	refreshTick struct{ run int }
	refreshDone struct {
		run     int
		changed bool
		err     error
		took    time.Duration
	}
	lateTick struct{}
)

// follow plans the next pass.
func (m *Model) follow() tea.Cmd {
	f := &m.following
	f.run++
	if f.paused {
		return m.armLate()
	}
	run, wait := f.run, min(max(refreshEvery, refreshShare*(f.took+f.drew)), refreshMost)
	return tea.Batch(m.armLate(), m.opt.Tick(wait, func(time.Time) tea.Msg { return refreshTick{run} }))
}

// armLate makes sure that the screen says so when its data has become old.
func (m *Model) armLate() tea.Cmd {
	f := &m.following
	if f.armed || f.late {
		return nil
	}
	f.armed = true
	wait := staleAfter - m.sess.Now().Sub(m.readAt)
	return m.opt.Tick(max(wait, time.Second), func(time.Time) tea.Msg { return lateTick{} })
}

func (lateTick) apply(m *Model) tea.Cmd {
	f := &m.following
	f.armed = false
	if f.late = m.sess.Now().Sub(m.readAt) >= staleAfter; f.late {
		return nil
	}
	return m.armLate()
}

func (t refreshTick) apply(m *Model) tea.Cmd {
	if t.run != m.following.run || m.following.busy || m.scanning {
		return nil
	}
	return m.pass(m.sess.Refresh)
}

// pass brings what was read up to date in a command.
func (m *Model) pass(read func(context.Context) (bool, error)) tea.Cmd {
	f := &m.following
	f.run++
	f.busy = true
	run, ctx := f.run, m.ctx
	return func() tea.Msg {
		began := time.Now()
		changed, err := read(ctx)
		return refreshDone{run, changed, err, time.Since(began)}
	}
}

func (d refreshDone) apply(m *Model) tea.Cmd {
	f := &m.following
	if d.run != f.run {
		if d.changed && !f.paused || m.checkNext {
			return m.takePicture()
		}
		return nil
	}
	f.busy, f.took = false, d.took
	if errors.Is(d.err, context.Canceled) {
		return nil
	}
	m.took(d.err)
	if d.err != nil || !d.changed {
		m.tellCompared(d.err)
		if m.checkNext {
			return tea.Batch(m.verifyChecks(), m.follow())
		}
		return m.follow()
	}
	f.due = f.tell != nil
	return tea.Batch(m.takePicture(), m.follow())
}

// took notes how a reading ended. What went wrong is said when it begins.
func (m *Model) took(err error) {
	f := &m.following
	was := f.failed
	f.failed, f.off = "", false
	var off *triage.OfflineError
	switch {
	case errors.As(err, &off):
		f.failed, f.off = err.Error(), true
		if was != f.failed {
			m.say(diag.StatusWarn, fmt.Sprintf("No longer readable: %s. The lists stay as read at %s; it is tried again.", f.failed, m.clock(m.readAt)))
		}
	case err != nil:
		f.failed = err.Error()
		if was != f.failed {
			m.say(diag.StatusWarn, fmt.Sprintf("Reading failed: %s. The lists stay as read at %s.", f.failed, m.clock(m.readAt)))
		}
	default:
		m.readAt, f.late = m.sess.Now(), false
		if was != "" {
			m.say(diag.StatusPass, "Readable again; the lists are up to date.")
		}
	}
}

// readAgain compares every file and says what that came to.
func (m *Model) readAgain() tea.Cmd {
	if len(m.sess.Roots()) == 0 || m.data == nil {
		return m.startScan()
	}
	before := m.data.view.Totals()
	m.following.tell = &before
	m.sayf("Comparing all files and logs ...")
	return m.pass(m.sess.Compare)
}

// lookAgain is readAgain for the Server view: settings are read again too.
func (m *Model) lookAgain() tea.Cmd {
	m.lookedAgain = true
	return m.readAgain()
}

// tellCompared says what readAgain came to, once what was read is on the
// screen.
func (m *Model) tellCompared(err error) {
	before := m.following.tell
	if before == nil || m.data == nil {
		return
	}
	m.following.tell, m.following.due = nil, false
	if err != nil {
		return // said already
	}
	now := m.data.view.Totals()
	if now == *before {
		m.sayf("Read again: nothing has changed in %s files and %s logs.", diag.Thousands(now.Files), diag.Thousands(now.LogFiles))
		return
	}
	m.sayf("Read again: %s refused (%+d), %s accepted (%+d), %s delayed (%+d).",
		diag.Thousands(now.Failures), now.Failures-before.Failures, diag.Thousands(now.Accepted), now.Accepted-before.Accepted,
		diag.Thousands(now.Delayed), now.Delayed-before.Delayed)
}

// togglePause stops following, or goes on.
func (m *Model) togglePause() tea.Cmd {
	f := &m.following
	f.paused = !f.paused
	if f.paused {
		f.run++
		f.busy, f.tell = false, nil
		m.sayf("f follows again, R reads once.")
		return m.armLate()
	}
	m.sayf("Following: the lists are kept up to date.")
	if m.scanning {
		return nil
	}
	return tea.Batch(m.takePicture(), m.pass(m.sess.Refresh))
}

// freshness says from when the data is where it is not up to date.
func (m *Model) freshness() (text string, status diag.Status) {
	f := &m.following
	if m.data == nil || m.readAt.IsZero() || m.scanning {
		return "", ""
	}
	from := "data from " + m.clock(m.readAt)
	switch {
	case f.off:
		return "OFFLINE, " + from, diag.StatusWarn
	case f.failed != "":
		return "STALE, " + from, diag.StatusWarn
	case f.paused:
		return "PAUSED, " + from, ""
	case f.late:
		return from, ""
	}
	return "", ""
}
