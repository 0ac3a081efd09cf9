package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// toast is a message at the bottom that goes by itself.
type toast struct {
	n      int
	status diag.Status
	text   string
	shown  bool // its end is on the way
}

type toastOver struct{ n int }

// saidMsg is what a command has to say.
type saidMsg struct {
	status diag.Status
	text   string
}

// logEntry is a message that was shown.
type logEntry struct {
	at     time.Time
	status diag.Status
	text   string
}

// maxLog bounds the log of messages.
const maxLog = 500

func (m *Model) say(s diag.Status, text string) {
	m.toast = toast{n: m.toast.n + 1, status: s, text: diag.Clean(text)}
	if len(m.log) == maxLog {
		m.log = m.log[1:]
	}
	m.log = append(m.log, logEntry{m.sess.Now(), s, m.toast.text})
}

// toastLines is what was said last: the last line, for a width of w, and the
// one above it where that is not enough.
func (m *Model) toastLines(w int) (above []string, last string) {
	if m.toast.text == "" {
		return nil, ""
	}
	style := m.theme.accent
	if m.toast.status != "" {
		style = m.theme.status(m.toast.status)
	}
	text := m.glyph.text(m.toast.text)
	if width(text)+1 <= w {
		return nil, style.Render(" " + text)
	}
	lines := wrapTo(text, m.width-2)
	if len(lines) == 1 {
		// It is the other words of the last line that leave no room.
		lines = wrapTo(text, w-1)
	}
	last = strings.Join(lines[1:], " ")
	if room := w - 1 - width(wholeIn); width(last)+1 > w && room > 0 {
		last = fit(last, room, m.glyph.more) + wholeIn
	}
	return []string{fit(style.Render(" "+lines[0]), m.width, m.glyph.more)}, style.Render(" " + last)
}

// wholeIn stands behind a message that is too long for its place, and names the
// command that shows all of it.
const wholeIn = " (:messages)"

// toastEnd starts the end of a new message.
func (m *Model) toastEnd() tea.Cmd {
	if m.toast.text == "" || m.toast.shown {
		return nil
	}
	m.toast.shown = true
	n := m.toast.n
	return m.opt.Tick(toastFor, func(time.Time) tea.Msg { return toastOver{n} })
}
