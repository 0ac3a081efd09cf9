package reply

import "strings"

// codeAt returns the basic reply code at the beginning of s (RFC 5321 section
// 4.2.1: three digits, the first 2 to 5) and how many bytes it takes together
// with the blank or hyphen behind it; 0, 0 where there is none.
func codeAt(s string) (code, n int) {
	if len(s) < 3 || s[0] < '2' || s[0] > '5' || s[1] < '0' || s[1] > '9' || s[2] < '0' || s[2] > '9' {
		return 0, 0
	}
	code = int(s[0]-'0')*100 + int(s[1]-'0')*10 + int(s[2]-'0')
	if len(s) == 3 {
		return code, 3
	}
	switch c := s[3]; {
	case c == ' ' || c == '-' || c == '\t':
		return code, 4
	case c == '#' || c == '\'' || c == ':' || c == ',' || c == ';' || c == '.' && !(len(s) > 4 && s[4] >= '0' && s[4] <= '9'):
		return code, 3
	}
	return 0, 0
}

// errorCode reports whether code is one that a server refuses with. Codes that
// RFC 5321 and the registries do not know are seen (540, 571), but none with a
// second digit over 7.
func errorCode(code int) bool { return code >= 400 && code < 600 && code/10%10 <= 7 }

// enhancedAt returns the enhanced status code (RFC 3463) at the beginning of
// s and its length, "" where there is none.
func enhancedAt(s string) string {
	if len(s) < 5 || s[1] != '.' || s[0] != '2' && s[0] != '4' && s[0] != '5' {
		return ""
	}
	i := 2
	for part := 0; part < 2; part++ {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		if i == start || i-start > 3 {
			return ""
		}
		if part == 0 {
			if i >= len(s) || s[i] != '.' {
				return ""
			}
			i++
		}
	}
	if i < len(s) && (asciiLetter(s[i]) || s[i] == '.' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9') {
		return "" // a version or an address
	}
	return s[:i]
}

func asciiLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func asciiDigit(c byte) bool  { return c >= '0' && c <= '9' }
func alnum(c byte) bool       { return asciiLetter(c) || asciiDigit(c) }

// head takes the basic and the enhanced code off the beginning of s.
func head(s string) (code int, dash bool, enhanced, rest string) {
	s = strings.TrimLeft(s, " \t\"'#:;,([<")
	code, n := codeAt(s)
	if code == 0 {
		if e := enhancedAt(s); e != "" && len(s) > len(e) && s[len(e)] == ' ' {
			return 0, false, e, strings.TrimLeft(s[len(e):], " \t")
		}
		return 0, false, "", s
	}
	dash = n == 4 && s[3] == '-'
	rest = strings.TrimLeft(s[n:], " \t")
	t := strings.TrimLeft(rest, "#([- ")
	if e := enhancedAt(t); e != "" && (e[0] == byte('0'+code/100) || errorCode(code)) {
		return code, dash, e, strings.TrimLeft(t[len(e):], " \t)]:;,-")
	}
	return code, dash, "", rest
}

// findEnhanced returns an enhanced status code that stands somewhere in body,
// as in "(#5.7.1)", where its class fits code.
func findEnhanced(body string, code int) (enhanced string, at int) {
	for i := 0; i+4 < len(body); i++ {
		if body[i+1] != '.' || body[i] != '4' && body[i] != '5' {
			continue
		}
		if i > 0 && (alnum(body[i-1]) || body[i-1] == '.' || body[i-1] == '/' || body[i-1] == '=' || body[i-1] == '-' && i > 1 && !asciiDigit(body[i-2])) {
			continue
		}
		if e := enhancedAt(body[i:]); e != "" && (code == 0 || int(e[0]-'0') == code/100) {
			return e, i
		}
	}
	return "", -1
}
