package mailenable

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"metriage/diag"
)

// The lines of MailEnable's NDRs. Wording differs between versions and
// languages, so each form has a second sign: the code with its queue id, or
// the sender that only MailEnable uses. Tens of thousands of NDRs are read in
// a second, so lines are taken apart by hand.

// heading reports which NDR begins with the line: "MailEnable: Message" and
// "could not be delivered", "Delivery Failure" or "delivery has been delayed".
func heading(line string) (diag.Kind, bool) {
	if !hasPrefixFold(line, "MailEnable:") {
		return "", false
	}
	s := strings.TrimLeft(line[len("MailEnable:"):], blanks)
	if !hasPrefixFold(s, "Message") {
		return "", false
	}
	s = s[len("Message"):]
	if s == "" || strings.IndexByte(blanks, s[0]) < 0 {
		return "", false
	}
	s = strings.TrimLeft(s, blanks)
	switch {
	case hasPrefixFold(s, "could not be delivered"):
		return diag.KindRecipients, true
	case hasPrefixFold(s, "delivery failure"):
		return diag.KindE0193, true
	case hasPrefixFold(s, "delivery has been delayed"):
		return diag.KindDelay, true
	}
	return "", false
}

// reasonCode reads "Reason: ME-E0193: [ID.MAI] …", whose first word is of any
// language, and returns the code in upper case.
func reasonCode(line string) string {
	i := strings.IndexByte(line, ':')
	if i < 0 || indexFold(line[i:], "ME-") < 0 {
		return ""
	}
	letters := 0
	for _, r := range line[:i] {
		if r != ' ' && !unicode.IsLetter(r) {
			return ""
		}
		letters++
	}
	s := strings.TrimLeft(line[i+1:], blanks)
	const form = "ME-E0193"
	if letters < 2 || letters > 30 || len(s) <= len(form) || !hasPrefixFold(s, "ME-") || strings.IndexByte("EIWeiw", s[3]) < 0 {
		return ""
	}
	if _, ok := digits(s[4:len(form)]); !ok || wordByte(s[len(form)]) {
		return ""
	}
	code := strings.ToUpper(s[:len(form)])
	s = strings.TrimLeft(strings.TrimPrefix(s[len(form):], ":"), blanks)
	if s == "" || s[0] != '[' || strings.IndexByte(s, ']') < 0 {
		return ""
	}
	return code
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// ndrReason reports whether a line is "Reason: ME-E0193: [ID.MAI] …" in any
// language.
func ndrReason(line string) bool {
	return indexFold(line, ".MAI]") >= 0 && reasonCode(line) != ""
}

// bracketedID returns the first "ID.MAI" in square brackets, "" where there is none.
func bracketedID(line string) string {
	for {
		i := strings.IndexByte(line, '[')
		if i < 0 {
			return ""
		}
		line = line[i+1:]
		n := 0
		for n < len(line) && line[n] != '_' && wordByte(line[n]) {
			n++
		}
		if n > 0 && hasPrefixFold(line[n:], ".MAI]") {
			return line[:n+4]
		}
	}
}

// inParens returns what stands in parentheses right after words, without
// blanks or further parentheses.
func inParens(line, words string) string {
	for {
		i := indexFold(line, words)
		if i < 0 {
			return ""
		}
		line = line[i+len(words):]
		n := strings.IndexAny(line, "()"+blanks)
		if n > 0 && line[n] == ')' {
			return line[:n]
		}
	}
}

// quotes reports whether a line ends the NDR's own words: "Message headers
// follow:" or "Message contents follow:".
func quotes(line string) bool {
	s := strings.TrimLeft(line, blanks)
	if !hasPrefixFold(s, "Message ") {
		return false
	}
	s = s[len("Message "):]
	switch {
	case hasPrefixFold(s, "headers follow"):
		s = s[len("headers follow"):]
	case hasPrefixFold(s, "contents follow"):
		s = s[len("contents follow"):]
	default:
		return false
	}
	s = strings.Trim(s, blanks)
	return s == "" || s == ":"
}

// recipientLine reads "Recipient: [SMTP:user@example.com]", one address or
// several, and returns what stands after the colon. In other languages the
// connector's name alone tells that recipients follow.
func recipientLine(line string) (to string, ok bool) {
	if s, ok := cutWords(line, "Recipient"); ok && s != "" && s[0] == ':' {
		return strings.Trim(s[1:], blanks), true
	}
	word, rest, ok := strings.Cut(strings.TrimLeft(line, blanks), ":")
	if !ok || len(word) > 30 || strings.ContainsAny(word, "[]<>@") {
		return "", false
	}
	s := strings.TrimLeft(rest, blanks)
	return strings.TrimRight(s, blanks), hasPrefixFold(s, "[SMTP:")
}

// reasonLine reads "Reason: Remote SMTP Server Returned: 550 …"; the words
// before the reply may be missing.
func reasonLine(line string) (reason string, ok bool) {
	s, ok := cutWords(line, "Reason")
	if !ok || s == "" || s[0] != ':' {
		return "", false
	}
	s = strings.TrimLeft(s[1:], blanks)
	if r, ok := cutWords(s, "Remote SMTP Server Returned"); ok && r != "" && r[0] == ':' {
		s = strings.TrimLeft(r[1:], blanks)
	}
	return s, true
}

// labelled reads "Grund: 550 …", the reason line of another language: one
// word, a colon and text.
func labelled(line string) (text string, ok bool) {
	word, rest, ok := strings.Cut(strings.Trim(line, blanks), ": ")
	if !ok || len(word) < 3 || len(word) > 30 {
		return "", false
	}
	for _, r := range word {
		if !unicode.IsLetter(r) {
			return "", false
		}
	}
	return strings.TrimLeft(rest, blanks), true
}

// returnedLine reads "The server returned: …" and "The remote server
// returned: …".
func returnedLine(line string) (reply string, ok bool) {
	s := strings.TrimLeft(line, blanks)
	if !hasPrefixFold(s, "The ") {
		return "", false
	}
	s = s[len("The "):]
	if hasPrefixFold(s, "remote ") {
		s = s[len("remote "):]
	}
	if !hasPrefixFold(s, "server returned") {
		return "", false
	}
	s = strings.TrimLeft(s[len("server returned"):], blanks)
	if s == "" || s[0] != ':' {
		return "", false
	}
	return strings.TrimLeft(s[1:], blanks), true
}

// localLine reads the "Reason Code" and "Error Number" lines of a reason of
// MailEnable's own.
func localLine(line string) (name, value string, ok bool) {
	s := strings.TrimLeft(line, blanks)
	for _, n := range []string{"Reason Code", "Error Number"} {
		if hasPrefixFold(s, n) {
			v := strings.TrimLeft(s[len(n):], blanks)
			if len(v) < 2 || v[0] != ':' {
				return "", "", false
			}
			return s[:len(n)], strings.TrimSpace(v[1:]), true
		}
	}
	return "", "", false
}

// replyLine reports whether a line begins with a reply code.
func replyLine(line string) bool {
	s := strings.TrimLeft(line, blanks)
	if len(s) < 3 || s[0] != '2' && s[0] != '4' && s[0] != '5' || s[1] < '0' || s[1] > '9' || s[2] < '0' || s[2] > '9' {
		return false
	}
	return len(s) == 3 || s[3] == ' ' || s[3] == '-'
}

// linkLine reports whether a line is one http or https link alone.
func linkLine(line string) bool {
	s := strings.TrimPrefix(strings.Trim(line, blanks), "<")
	switch {
	case hasPrefixFold(s, "https://"):
		s = s[len("https://"):]
	case hasPrefixFold(s, "http://"):
		s = s[len("http://"):]
	default:
		return false
	}
	return s != "" && !strings.ContainsAny(s, blanks)
}

// waitingFor reads "… waiting at HOST for delivery to DOMAIN."
func waitingFor(line string) (domain string, ok bool) {
	for s := line; ; {
		i := indexFold(s, "waiting at ")
		if i < 0 {
			return "", false
		}
		s = s[i+len("waiting at "):]
		n := strings.IndexAny(s, blanks)
		if n <= 0 || !hasPrefixFold(s[n:], " for delivery to ") {
			continue
		}
		d := strings.TrimRight(s[n+len(" for delivery to "):], blanks)
		if d == "" || strings.ContainsAny(d, blanks) {
			continue
		}
		if len(d) > 1 {
			d = strings.TrimSuffix(d, ".")
		}
		return d, true
	}
}

// parenHost returns the first host name in parentheses.
func parenHost(s string) string {
	for {
		i := strings.IndexByte(s, '(')
		if i < 0 {
			return ""
		}
		s = s[i+1:]
		n := strings.IndexByte(s, ')')
		if n < 0 {
			return ""
		}
		if h := strings.TrimSuffix(s[:n], "."); hostWords(h) {
			return h
		}
	}
}

// hostWords reports whether s looks like a host name or address: letters,
// digits, dots and hyphens of any script, and two of them after the last dot.
func hostWords(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || utf8.RuneCountInString(s[dot+1:]) < 2 {
		return false
	}
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && (i == 0 || r != '.' && r != '-') {
			return false
		}
	}
	return true
}
