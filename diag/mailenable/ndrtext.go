package mailenable

import (
	"strings"
)

// returnedText returns the remote server's words: what follows "The server
// returned:" or, in other languages, the first line that is a reply.
func returnedText(lines []string) string {
	for i, l := range lines {
		if r, ok := returnedLine(l); ok {
			return collect(r, lines[i+1:])
		}
	}
	for i, l := range lines {
		if replyLine(l) {
			return collect(l, lines[i+1:])
		}
		if r, ok := reasonLine(l); ok && r != "" && reasonCode(strings.TrimSpace(l)) == "" {
			return collect(r, lines[i+1:])
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
			if _, ok := recipientLine(l); ok {
				break
			}
			if _, _, ok := localLine(l); ok {
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
		if len(out) == 0 || replyLine(rest[j]) || linkLine(rest[j]) {
			i = j - 1
			continue
		}
		break
	}
	return strings.Join(out, "\n")
}
