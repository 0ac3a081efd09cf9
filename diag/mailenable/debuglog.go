package mailenable

import (
	"bytes"
	"strings"

	"metriage/diag"
)

var (
	reDebugID     = pattern(`(?i)\[?\b([0-9A-Z]+\.MAI)\b\]?`)
	reDebugTarget = pattern(`(?i)target domain [\[(]([^\])\s]+)[\])]`)
	reRequeued    = pattern(`(?i)requeued as \[([0-9A-Z]+\.MAI)\]`)
)

// DebugTarget returns the message id that a line of the SMTP Debug log gives
// a target domain: that of "requeued as [ID]" (ME-I0018) or the only id of the
// line. No public source shows the line layout, so only these words count.
func DebugTarget(line []byte) (id, domain string, ok bool) {
	if !bytes.Contains(line, []byte("arget domain")) {
		return "", "", false
	}
	t := reDebugTarget().FindSubmatch(line)
	if t == nil {
		return "", "", false
	}
	m := reRequeued().FindSubmatch(line)
	if m == nil {
		m = reDebugID().FindSubmatch(line)
	}
	if m == nil {
		return "", "", false
	}
	return strings.ToUpper(string(m[1])), diag.DomainKey(string(t[1])), true
}
