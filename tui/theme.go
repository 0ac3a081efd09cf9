package tui

import (
	"image/color"

	"charm.land/lipgloss/v2"

	"metriage/diag"
)

// theme gives every role its style. Only the 16 colours of the terminal are
// used, so the admin's own palette decides how they look; every colour stands
// beside a word.
type theme struct {
	plain, strong, faint, title, accent, link lipgloss.Style
	cursor, cursorIdle                        lipgloss.Style // selected row with and without the focus
	pass, warn, fail, unknown, skip           lipgloss.Style
	tab, tabOn, key, rule                     lipgloss.Style
}

func newTheme() theme {
	s := lipgloss.NewStyle
	c := func(n uint8) color.Color { return lipgloss.ANSIColor(n) }
	return theme{
		plain:      s(),
		strong:     s().Bold(true),
		faint:      s().Foreground(c(8)),
		title:      s().Bold(true).Foreground(c(14)),
		accent:     s().Foreground(c(6)),
		link:       s().Foreground(c(12)).Underline(true),
		cursor:     s().Reverse(true),
		cursorIdle: s().Bold(true),
		pass:       s().Foreground(c(2)),
		warn:       s().Foreground(c(3)),
		fail:       s().Bold(true).Foreground(c(9)),
		unknown:    s().Foreground(c(13)),
		skip:       s().Foreground(c(8)),
		tab:        s(),
		tabOn:      s().Reverse(true),
		key:        s().Bold(true),
		rule:       s().Foreground(c(8)),
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
