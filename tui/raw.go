package tui

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// rawFile is what the Raw tab shows: the files, and the sessions behind them.
type rawFile struct {
	key     string
	reading bool // the files are, or were, read
	read    bool // that has ended
	parts   []rawPart
	session rawPart
	history triage.History
	mail    *openedMail // of a message of the queue, nil until it was read
	opening bool        // it is being read
	asked   bool        // the session is, or was, searched for
	found   bool        // that search has ended
}

// rawPart is one file, or what the logs say.
type rawPart struct {
	title, text, note string
}

// rawMsg is the files of the Raw tab, historyMsg what the logs say.
type (
	rawMsg struct {
		key   string
		parts []rawPart
	}
	historyMsg struct {
		key     string
		part    rawPart
		history triage.History
	}
)

func (msg rawMsg) apply(m *Model) tea.Cmd {
	if msg.key == m.raw.key {
		m.raw.read, m.raw.parts = true, msg.parts
	}
	return nil
}

func (msg historyMsg) apply(m *Model) tea.Cmd {
	m.searching = false
	if msg.key == m.raw.key {
		m.raw.found, m.raw.session, m.raw.history = true, msg.part, msg.history
	}
	return nil
}

// rawKey names what the Raw tab is about, "" where nothing is open.
func (m *Model) rawKey() string {
	if m.opened() == "" || len(m.selectedPaths()) == 0 && m.sec().id != "failures" {
		return ""
	}
	return m.sec().id + "\x00" + m.opened()
}

// wantRaw reads the files and, where the detail has the focus, opens a message
// of the queue and searches the logs, which takes longer: one search at a time.
func (m *Model) wantRaw() tea.Cmd {
	key := m.rawKey()
	raw, message := m.shows("Raw"), m.shows("Message")
	if key == "" || !raw && !message {
		return nil
	}
	var cmds []tea.Cmd
	if key != m.raw.key {
		m.raw = rawFile{key: key}
	}
	if raw && !m.raw.reading {
		m.raw.reading = true
		cmds = append(cmds, readRaw(m.sess, key, m.selectedPaths()))
	}
	if message && m.state().detail && !m.raw.opening {
		m.raw.opening = true
		cmds = append(cmds, m.openMail(key))
	}
	if l := m.openList(); m.state().detail && !m.raw.asked && !m.searching && l.data != nil {
		if n, ok := l.current(); ok {
			m.raw.asked, m.searching = true, true
			cmds = append(cmds, m.searchLogs(key, l.data, n))
		}
	}
	return tea.Batch(cmds...)
}

func readRaw(sess *triage.Session, key string, paths []string) tea.Cmd {
	return func() tea.Msg {
		msg := rawMsg{key: key}
		for _, p := range paths {
			part := rawPart{title: p}
			b, more, err := sess.ReadFile(p)
			switch {
			case err != nil:
				part.note = err.Error()
			case more:
				part.note = "The file goes on; only its beginning is shown."
			}
			part.text = diag.CleanLines(string(b))
			msg.parts = append(msg.parts, part)
		}
		return msg
	}
}

func (m *Model) searchLogs(key string, d *data, n int32) tea.Cmd {
	sess, ctx, queue := m.sess, m.ctx, m.sec().id == "queue"
	return func() tea.Msg {
		var h triage.History
		var err error
		if queue {
			h, err = sess.QueueHistory(ctx, d.view, n)
		} else {
			h, err = sess.History(ctx, d.view, n)
		}
		return historyMsg{key, historyPart(h, err), h}
	}
}

// byTimeNote goes with sessions of logs that have no message ids.
const byTimeNote = "Matched by time, client and addresses: the W3C log has no message ids, so it may be another message's."

// historyPart puts what the logs say into lines.
func historyPart(h triage.History, err error) rawPart {
	p := rawPart{title: "What the logs say of it, credentials left out"}
	var b strings.Builder
	if in := h.HandedIn; in != nil {
		who := "nobody signed in"
		if in.User != "" {
			who = "signed in as " + in.User
		}
		fmt.Fprintf(&b, "Handed in by %s, %s, HELO %s\n", in.Client, who, cmp.Or(in.HELO, "-"))
	}
	for _, l := range h.Links {
		fmt.Fprintf(&b, "%s went on as %s\n", l.From, l.To)
	}
	for _, l := range h.Lines {
		fmt.Fprintf(&b, "%s %s\n", l.Source, l.Text)
	}
	p.text = diag.CleanLines(strings.TrimRight(b.String(), "\n"))
	switch {
	case err != nil:
		p.note = "The logs could not be searched: " + err.Error() + "."
	case h.ByTime:
		p.note = byTimeNote
	case len(h.Files) == 0:
		p.note = "There are no logs of that time."
	case len(h.Lines) == 0:
		p.note = fmt.Sprintf("Nothing in %s.", diag.Plural(len(h.Files), "log", "logs"))
	case h.Truncated:
		p.note = "There is more than is shown."
	}
	return p
}

// rawTab shows the files of a failure or message as they are on disk, and the
// sessions behind them, made harmless.
func rawTab(m *Model, w int) content {
	key := m.rawKey()
	switch {
	case key == "":
		return content{lines: []string{m.theme.faint.Render("Open one with enter to see it as it is on disk.")}}
	case m.raw.key != key || !m.raw.read:
		return content{lines: []string{m.theme.faint.Render("Reading ...")}}
	}
	var lines []string
	if len(m.raw.parts) == 0 {
		lines = append(wrapTo("No NDR or queue file of this failure is left; the log alone has it.", w), "")
	}
	for _, p := range m.raw.parts {
		lines = append(append(lines, m.rawLines(p, w)...), "")
	}
	switch {
	case m.raw.found:
		lines = append(lines, m.rawLines(m.raw.session, w)...)
	case m.raw.asked:
		lines = append(lines, m.theme.faint.Render("Searching the logs for its sessions ..."))
	default:
		lines = append(lines, m.theme.faint.Render("tab goes to the detail and searches the logs for its sessions."))
	}
	return content{lines: lines}
}

func (m *Model) rawLines(p rawPart, w int) []string {
	var lines []string
	for _, l := range wrapTo(m.safe(p.title), w) {
		lines = append(lines, m.theme.accent.Render(l))
	}
	if p.text != "" {
		for _, l := range strings.Split(p.text, "\n") {
			if m.opt.Redact {
				l = redact(l)
			}
			lines = append(lines, wrapTo(m.glyph.text(l), w)...)
		}
	}
	if p.note != "" {
		for _, l := range wrapTo(m.safe(p.note), w) {
			lines = append(lines, m.theme.faint.Render(l))
		}
	}
	return lines
}

// rawText is all of it, to be copied.
func (m *Model) rawText() string {
	if m.raw.key != m.rawKey() {
		return ""
	}
	var out []string
	for _, p := range append(append([]rawPart{}, m.raw.parts...), m.raw.session) {
		if p.text != "" {
			out = append(out, p.text)
		}
	}
	return strings.Join(out, "\n\n")
}
