package tui

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// messageTab shows a message of the queue: its envelope and, once it is opened,
// header, text, attachments and what became of it so far.
func messageTab(m *Model, w int) content {
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
	return content{lines: append(out, m.openedLines(w)...)}
}

// openedMail is a message of the queue that was opened.
type openedMail struct {
	mail triage.Mail
	more bool // it is longer than what was read
	err  error
}

// mailMsg is a message that was opened.
type mailMsg struct {
	key string
	openedMail
}

func (msg mailMsg) apply(m *Model) tea.Cmd {
	if msg.key == m.raw.key {
		m.raw.mail = &msg.openedMail
	}
	return nil
}

// openMail opens the message under the cursor in a command, nil where there is
// only its command file.
func (m *Model) openMail(key string) tea.Cmd {
	l := m.openList()
	n, ok := l.current()
	if l.data == nil || !ok || !l.data.view.QueueMessage(n).HasMessage {
		return nil
	}
	sess, path := m.sess, l.data.view.QueueFile(n)
	return func() tea.Msg {
		var o openedMail
		o.mail, o.more, o.err = sess.OpenMail(path)
		return mailMsg{key, o}
	}
}

// openedLines are what the message itself and the logs say.
func (m *Model) openedLines(w int) []string {
	if m.raw.key != m.rawKey() || !m.raw.opening {
		return []string{"", m.theme.faint.Render(fit("enter opens it: header, text, attachments and history.", w, m.glyph.more))}
	}
	out := []string{""}
	switch o := m.raw.mail; {
	case o != nil && o.err != nil:
		out = append(out, m.noteLines("The message could not be opened: "+o.err.Error()+".", w)...)
	case o != nil:
		out = append(out, m.mailLines(o, w)...)
	default:
		if q, _ := m.selectedMessage(); q.HasMessage {
			out = append(out, m.theme.faint.Render("Opening ..."))
		}
	}
	return append(out, m.historyLines(w)...)
}

// mailLines are header, text and attachments of a message.
func (m *Model) mailLines(o *openedMail, w int) []string {
	out := m.headed(nil, "Header")
	for _, f := range o.mail.Fields {
		out = append(out, indent(m.theme.faint.Render(m.safe(f.Key)+": "), "  ", m.safe(f.Value), w)...)
	}
	head := "Text"
	if o.mail.FromHTML {
		head = "Text, from HTML"
	}
	out = m.headed(out, head)
	switch {
	case o.mail.Text != "":
		for l := range strings.SplitSeq(o.mail.Text, "\n") {
			out = append(out, wrapTo(m.long(l), w)...)
		}
	case o.mail.Note == "":
		out = append(out, m.theme.faint.Render("It has none."))
	}
	out = append(out, m.noteLines(o.mail.Note, w)...)
	if o.more {
		out = append(out, m.noteLines("The message goes on; only its beginning was opened, so attachments may be larger.", w)...)
	}
	if len(o.mail.Attachments) == 0 {
		return out
	}
	out = m.headed(out, "Attachments")
	for _, a := range o.mail.Attachments {
		out = append(out, indent("", "  ", m.safe(cmp.Or(a.Name, "(no name)"))+"  "+size(int64(a.Size))+"  "+m.safe(a.Type), w)...)
	}
	return out
}

// noteLines is a remark of the program's own.
func (m *Model) noteLines(text string, w int) (out []string) {
	if text == "" {
		return nil
	}
	for _, l := range wrapTo(m.safe(text), w) {
		out = append(out, m.theme.faint.Render(l))
	}
	return out
}

// long makes a line of a text harmless that may be longer than a cell.
func (m *Model) long(l string) string {
	if m.opt.Redact {
		l = redact(l)
	}
	return m.glyph.text(diag.Clean(l))
}

// historyLines say what the logs know of a message: who handed it in, under
// which ids it went on, and every attempt to deliver it.
func (m *Model) historyLines(w int) []string {
	out := []string{"", m.theme.strong.Render("History, from the logs")}
	if !m.raw.found {
		return append(out, m.theme.faint.Render("Searching the logs ..."))
	}
	h := &m.raw.history
	line := func(when, text string) {
		out = append(out, indent(fit(when, 13, ""), strings.Repeat(" ", 13), m.safe(text), w)...)
	}
	if in := h.HandedIn; in != nil {
		who := "nobody signed in"
		if in.User != "" {
			who = "signed in as " + in.User
		}
		line(m.clock(in.Time), fmt.Sprintf("handed in by %s, %s, HELO %s", in.Client, who, cmp.Or(in.HELO, "-")))
	}
	for _, l := range h.Links {
		to := ""
		if l.Domain != "" {
			to = " for " + l.Domain
		}
		line(m.clock(l.Time), "went on as "+l.To+to)
	}
	for _, a := range h.Attempts {
		line(m.clock(a.Time), triage.AttemptWords(a))
	}
	if h.HandedIn == nil && len(h.Links) == 0 && len(h.Attempts) == 0 && m.raw.session.note == "" {
		out = append(out, m.theme.faint.Render("The logs show neither who handed it in nor an attempt."))
	}
	return append(out, m.noteLines(m.raw.session.note, w)...)
}
