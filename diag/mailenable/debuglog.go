package mailenable

import (
	"bytes"
	"strings"

	"metriage/diag"
)

var reDebugTarget = pattern(`(?i)(?:target |to the )domain [\[(]([^\])\s]+)[\])]`)

// LinkOf returns what a line of a Debug or MTA log says of where a message goes:
// "[A] requeued as [B] for target domain [d]" (ME-I0018), or "[A] queued for
// delivery to the domain [d] Outbound Queue with a new Message ID of [B]". To
// is B, or the only id of the line; From is A where there are two. No public
// source shows the line layout, so only these words count.
func LinkOf(line []byte) (l IDLink, ok bool) {
	requeued := requeuedWords(line)
	if requeued < 0 && !bytes.Contains(line, []byte("arget domain")) {
		return l, false
	}
	id, end := mailID(line)
	if id == nil {
		return l, false
	}
	if t := reDebugTarget().FindSubmatch(line); t != nil {
		l.Domain = diag.DomainKey(string(t[1]))
	}
	l.To = strings.ToUpper(string(id))
	if requeued >= end {
		if to, _ := mailID(line[requeued:]); to != nil {
			l.From, l.To = l.To, strings.ToUpper(string(to))
		}
	} else if requeued >= 0 {
		// The line names the new id alone.
		if to, _ := mailID(line[requeued:]); to != nil {
			l.To = strings.ToUpper(string(to))
		}
	}
	if l.From == l.To {
		l.From = ""
	}
	if l.Domain == "" && l.From == "" {
		return IDLink{}, false
	}
	return l, true
}

// requeuedWords is where a line says that a message goes on under another id,
// -1 where it does not.
func requeuedWords(line []byte) int {
	for _, words := range [...]string{"equeued as", "new Message ID of"} {
		if i := bytes.Index(line, []byte(words)); i >= 0 {
			return i
		}
	}
	return -1
}
