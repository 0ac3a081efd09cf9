package index

import (
	"context"
	"runtime"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// Index reads installations. Scan reads everything once; View may be called
// at any time from any goroutine.
type Index struct {
	opt      Options
	installs []mailenable.Installation
	cutoff   time.Time      // zero: keep all
	closing  sync.WaitGroup // folders that wait for their last job

	mu      sync.Mutex
	store   *store
	counts  counts
	folders []folderState
	roots   []diag.InstallationCount // without folders
	prog    Progress
	version int
}

// counts are the totals that are not derived from events.
type counts struct {
	messages, vanished, orphans, older  int
	unlisted                            int
	logFiles, logLines, logLinesSkipped int
	problems                            []diag.Problem
	problemsCut                         int
}

// folderState is one folder as far as it was read.
type folderState struct {
	inst int
	mailenable.Folder
	files, messages, unreadable, orphans int
}

// New prepares an index of the installations.
func New(installs []mailenable.Installation, o Options) *Index {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Workers <= 0 {
		o.Workers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	x := &Index{opt: o, installs: installs}
	x.reset()
	return x
}

func (x *Index) reset() {
	x.store = newStore()
	x.counts = counts{}
	x.folders = nil
	x.prog = Progress{}
	x.roots = nil
	for _, in := range x.installs {
		x.roots = append(x.roots, diag.InstallationCount{Root: in.Root, FoundBy: in.FoundBy})
	}
	x.cutoff = time.Time{}
	if x.opt.Since > 0 {
		x.cutoff = x.opt.Now().Add(-x.opt.Since)
	}
}

// Progress returns how far the scan is.
func (x *Index) Progress() Progress {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.prog
}

// Scan reads all installations anew and returns when everything is read or ctx
// ends. What cannot be read is in the view's problems; only the end of ctx is
// an error. It must not run twice at once.
func (x *Index) Scan(ctx context.Context) error {
	x.mu.Lock()
	x.reset()
	x.mu.Unlock()
	jobs := make(chan job, 4*x.opt.Workers)
	results := make(chan batch, 2*x.opt.Workers)

	var listers, workers sync.WaitGroup
	for i := range x.installs {
		listers.Add(1)
		go func() {
			defer listers.Done()
			x.list(ctx, i, jobs, results)
		}()
	}
	for range x.opt.Workers {
		workers.Add(1)
		go func() {
			defer workers.Done()
			w := newWorker(x)
			for j := range jobs {
				if ctx.Err() != nil {
					j.dir.done()
					continue
				}
				b := w.run(j)
				j.dir.done()
				send(ctx, results, b)
			}
		}()
	}
	go func() {
		listers.Wait()
		close(jobs)
		workers.Wait()
		close(results)
	}()

	var later []retry
	var lone []suspect
	for b := range results {
		x.mu.Lock()
		x.add(b)
		x.mu.Unlock()
		if len(later) < maxRetryList {
			later = append(later, b.locked...)
		}
		lone = append(lone, b.lone...)
	}
	x.closing.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	x.again(later)
	x.orphans(lone)
	x.mu.Lock()
	x.prog.Done = true
	x.version++
	x.mu.Unlock()
	return nil
}

func send(ctx context.Context, to chan<- batch, b batch) {
	select {
	case to <- b:
	case <-ctx.Done():
	}
}

// list walks one installation, hands its files to the workers and reads its
// logs.
func (x *Index) list(ctx context.Context, inst int, jobs chan<- job, results chan<- batch) {
	layout := x.installs[inst].Layout(x.opt.FS)
	x.mu.Lock()
	first := len(x.folders)
	for _, f := range layout.Folders {
		x.folders = append(x.folders, folderState{inst: inst, Folder: f})
	}
	x.mu.Unlock()
	send(ctx, results, batch{folder: -1, problems: layout.Problems, unlisted: len(layout.Problems)})

	var logs sync.WaitGroup
	logs.Add(1)
	go func() {
		defer logs.Done()
		for _, dir := range layout.LogDirs {
			x.readLogs(ctx, inst, dir, results)
		}
	}()
	for i := range layout.Folders {
		if ctx.Err() != nil {
			break
		}
		x.listFolder(ctx, first+i, layout.Folders[i], inst, jobs, results)
	}
	logs.Wait()
}

// add takes a batch into the store; x.mu is held.
func (x *Index) add(b batch) {
	s := x.store
	if b.folder >= 0 {
		f := &x.folders[b.folder]
		f.files += b.files
		f.messages += b.messages
		f.unreadable += b.unreadable
		x.prog.Folder = f.Name
	}
	x.counts.messages += b.messages
	x.counts.vanished += b.vanished
	x.counts.older += b.older
	x.counts.unlisted += b.unlisted
	x.counts.logFiles += b.logFiles
	x.counts.logLines += b.logLines
	x.counts.logLinesSkipped += b.logLinesSkipped
	x.prog.Found += b.files
	x.prog.Files += b.read
	x.prog.LogBytes += b.logBytes
	for _, p := range b.problems {
		if len(x.counts.problems) < maxProblems {
			x.counts.problems = append(x.counts.problems, p)
		} else {
			x.counts.problemsCut++
		}
	}
	for _, f := range b.found {
		if f.isBounce {
			s.bounce(b.inst, f, f.judged)
			x.prog.Failures += len(f.bounce.Refusals)
		}
		if f.queue {
			s.enqueue(b.folder, f)
		}
		if f.outgoing {
			s.outgoing(b.inst, f)
		}
	}
	for i, a := range b.attempts {
		s.attempt(b.inst, a, b.judged[i])
	}
	for _, t := range b.targets {
		s.targets[s.text.ref(t.id)] = s.text.ref(t.domain)
	}
	x.version++
}
