package index

import (
	"context"
	"path/filepath"

	"metriage/diag/mailenable"
)

// again tries the files once more that were in use when they were met. What
// is still in use then counts as unreadable.
func (p *pass) again(ctx context.Context, later []uint32) {
	x := p.x
	w := newWorker(x)
	for _, n := range later {
		if ctx.Err() != nil {
			return
		}
		x.mu.Lock()
		it := *x.store.items.at(n)
		f := x.store.folders[it.folder]
		j := job{folder: it.folder, inst: f.inst, meta: f.Folder}
		c := check{item: n, must: true, last: true}
		for half := range 2 {
			if it.there(half) {
				c.name[half] = it.fileName(half, x.store.text.get)
			}
		}
		x.mu.Unlock()
		o, err := x.openPair(j.meta)
		if err != nil {
			continue // the folder went away with its files
		}
		j.dir, j.list = &jobDir{o, j.meta.Paired()}, []check{c}
		if j.dir.half(message) != nil || c.name[message] == "" {
			b := w.run(&j)
			x.mu.Lock()
			x.store.apply(&b)
			x.mu.Unlock()
		}
		o.done()
	}
}

// orphans looks again at command files without message and at messages
// without command file, in the folders that were listed: one half may simply
// have been written or removed first.
func (p *pass) orphans(ctx context.Context) {
	for _, n := range p.listed {
		if ctx.Err() != nil {
			return
		}
		p.x.orphans(n)
	}
}

// suspect is one half of an item whose other half is not there.
type suspect struct {
	item uint32
	name string
}

func (x *Index) orphans(number uint32) {
	x.mu.Lock()
	s := x.store
	f := s.folders[number]
	meta := f.Folder
	var list []suspect
	var not []uint32 // were alone, are no longer
	for _, v := range f.slots.at {
		if v == 0 || !meta.Paired() || meta.Kind == mailenable.KindTrash {
			continue
		}
		it := s.items.at(v - 1)
		switch {
		case it.there(command) != it.there(message) && f.listed[command].ok && f.listed[message].ok:
			half := command
			if it.there(message) {
				half = message
			}
			list = append(list, suspect{v - 1, it.fileName(half, s.text.get)})
		case it.flags&lone != 0:
			not = append(not, v-1)
		}
	}
	x.mu.Unlock()
	if len(list)+len(not) == 0 {
		return
	}
	still := make([]bool, len(list))
	if len(list) > 0 {
		if o, err := x.openPair(meta); err == nil {
			for i, c := range list {
				still[i] = there(o.top, c.name) != (o.messages != nil && there(o.messages, c.name))
			}
			o.done()
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, n := range not {
		s.change(n, func(it *item) { it.flags &^= lone })
	}
	for i, c := range list {
		if it := s.items.at(c.item); it.flags&removed == 0 && (it.flags&lone != 0) != still[i] {
			s.change(c.item, func(it *item) { it.flags ^= lone })
		}
	}
}

func there(d mailenable.Dir, name string) bool {
	e, err := d.Stat(name)
	return err == nil && e.Regular
}

// openPair opens a folder and its Messages subfolder.
func (x *Index) openPair(meta mailenable.Folder) (*openFolder, error) {
	top, err := x.opt.FS.OpenDir(meta.Path)
	if err != nil {
		return nil, err
	}
	o := &openFolder{top: top}
	o.hold()
	name := meta.Messages
	if name == "" && meta.Paired() {
		name, _ = mailenable.Child(top, "Messages")
	}
	if name != "" {
		if d, err := x.opt.FS.OpenDir(filepath.Join(meta.Path, name)); err == nil {
			o.messages = d
		}
	}
	return o, nil
}
