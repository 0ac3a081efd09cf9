package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// overlay is something that lies over the screen and takes the keys until it
// is closed: the help, the palette, a list, a question.
type overlay interface {
	title(m *Model) string
	// lines are the content for a width; pick is the line under the cursor, -1
	// for none.
	lines(m *Model, w int) (lines []string, pick int)
	// press handles a key; done closes the overlay.
	press(m *Model, msg tea.KeyPressMsg) (cmd tea.Cmd, done bool)
	// foot says which keys it takes.
	foot() string
}

func (m *Model) open(o overlay) tea.Cmd {
	m.overlays = append(m.overlays, o)
	m.overlayTop = 0
	return nil
}

func (m *Model) topOverlay() (overlay, bool) {
	if n := len(m.overlays); n > 0 {
		return m.overlays[n-1], true
	}
	return nil, false
}

func (m *Model) pressOverlay(o overlay, msg tea.KeyPressMsg) tea.Cmd {
	if msg.String() == "ctrl+c" {
		return m.quit()
	}
	cmd, done := o.press(m, msg)
	if done {
		if i := slices.Index(m.overlays, o); i >= 0 {
			m.overlays = slices.Delete(m.overlays, i, i+1)
		}
	}
	return cmd
}

// overlayScreen draws the topmost overlay on the whole screen.
func (m *Model) overlayScreen(o overlay) []string {
	lines, pick := o.lines(m, m.width-2)
	h := m.height - 3
	top := max(0, min(m.overlayTop, len(lines)-h))
	if pick >= 0 {
		switch {
		case pick < top:
			top = pick
		case pick >= top+h:
			top = pick - h + 1
		}
	}
	out := []string{m.theme.title.Render(fit(" "+o.title(m), m.width, m.glyph.more))}
	for y := range h {
		line := ""
		if top+y < len(lines) {
			line = lines[top+y]
		}
		line = fit(" "+line, m.width, m.glyph.more)
		if top+y == pick {
			line = m.theme.cursor.Render(fit(m.glyph.cursor+strip(line)[1:], m.width, m.glyph.more))
		}
		out = append(out, line)
	}
	note := ""
	if rest := len(lines) - top - h; rest > 0 {
		note = "  " + moreLines(rest)
	}
	above, said := m.toastLines(m.width)
	out = over(out, append(above, fit(said, m.width, m.glyph.more)))
	return append(out, m.theme.faint.Render(fit(" "+whole(o.foot(), m.width-1-width(note))+note, m.width, m.glyph.more)))
}

// whole is as many of the parts of a list, which commas divide, as fit in w
// cells.
func whole(list string, w int) string {
	for width(list) > w {
		i := strings.LastIndex(list, ", ")
		if i < 0 {
			break
		}
		list = list[:i]
	}
	return list
}

// scrolled moves the text of an overlay without cursor.
func (m *Model) scrolled(k string, n int) bool {
	h := m.height - 3
	switch k {
	case "j", "down":
		m.overlayTop++
	case "k", "up":
		m.overlayTop--
	case "pgdown", "space", "ctrl+f":
		m.overlayTop += h
	case "pgup", "ctrl+b":
		m.overlayTop -= h
	case "g", "home":
		m.overlayTop = 0
	case "G", "end":
		m.overlayTop = n
	default:
		return false
	}
	m.overlayTop = max(0, min(m.overlayTop, n-h))
	return true
}

// textOverlay shows lines to read, with a search.
type textOverlay struct {
	head  string
	text  func(m *Model) []string
	query string
	typed bool // the query is being typed
}

func (t *textOverlay) title(m *Model) string {
	if t.typed || t.query != "" {
		return t.head + "  /" + m.glyph.text(t.query)
	}
	return t.head
}

func (t *textOverlay) foot() string {
	if t.typed {
		return "type to search, enter keeps, esc clears"
	}
	return "j k scroll, / searches, esc closes"
}

func (t *textOverlay) lines(m *Model, w int) ([]string, int) {
	var out []string
	for _, l := range t.text(m) {
		if t.query == "" || strings.Contains(strings.ToLower(strip(l)), strings.ToLower(t.query)) {
			out = append(out, wrapTo(l, w)...)
		}
	}
	if len(out) == 0 {
		out = []string{"Nothing matches " + m.glyph.text(t.query) + "."}
	}
	return out, -1
}

func (t *textOverlay) press(m *Model, msg tea.KeyPressMsg) (tea.Cmd, bool) {
	k := msg.String()
	if t.typed {
		switch k {
		case "enter":
			t.typed = false
		case "esc":
			t.typed, t.query = false, ""
		default:
			t.query, _ = edit(t.query, msg)
		}
		m.overlayTop = 0
		return nil, false
	}
	n := 0
	if k != "esc" && k != "q" {
		lines, _ := t.lines(m, m.width-2)
		n = len(lines)
	}
	switch {
	case k == "/":
		t.typed = true
	case m.scrolled(k, n):
	case k == "esc" && t.query != "":
		t.query = ""
	case k == "esc", k == "q", k == "?", k == "enter":
		return nil, true
	}
	return nil, false
}

// problemsOverlay lists what was not read.
func problemsOverlay() overlay {
	return &textOverlay{head: "Not read", text: func(m *Model) []string {
		var out []string
		for _, e := range m.opt.RootErrors {
			out = append(out, m.safe(e.Error()))
		}
		if m.data != nil {
			if advice := diag.RightsAdvice(m.data.view.Problems()); advice != "" {
				out = append(out, advice, "")
			}
			out = append(out, m.problemLines()...)
			if t := m.data.view.Totals(); t.Orphans > 0 {
				out = append(out, fmt.Sprintf("%d command files without message or the reverse; the Queue view shows them as faults.", t.Orphans))
			}
		}
		if len(out) == 0 {
			out = []string{"Everything was read."}
		}
		return out
	}}
}

// problemLines are the files that were not read, below the name of their
// installation.
func (m *Model) problemLines() []string {
	var out []string
	under := ""
	for _, p := range m.data.view.Problems() {
		root, path := "", p.Path
		for _, r := range m.sess.Roots() {
			if rest, ok := strings.CutPrefix(path, r); ok && rest != "" && strings.ContainsRune(`/\`, rune(rest[0])) {
				root, path = r, rest[1:]
			}
		}
		if root != under && root != "" {
			out = append(out, m.theme.strong.Render(m.safe(root)))
		}
		under = root
		out = append(out, m.safe(path+": "+p.What))
	}
	return out
}

// messagesOverlay lists what the program said, the latest first.
func messagesOverlay() overlay {
	return &textOverlay{head: "Messages of this session", text: func(m *Model) []string {
		var out []string
		for i := len(m.log) - 1; i >= 0; i-- {
			e := m.log[i]
			word := ""
			if e.status != "" {
				word = e.status.Word() + " "
			}
			out = append(out, e.at.In(m.sess.Location()).Format("15:04:05")+" "+word+e.text)
		}
		if len(out) == 0 {
			out = []string{"Nothing was said yet."}
		}
		return out
	}}
}
