package tui

import (
	"image/color"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"metriage/diag"
)

// theme gives every role its style. Only the 16 colours of the terminal are
// used, so the admin's own palette decides how they look. Every colour stands
// beside a word, and pass and fail differ in weight and colour so that the
// common colour-vision deficiencies tell them apart: bright green and bright
// red on dark, which differ in lightness, blue and red on light, where green
// would not.
type theme struct {
	plain, strong, faint, title, accent style
	cursor, cursorIdle                  style // selected row with and without the focus
	pass, warn, fail, unknown, skip     style
	tab, tabOn, key, rule               style
}

// style is a lipgloss style with the sequences that it puts around a line. A
// frame has hundreds of styled parts, and a style that only colours need not
// look for borders and margins around each.
type style struct {
	lipgloss.Style
	open, close string
}

func styleOf(s lipgloss.Style) style {
	open, end, _ := strings.Cut(s.Render("x"), "x")
	return style{s, open, end}
}

// Render styles one line.
func (s style) Render(line string) string {
	if line == "" {
		return ""
	}
	return s.open + line + s.close
}

// Theme names, as in the configuration. Auto follows the terminal's
// background.
const (
	ThemeAuto  = "auto"
	ThemeDark  = "dark"
	ThemeLight = "light"
	ThemeNone  = "none"
)

var themeNames = []string{ThemeAuto, ThemeDark, ThemeLight, ThemeNone}

// ThemeNames returns the themes that can be chosen.
func ThemeNames() []string { return append([]string(nil), themeNames...) }

// palette is the 16-colour numbers of the roles.
type rolePalette struct{ faint, title, accent, pass, warn, fail, unknown uint8 }

var (
	darkPalette  = rolePalette{faint: 7, title: 14, accent: 6, pass: 10, warn: 11, fail: 9, unknown: 13}
	lightPalette = rolePalette{faint: 8, title: 4, accent: 4, pass: 4, warn: 5, fail: 1, unknown: 5}
)

func newTheme(name string, darkBackground bool) theme {
	s := lipgloss.NewStyle
	plain := styleOf(s())
	if name == ThemeNone {
		bold, rev := styleOf(s().Bold(true)), styleOf(s().Reverse(true))
		return theme{
			plain: plain, strong: bold, faint: plain, title: bold, accent: plain,
			cursor: rev, cursorIdle: bold, pass: plain, warn: bold, fail: bold, unknown: plain, skip: plain,
			tab: plain, tabOn: rev, key: bold, rule: plain,
		}
	}
	p := darkPalette
	if name == ThemeLight || name != ThemeDark && !darkBackground {
		p = lightPalette
	}
	c := func(n uint8) color.Color { return lipgloss.ANSIColor(n) }
	fg := func(n uint8) lipgloss.Style { return s().Foreground(c(n)) }
	row := fg(15).Background(c(4))
	return theme{
		plain: plain, strong: styleOf(s().Bold(true)), faint: styleOf(fg(p.faint)), title: styleOf(fg(p.title).Bold(true)),
		accent: styleOf(fg(p.accent)),
		cursor: styleOf(row), cursorIdle: styleOf(s().Bold(true)),
		pass: styleOf(fg(p.pass)), warn: styleOf(fg(p.warn)), fail: styleOf(fg(p.fail).Bold(true)),
		unknown: styleOf(fg(p.unknown)), skip: styleOf(fg(p.faint)),
		tab: plain, tabOn: styleOf(row.Bold(true)), key: styleOf(s().Bold(true)), rule: styleOf(fg(p.faint)),
	}
}

// status returns the style of a status word.
func (t theme) status(s diag.Status) style {
	switch s {
	case diag.StatusPass:
		return t.pass
	case diag.StatusWarn:
		return t.warn
	case diag.StatusFail:
		return t.fail
	case diag.StatusSkipped:
		return t.skip
	}
	return t.unknown
}

// setTheme changes the colours.
func (m *Model) setTheme(name string) tea.Cmd {
	m.themeName = name
	m.theme = newTheme(name, m.dark)
	m.sayf("Colours: %s.", name)
	return m.askBackground()
}

// askBackground asks the terminal whether it is dark or light, where that
// chooses the colours. One that does not answer counts as dark.
func (m *Model) askBackground() tea.Cmd {
	if m.themeName != ThemeAuto || !m.opt.AskBackground {
		return nil
	}
	return tea.RequestBackgroundColor
}
