package reply

import (
	"strings"
	"sync"
)

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
