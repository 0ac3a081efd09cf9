package tui

import (
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// stateMsg is how the steps stand, and what is to be said about it.
type stateMsg struct {
	states   map[string]triage.StepState
	messages []saidMsg
	err      error
}

// openState opens the journal of the installation.
func (m *Model) openState() tea.Cmd {
	sess := m.sess
	return func() tea.Msg {
		texts, err := sess.OpenState()
		out := stateMsg{states: sess.StepStates(), err: err}
		for _, t := range texts {
			out.messages = append(out.messages, saidMsg{diag.StatusWarn, t})
		}
		return out
	}
}

func (m *Model) onState(s stateMsg) {
	if s.states != nil {
		m.steps = s.states
	}
	for _, t := range s.messages {
		m.say(t.status, t.text)
	}
	if s.err != nil {
		m.say(diag.StatusWarn, s.err.Error())
	}
}

// verifySteps compares all steps of the server's plan with the findings, after
// checks have ended.
func (m *Model) verifySteps() tea.Cmd {
	if m.data == nil {
		return nil
	}
	sess, d, found, asked := m.sess, m.data, m.findings.All(), m.verifying
	m.verifying = false
	return func() tea.Msg {
		plan := sess.Plan(d.subject, sess.Cases(d.view, d.view.AllFailures(), found))
		n, err := sess.Verify(plan, found)
		out := stateMsg{states: sess.StepStates(), err: err}
		if err == nil && asked {
			done := 0
			for _, s := range plan.Steps {
				if out.states[s.Key()].Done {
					done++
				}
			}
			out.messages = append(out.messages, saidMsg{"", fmt.Sprintf("%d of %d steps are done; %d changed by this check.", done, len(plan.Steps), n)})
		}
		return out
	}
}

// observe notes where refusals began or ended.
func (m *Model) observe() tea.Cmd {
	sess, d := m.sess, m.data
	return func() tea.Msg {
		news, err := sess.Observe(d.view)
		if errors.Is(err, triage.ErrReadOnly) {
			err = nil // the other program notes it
		}
		out := stateMsg{err: err}
		for _, n := range news {
			if n.Kind == triage.EntryCured {
				out.messages = append(out.messages, saidMsg{diag.StatusPass, n.Domain + " accepts mail again since " + sess.Clock(n.At)})
			}
		}
		return out
	}
}

// verify asks the checks afresh; when they have ended, the steps are compared.
func (m *Model) verify() tea.Cmd {
	m.verifying = true
	return m.recheck()
}

// tickStep ticks the step under the cursor by hand, or takes that back. It
// asks for a note, since nothing else tells later why.
func (m *Model) tickStep() tea.Cmd {
	step, ok := m.selectedStep()
	if !ok {
		return nil
	}
	if m.steps[step.Key()].Done {
		return m.tick(step, false, "")
	}
	return m.open(&inputOverlay{
		head: "Done: " + step.Title, ask: "What was done? enter ticks the step, esc leaves it open.",
		do: func(m *Model, text string) tea.Cmd { return m.tick(step, true, text) },
	})
}

func (m *Model) tick(step diag.Step, done bool, note string) tea.Cmd {
	sess := m.sess
	return func() tea.Msg {
		err := sess.Tick(step, done, note)
		return stateMsg{states: sess.StepStates(), err: err}
	}
}

func noStep(m *Model) string {
	if m.sec().tabs[m.state().tab].title != "Guidance" {
		return "choose a step in the Guidance tab first"
	}
	if _, ok := m.selectedStep(); !ok {
		return "there is no step here"
	}
	return ""
}

// inputOverlay asks for a line of text.
type inputOverlay struct {
	head, ask, text string
	do              func(m *Model, text string) tea.Cmd
}

func (i *inputOverlay) title(m *Model) string { return m.safe(i.head) }

func (i *inputOverlay) foot() string { return "enter takes it, esc closes" }

func (i *inputOverlay) lines(m *Model, _ int) ([]string, int) {
	return []string{i.ask, "", "> " + m.safe(i.text) + m.theme.cursor.Render(" ")}, -1
}

func (i *inputOverlay) press(m *Model, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	switch msg.String() {
	case "esc":
		return nil, true
	case "enter":
		return i.do(m, i.text), true
	}
	i.text, _ = edit(i.text, msg)
	return nil, false
}
