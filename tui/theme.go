package tui

import (
	"image/color"

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
	plain, strong, faint, title, accent, link lipgloss.Style
	cursor, cursorIdle                        lipgloss.Style // selected row with and without the focus
	pass, warn, fail, unknown, skip           lipgloss.Style
	tab, tabOn, key, rule                     lipgloss.Style
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
type rolePalette struct{ faint, title, accent, link, pass, warn, fail, unknown uint8 }

var (
	darkPalette  = rolePalette{faint: 7, title: 14, accent: 6, link: 14, pass: 10, warn: 11, fail: 9, unknown: 13}
	lightPalette = rolePalette{faint: 8, title: 4, accent: 4, link: 4, pass: 4, warn: 5, fail: 1, unknown: 5}
)

func newTheme(name string, darkBackground bool) theme {
	s := lipgloss.NewStyle
	if name == ThemeNone {
		bold, rev := s().Bold(true), s().Reverse(true)
		return theme{
			plain: s(), strong: bold, faint: s(), title: bold, accent: s(), link: s().Underline(true),
			cursor: rev, cursorIdle: bold, pass: s(), warn: bold, fail: bold, unknown: s(), skip: s(),
			tab: s(), tabOn: rev, key: bold, rule: s(),
		}
	}
	p := darkPalette
	if name == ThemeLight || name != ThemeDark && !darkBackground {
		p = lightPalette
	}
	c := func(n uint8) color.Color { return lipgloss.ANSIColor(n) }
	return theme{
		plain: s(), strong: s().Bold(true), faint: s().Foreground(c(p.faint)), title: s().Bold(true).Foreground(c(p.title)),
		accent: s().Foreground(c(p.accent)), link: s().Foreground(c(p.link)).Underline(true),
		cursor: s().Foreground(c(15)).Background(c(4)), cursorIdle: s().Bold(true),
		pass: s().Foreground(c(p.pass)), warn: s().Foreground(c(p.warn)), fail: s().Bold(true).Foreground(c(p.fail)),
		unknown: s().Foreground(c(p.unknown)), skip: s().Foreground(c(p.faint)),
		tab: s(), tabOn: s().Bold(true).Foreground(c(15)).Background(c(4)), key: s().Bold(true), rule: s().Foreground(c(p.faint)),
	}
}

// status returns the style of a status word.
func (t theme) status(s diag.Status) lipgloss.Style {
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
func (m *Model) setTheme(name string) {
	m.themeName = name
	m.theme = newTheme(name, m.dark)
	m.sayf("Colours: %s.", name)
}
