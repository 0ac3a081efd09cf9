package reply

import (
	"strings"
	"sync"

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

// hardWrapped reports whether the lines were cut at a fixed column, in the
// middle of words: every line but the last is equally long.
func hardWrapped(lines []string) bool {
	if len(lines) < 3 || len(lines[0]) < 40 {
		return false
	}
	for _, l := range lines[1 : len(lines)-1] {
		if len(l) != len(lines[0]) {
			return false
		}
		if code, n := codeAt(l); code != 0 && n == 4 {
			return false
		}
	}
	// Lines of equal length come about by chance, three of them seldom.
	return len(lines[len(lines)-1]) <= len(lines[0]) && (len(lines) > 3 || commonColumn(len(lines[0])))
}

// commonColumn reports whether programs that cut lines cut them at n.
func commonColumn(n int) bool {
	switch n {
	case 60, 70, 72, 74, 75, 76, 78, 79, 80:
		return true
	}
	return false
}

// cutColumn reports whether two lines may be one that was cut at a column.
func cutColumn(lines []string) bool {
	return len(lines) >= 2 && commonColumn(len(lines[0]))
}

// cutWord reports whether the end of prev and the beginning of next, which was
// cut off at a column where programs cut lines, are one word: together they are
// one that rules know, or apart they are none.
func cutWord(prev, next string) bool {
	l := prev[strings.LastIndexByte(prev, ' ')+1:]
	r := next
	if i := strings.IndexByte(next, ' '); i >= 0 {
		r = next[:i]
	}
	if l == "" || r == "" || !alnum(l[len(l)-1]) || !alnum(r[0]) {
		return false
	}
	if asciiDigit(l[len(l)-1]) && asciiDigit(r[0]) {
		// 127.0.0.1|6
		l = l[strings.LastIndexByte(l, '=')+1:]
		return isDotted(l) && len(strings.Trim(r, "0123456789")) == 0 && len(r) <= 2
	}
	lw, rw := strings.ToLower(strings.Trim(l, "[](){}<>.,;:'\"")), strings.ToLower(strings.Trim(r, "[](){}<>.,;:'\""))
	words := vocabulary()
	switch {
	case words[lw+rw]:
		return !words[lw] || !words[rw]
	case strings.HasPrefix(l, "[") && strings.HasSuffix(strings.TrimRight(r, ".,;"), "]") && !isDotted(lw):
		return true
	case strings.Count(lw, ".") > 0 && isHost(rw):
		return true // a host name cut within a label
	}
	return !words[lw] && !words[rw] && !isHost(lw) && len(lw) <= 12
}

// vocabulary is every word that the literals of the embedded rules consist of,
// and the commonest words of replies.
var vocabulary = sync.OnceValue(func() map[string]bool {
	m := wordSet("a an and any are as at be been but by can do for from has have i if in into is it its may me no not of on or our " +
		"out please see so that the their them there these they this those to try us use via was we were what when which who will with you your " +
		"der die das und oder ist nicht ein eine von zu mit fur le la les de des du et est pour que en il lo el los y por con per non di da " +
		"error mail message server host visit information more contact administrator details")
	rules, err := builtinRules()
	if err != nil {
		return m // New reports it
	}
	for _, r := range rules {
		for _, list := range [][]string{r.Any, r.All, r.None} {
			for _, l := range list {
				for _, w := range strings.FieldsFunc(l, func(c rune) bool { return c < 'a' || c > 'z' }) {
					m[w] = len(w) > 1 || m[w]
				}
			}
		}
	}
	return m
})

// glued reports whether next continues the word that prev ends in.
func glued(prev, next string) bool {
	if prev == "" || next == "" {
		return false
	}
	t := prev[strings.LastIndexByte(prev, ' ')+1:]
	n := next
	if i := strings.IndexByte(next, ' '); i >= 0 {
		n = next[:i]
	}
	last := t[len(t)-1]
	switch {
	case schemeBroken(t, n), continuesLink(t, n):
		return true
	case strings.Contains(t, "://") || strings.Contains(n, "://"):
		return false
	case last == '-' && len(t) > 1 && alnum(t[len(t)-2]) && alnum(n[0]) && !codeDash(t):
		return true
	case last == '.' && len(t) > 1 && asciiDigit(t[len(t)-2]) && asciiDigit(n[0]) && strings.Count(t, ".") <= 3:
		return dottedDigits(strings.TrimLeft(t, "[(<"))
	case n[0] == '.' && len(n) > 2 && alnum(n[1]) && alnum(last):
		return true
	case last == '_' || n[0] == '_':
		return alnum(last) || alnum(n[0])
	case last == '.' && strings.Count(t, ".") > 1:
		rest := strings.TrimRight(n, ".,;:)]>")
		return isTLD(rest) || isHost(rest)
	case last == '@' || n[0] == '@' && alnum(last):
		return true
	}
	return false
}

func codeDash(t string) bool { code, n := codeAt(t); return code != 0 && n == 4 && len(t) == 4 }

func dottedDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '.' && !asciiDigit(s[i]) {
			return false
		}
	}
	return true
}

// schemeBroken reports whether the end of t and the beginning of n form
// "http://" or "https://" only together.
func schemeBroken(t, n string) bool {
	for _, scheme := range [2]string{"https://", "http://"} {
		for cut := 1; cut < len(scheme); cut++ {
			if cut < 2 && len(t) > 1 {
				continue
			}
			if len(t) >= cut && strings.EqualFold(t[len(t)-cut:], scheme[:cut]) &&
				len(n) >= len(scheme)-cut && strings.EqualFold(n[:len(scheme)-cut], scheme[cut:]) {
				return true
			}
		}
	}
	return false
}

// continuesLink reports whether n continues the link that t ends in.
func continuesLink(t, n string) bool {
	at := strings.LastIndex(t, "://")
	if at < 0 || n == "" || strings.ContainsAny(t[at:], " <>\"") || strings.ContainsAny(n[:1], "([<\"'*") {
		return false
	}
	if i := strings.IndexByte(n, ' '); i >= 0 {
		n = n[:i]
	}
	if strings.Contains(n, "@") || strings.Contains(n, "://") {
		return false
	}
	rest := t[at+3:]
	trimmed := strings.TrimRight(n, ".,;:)]>")
	if rest == "" || trimmed == "" {
		return rest == ""
	}
	path := strings.IndexByte(rest, '/') >= 0
	switch last := rest[len(rest)-1]; last {
	case '=', '&', '?', '%':
		return !smallWord(trimmed)
	case '-', '_', '#':
		return true
	case '/':
		return !smallWord(trimmed) && !isDotted(trimmed)
	case '.':
		if strings.ContainsAny(rest, "?=") {
			return asciiDigit(trimmed[0]) || strings.ContainsAny(trimmed, "=&")
		}
		return !path && (isTLD(pathHead(trimmed)) || isHost(trimmed) || strings.Contains(trimmed, "/")) || path && (pageName(trimmed) || pageName("."+trimmed))
	case ',', ';', ':', ')', ']', '>', '!':
		return false
	}
	if strings.ContainsAny(trimmed, "/") {
		return n[0] != '/' && trimmed != strings.ToUpper(trimmed) && trimmed != "and/or" || n[0] == '/' && len(trimmed) > 1
	}
	if n[0] == '.' || n[0] == '?' || n[0] == '&' || n[0] == '#' {
		return len(trimmed) > 1
	}
	return path && (strings.ContainsAny(trimmed, "?&=#%") || pageName(trimmed))
}

func pathHead(s string) string {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i]
	}
	return s
}

func isDotted(s string) bool { return strings.Count(s, ".") == 3 && dottedDigits(s) }

// pageName reports whether s ends like a page of a web site.
func pageName(s string) bool {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	for _, ext := range [...]string{".html", ".htm", ".php", ".aspx", ".asp", ".shtml", ".cgi", ".lasso", ".jsp"} {
		if strings.HasSuffix(s, ext) {
			return true
		}
	}
	return false
}

// smallWord reports whether s is a word that follows a link in a sentence.
func smallWord(s string) bool {
	switch strings.ToLower(s) {
	case "for", "more", "if", "and", "to", "or", "the", "in", "please", "see", "on", "with", "your", "you", "is", "as", "this",
		"information", "details", "fur", "für", "pour", "para", "per", "voor", "und", "oder", "blocked", "rejected", "mail", "contact", "from", "by", "at":
		return true
	}
	return false
}
