package tui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// findingMsg is one finding of a run of checks, runDone its end.
type (
	findingMsg struct {
		run     int
		finding diag.Finding
		more    <-chan diag.Finding
	}
	runDone struct {
		run    int
		words  []string
		part   bool // of the subjects of the words: the others keep their findings
		result diag.Run
	}
	spinTick struct{ run int }
)

// openingChecks asks the checks of ourselves, once in a session.
func (m *Model) openingChecks() tea.Cmd {
	if !m.findings.Empty() || m.findings.Busy() || m.data == nil || m.sec().place != inFailures {
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
	req, sess := m.sess.Request(m.data.subject, words, named, fresh), m.sess
	return m.startRun(words, false, func(ctx context.Context, emit func(diag.Finding)) diag.Run {
		return sess.Check(ctx, req, emit)
	})
}

// startRun begins a run of checks and shows its findings as they come. part is
// set where it is not about all subjects of its words.
func (m *Model) startRun(words []string, part bool, check func(ctx context.Context, emit func(diag.Finding)) diag.Run) tea.Cmd {
	m.stopped = false
	run := m.findings.Begin(words)
	ctx, cancel := context.WithCancel(m.ctx)
	m.runCtx = cancel
	ch := make(chan diag.Finding)
	return tea.Batch(
		func() tea.Msg {
			defer cancel()
			result := check(ctx, func(f diag.Finding) {
				select {
				case ch <- f:
				case <-ctx.Done():
				}
			})
			close(ch)
			return runDone{run, words, part, result}
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

func (m *Model) onRunDone(d runDone) tea.Cmd {
	// The last findings may still be on their way: the result has them all.
	for _, f := range d.result.Findings {
		m.findings.Add(d.run, f)
	}
	if m.findings.End(d.run) {
		if d.result.Complete && !d.part {
			m.findings.Replace(d.words, d.result.Findings)
		}
		m.notes = d.result.Notes
		m.runCtx = nil
		if skipped := triage.RemoteSkipped(d.result.Findings); len(skipped) > 0 {
			m.say(diag.StatusWarn, strings.Join(skipped, " "))
		}
		return m.assess()
	}
	return nil
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
	m.stopped = m.findings.Stop()
}

func (m *Model) stopChecks() tea.Cmd {
	if m.acting.stop != nil {
		m.stopActing()
		return nil
	}
	if m.xbl.stop != nil {
		m.stopXBL()
		return nil
	}
	m.stopRun()
	m.sayf("Checks stopped. What had come in stays; r asks again.")
	return nil
}
