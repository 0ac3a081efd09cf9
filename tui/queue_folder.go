package tui

import (
	"fmt"
	"strings"

	"metriage/diag"
	"metriage/diag/triage"
)

// folderLines sums a folder of the queue up.
func (m *Model) folderLines(f triage.QueueFolder, w int) []string {
	lines := []string{
		m.theme.strong.Render(m.safe(f.Name)),
		fmt.Sprintf("%s in %s, %s", diag.Plural(f.Messages, "message", "messages"), diag.Plural(f.Files, "file", "files"), size(f.Bytes)),
	}
	switch {
	case f.Held:
		lines = append(lines, "Taken out of the queue: MailEnable does not see these. :release puts marked ones back.")
	case f.Trash:
		lines = append(lines, "Deleted by "+triage.TrashAction(f)+". :undo brings them back, :empty-trash removes them for good.")
	}
	if !f.Oldest.IsZero() {
		lines = append(lines, fmt.Sprintf("oldest %s, newest %s", m.clock(f.Oldest), m.clock(f.Newest)))
	}
	lines = append(lines, m.outgoingLines(f)...)
	if f.Orphans > 0 {
		lines = append(lines, m.theme.warn.Render(fmt.Sprintf("%d without their other half: command file or message is missing", f.Orphans)))
	}
	if f.Unreadable > 0 {
		lines = append(lines, m.theme.warn.Render(fmt.Sprintf("%d could not be read", f.Unreadable)))
		for _, p := range m.data.view.Problems() {
			if strings.HasPrefix(p.Path, f.Path) {
				lines = append(lines, indent("  ", "    ", m.safe(strings.TrimLeft(p.Path[len(f.Path):], `/\`)+": "+p.What), w)...)
			}
		}
	}
	var out []string
	for _, l := range lines {
		out = append(out, wrapTo(l, w)...)
	}
	if more := m.waitingLines(f, w); len(more) > 0 {
		out = append(append(out, ""), more...)
	}
	return out
}
