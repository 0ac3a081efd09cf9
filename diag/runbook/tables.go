package runbook

import (
	"bytes"
	"slices"
	"strings"
)

// TableNames are the tables of runbooks, for files that hold others too.
func TableNames() []string { return []string{"step", "runbook", "letter", "meaning", "sublist"} }

// Tables leaves of a configuration only what Load reads, each on its line: flags,
// [[rule]], [[list]] and [keys] are others' business.
func Tables(config []byte) []byte {
	var out []byte
	for _, p := range split(config, 1, true) {
		mine := slices.Contains(TableNames(), p.kind)
		inside := ""
		for _, row := range bytes.SplitAfter(p.text, []byte("\n")) {
			if name := strings.TrimSpace(string(row)); inside == "" && strings.HasPrefix(name, "[") && !strings.HasPrefix(name, "[[") {
				mine = mine && strings.HasPrefix(name, "["+p.kind+".")
			}
			inside = quoteAfter(string(row), inside)
			if mine {
				out = append(out, row...)
			} else if bytes.HasSuffix(row, []byte("\n")) {
				out = append(out, '\n')
			}
		}
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return nil
	}
	return out
}
