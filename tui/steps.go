package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// stateMsg is how the steps stand, and what is to be said about it.
type stateMsg struct {
	states map[string]triage.StepState
	server *triage.Assessment // the plan of the whole server; nil where it did not change
	run    int                // of the comparison that made it
	// headline is the one of view after what was noted, "" where nothing was.
	headline triage.Headline
	view     *triage.View
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
	// While pictures follow each other quickly, one that is a little older is
	// better than none; only what comes after a newer one is dropped.
	if s.server != nil && s.run > m.assessedRun {
		m.assessedRun = s.run
		if s.server.Known.Published == nil && m.server != nil {
			s.server.Known.Published = m.server.Known.Published // what was asked last
		}
		m.server, m.assessed = s.server, m.assessed+1
	}
	if m.data != nil && s.view == m.data.view && s.headline.Text != "" {
		m.data.headline = s.headline // what was done may have ended what it told
	}
	for _, t := range s.messages {
		m.say(t.status, t.text)
	}
	if s.err != nil {
		m.say(diag.StatusWarn, s.err.Error())
	}
}

// assess compares all steps of the server's plan with the ledger and the
// findings: after reading, and after checks have ended.
func (m *Model) assess() tea.Cmd {
	if m.data == nil || m.data.partial {
		return nil
	}
	sess, ctx, d, found, asked := m.sess, m.ctx, m.data, m.findings.All(), m.verifying && !m.checkNext && !m.findings.Busy()
	if asked {
		m.verifying = false
	}
	m.assessRun++
	run := m.assessRun
	return func() tea.Msg {
		a, err := sess.Assess(ctx, d.view, d.subject, found, asked)
		out := stateMsg{states: a.States, server: &a, run: run, err: err, headline: sess.Headline(d.view), view: d.view}
		if s := cured(sess, a.News); s != "" {
			out.messages = append(out.messages, saidMsg{diag.StatusPass, s})
		}
		if err == nil && asked {
			out.messages = append(out.messages, saidMsg{"", a.Summary()})
		}
		return out
	}
}

// cured says which destinations accept mail again.
func cured(sess *triage.Session, news []triage.JournalEntry) string {
	var names []string
	var last triage.JournalEntry
	for _, n := range news {
		if n.Kind == triage.EntryCured {
			names, last = append(names, diag.DomainDisplay(n.Domain)), n
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0] + " accepts mail again since " + sess.Clock(last.At)
	}
	return fmt.Sprintf("%s and %s accept mail again", names[0], diag.Plural(len(names)-1, "more domain", "more domains"))
}

// known is what steps are proven by, with the latest findings.
func (m *Model) known() triage.Known {
	k := triage.Known{Clock: m.sess.Clock}
	if m.server != nil {
		k = m.server.Known
	}
	k.Findings = m.findings.All()
	return k
}

// verify reads the logs afresh, then asks the checks: what was repaired may
// have changed who we are. When the checks have ended, the steps are compared.
func (m *Model) verify() tea.Cmd {
	m.verifying, m.checkNext = true, true
	switch {
	case m.scanning:
		return nil
	case len(m.sess.Roots()) == 0 || m.data == nil:
		return m.startScan()
	}
	m.sayf("Reading what is new, then asking the checks ...")
	return m.pass(m.sess.Refresh)
}

// verifyChecks asks what verify asks, once everything is read.
func (m *Model) verifyChecks() tea.Cmd {
	m.checkNext = false
	if m.findings.Busy() {
		m.stopRun()
	}
	words := m.sess.OpeningWords()
	for _, s := range m.planSteps() {
		if s.Check == "dkim" && !slices.Contains(words, s.Check) {
			words = append(words, s.Check)
		}
	}
	return m.startChecks(words, true)
}

// tickStep ticks the step under the cursor by hand, or takes that back. It
// asks for a note, since nothing else tells later why.
func (m *Model) tickStep() tea.Cmd {
	step, ok := m.selectedStep()
	if !ok {
		return nil
	}
	return m.toggleStep(step)
}

// addNote keeps a note to the step under the cursor.
func (m *Model) addNote() tea.Cmd {
	step, ok := m.selectedStep()
	if !ok {
		return nil
	}
	return m.noteStep(step)
}

func (m *Model) noteStep(step diag.Step) tea.Cmd {
	return m.open(&inputOverlay{
		head: "Note: " + step.Title, ask: "What is to be remembered? enter keeps it, esc closes.",
		do: func(m *Model, text string) tea.Cmd {
			if strings.TrimSpace(text) == "" {
				return nil
			}
			sess := m.sess
			return func() tea.Msg {
				err := sess.Note(step, text)
				return stateMsg{states: sess.StepStates(), err: err}
			}
		},
	})
}

func (m *Model) toggleStep(step diag.Step) tea.Cmd {
	if m.steps[step.Key()].Done {
		return m.tick(step, false, "")
	}
	return m.open(&inputOverlay{
		head: "Done: " + step.Title, ask: "What was done? enter ticks the step, esc leaves it open.",
		do: func(m *Model, text string) tea.Cmd { return m.tick(step, true, text) },
	})
}

func (m *Model) tick(step diag.Step, done bool, note string) tea.Cmd {
	sess, d := m.sess, m.data
	return func() tea.Msg {
		err := sess.Tick(step, done, note)
		out := stateMsg{states: sess.StepStates(), err: err}
		if d != nil && !d.partial {
			out.headline, out.view = sess.Headline(d.view), d.view
		}
		return out
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
