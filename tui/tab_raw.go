package tui

import (
	"fmt"
	"strings"

	"metriage/diag"
	"metriage/diag/triage"
)

// envelopeTab shows a message of the queue with its envelope.
func envelopeTab(m *Model, w int) content {
	q, ok := m.selectedMessage()
	if !ok {
		if f, ok := m.selectedFolder(); ok {
			return content{lines: m.folderLines(f, w)}
		}
		return content{lines: []string{m.theme.faint.Render("Nothing is selected.")}}
	}
	var out []string
	row := func(name, value string) {
		if value != "" {
			out = append(out, indent(m.theme.faint.Render(fit(name, 12, "")), strings.Repeat(" ", 12), m.safe(value), w)...)
		}
	}
	row("Message", q.ID)
	switch {
	case !q.HasEnvelope:
		out = append(out, m.theme.warn.Render("FAULT: the command file is missing; MailEnable will move this to Bad Mail."))
	case !q.HasMessage:
		out = append(out, m.theme.warn.Render("FAULT: the message file is missing; MailEnable will move this to Bad Mail."))
	}
	row("To", q.Recipient)
	if q.Recipients > 1 {
		row("Recipients", fmt.Sprint(q.Recipients))
	}
	row("Destination", q.Destination)
	row("From", queueSender(q))
	row("Subject", q.Subject)
	row("Account", q.Account)
	row("User", q.User)
	if q.ClientIP.IsValid() {
		row("Client", q.ClientIP.String())
	}
	row("Status", q.Status)
	if q.StatusCode > 0 {
		s := fmt.Sprint(q.StatusCode)
		if t := diag.StatusMeaning(q.StatusCode); t != "" {
			s += ", probably: " + t
		}
		row("Status code", s)
	}
	row("Tries", fmt.Sprint(q.Retries))
	next, giveUp := m.estimateWords(q)
	row("Next try", next)
	row("Given up", giveUp)
	row("Type", q.Command)
	if !q.Since.IsZero() {
		row("In queue", "since "+m.clock(q.Since))
	}
	if !q.Changed.IsZero() {
		row("Last change", m.clock(q.Changed))
	}
	if q.HasMessage {
		row("Size", size(q.Size))
	}
	return content{lines: out}
}

// folderLines sums a folder of the queue up.
func (m *Model) folderLines(f triage.QueueFolder, w int) []string {
	lines := []string{
		m.theme.strong.Render(m.safe(f.Name)),
		fmt.Sprintf("%s messages in %s files, %s", diag.Thousands(f.Messages), diag.Thousands(f.Files), size(f.Bytes)),
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
	if words := m.bounceWords(f); words != "" {
		lines = append(lines, words)
	}
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
