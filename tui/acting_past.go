package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// pastMsg is what the journals of the installations tell.
type pastMsg struct {
	kind triage.ActKind // what the list is for; "" at the start
	list []triage.PastAct
	err  error
}

// lookForInterrupted looks at the start whether an action was interrupted.
func (m *Model) lookForInterrupted() tea.Cmd {
	sess := m.sess
	return func() tea.Msg {
		list, err := sess.Past()
		return pastMsg{"", list, err}
	}
}

// askPast lists the earlier actions that can be undone, or whose trash can be
// emptied.
func (m *Model) askPast(kind triage.ActKind) tea.Cmd {
	sess := m.sess
	return func() tea.Msg {
		list, err := sess.Past()
		return pastMsg{kind, list, err}
	}
}

func (p pastMsg) apply(m *Model) tea.Cmd {
	if p.err != nil {
		m.say(diag.StatusWarn, p.err.Error())
	}
	if p.kind == "" {
		return m.offerInterrupted(p.list)
	}
	var choices []choice
	for _, a := range p.list {
		if p.kind == triage.ActUndo && !undoable(a) || p.kind == triage.ActEmpty && !m.inTrash(a) {
			continue
		}
		choices = append(choices, choice{
			name: pastName(p.list, a) + " " + m.clock(a.Time),
			help: fmt.Sprintf("%s of %s messages%s", diag.Thousands(a.Moved), diag.Thousands(max(a.Asked, a.Moved)), ofWhich(m, a)),
			do: func(m *Model) tea.Cmd {
				o, sess := triage.Order{Kind: p.kind, Past: a}, m.sess
				return func() tea.Msg { return askMsg{order: o, plan: sess.Describe(o, 0)} }
			},
		})
	}
	if len(choices) == 0 {
		if p.kind == triage.ActEmpty {
			m.sayf("The trash is empty.")
		} else {
			m.sayf("There is no action that could be undone.")
		}
		return nil
	}
	head := "Undo which action"
	if p.kind == triage.ActEmpty {
		head = "Empty the trash of which action"
	}
	return m.open(&menu{head: head, choices: func(*Model) []choice { return choices }})
}

// pastName is what an earlier action is called.
func pastName(list []triage.PastAct, a triage.PastAct) string {
	for _, of := range list {
		if a.Kind == triage.ActUndo && of.ID == a.Of && of.Installation == a.Installation {
			return fmt.Sprintf("undo of the %s", of.Kind)
		}
	}
	return string(a.Kind)
}

// ofWhich names the installation where there are several.
func ofWhich(m *Model, a triage.PastAct) string {
	if roots := m.sess.Roots(); len(roots) > 1 && a.Installation < len(roots) {
		return " of " + m.safe(roots[a.Installation])
	}
	return ""
}

func undoable(a triage.PastAct) bool {
	return a.Kind != triage.ActEmpty && a.Moved > 0 && a.Undone == "" && a.Emptied == ""
}

// inTrash reports whether something of a delete action lies in the trash.
func (m *Model) inTrash(a triage.PastAct) bool {
	if a.Kind != triage.ActDelete || a.Emptied != "" {
		return false
	}
	for _, f := range m.data.folders {
		if f.Installation == a.Installation && triage.TrashAction(f) == a.ID && f.Files > 0 {
			return true
		}
	}
	return false
}

// offerInterrupted asks what to do with an action that an earlier process
// began and did not end.
func (m *Model) offerInterrupted(list []triage.PastAct) tea.Cmd {
	for _, a := range list {
		if a.Ended {
			continue
		}
		what := fmt.Sprintf("An action on the queue was interrupted: %s of %s messages, begun %s.", a.Kind, diag.Thousands(a.Asked), m.clock(a.Time))
		if err := m.sess.MayChange(); err != nil {
			m.say(diag.StatusWarn, what+" Start with --allow-changes to finish or undo it.")
			return nil
		}
		c := &confirm{
			head: "Interrupted", text: []string{what,
				"One message may be half moved. Finishing puts it whole into one place and keeps what was moved before; undoing puts everything back.",
			},
			answers: []answer{{text: "Later: leave everything as it is"}, {text: "Finish it", do: func(m *Model) tea.Cmd { return m.finish(a, false) }}},
		}
		if a.Kind != triage.ActEmpty {
			c.answers = append(c.answers, answer{text: "Undo it", do: func(m *Model) tea.Cmd { return m.finish(a, true) }})
		}
		return m.open(c)
	}
	return nil
}

// finish finishes an interrupted action and, where asked for, undoes it then.
func (m *Model) finish(a triage.PastAct, undo bool) tea.Cmd {
	kind := a.Kind
	if undo {
		kind = triage.ActUndo
	}
	return m.startAct(kind, max(a.Asked, a.Moved), func(r run) (triage.ActResult, error) {
		done, err := r.sess.Finish(r.ctx, a.Installation)
		if err != nil {
			return triage.ActResult{Kind: kind}, err
		}
		if undo {
			return r.sess.Carry(r.ctx, triage.Order{Kind: triage.ActUndo, Past: a})
		}
		for _, d := range done {
			if d.Action == a.ID {
				return d, nil
			}
		}
		return triage.ActResult{Kind: kind, Action: a.ID, Asked: a.Asked, Moved: a.Moved}, nil
	})
}
