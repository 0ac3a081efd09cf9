package sample

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"

	"metriage/diag"
)

// tally adds up marks and files. Adding is commutative: tallies of several
// workers merge to the same sums in any order.
type tally struct {
	totals   TruthTotals
	folders  map[string]*TruthFolder
	problems []string // paths below the root, with slashes
	domains  map[string]*domainTally
}

type domainTally struct {
	failures, e0193, delayed, accepted, waiting int

	causes       map[diag.Cause]int
	senders      map[string]int
	refused      []int64 // Unix seconds
	lastAccepted int64
}

func newTally() *tally {
	return &tally{folders: map[string]*TruthFolder{}, domains: map[string]*domainTally{}}
}

func (t *tally) domain(key string) *domainTally {
	if key == "" {
		key = diag.KeyUnknown
	}
	d := t.domains[key]
	if d == nil {
		d = &domainTally{causes: map[diag.Cause]int{}, senders: map[string]int{}}
		t.domains[key] = d
	}
	return d
}

// mark adds one piece's count.
func (t *tally) mark(m mark) {
	t.totals.Failures += m.failed
	t.totals.E0193 += m.e0193
	t.totals.Delayed += m.delayed
	t.totals.Accepted += m.accepted
	d := t.domain(m.domain)
	d.failures += m.failed
	d.e0193 += m.e0193
	d.delayed += m.delayed
	d.accepted += m.accepted
	d.waiting += m.waiting
	if m.failed > 0 {
		d.causes[m.cause] += m.failed
		sender := m.sender
		switch {
		case !m.known:
			sender = diag.KeyUnknown
		case sender == "":
			sender = diag.KeyNone
		}
		d.senders[sender] += m.failed
		for _, at := range m.refusedAt {
			d.refused = append(d.refused, at.Unix())
		}
	}
	if m.accepted > 0 {
		d.lastAccepted = max(d.lastAccepted, m.acceptedAt.Unix())
	}
}

// file adds one file that lies in folder, named as on disk.
func (t *tally) file(f *file, folder, path string) {
	if f.uncounted {
		return
	}
	t.totals.Files++
	fc := t.folders[folder]
	if fc == nil {
		fc = &TruthFolder{Name: folder}
		t.folders[folder] = fc
	}
	fc.Files++
	if !f.half {
		t.totals.Messages++
	}
	if f.older {
		t.totals.Older++
		return
	}
	if f.orphan {
		t.totals.Orphans++
	}
	if f.unreadable {
		t.totals.Unreadable++
		fc.Unreadable++
		t.problems = append(t.problems, path)
	}
}

// merge adds o to t.
func (t *tally) merge(o *tally) {
	a, b := &t.totals, &o.totals
	a.Files += b.Files
	a.Messages += b.Messages
	a.Failures += b.Failures
	a.E0193 += b.E0193
	a.Delayed += b.Delayed
	a.Accepted += b.Accepted
	a.Unreadable += b.Unreadable
	a.Orphans += b.Orphans
	a.Older += b.Older
	t.problems = append(t.problems, o.problems...)
	for name, f := range o.folders {
		fc := t.folders[name]
		if fc == nil {
			fc = &TruthFolder{Name: name}
			t.folders[name] = fc
		}
		fc.Files += f.Files
		fc.Unreadable += f.Unreadable
	}
	for key, x := range o.domains {
		d := t.domain(key)
		d.failures += x.failures
		d.e0193 += x.e0193
		d.delayed += x.delayed
		d.accepted += x.accepted
		d.waiting += x.waiting
		for c, n := range x.causes {
			d.causes[c] += n
		}
		for s, n := range x.senders {
			d.senders[s] += n
		}
		d.refused = append(d.refused, x.refused...)
		d.lastAccepted = max(d.lastAccepted, x.lastAccepted)
	}
}

// truth returns the sums for the tree at root.
func (t *tally) truth(root string) Truth {
	out := Truth{Schema: 1, Totals: t.totals, Problems: []TruthProblem{}, Groups: []TruthGroup{}}
	inst := TruthInstallation{Root: root, FoundBy: diag.FoundByFlag, Folders: []TruthFolder{}}
	for _, f := range t.folders {
		f.Path = filepath.Join(root, filepath.FromSlash(f.Name))
		inst.Folders = append(inst.Folders, *f)
	}
	slices.SortFunc(inst.Folders, func(a, b TruthFolder) int { return cmp.Compare(a.Name, b.Name) })
	out.Installations = []TruthInstallation{inst}
	slices.Sort(t.problems)
	for _, p := range t.problems {
		out.Problems = append(out.Problems, TruthProblem{filepath.Join(root, filepath.FromSlash(p))})
	}
	for key, d := range t.domains {
		if d.failures+d.delayed+d.accepted+d.waiting > 0 {
			out.Groups = append(out.Groups, d.group(key))
		}
	}
	slices.SortFunc(out.Groups, func(a, b TruthGroup) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), cmp.Compare(a.Key, b.Key))
	})
	return out
}

func (d *domainTally) group(key string) TruthGroup {
	g := TruthGroup{
		Key: key, Display: diag.DomainDisplay(key),
		Failures: d.failures, E0193: d.e0193, Delayed: d.delayed, Accepted: d.accepted, Waiting: d.waiting,
		Causes: d.causes, Senders: d.senders,
	}
	if d.accepted > 0 {
		g.LastAccepted = seconds(d.lastAccepted)
	}
	slices.Sort(d.refused)
	if n := len(d.refused); n > 0 {
		g.First, g.Last = seconds(d.refused[0]), seconds(d.refused[n-1])
		i, _ := slices.BinarySearch(d.refused, d.lastAccepted+1)
		if i < n {
			g.Onset = seconds(d.refused[i])
		}
	}
	return g
}

func seconds(unix int64) *time.Time {
	t := time.Unix(unix, 0).UTC()
	return &t
}
