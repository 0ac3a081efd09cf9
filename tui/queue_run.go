package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// runCommands select a spam run, or what waits of a group, as one.
func (m *Model) runCommands() []choice {
	why := ""
	switch {
	case m.data == nil || m.data.audit == nil:
		why = "the logs are still being looked through"
	case len(m.runChoices()) == 0:
		why = "no spam run is seen; the Server view says what is"
	}
	group := ""
	if _, ok := m.selectedGroup(); !ok {
		group = "the Failures view has the groups"
	}
	return []choice{
		{name: "select-run", help: "Mark the queued messages of a spam run as one", why: why, do: (*Model).chooseRun},
		{name: "select-group", help: "Mark the queued messages of the group as one", why: group, do: (*Model).selectGroup},
	}
}

// selectGroup marks what waits of the group under the cursor in the folder of
// outgoing mail that holds most of it.
func (m *Model) selectGroup() tea.Cmd {
	g, _ := m.selectedGroup()
	d, by := m.data, m.data.by
	return func() tea.Msg {
		out, others := runMarks{what: "the group"}, 0
		for _, f := range d.folders {
			if !f.Outgoing {
				continue
			}
			marks := map[string]bool{}
			for _, n := range d.view.QueuedOf(by, g.Key, f.Path) {
				marks[d.view.QueueMessage(n).ID] = true
			}
			if len(marks) > len(out.marks) || out.folder.Path == "" {
				marks, out.marks, out.folder = out.marks, marks, f
			}
			others += len(marks)
		}
		out.others = others
		if out.folder.Path == "" {
			return saidMsg{diag.StatusWarn, noOutgoing}
		}
		return out
	}
}

// noOutgoing says why nothing can be marked.
const noOutgoing = "This installation has no folder of outgoing mail."

// chooseRun asks which run, where there are several.
func (m *Model) chooseRun() tea.Cmd {
	list := m.runChoices()
	if len(list) == 1 {
		return list[0].do(m)
	}
	return m.open(&menu{head: "Select which run", choices: func(m *Model) []choice { return m.runChoices() }})
}

func (m *Model) runChoices() []choice {
	var out []choice
	if m.data == nil || m.data.audit == nil {
		return nil
	}
	for i, p := range m.data.audit.pictures {
		for j := range p.Runs {
			r := &p.Runs[j]
			out = append(out, choice{
				name: m.safe(r.Title), help: fmt.Sprintf("%s messages since %s", diag.Thousands(r.Messages), m.clock(r.First)),
				do: func(m *Model) tea.Cmd { return m.selectRun(i, r) },
			})
		}
	}
	return out
}

// selectRun marks what waits of a run, in the folder that is open or, from
// elsewhere, in that of outgoing mail.
func (m *Model) selectRun(inst int, r *triage.SpamRun) tea.Cmd {
	folder, ok := m.selectedFolder()
	if !ok || m.state().depth < 1 {
		for _, f := range m.data.folders {
			if ok = f.Outgoing && f.Installation == inst; ok {
				folder = f
				break
			}
		}
		if !ok {
			m.sayf(noOutgoing)
			return nil
		}
	}
	d := m.data
	return func() tea.Msg {
		marks := map[string]bool{}
		for _, n := range d.view.QueueRows(folder.Path) {
			if q := d.view.QueueMessage(n); triage.RunHas(r, folder, q) {
				marks[q.ID] = true
			}
		}
		return runMarks{folder: folder, marks: marks, what: "the run"}
	}
}

// runMarks are the messages of a run or group in a folder.
type runMarks struct {
	folder triage.QueueFolder
	marks  map[string]bool
	what   string
	others int // in other folders
}

func (r runMarks) apply(m *Model) tea.Cmd {
	for i, s := range m.sections {
		if s.place == inQueue {
			m.section = i
		}
	}
	s := m.state()
	s.depth, s.detail = 1, false
	s.lists[0].key, s.lists[0].held = r.folder.Path, true
	cmd := m.loadAll(m.section) // a folder that was not open yet begins without marks
	s.lists[1].marked = r.marks
	if len(r.marks) == 0 {
		m.say(diag.StatusWarn, fmt.Sprintf("No message of %s waits in %s.", r.what, folderName(r.folder)))
		return cmd
	}
	more := ""
	if r.others > 0 {
		more = fmt.Sprintf(" %s more wait in other folders.", diag.Thousands(r.others))
	}
	m.sayf("%s of %s are marked; :hold takes them out.%s", diag.Thousands(len(r.marks)), r.what, more)
	return cmd
}
