package index

import (
	"path/filepath"
	"slices"
	"strings"

	"metriage/diag"
)

// problems lists what was not read, and counts the folders and logs among it;
// x.mu is held.
func (x *Index) problems() (out []diag.Problem, unlisted int) {
	s := x.store
	for _, l := range x.layout {
		out = append(out, l...)
	}
	for _, l := range s.logs {
		out = append(out, l.problems...)
		for _, list := range [][]logFile{l.activity, l.debug} {
			for _, f := range list {
				if what := x.faultOf(&f); what != "" {
					out = append(out, diag.Problem{Path: filepath.Join(l.path, f.name), What: what})
				}
			}
		}
	}
	unlisted = len(out)
	reasons := s.reasons.picture()
	for _, f := range s.folders {
		out = append(out, f.problems...)
		unlisted += len(f.problems)
		if f.count.unreadable == 0 {
			continue
		}
		for _, v := range f.slots.at {
			if v == 0 || len(out) >= maxProblems {
				continue
			}
			it := s.items.at(v - 1)
			for half, st := range it.status {
				if st == unreadable || st == busy {
					out = append(out, diag.Problem{Path: s.path(v-1, half), What: reasons[it.reason[half]]})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b diag.Problem) int { return strings.Compare(a.Path, b.Path) })
	return out, unlisted
}
