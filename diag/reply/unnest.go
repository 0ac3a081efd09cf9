package reply

import (
	"strings"

	"metriage/diag"
)

// nested is a reply taken out of what another program wrote around it.
type nested struct {
	inner  string
	prefix string // what stood before the reply
	outer  int    // the basic code of the server that reported it
	stage  diag.Stage
}

// markers end the words with which a program introduces the reply that it got.
var markers = []string{
	"said:", "said", "returned:", "returned", "smtp;", "reply:", "response:", "responded:", "responded with", "responded with:",
	"was:", "reason:", "to me:", "answered:", "answered", "error:", "smtp error:", "status:", "]:", ">:", "code:", "diagnostic:",
	"replied:", "replied", "replied with", "message:", "rejected:", "command:", "server:", "reports:", "data:", "host:", "mta:",
	"antwort:", "antwortete:", "fehler:", "respuesta:", "servidor:", "réponse:", "serveur:", "risposta:", "odpowiedz:", "response was",
}

// unnest finds the innermost reply of text and the stage that the words around
// it tell.
func unnest(text string) nested {
	n := nested{inner: text, stage: diag.StageUnknown}
	n.inner, n.stage = cutStage(n.inner)
	start := 0
	outer, _ := codeAt(strings.TrimLeft(text, "\"'#"))
	for depth := 0; depth < 8; depth++ {
		at := innerAt(n.inner, start)
		if at < 0 {
			break
		}
		if n.outer == 0 && errorCode(outer) {
			n.outer = outer
		}
		outer, _ = codeAt(n.inner[at:])
		n.prefix = n.inner[:at]
		start = at + 3
	}
	if n.prefix == "" {
		if at := lateHead(n.inner); at > 0 {
			n.prefix = n.inner[:at]
		}
	}
	if n.prefix != "" {
		n.inner = n.inner[len(n.prefix):]
		if n.stage == diag.StageUnknown {
			n.stage = wordsStage(n.prefix)
		}
	}
	n.inner = cutTail(n.inner)
	return n
}

// innerAt returns where, behind from, a reply begins that the words before it
// introduce; -1 where there is none.
func innerAt(s string, from int) int {
	for i := from; i+4 < len(s); i++ {
		if s[i] < '4' || s[i] > '5' || !asciiDigit(s[i+1]) || !asciiDigit(s[i+2]) || i == 0 {
			continue
		}
		switch s[i-1] {
		case ' ', '\'', '"', ';', ':', '#', '(', '<', '`':
		default:
			continue
		}
		code, size := codeAt(s[i:])
		if code == 0 || !errorCode(code) || size == 3 && s[i+3] != '#' {
			continue
		}
		before := s[:i]
		if introduced(before) || secondCode(before, code) {
			return i
		}
	}
	return -1
}

// introduced reports whether before ends in one of the markers.
func introduced(before string) bool {
	// "#550" begins a reply of Exchange, "page#550" is a link.
	hash := strings.HasSuffix(before, "#") && (len(before) == 1 || strings.IndexByte(" >;'", before[len(before)-2]) >= 0)
	if !hash && strings.HasSuffix(before, "#") {
		return false
	}
	before = strings.TrimRight(before, " \"'`(<#[")
	if before == "" {
		return false
	}
	if hash || strings.HasSuffix(before, "smtp;") {
		return true
	}
	for _, m := range markers {
		if len(before) >= len(m) && strings.EqualFold(before[len(before)-len(m):], m) {
			if m == ">:" || m == "]:" {
				return exim(before)
			}
			if c := m[0]; asciiLetter(c) && len(before) > len(m) && asciiLetter(before[len(before)-len(m)-1]) {
				continue
			}
			return true
		}
	}
	return false
}

// exim reports whether before, which ends in an address or a host's address
// and a colon, is Exim's "SMTP error from remote mail server after …:".
func exim(before string) bool {
	low := strings.ToLower(before)
	return strings.Contains(low, "smtp error from") || strings.Contains(low, "after rcpt to") || strings.Contains(low, "after mail from") ||
		strings.HasSuffix(low, "]:") && strings.Contains(low, "host ") && !strings.Contains(low, "rejected")
}

// secondCode reports whether before is only a code and bracketed words, as in
// "450 4.7.1 [EAB] 554 …": a relay's reply around the one it got.
func secondCode(before string, code int) bool {
	if len(before) > 60 {
		return false
	}
	outer, _, _, rest := head(before)
	if outer == 0 || outer == code || !errorCode(outer) {
		return false
	}
	for _, w := range strings.Fields(rest) {
		if w[0] != '[' && w[0] != '(' || w[len(w)-1] != ']' && w[len(w)-1] != ')' {
			return false
		}
	}
	return true
}

// lateHead returns where the code of a reply stands that has one or two words
// before it, such as the name of the server; 0 where the reply begins with its
// code, or has none.
func lateHead(s string) int {
	if code, _, e, _ := head(s); code != 0 || e != "" {
		return 0
	}
	words := 0
	for i := 0; i+4 < len(s) && i < 120 && words < 3; i++ {
		if s[i] != ' ' {
			continue
		}
		words++
		code, n := codeAt(s[i+1:])
		if n != 4 || !errorCode(code) {
			continue
		}
		rest := s[i+5:]
		if enhancedAt(strings.TrimLeft(rest, "#(")) != "" || strings.HasSuffix(s[:i], ":") || strings.Contains(s[:i], ".") && !strings.HasSuffix(s[:i], ".") {
			return i + 1
		}
	}
	return 0
}

// cutTail cuts what a program wrote behind the reply that it quotes.
func cutTail(s string) string {
	for _, t := range [...]string{"Giving up on ", ": retry timeout exceeded", "##"} {
		if i := strings.Index(s, t); i > 0 {
			s = s[:i]
		}
	}
	return strings.TrimRight(s, " \t'\"`|")
}
