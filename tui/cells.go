package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"metriage/diag"
)

// safe makes text from mail, logs, DNS or SMTP fit for one line of the screen.
// In ASCII mode other characters become "?", since DBCS consoles draw many of
// them two cells wide.
func (m *Model) safe(s string) string {
	if len(s) > maxCell {
		s = strings.ToValidUTF8(s[:maxCell], "")
	}
	if m.opt.Redact {
		s = redact(s)
	}
	return m.glyph.text(diag.Clean(s))
}

// maxCell bounds how much of a text is looked at for one line.
const maxCell = 4096

// fit cuts or pads s to exactly w cells. A cut is marked.
func fit(s string, w int, more string) string {
	if w <= 0 {
		return ""
	}
	n := ansi.StringWidth(s)
	if n > w {
		s = ansi.Truncate(s, w, more)
		n = ansi.StringWidth(s)
	}
	if n < w {
		s += strings.Repeat(" ", w-n)
	}
	return s
}

// fitRight is fit with the text at the right.
func fitRight(s string, w int, more string) string {
	if n := ansi.StringWidth(s); n < w {
		return strings.Repeat(" ", w-n) + s
	}
	return fit(s, w, more)
}

// ansi.Wrap breaks after every hyphen, which tears names of hosts apart, and at
// no hard blank. These stand for a hyphen and a blank where it must not.
const (
	boundHyphen = "\uF8FF"
	boundBlank  = "\u00A0"
)

// wrapTo breaks text between words, and words that are too long anywhere, so
// that no line is wider than w cells.
func wrapTo(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	var out []string
	for _, l := range strings.Split(strings.ReplaceAll(s, "-", boundHyphen), "\n") {
		l = ansi.Wrap(l, w, "")
		l = strings.ReplaceAll(strings.ReplaceAll(l, boundHyphen, "-"), boundBlank, " ")
		out = append(out, strings.Split(l, "\n")...)
	}
	return out
}

// unit is text that wrapTo keeps on one line.
func unit(s string) string { return strings.ReplaceAll(s, " ", boundBlank) }

// indent wraps text behind a first prefix and under it.
func indent(first, rest, s string, w int) []string {
	// Where first is wider than rest, as much of the first line is taken.
	taken := strings.Repeat(" ", max(0, min(ansi.StringWidth(first)-ansi.StringWidth(rest), w/2)))
	lines := wrapTo(unit(taken)+s, max(8, w-ansi.StringWidth(rest)))
	for i := range lines {
		if i == 0 {
			lines[i] = first + strings.TrimPrefix(lines[i], taken)
		} else {
			lines[i] = rest + lines[i]
		}
	}
	return lines
}
