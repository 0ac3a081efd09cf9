package index

import (
	"context"
	"path/filepath"
	"sync/atomic"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// openFolder is a folder and its Messages subfolder, open until the last job
// of it is done.
type openFolder struct {
	top, messages mailenable.Dir
	users         atomic.Int32
}

func (o *openFolder) hold() { o.users.Add(1) }

// done closes the folder where nobody else uses it.
func (o *openFolder) done() {
	if o.users.Add(-1) > 0 {
		return
	}
	_ = o.top.Close()
	if o.messages != nil {
		_ = o.messages.Close()
	}
}

// check is one item to look at.
type check struct {
	item   uint32
	name   [2]string // of the halves that are there
	stamp  [2]stamp  // as they were when they were read
	listed [2]stamp  // as the listing has them, zero where it does not tell
	must   bool      // read it in any case
	last   bool      // what is in use now is unreadable
}

func (c *check) halves() (n int) {
	for _, s := range c.name {
		if s != "" {
			n++
		}
	}
	return n
}

// job is a number of items of one folder for a worker.
type job struct {
	folder uint32
	inst   int
	meta   mailenable.Folder
	dir    *jobDir
	list   []check
}

// jobDir is the folder of a job. Items that are no pairs have their message in
// the folder itself.
type jobDir struct {
	*openFolder
	paired bool
}

func (d *jobDir) half(half int) mailenable.Dir {
	if half == message && d.paired {
		return d.messages
	}
	return d.top
}

// found is what reading an item gave.
type found struct {
	item   uint32
	stamp  [2]stamp
	status [2]status
	reason [2]uint8
	first  int // of its events within the batch
	events int
	row    *queueRow
	last   bool // what is in use stays so
}

func (f *found) busy() bool { return f.status[command] == busy || f.status[message] == busy }

// batch is what came out of a job.
type batch struct {
	folder uint32
	looked int
	found  []found
	events []event
}

// listFolder brings the items of a folder in line with what is on disk and
// hands those to look at out in jobs. It returns when the listing is done, not
// the jobs.
func (p *pass) listFolder(ctx context.Context, number uint32, jobs chan<- job) {
	x := p.x
	x.mu.Lock()
	f := x.store.folders[number]
	meta, inst, before, known := f.Folder, f.inst, f.listed, f.slots.used
	x.mu.Unlock()
	l := lister{pass: p, folder: number, meta: meta, known: known}
	o, ok := l.open(x.opt.FS)
	if !ok {
		l.finish(nil)
		return
	}
	dir := &jobDir{o, meta.Paired()}
	o.hold()
	defer o.done()
	l.list(dir, before)
	list := l.finish(dir)
	for len(list) > 0 && ctx.Err() == nil {
		n := min(batchFiles, len(list))
		o.hold()
		select {
		case jobs <- job{folder: number, inst: inst, meta: meta, dir: dir, list: list[:n]}:
		case <-ctx.Done():
			o.done()
		}
		list = list[n:]
	}
}

// lister lists one folder.
type lister struct {
	*pass
	folder   uint32
	meta     mailenable.Folder
	known    int // items, as a guess at how many there are
	problems []diag.Problem
	names    [2][]mailenable.Entry
	listed   [2]listing
	skip     [2]bool // the folder of this half is as it was when it was listed
	counted  int     // names that Progress counts while the listing goes on
}

func (l *lister) fail(path string, err error) {
	l.problems = append(l.problems, diag.Problem{Path: path, What: mailenable.Why(err)})
}

func (l *lister) open(fs mailenable.FS) (*openFolder, bool) {
	top, err := fs.OpenDir(l.meta.Path)
	if err != nil {
		l.fail(l.meta.Path, err)
		return nil, false
	}
	o := &openFolder{top: top}
	if l.meta.Messages == "" {
		return o, true
	}
	if o.messages, err = top.OpenDir(l.meta.Messages); err != nil {
		l.fail(filepath.Join(l.meta.Path, l.meta.Messages), err)
	}
	return o, true
}

// list reads the names of both halves. The messages come first: MailEnable
// writes the message before its command file and removes it after, so a pair
// that comes or goes meanwhile is rarely taken for a half.
func (l *lister) list(dir *jobDir, before [2]listing) {
	for _, half := range [2]int{message, command} {
		if half == command && !dir.paired {
			l.listed[command].ok = true
			continue
		}
		d, path := dir.half(half), l.meta.Path
		if half == message && dir.paired {
			path = filepath.Join(path, l.meta.Messages)
			if l.meta.Messages == "" {
				l.listed[half].ok = true // there are no messages
				continue
			}
			if d == nil {
				continue
			}
		}
		now := listing{at: l.x.opt.Now()}
		if e, err := d.Stat("."); err == nil {
			now.time = e.ModTime
		}
		if l.shallow && before[half].same(now) && !(half == command && l.meta.Whole()) {
			l.skip[half], l.listed[half] = true, before[half]
			continue
		}
		l.names[half] = make([]mailenable.Entry, 0, l.known+l.known/8)
		err := d.List(func(e mailenable.Entry) bool {
			if e.Regular && mailenable.IsMail(e.Name) {
				l.names[half] = append(l.names[half], e)
				if len(l.names[half])%countNames == 0 {
					l.count(countNames)
				}
			}
			return true
		})
		if err != nil {
			l.fail(path, err)
			continue
		}
		now.ok = true
		l.listed[half] = now
	}
}

// countNames is after how many names a long listing tells how far it is.
const countNames = 4096

// count notes n more names of a listing that goes on.
func (l *lister) count(n int) {
	l.x.mu.Lock()
	defer l.x.mu.Unlock()
	l.counted += n
	l.x.prog.Found += n
	l.x.prog.Folder = l.meta.Name
}

// same reports whether a folder that was listed is surely still the same: its
// time has not changed and was not fresh then, so that a later change in the
// same tick of a coarse clock is not missed.
func (b listing) same(now listing) bool {
	return b.ok && !now.time.IsZero() && now.time.Equal(b.time) && b.at.Sub(b.time) > coarseClock
}
