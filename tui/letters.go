package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/triage"
)

// letterAbout is what a letter is written about: the failure that is open.
func (m *Model) letterAbout() (triage.LetterAbout, bool) {
	if _, ok := m.selectedFailure(); !ok {
		return triage.LetterAbout{}, false
	}
	l := &m.state().lists[1]
	n, _ := l.current()
	return triage.LetterAbout{Subject: m.data.subject, View: l.data.view, Member: n, Findings: m.findings.All()}, true
}

// copyLetter copies the note to the recipient's postmaster.
func (m *Model) copyLetter() tea.Cmd {
	about, ok := m.letterAbout()
	if !ok {
		return nil
	}
	l, err := m.sess.Write("postmaster-note", about)
	if err != nil {
		m.say(diag.StatusFail, err.Error())
		return nil
	}
	return m.copyOut("note to their postmaster", triage.LetterText(l))
}

// letterMenu asks which letter to write: about the open failure, or to all
// local senders. In the Guidance tab it is that of the step.
func (m *Model) letterMenu() tea.Cmd {
	if m.state().detail && m.sec().tabs[m.state().tab].title == "Guidance" {
		if s, ok := m.selectedStep(); ok && s.Letter != "" {
			return m.stepLetter(s)
		}
	}
	return m.open(&menu{head: "Letter", choices: func(m *Model) []choice {
		var out []choice
		for _, l := range m.sess.Letters() {
			help := "for the house"
			if l.Leaves {
				help = "goes out of the house: names and addresses of people are left out"
			}
			out = append(out, choice{name: l.Title, help: help, why: noFailure(m), do: func(m *Model) tea.Cmd { return m.showLetter(l.ID) }})
		}
		return append(out, choice{
			name: "Answers to all local senders", help: "one for each, all their returned mail in it; written to one file",
			do: func(m *Model) tea.Cmd { return m.writeAnswers() },
		})
	}})
}

// stepLetter writes the letter that a step sends.
func (m *Model) stepLetter(s diag.Step) tea.Cmd {
	switch {
	case s.Letter == "":
		m.sayf("L: this step sends no letter.")
		return nil
	case m.data == nil:
		return nil
	case s.Letter == answerLetter:
		return m.writeAnswers()
	}
	sess, d, found := m.sess, m.data, m.findings.All()
	return func() tea.Msg {
		n, ok := sess.AboutStep(d.view, s)
		if !ok {
			return saidMsg{"", "L: no refusal is left to write about."}
		}
		l, err := sess.Write(s.Letter, triage.LetterAbout{Subject: d.subject, View: d.view, Member: n, Findings: found})
		return letterMsg{l, err}
	}
}

// letterMsg is a letter that was written.
type letterMsg struct {
	letter triage.Letter
	err    error
}

// apply shows a letter and copies it.
func (l letterMsg) apply(m *Model) tea.Cmd {
	if l.err != nil {
		m.say(diag.StatusFail, l.err.Error())
		return nil
	}
	text := triage.LetterText(l.letter)
	m.open(&textOverlay{head: l.letter.Title + " (copied)", text: func(m *Model) []string {
		return strings.Split(m.glyph.text(diag.CleanLines(text)), "\n")
	}})
	return m.copyOut("letter", text)
}

// answerLetter is the letter that goes to every local sender.
const answerLetter = "sender-answer"

// writeAnswers writes the answers to all local senders to one file in a command.
func (m *Model) writeAnswers() tea.Cmd {
	if m.data == nil {
		m.sayf("Nothing is read yet; try again in a moment.")
		return nil
	}
	sess, dir, now, hide := m.sess, m.opt.ExportDir, m.sess.Now(), m.opt.Redact
	about := triage.LetterAbout{Subject: m.data.subject, View: m.data.view}
	m.exporting++
	return func() tea.Msg {
		letters, more, err := sess.Answers(about)
		var b strings.Builder
		for i, l := range letters {
			if i > 0 {
				b.WriteString("\n" + strings.Repeat("=", 72) + "\n\n")
			}
			b.WriteString(triage.LetterText(l))
		}
		text, path := diag.CleanLines(b.String()), ""
		if hide {
			text = redact(text)
		}
		if err == nil && len(letters) > 0 {
			path, err = writeNew(dir, now, "txt", []byte(text))
		}
		return answersMsg{text: text, path: path, n: len(letters), more: more, err: err}
	}
}

// answersMsg are the answers that were written.
type answersMsg struct {
	text, path string
	n, more    int
	err        error
}

func (a answersMsg) apply(m *Model) tea.Cmd {
	m.exporting--
	switch {
	case a.err != nil:
		m.say(diag.StatusWarn, "The answers could not be written: "+a.err.Error())
		return nil
	case a.n == 0:
		m.sayf("No local sender has mail that was refused.")
		return nil
	}
	said := diag.Plural(a.n, "answer", "answers") + m.until() + ": " + a.path
	if a.more > 0 {
		said += fmt.Sprintf("; %s more senders are left out", diag.Thousands(a.more))
	}
	m.sayf("%s", said)
	return m.open(&textOverlay{head: diag.Plural(a.n, "answer", "answers") + " to local senders", text: func(m *Model) []string {
		return append([]string{said, ""}, strings.Split(m.glyph.text(a.text), "\n")...)
	}})
}

// showLetter writes a letter about the open failure.
func (m *Model) showLetter(id string) tea.Cmd {
	about, ok := m.letterAbout()
	if !ok {
		return nil
	}
	sess := m.sess
	return func() tea.Msg {
		l, err := sess.Write(id, about)
		return letterMsg{l, err}
	}
}
