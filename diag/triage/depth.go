package triage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"metriage/diag/audit"
)

// How long the outgoing queue was is kept once an hour for so long, so that
// what is usual is known.
const (
	depthEvery = time.Hour
	depthDays  = 14
)

// depths keeps how long the outgoing queues were in a small file in the state
// folder. Several programs may write it: each reads it before.
type depths struct {
	mu   sync.Mutex
	path string // "" for nowhere
	read bool
	of   map[string][]depthAt // by root, oldest first
}

type depthAt struct {
	At time.Time `json:"at"`
	N  int       `json:"n"`
}

// maxDepthFile is more than fifty installations of two weeks need.
const maxDepthFile = 2 << 20

func (d *depths) load(now time.Time) {
	d.read, d.of = true, map[string][]depthAt{}
	if d.path == "" {
		return
	}
	i, err := os.Stat(d.path)
	if err != nil || i.Size() > maxDepthFile {
		return
	}
	b, err := os.ReadFile(d.path)
	if err != nil || json.Unmarshal(b, &d.of) != nil || d.of == nil {
		d.of = map[string][]depthAt{} // damaged: it begins anew
	}
	for root, list := range d.of {
		list = slices.DeleteFunc(list, func(x depthAt) bool {
			return x.N < 0 || now.Sub(x.At) > depthDays*24*time.Hour || x.At.After(now.Add(depthEvery))
		})
		slices.SortFunc(list, func(a, b depthAt) int { return a.At.Compare(b.At) })
		if d.of[root] = list[max(0, len(list)-depthDays*24):]; len(list) == 0 {
			delete(d.of, root)
		}
	}
}

// before returns what was kept of an installation, oldest first.
func (d *depths) before(root string, now time.Time) (out []audit.Depth) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.read {
		d.load(now)
	}
	for _, x := range d.of[root] {
		out = append(out, audit.Depth{Time: x.At, Messages: x.N})
	}
	return out
}

// keep notes how long the queue is now, at most once an hour.
func (d *depths) keep(root string, n int, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.path == "" {
		return nil
	}
	recent := func() bool {
		list := d.of[root]
		return len(list) > 0 && now.Sub(list[len(list)-1].At) < depthEvery
	}
	if d.read && recent() {
		return nil
	}
	if d.load(now); recent() { // another program did
		return nil
	}
	d.of[root] = append(d.of[root], depthAt{now.UTC().Truncate(time.Second), n})
	b, err := json.Marshal(d.of)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(d.path), "depths-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), d.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// keepDepths notes how long the queues of all installations are, where all of
// them were read.
func (s *Session) keepDepths(all []AuditPicture) {
	for i := range all {
		if err := s.audits.depths.keep(all[i].Root, all[i].Bounces.Queued, s.Now()); err != nil {
			s.opt.Log.Warn("depths", "error", err)
			return
		}
	}
}
