package index

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// pass is one bringing up to date: all folders and logs are compared with what
// is known of them, and what is new or has changed is read. The first pass
// knows nothing.
type pass struct {
	x       *Index
	shallow bool // folders whose time is the same are not listed again

	mu      sync.Mutex
	listed  []uint32       // folders that were listed
	offline []diag.Problem // roots that could not be opened
}

// run makes the pass. It returns when everything is done or ctx has ended.
func (p *pass) run(ctx context.Context) error {
	x := p.x
	jobs := make(chan job, 4*x.opt.Workers)
	results := make(chan batch, 2*x.opt.Workers)

	var listers, workers diag.Crew
	for i := range x.installs {
		listers.Go(func() { p.list(ctx, i, jobs) })
	}
	for range x.opt.Workers {
		workers.Go(func() {
			w := newWorker(x)
			for j := range jobs {
				if ctx.Err() == nil {
					b := w.run(&j)
					send(ctx, results, b)
				}
				j.dir.done()
			}
		})
	}
	go func() {
		listers.Settle()
		close(jobs)
		workers.Settle()
		close(results)
	}()

	var later []uint32
	for b := range results {
		x.mu.Lock()
		later = append(later, x.store.apply(&b)...)
		x.prog.Files += b.looked
		x.prog.Folder = x.store.folders[b.folder].Name
		x.prog.Failures = x.store.refusals
		x.mu.Unlock()
	}
	listers.Wait()
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	p.again(ctx, later)
	p.orphans(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(p.offline) > 0 {
		return &OfflineError{p.offline}
	}
	return nil
}

func send[T any](ctx context.Context, to chan<- T, v T) {
	select {
	case to <- v:
	case <-ctx.Done():
	}
}

// list walks one installation, hands its files to the workers and reads its
// logs.
func (p *pass) list(ctx context.Context, inst int, jobs chan<- job) {
	x := p.x
	if !p.reach(inst) {
		return
	}
	layout := x.installs[inst].Layout(x.opt.FS)
	numbers, logs := x.place(inst, layout)
	var reading diag.Crew
	reading.Go(func() {
		for _, l := range logs {
			x.readLogs(ctx, l)
		}
	})
	for _, n := range numbers {
		if ctx.Err() != nil {
			break
		}
		p.listFolder(ctx, n, jobs)
	}
	reading.Wait()
}

// place finds the folders and logs of a layout among those that are known, and
// forgets those that are not in it.
func (x *Index) place(inst int, layout mailenable.Layout) (numbers []uint32, logs []*logDir) {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.store
	x.setProblems(inst, layout.Problems)
	known := map[string]uint32{}
	for n, f := range s.folders {
		if f.inst == inst && f.present {
			known[f.Path] = uint32(n)
		}
	}
	for _, meta := range layout.Folders {
		n, ok := known[meta.Path]
		if !ok {
			n = uint32(len(s.folders))
			s.folders = append(s.folders, &folder{inst: inst, Folder: meta, present: true})
			s.edits++
		}
		delete(known, meta.Path)
		f := s.folders[n]
		if f.Folder != meta {
			// Another name of its messages: everything is read anew.
			s.removeAll(f)
			f.Folder, f.listed = meta, [2]listing{}
		}
		numbers = append(numbers, n)
	}
	for _, n := range known {
		s.removeAll(s.folders[n])
		s.folders[n].present = false
		s.edits++
	}
	return numbers, s.placeLogs(inst, layout.LogDirs, layout.MTADirs)
}

// setProblems notes what could not be listed of an installation's layout; x.mu
// is held.
func (x *Index) setProblems(inst int, problems []diag.Problem) {
	if !slices.Equal(x.layout[inst], problems) {
		x.layout[inst] = problems
		x.store.edits++
	}
}

// apply takes what a job found and returns the items that were in use and
// should be tried again.
func (s *store) apply(b *batch) (later []uint32) {
	for i := range b.found {
		r := &b.found[i]
		if s.items.at(r.item).flags&removed != 0 {
			continue
		}
		if r.busy() && !r.last {
			later = append(later, r.item)
			continue
		}
		s.forget(r.item)
		s.change(r.item, func(it *item) {
			for half := range 2 {
				if it.there(half) {
					it.status[half], it.stamp[half], it.reason[half] = r.status[half], r.stamp[half], r.reason[half]
				}
			}
		})
		s.say(r.item, b.events[r.first:r.first+r.events], r.row)
	}
	return later
}

// path returns where one half of item n lies.
func (s *store) path(n uint32, half int) string {
	it := s.items.at(n)
	f := s.folders[it.folder]
	return filepath.Join(f.Path, f.sub(half), it.fileName(half, s.text.get))
}

// sub returns the subfolder of one half.
func (f *folder) sub(half int) string {
	if half == message && f.Paired() {
		return f.Messages
	}
	return ""
}
