package tui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// acting is an action on the queue that is under way.
type acting struct {
	run         int
	kind        triage.ActKind
	stop        context.CancelFunc // nil where none is
	done, total int
	last        *triage.ActResult // the last one that has ended
}

// actVerbs are what the kinds of actions are called while they are done.
var actVerbs = map[triage.ActKind]string{
	triage.ActHold: "Holding", triage.ActRelease: "Releasing", triage.ActDelete: "Deleting",
	triage.ActUndo: "Undoing", triage.ActEmpty: "Emptying the trash",
}

// actCommands are the actions by name. They have no keys: what changes
// somebody's mail is typed out.
func (m *Model) actCommands() []choice {
	why := m.cannotAct()
	on := func(k triage.ActKind) string {
		switch {
		case why != "":
			return why
		case m.sec().id != "queue":
			return "open the Queue view and its messages first"
		case m.state().depth < 1:
			return "open the folder first and mark messages"
		case len(m.openList().items) == 0:
			return "nothing is selected"
		}
		f, _ := m.selectedFolder()
		return triage.Order{Kind: k, Folder: f}.Refuses()
	}
	out := []choice{}
	for _, a := range []struct {
		kind triage.ActKind
		help string
	}{
		{triage.ActHold, "Take the marked messages out of the queue, to be released later"},
		{triage.ActRelease, "Put the marked held messages back into their queue"},
		{triage.ActDelete, "Move the marked messages to the trash"},
	} {
		out = append(out, choice{name: string(a.kind), help: a.help, why: on(a.kind), do: func(m *Model) tea.Cmd { return m.orderMarked(a.kind) }})
	}
	return append(out,
		choice{name: "undo", help: "Undo an action on the queue", why: why, do: func(m *Model) tea.Cmd { return m.askPast(triage.ActUndo) }},
		choice{name: "empty-trash", help: "Remove for good what an action deleted", why: why, do: func(m *Model) tea.Cmd { return m.askPast(triage.ActEmpty) }},
		choice{name: "result", help: "What became of the last action, and what it left alone", why: noResult(m), do: func(m *Model) tea.Cmd { return m.open(resultOverlay()) }},
	)
}

// cannotAct says why nothing can be changed now, "" where it can.
func (m *Model) cannotAct() string {
	switch err := m.sess.MayChange(); {
	case err != nil:
		return err.Error()
	case m.acting.stop != nil:
		return "an action is under way; x stops it"
	case m.data == nil:
		return "nothing is read yet"
	}
	return ""
}

func noResult(m *Model) string {
	if m.acting.last == nil {
		return "nothing was done in this session"
	}
	return ""
}

// askMsg is an order with its question.
type askMsg struct {
	order  triage.Order
	plan   triage.ActPlan
	hidden int // marked and not shown by the filter
}

// orderMarked puts together what is to be done to the marked messages, or to
// the one under the cursor, and asks.
func (m *Model) orderMarked(kind triage.ActKind) tea.Cmd {
	s := m.state()
	l, sess := &s.lists[s.depth], m.sess
	folder, ok := m.selectedFolder()
	if !ok {
		return nil
	}
	def := m.sec().levels[s.depth]
	d, marked, parent, items := l.data, cloneMarks(l.marked), l.parent, l.items
	if n, ok := l.current(); ok && len(marked) == 0 {
		marked = map[string]bool{def.key(d, n): true}
	}
	return func() tea.Msg {
		shown := make(map[int32]bool, len(items))
		for _, n := range items {
			shown[n] = true
		}
		a := askMsg{order: triage.Order{Kind: kind, Folder: folder}}
		busy := 0
		for _, n := range def.load(d, parent) {
			if !marked[def.key(d, n)] {
				continue
			}
			a.order.Names = append(a.order.Names, filepath.Base(d.view.QueueFile(n)))
			if q := d.view.QueueMessage(n); q.Busy() {
				busy++
			}
			if !shown[n] {
				a.hidden++
			}
		}
		if len(a.order.Names) == 0 {
			return saidMsg{diag.StatusWarn, "What was marked is not there any more."}
		}
		a.plan = sess.Describe(a.order, busy)
		return a
	}
}

func cloneMarks(marks map[string]bool) map[string]bool {
	out := make(map[string]bool, len(marks))
	for k := range marks {
		out[k] = true
	}
	return out
}

func (a askMsg) apply(m *Model) tea.Cmd {
	c := &confirm{head: "Change the queue of " + m.safe(m.rootOf(a.order)), text: []string{a.plan.Question}, commands: a.plan.Commands}
	if a.hidden > 0 {
		c.text = append(c.text, fmt.Sprintf("%s of them are marked but not shown by the filter.", diag.Thousands(a.hidden)))
	}
	c.text = append(c.text, a.plan.Notes...)
	c.answers = []answer{
		{text: "No, leave everything as it is"},
		{text: yes(a.order), yes: true, do: func(m *Model) tea.Cmd { return m.carry(a.order) }},
	}
	return m.open(c)
}

// yes is the answer that carries an order out.
func yes(o triage.Order) string {
	switch o.Kind {
	case triage.ActUndo:
		return "Yes, undo it"
	case triage.ActEmpty:
		return "Yes, remove them for good"
	}
	if len(o.Names) == 1 {
		return fmt.Sprintf("Yes, %s 1 message", o.Kind)
	}
	return fmt.Sprintf("Yes, %s %s messages", o.Kind, diag.Thousands(len(o.Names)))
}

func (m *Model) rootOf(o triage.Order) string {
	n := o.Folder.Installation
	if o.Past.ID != "" {
		n = o.Past.Installation
	}
	if roots := m.sess.Roots(); n < len(roots) {
		return roots[n]
	}
	return ""
}

// actTick looks at the action that is under way; actDone is its end.
type (
	actTick struct{ run int }
	actDone struct {
		run    int
		result triage.ActResult
		err    error
	}
)

// run is what an action in a command works with.
type run struct {
	ctx  context.Context
	sess *triage.Session
}

// carry carries an order out in a command.
func (m *Model) carry(o triage.Order) tea.Cmd {
	return m.startAct(o.Kind, max(len(o.Names), o.Past.Moved), func(r run) (triage.ActResult, error) { return r.sess.Carry(r.ctx, o) })
}

// startAct begins an action of total messages.
func (m *Model) startAct(kind triage.ActKind, total int, do func(run) (triage.ActResult, error)) tea.Cmd {
	if err := m.sess.MayChange(); err != nil || m.acting.stop != nil {
		m.sayf("%s: %s", kind, m.cannotAct())
		return nil
	}
	ctx, stop := context.WithCancel(m.ctx)
	m.acting = acting{run: m.acting.run + 1, kind: kind, stop: stop, total: total, last: m.acting.last}
	n, r := m.acting.run, run{ctx, m.sess}
	return tea.Batch(func() tea.Msg {
		defer stop()
		result, err := do(r)
		return actDone{n, result, err}
	}, m.tickAct(n))
}

func (m *Model) tickAct(run int) tea.Cmd {
	return m.opt.Tick(pollEvery, func(time.Time) tea.Msg { return actTick{run} })
}

func (t actTick) apply(m *Model) tea.Cmd {
	if t.run != m.acting.run || m.acting.stop == nil {
		return nil
	}
	if done, total := m.sess.ActProgress(); total > 0 {
		m.acting.done, m.acting.total = done, total
	}
	return m.tickAct(t.run)
}

// apply says what became of an action and reads the queue again.
func (d actDone) apply(m *Model) tea.Cmd {
	if d.run != m.acting.run {
		return nil
	}
	m.acting.stop, m.acting.last = nil, &d.result
	if m.sec().id == "queue" {
		clear(m.openList().marked)
	}
	m.sayResult(d.result, d.err)
	return m.pass(m.sess.Refresh)
}

// sayResult says in one line what an action did and how to take it back.
func (m *Model) sayResult(r triage.ActResult, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		m.say(diag.StatusFail, err.Error())
		return
	}
	left := r
	left.Skipped = nil
	text, status := left.Words(), diag.StatusPass
	if len(r.Skipped) > 0 {
		text += " :result says what was left alone."
		status = diag.StatusWarn
	}
	if r.Interrupted {
		status = diag.StatusWarn
	}
	if r.Moved > 0 && r.Kind != triage.ActEmpty {
		text += " :undo takes it back."
	}
	m.say(status, text)
}

// stopActing ends the action under way between two messages.
func (m *Model) stopActing() {
	m.acting.stop()
	m.sayf("Stopping after the message that is being moved.")
}

// actingLine says how far the action under way is, "" where none is.
func (m *Model) actingLine() string {
	a := &m.acting
	if a.stop == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s of %s  x stops it", actVerbs[a.kind], diag.Thousands(a.done), diag.Thousands(a.total))
}

// resultOverlay lists what the last action did and what it left alone.
func resultOverlay() overlay {
	return &textOverlay{head: "Result of the last action", text: func(m *Model) []string {
		r := m.acting.last
		out := []string{r.Words()}
		if r.Action != "" && r.Kind != triage.ActEmpty {
			out = append(out, "In the journal as "+r.Action+"; :undo takes it back.")
		}
		if len(r.Left) > 0 {
			out = append(out, "", "Left alone:")
		}
		for _, l := range r.Left {
			out = append(out, fmt.Sprintf("  %s  %s", m.safe(l.Item.Name), m.safe(l.Why)))
		}
		return out
	}}
}
