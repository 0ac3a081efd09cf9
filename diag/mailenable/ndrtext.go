package mailenable

import (
	"strings"
)

// returnedText returns the remote server's words: what follows "The server
// returned:" or, in other languages, the first line that is a reply.
func returnedText(lines []string) string {
	for i, l := range lines {
		if m := reReturned.FindStringSubmatch(l); m != nil {
			return collect(m[1], lines[i+1:])
		}
	}
	for i, l := range lines {
		if reReplyLine.MatchString(l) {
			return collect(l, lines[i+1:])
		}
		if m := reReasonAny.FindStringSubmatch(l); m != nil && codeOnLine(strings.TrimSpace(l)) == "" && m[1] != "" {
			return collect(m[1], lines[i+1:])
		}
	}
	return ""
}

// collect joins the first line of a reply with those that belong to it. An
// empty line ends it unless a reply line or a lone link follows, because the
// article's text and real NDRs differ in empty lines.
func collect(first string, rest []string) string {
	var out []string
	size := 0
	add := func(l string) {
		if size += len(l); size <= MaxReply {
			out = append(out, strings.TrimSpace(l))
		}
	}
	if strings.TrimSpace(first) != "" {
		add(first)
	}
	for i := 0; i < len(rest); i++ {
		l := rest[i]
		if strings.TrimSpace(l) != "" {
			if reRecipient.MatchString(l) || reCodeLine.MatchString(l) {
				break
			}
			add(l)
			continue
		}
		j := i
		for j < len(rest) && strings.TrimSpace(rest[j]) == "" {
			j++
		}
		if j == len(rest) {
			break
		}
		if len(out) == 0 || reReplyLine.MatchString(rest[j]) || reURLLine.MatchString(rest[j]) {
			i = j - 1
			continue
		}
		break
	}
	return strings.Join(out, "\n")
}
