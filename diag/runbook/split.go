package runbook

import (
	"bytes"
	"strings"
)

// piece is one [[table]] of a file with the line it begins on, so that an
// error in one does not lose the others.
type piece struct {
	line int // of the first line, from 1
	kind string
	text []byte
}

// split cuts a file before every line that begins a [[table]]. What comes
// before the first is a piece of kind "". With deep, lines inside strings of
// several lines do not count; a string that is never closed then swallows the
// rest, which is why a piece that cannot be read is split again without.
func split(data []byte, firstLine int, deep bool) []piece {
	out := []piece{{line: firstLine}}
	inside := "" // the quotes that a string of several lines waits for
	for line := firstLine; len(data) > 0; line++ {
		n := bytes.IndexByte(data, '\n') + 1
		if n == 0 {
			n = len(data)
		}
		row := data[:n]
		data = data[n:]
		if inside == "" {
			if kind, ok := tableName(row); ok {
				out = append(out, piece{line: line, kind: kind})
			}
		}
		last := &out[len(out)-1]
		last.text = append(last.text, row...)
		if deep {
			inside = quoteAfter(string(row), inside)
		}
	}
	return out
}

// tableName returns the name in a [[name]] line.
func tableName(row []byte) (string, bool) {
	s := strings.TrimSpace(string(row))
	if !strings.HasPrefix(s, "[[") {
		return "", false
	}
	name, _, ok := strings.Cut(s[2:], "]]")
	if !ok {
		return "", true // broken, but the start of a table: the error stays in it
	}
	return strings.TrimSpace(name), true
}

// quoteAfter returns the triple quotes that are open at the end of row, when
// inside was open at its beginning.
func quoteAfter(row, inside string) string {
	for i := 0; i < len(row); {
		rest := row[i:]
		switch {
		case inside == `"""` && rest[0] == '\\':
			i += 2
		case inside != "" && strings.HasPrefix(rest, inside):
			i += 3
			inside = ""
		case inside != "":
			i++
		case strings.HasPrefix(rest, `"""`), strings.HasPrefix(rest, `'''`):
			inside = rest[:3]
			i += 3
		case rest[0] == '#':
			return ""
		case rest[0] == '"', rest[0] == '\'':
			i += plainString(rest)
		default:
			i++
		}
	}
	return inside
}

// plainString returns the length of the one-line string that s begins with.
func plainString(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && s[0] == '"':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// keyLine returns the line on which key is set in p, else the first line.
func (p piece) keyLine(key string) int {
	for i, row := range strings.Split(string(p.text), "\n") {
		if name, _, ok := strings.Cut(row, "="); ok && strings.Trim(strings.TrimSpace(name), `"'`) == key {
			return p.line + i
		}
	}
	return p.line
}
