package tui

import (
	"strings"
	"unicode/utf8"

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

// width is the cells that s takes. Nearly all of what a frame measures is ASCII,
// the sequences of styles and this program's own signs; those need no look at
// how characters combine.
func width(s string) int {
	n := 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c >= ' ' && c < 0x7f:
			i++
			n++
		case c == ansi.ESC && strings.HasPrefix(s[i+1:], "["):
			for i += 2; i < len(s) && s[i] >= '0' && s[i] <= ';'; {
				i++
			}
			if i == len(s) || s[i] != 'm' {
				return ansi.StringWidth(s)
			}
			i++
		case ownSign(s[i:]):
			i += 3
			n++
		default:
			return ansi.StringWidth(s)
		}
	}
	return n
}

// ownSign says whether s begins with an ellipsis, a line or a block that stands
// for itself: nothing behind it combines with it.
func ownSign(s string) bool {
	return isSign(s) && (len(s) == 3 || s[3] < utf8.RuneSelf || isSign(s[3:]))
}

func isSign(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n == 3 && (r == 0x2026 || r >= 0x2500 && r < 0x25a0)
}

// fit cuts or pads s to exactly w cells. A cut is marked.
func fit(s string, w int, more string) string {
	if w <= 0 {
		return ""
	}
	n := width(s)
	if n > w {
		s = cut(s, w, more)
		n = width(s)
	}
	if n < w {
		s += blanks(w - n)
	}
	return s
}

// cut is s without what is behind w cells, which more stands for.
func cut(s string, w int, more string) string {
	keep := w - width(more)
	if keep < 0 || len(s) < keep || strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return ansi.Truncate(s, w, more)
	}
	return s[:keep] + more
}

// someBlanks saves making the same few blanks again for every cell of a list.
var someBlanks = strings.Repeat(" ", 256)

func blanks(n int) string {
	if n > len(someBlanks) {
		return strings.Repeat(" ", n)
	}
	return someBlanks[:max(0, n)]
}

// fitRight is fit with the text at the right.
func fitRight(s string, w int, more string) string {
	if n := width(s); n < w {
		return blanks(w-n) + s
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
	taken := strings.Repeat(" ", max(0, min(width(first)-width(rest), w/2)))
	lines := wrapTo(unit(taken)+s, max(8, w-width(rest)))
	for i := range lines {
		if i == 0 {
			lines[i] = first + strings.TrimPrefix(lines[i], taken)
		} else {
			lines[i] = rest + lines[i]
		}
	}
	return lines
}
