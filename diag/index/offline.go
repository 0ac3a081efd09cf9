package index

import (
	"strings"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// OfflineError says that roots can no longer be opened. What was read of them
// before still stands.
type OfflineError struct{ Roots []diag.Problem }

func (e *OfflineError) Error() string {
	var out []string
	for _, r := range e.Roots {
		out = append(out, r.Path+": "+r.What)
	}
	return strings.Join(out, "; ")
}

// reach reports whether an installation can be read. One of which nothing was
// read yet has its trouble among the problems instead.
func (p *pass) reach(inst int) bool {
	x := p.x
	root := x.installs[inst].Root
	d, err := x.opt.FS.OpenDir(root)
	if err == nil {
		_ = d.Close()
		return true
	}
	x.mu.Lock()
	known := false
	for _, f := range x.store.folders {
		known = known || f.inst == inst && f.present
	}
	x.mu.Unlock()
	if known {
		p.mu.Lock()
		p.offline = append(p.offline, diag.Problem{Path: root, What: mailenable.Why(err)})
		p.mu.Unlock()
	}
	return !known
}
