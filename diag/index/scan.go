package index

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// Index reads installations and keeps what was read up to date. View may be
// called at any time from any goroutine.
type Index struct {
	opt      Options
	installs []mailenable.Installation
	cutoff   time.Time // zero: keep all; changes between passes alone

	passing sync.Mutex // one pass at a time
	closing atomic.Bool
	known   bool      // a pass was begun
	whole   bool      // a pass has ended
	kept    int       // the version that the cache holds
	deepAt  time.Time // the last time every file was compared
	took    time.Duration

	minWaste int // see tidy

	mu     sync.Mutex
	store  *store
	layout [][]diag.Problem // of each installation's layout
	prog   Progress
	before int // added to the store's edits for the version
	last   lastPicture
	fixed  *picture // of facts that were opened; then nothing is read
}

// New prepares an index of the installations.
func New(installs []mailenable.Installation, o Options) *Index {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Workers <= 0 {
		o.Workers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if len(installs) > maxInstalls {
		installs = installs[:maxInstalls]
	}
	return &Index{opt: o, installs: installs, store: newStore(), layout: make([][]diag.Problem, len(installs)), minWaste: minWaste}
}

// Progress returns how far the scan is.
func (x *Index) Progress() Progress {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.prog
}

// Scan reads all installations and returns when everything is read or ctx ends.
// The first one takes what the cache holds and reads what is new since; each
// later one reads everything anew. What cannot be read is in the view's
// problems; only the end of ctx is an error, and an OfflineError.
func (x *Index) Scan(ctx context.Context) error {
	if x.opened() {
		return nil
	}
	x.passing.Lock()
	defer x.passing.Unlock()
	if x.known {
		x.swap(newStore())
		x.whole = false
	}
	return x.run(ctx, false)
}

// deepEvery is how often a refresh compares every file, not only those of
// folders that have changed.
const deepEvery = time.Minute

// Refresh brings what was read up to date: it compares the times of the
// folders, then names, sizes and times of the files in those that changed, and
// reads what is new. Command files of queues are compared each time, all other
// files once a minute, since a file that is written in place changes no
// folder. It reports whether anything changed. The first call is a Scan.
func (x *Index) Refresh(ctx context.Context) (changed bool, err error) { return x.refresh(ctx, false) }

// Compare is Refresh that compares every file.
func (x *Index) Compare(ctx context.Context) (changed bool, err error) { return x.refresh(ctx, true) }

func (x *Index) refresh(ctx context.Context, deep bool) (changed bool, err error) {
	if x.opened() {
		return false, nil
	}
	x.passing.Lock()
	defer x.passing.Unlock()
	x.mu.Lock()
	edits := x.before + x.store.edits
	x.mu.Unlock()
	shallow := !deep && x.known && x.opt.Now().Sub(x.deepAt) < deepEvery
	err = x.run(ctx, shallow)
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.before+x.store.edits != edits, err
}

// run makes a pass; x.passing is held.
func (x *Index) run(ctx context.Context, shallow bool) error {
	began := time.Now()
	x.mu.Lock()
	x.prog = Progress{Failures: x.store.refusals}
	x.cutoff = time.Time{}
	if x.opt.Since > 0 {
		x.cutoff = x.opt.Now().Add(-x.opt.Since)
	}
	x.mu.Unlock()
	if !x.known {
		x.load()
		x.known = true
	}
	x.mu.Lock()
	x.store.expire(x.cutoff)
	x.mu.Unlock()
	if !shallow {
		x.deepAt = x.opt.Now()
	}
	p := &pass{x: x, shallow: shallow}
	if err := p.run(ctx); err != nil {
		x.deepAt = time.Time{}
		return err
	}
	x.mu.Lock()
	x.prog.Done = true
	x.mu.Unlock()
	x.whole, x.took = true, time.Since(began)
	x.tidy()
	return nil
}

// swap puts another store in the place of the one in use.
func (x *Index) swap(s *store) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.before += x.store.edits + 1
	x.store = s
}

// expire takes back what lies before the window now.
func (s *store) expire(cutoff time.Time) {
	if cutoff.IsZero() {
		return
	}
	end := moment(cutoff)
	for n := uint32(1); n < s.items.n; n++ {
		it := s.items.at(n)
		if it.flags&removed != 0 || s.folders[it.folder].Whole() {
			continue
		}
		old := false
		for half := range 2 {
			st := it.status[half]
			old = old || (st == good || st == unreadable) && !it.stamp[half].zero() && it.stamp[half].second < end
		}
		if !old {
			continue
		}
		s.change(n, func(it *item) {
			for half := range 2 {
				if it.there(half) {
					it.status[half] = pending
				}
			}
		})
	}
}
