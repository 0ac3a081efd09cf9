package reply

import (
	"strings"

	"metriage/diag"
)

// prefixes stand before a reply in a bounce, a log or a delivery report. They
// are cut off the beginning of a text, in any order and number.
var prefixes = []string{
	"diagnostic-code:", "remote smtp server returned:", "the server returned:", "reason:", "smtp;", "smtp ;",
	"x-postfix;", "x-pmta;bounce-queue;reply:", "x-pmta;", "x-exim;", "x-unix;", "x-powermta;", "x-local;", "x-notes;", "status:", "dsn;",
}

// splitLines returns the lines of s without blank ones, blanks at either end,
// quotation marks and the prefixes of reports. A line that ended in a blank
// keeps one, because a hard wrap may have cut behind a word.
func splitLines(s string) []string {
	s = strings.ReplaceAll(s, "\r", "\n")
	var out []string
	for len(s) > 0 {
		line := s
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			line, s = s[:i], s[i+1:]
		} else {
			s = ""
		}
		trailing := len(line) > 0 && (line[len(line)-1] == ' ' || line[len(line)-1] == '\t')
		line = collapse(line)
		if len(out) == 0 {
			line = cutPrefixes(line)
		}
		if line == "" {
			continue
		}
		if trailing {
			line += " "
		}
		out = append(out, line)
	}
	return out
}

func cutPrefixes(line string) string {
	for again := true; again; {
		again = false
		line = strings.TrimLeft(line, " \"'")
		for _, p := range prefixes {
			if len(line) >= len(p) && strings.EqualFold(line[:len(p)], p) {
				line, again = line[len(p):], true
			}
		}
	}
	return line
}

// collapse makes every run of white space one blank and trims both ends.
func collapse(s string) string {
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == 0xC2 || c == 0xE2 || c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ') {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// transcript picks the reply that decided out of a session's transcript, as
// Sendmail's bounces quote it: the first refusal that says something. A server
// that has refused a recipient answers the commands behind it with "503 need
// RCPT" and the like. Lines that are no transcript come back as they are.
func transcript(lines []string) ([]string, diag.Stage) {
	marked := false
	for _, l := range lines {
		if strings.HasPrefix(l, "<<<") {
			marked = true
			break
		}
	}
	if !marked {
		return lines, diag.StageUnknown
	}
	type said struct {
		lines []string
		stage diag.Stage
		code  int
	}
	var all []said
	stage, in := diag.StageUnknown, false
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, ">>>"):
			stage, in = commandStage(strings.TrimSpace(l[3:])), false
		case strings.HasPrefix(l, "<<<"):
			l = strings.TrimLeft(l[3:], " ")
			code, n := codeAt(l)
			if last := len(all) - 1; in && last >= 0 && (code == 0 || code == all[last].code && n == 4) {
				all[last].lines = append(all[last].lines, l)
			} else {
				all = append(all, said{[]string{l}, stage, code})
			}
			in = true
		case in && !strings.HasPrefix(l, "...") && !strings.HasPrefix(l, "("):
			if code, _ := codeAt(l); code == 0 {
				last := len(all) - 1
				all[last].lines = append(all[last].lines, l)
			} else {
				in = false
			}
		default:
			in = false
		}
	}
	best, score := -1, -1
	for i, s := range all {
		n := 0
		switch text := strings.ToLower(strings.Join(s.lines, " ")); {
		case !errorCode(s.code):
		case s.code == 503, strings.Contains(text, "no valid recipients"), strings.Contains(text, "need rcpt"):
			n = 1
		case s.code < 500:
			n = 2
		default:
			n = 3
		}
		if n > score {
			best, score = i, n
		}
	}
	if best < 0 {
		return lines, diag.StageUnknown
	}
	return all[best].lines, all[best].stage
}

// join makes one line of the lines of a reply. Only the first reply is taken
// where the lines hold several; open reports whether there was but one line.
func join(lines []string) (text string, open bool) {
	if len(lines) == 0 {
		return "", false
	}
	if len(lines) == 1 {
		return strings.TrimRight(lines[0], " "), true
	}
	hard := hardWrapped(lines)
	column := !hard && cutColumn(lines)
	first, n := codeAt(lines[0])
	dash := n == 4 && lines[0][3] == '-'
	var b strings.Builder
	prev := strings.TrimRight(lines[0], " ")
	trailing := prev != lines[0]
	b.WriteString(prev)
	for _, l := range lines[1:] {
		next := strings.TrimRight(l, " ")
		code, n := codeAt(next)
		isCode := code != 0 && (errorCode(code) || code == first) && !strings.HasSuffix(prev, "_")
		if isCode && first != 0 && code != first && n == 4 {
			if errorCode(first) && first >= 500 || code < 400 {
				break // another reply: what follows the one that decided
			}
			b.Reset()
			first, dash = code, next[3] == '-'
			b.WriteString(next)
			prev, trailing = next, next != l
			continue
		}
		if isCode && n == 4 && first != 0 && !dash && code != first {
			break
		}
		stripped := next
		if isCode && code == first && n == 4 {
			dash = next[3] == '-'
			if _, _, _, stripped = head(next); stripped == "" {
				continue
			}
		}
		sep := " "
		switch {
		case trailing:
		case stripped != next && !continuesLink(prev[strings.LastIndexByte(prev, ' ')+1:], stripped):
			// A server broke the line, which it does between words.
		case hard, glued(prev, stripped), column && cutWord(prev, stripped):
			sep = ""
		}
		b.WriteString(sep)
		b.WriteString(stripped)
		prev, trailing = next, next != l
	}
	return b.String(), false
}
