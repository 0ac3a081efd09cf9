package tui

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/report"
	"metriage/diag/triage"
)

// copyName is the file that every copy is also written to.
const copyName = "last-copy.txt"

// copyThis copies what the open tab is about: the reply and its record, the
// findings, a step, or the file.
func (m *Model) copyThis() tea.Cmd {
	what, text := m.copyText()
	if text == "" {
		m.sayf("There is nothing to copy here.")
		return nil
	}
	return m.copyOut(what, text)
}

func (m *Model) copyText() (what, text string) {
	switch m.sec().tabs[m.state().tab].title {
	case "Checks":
		var b strings.Builder
		for _, f := range m.findings.All() {
			_ = report.FindingText(&b, f, report.Style{Redact: m.opt.Redact})
		}
		return "findings", b.String()
	case "Guidance":
		if s, ok := m.selectedStep(); ok {
			return "step", stepText(s)
		}
	case "Raw":
		if text := m.rawText(); text != "" {
			return "file and sessions", text
		}
	}
	if f, ok := m.selectedFailure(); ok {
		lines := m.replyLines(f, 1000)
		for i := range lines {
			lines[i] = strings.TrimRight(strip(lines[i]), " ")
		}
		return "reply", strings.Join(lines, "\n")
	}
	var out []string
	for _, l := range m.content[0].lines {
		out = append(out, strings.TrimRight(strip(l), " "))
	}
	return "record", strings.Join(out, "\n")
}

// stepText is a step as plain text.
func stepText(s diag.Step) string {
	out := append([]string{s.Title, s.Why}, s.Where...)
	return strings.Join(append(append(out, s.Do...), s.Effect), "\n")
}

// selectedStep is the step under the cursor of the Guidance tab.
func (m *Model) selectedStep() (diag.Step, bool) {
	c := m.content[0]
	d := m.tabState()
	if m.plan == nil || d.item >= len(c.anchors) || d.item >= len(m.plan.Steps) {
		return diag.Step{}, false
	}
	return m.plan.Steps[d.item], true
}

// copyOut puts text on the clipboard: that of this machine where the admin
// sits at it, else through the terminal (OSC 52), and always into a file,
// because neither is certain.
func (m *Model) copyOut(what, text string) tea.Cmd {
	text = diag.CleanLines(text)
	if m.opt.Redact {
		text = redact(text)
	}
	dir, native, remote := m.opt.CopyDir, m.opt.Native, m.opt.Remote
	until := m.until()
	write := func() tea.Msg {
		path, ferr := "", error(nil)
		if dir != "" {
			path = filepath.Join(dir, copyName)
			ferr = writeCopy(dir, path, text)
		}
		viaNative := false
		if native != nil && !remote {
			viaNative = native(text) == nil
		}
		how := "Sent to the terminal's clipboard: " + what
		if viaNative {
			how = "Copied: " + what
		}
		switch {
		case ferr != nil:
			return saidMsg{diag.StatusWarn, fmt.Sprintf("%s. No file could be written: %v", how, ferr)}
		case path == "":
			return saidMsg{"", how + "."}
		}
		return saidMsg{"", fmt.Sprintf("%s; in %s%s", how, path, until)}
	}
	return tea.Batch(tea.SetClipboard(text), write)
}

func writeCopy(dir, path, text string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// showLink shows the link of the reply on a line of its own, where a terminal
// lets one click or mark it, and copies it.
func (m *Model) showLink() tea.Cmd {
	f, ok := m.selectedFailure()
	if !ok {
		return nil
	}
	link := cmp.Or(f.Verdict.LookupURL, slices.Concat(f.Reply.URLs, []string{""})[0])
	if link == "" {
		m.sayf("The reply has no link, and none is known for it.")
		return nil
	}
	advice := []string{"Open it on a machine with a browser. It is copied too."}
	if !triage.KnownLink(link) {
		advice = []string{
			"WARNING: this is no page of a list or provider that is known.",
			"Any server can write any link into its reply, a spammer's too.",
			"Look at the name first, and enter no password there. It is copied too.",
		}
	}
	m.open(&textOverlay{head: "Link", text: func(m *Model) []string {
		return append([]string{m.safe(link), ""}, advice...)
	}})
	return m.copyOut("link", link)
}
