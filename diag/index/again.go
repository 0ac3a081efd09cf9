package index

import (
	"path/filepath"

	"metriage/diag/mailenable"
)

// again tries the files once more that were in use when they were met. What
// is still in use then counts as unreadable.
func (x *Index) again(later []retry) {
	w := newWorker(x)
	for _, r := range later {
		b := batch{folder: r.folder, inst: r.inst}
		top, sub, done, err := x.openPair(r.meta)
		if err != nil {
			continue // the folder went away with its files
		}
		w.pair(&b, r.meta, top, sub, r.pair, true)
		done()
		x.mu.Lock()
		x.add(b)
		x.mu.Unlock()
	}
}

// orphans looks again at command files without message and at messages
// without command file: one half may simply have been written or removed
// first.
func (x *Index) orphans(lone []suspect) {
	for len(lone) > 0 {
		folder, n := lone[0].folder, 0
		for n < len(lone) && lone[n].folder == folder {
			n++
		}
		count := x.stillLone(lone[:n])
		lone = lone[n:]
		x.mu.Lock()
		x.folders[folder].orphans += count
		x.counts.orphans += count
		x.mu.Unlock()
	}
}

func (x *Index) stillLone(list []suspect) int {
	top, sub, done, err := x.openPair(list[0].meta)
	if err != nil {
		return 0
	}
	defer done()
	n := 0
	for _, s := range list {
		name := firstOf(s.pair.command, s.pair.message)
		command, message := there(top, name), sub != nil && there(sub, name)
		if command != message {
			n++
		}
	}
	return n
}

func there(d mailenable.Dir, name string) bool {
	e, err := d.Stat(name)
	return err == nil && e.Regular
}

// openPair opens a folder and its Messages subfolder.
func (x *Index) openPair(meta mailenable.Folder) (top, sub mailenable.Dir, done func(), err error) {
	top, err = x.opt.FS.OpenDir(meta.Path)
	if err != nil {
		return nil, nil, nil, err
	}
	name := meta.Messages
	if name == "" && meta.Paired() {
		name, _ = mailenable.Child(top, "Messages")
	}
	if name != "" {
		if d, err := x.opt.FS.OpenDir(filepath.Join(meta.Path, name)); err == nil {
			sub = d
		}
	}
	return top, sub, func() {
		_ = top.Close()
		if sub != nil {
			_ = sub.Close()
		}
	}, nil
}
