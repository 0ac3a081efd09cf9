package reply

import "strings"

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
