package reply

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// ownRules decodes an admin's rules one by one, so that a mistake in one does
// not lose the others. Tables other than [[rule]] are left to others: the rules
// may stand in the program's config file.
func ownRules(b []byte, file string) (rules []Rule, problems []error) {
	if file == "" {
		file = "own rules"
	}
	if len(b) > maxOwnBytes {
		return nil, []error{fmt.Errorf("%s: larger than %d bytes, not read", file, maxOwnBytes)}
	}
	seen := map[string]int{}
	for _, piece := range rulePieces(b) {
		if len(rules) >= maxOwnRules {
			problems = append(problems, fmt.Errorf("%s: more than %d rules, the rest is not read", file, maxOwnRules))
			break
		}
		r, err := ownRule(piece)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s, %w", file, err))
			continue
		}
		if line, twice := seen[r.ID]; twice {
			problems = append(problems, fmt.Errorf("%s, line %d: rule %q: field %q: the rule in line %d has the same", file, piece.line, r.ID, "id", line))
			continue
		}
		seen[r.ID] = piece.line
		rules = append(rules, r)
	}
	return rules, problems
}

// piece is the text of one [[rule]] table.
type piece struct {
	line int // of its header, from 1
	text []byte
}

// rulePieces cuts b at the headers of its tables and returns the [[rule]] ones.
func rulePieces(b []byte) []piece {
	out, closed := cutPieces(b, true)
	if !closed {
		// A string over several lines that nobody ends would swallow every rule
		// behind it.
		out, _ = cutPieces(b, false)
	}
	return out
}

// cutPieces does the cutting. Where inStrings is set, a header within a string
// over several lines is none; closed is false where such a string does not end.
func cutPieces(b []byte, inStrings bool) (out []piece, closed bool) {
	var current *piece
	quote := "" // the delimiter of a string over several lines that is open
	line := 0
	for len(b) > 0 {
		line++
		l := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			l, b = b[:i+1], b[i+1:]
		} else {
			b = nil
		}
		t := strings.TrimSpace(string(l))
		switch {
		case quote == "" && isRuleHeader(t):
			out = append(out, piece{line: line})
			current = &out[len(out)-1]
		case quote == "" && strings.HasPrefix(t, "[") && tableHeader(t) && !isSubTable(t):
			current = nil
		}
		if current != nil {
			current.text = append(current.text, l...)
		}
		for _, q := range [2]string{`"""`, `'''`} {
			if inStrings && (quote == "" || quote == q) && strings.Count(t, q)%2 == 1 {
				if quote == "" {
					quote = q
				} else {
					quote = ""
				}
				break
			}
		}
	}
	return out, quote == ""
}

func isRuleHeader(t string) bool {
	if i := strings.IndexByte(t, '#'); i > 0 {
		t = strings.TrimSpace(t[:i])
	}
	return strings.HasPrefix(t, "[[") && strings.HasSuffix(t, "]]") && strings.Trim(t, "[] \t\"'") == "rule"
}

// tableHeader reports whether t is a header of a table and not a line of an
// array's values.
func tableHeader(t string) bool {
	if i := strings.IndexByte(t, '#'); i > 0 {
		t = strings.TrimSpace(t[:i])
	}
	name := strings.Trim(t, "[] \t")
	return strings.HasSuffix(t, "]") && name != "" && !strings.ContainsAny(name, ",=") && !strings.HasPrefix(name, `"`) && !strings.HasPrefix(name, "'")
}

func isSubTable(t string) bool { return strings.HasPrefix(strings.TrimLeft(t, "[ "), "rule.") }

// ownRule decodes one piece. Its error names the line in the file, the rule and
// the field.
func ownRule(p piece) (Rule, error) {
	var f struct {
		Rule []Rule `toml:"rule"`
	}
	// Blank lines in front make the decoder count lines of the file.
	padded := append(bytes.Repeat([]byte("\n"), p.line-1), p.text...)
	d := toml.NewDecoder(bytes.NewReader(padded))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Rule{}, detail(err)
	}
	if len(f.Rule) != 1 {
		return Rule{}, fmt.Errorf("line %d: no rule", p.line)
	}
	r := f.Rule[0]
	if field, err := r.check(true); err != nil {
		return Rule{}, fmt.Errorf("line %d: rule %q: field %q: %w", fieldLine(p, field), r.ID, field, err)
	}
	return r, nil
}

// fieldLine returns the line that a field of a rule stands in, the line of the
// header where it has none.
func fieldLine(p piece, field string) int {
	for i, l := range strings.Split(string(p.text), "\n") {
		l = strings.TrimSpace(l)
		if rest, ok := strings.CutPrefix(l, field); ok && strings.HasPrefix(strings.TrimSpace(rest), "=") {
			return p.line + i
		}
	}
	return p.line
}
