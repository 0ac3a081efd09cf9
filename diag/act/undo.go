package act

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
)

// past is an action as the journal tells it.
type past struct {
	begin record
	steps map[int][]pair
	moved map[int][]int
	order []int
	ended bool
	gone  bool // its trash was emptied
}

// look reads one action from the journal, or, where id is "", every action
// without an end.
func (d *Desk) look(id string) (map[string]*past, error) {
	out := map[string]*past{}
	err := d.journal.read(func(r record) error {
		if id != "" && r.Action != id {
			if r.What == "begin" && r.Kind == KindEmpty && r.Of == id && out[id] != nil {
				out[id].gone = true
			}
			return nil
		}
		p := out[r.Action]
		switch {
		case r.What == "begin":
			out[r.Action] = &past{begin: r, steps: map[int][]pair{}, moved: map[int][]int{}}
		case p == nil:
		case r.What == "step":
			p.steps[r.Step] = r.Pairs
			p.order = append(p.order, r.Step)
		case r.What == "done":
			p.moved[r.Step] = append([]int{}, r.Moved...)
			if id == "" {
				delete(p.steps, r.Step) // nothing to recover there
			}
		case r.What == "end":
			p.ended = true
			if id == "" {
				delete(out, r.Action)
			}
		}
		return nil
	})
	return out, err
}

// foldersOf returns the folders of an action as they were then; nil for one
// that is not among the folders of the installation any more.
func (d *Desk) foldersOf(p *past) []*folder {
	var out []*folder
	for _, n := range p.begin.Folders {
		known := d.folders[key(path.Join(d.data, n.Path))]
		if known == nil || !filepath.IsLocal(filepath.FromSlash(n.Mirror)) || n.Messages == "" || n.Messages != path.Base(n.Messages) {
			out = append(out, nil)
			continue
		}
		out = append(out, &folder{path: known.path, mirror: n.Mirror, messages: n.Messages})
	}
	return out
}

// Undo does an action backwards: everything that it moved and that is still
// where it moved it to.
func (d *Desk) Undo(ctx context.Context, id string, tell Progress) (Result, error) {
	all, err := d.look(id)
	if err != nil {
		return Result{}, err
	}
	p := all[id]
	switch {
	case p == nil:
		return Result{}, fmt.Errorf("the journal has no action %q", id)
	case p.begin.Kind == KindEmpty:
		return Result{}, errors.New("an emptied trash cannot be brought back")
	case p.gone:
		return Result{}, fmt.Errorf("the trash of %s was emptied; it cannot be brought back", id)
	}
	w := work{kind: KindUndo, from: p.begin.To, to: p.begin.From, of: id, folders: d.foldersOf(p)}
	total := 0
	for _, m := range p.moved {
		total += len(m)
	}
	w.result = Result{Kind: KindUndo, Asked: total}
	next := func(yield func(found) bool) {
		for _, step := range p.order {
			for _, i := range p.moved[step] {
				if i < 0 || i >= len(p.steps[step]) {
					continue
				}
				x := found{pair: p.steps[step][i]}
				q := &x.pair
				x.item.Name = q.Name
				if f := w.folder(q); f == nil {
					x.err = errNoFolder
				} else {
					x.item.Folder = filepath.Join(d.base, filepath.FromSlash(f.path))
					x.err = d.here(w.from, f, q)
				}
				if !yield(x) {
					return
				}
			}
		}
	}
	return d.run(ctx, &w, total, next, tell)
}

// errNoFolder says that a pair of the journal belongs to no folder of the
// installation.
var errNoFolder = errors.New("the journal names no folder of this installation for it")

// folder returns the folder of a pair, nil where the journal names none.
func (w *work) folder(p *pair) *folder {
	if p.Folder < 0 || p.Folder >= len(w.folders) || !local(*p) {
		return nil
	}
	return w.folders[p.Folder]
}

// local reports whether the names of a pair are names and not paths.
func local(p pair) bool {
	return p.Name == filepath.Base(p.Name) && p.message() == filepath.Base(p.message()) && filepath.IsLocal(p.Name) && filepath.IsLocal(p.message())
}

// here finds out which halves of a pair are where an action moved them.
func (d *Desk) here(at place, f *folder, p *pair) error {
	command, message := d.paths(at, f, p)
	c, m := p.hasCommand() && d.regular(command), p.hasMessage() && d.regular(message)
	switch {
	case c && m:
	case c:
		p.Half = "c"
	case m:
		p.Half = "m"
	default:
		return errGone
	}
	return nil
}

// EmptyTrash removes for good what a delete action moved into the trash.
func (d *Desk) EmptyTrash(ctx context.Context, id string, tell Progress) (Result, error) {
	all, err := d.look(id)
	if err != nil {
		return Result{}, err
	}
	p := all[id]
	if p == nil || p.begin.Kind != KindDelete {
		return Result{}, fmt.Errorf("the journal has no delete action %q", id)
	}
	w := work{kind: KindEmpty, from: inTrash(id), to: "gone", of: id}
	w.result.Kind = KindEmpty
	if err := d.begin(&w, 0); err != nil {
		return w.result, err
	}
	dir := d.at(path.Join(trashFolder, id))
	n, err := d.remove(ctx, dir, tell)
	w.result.Asked, w.result.Moved = n, n
	if err != nil {
		w.result.Interrupted = true
		return w.result, fmt.Errorf("emptying the trash: %w", err)
	}
	return w.result, d.journal.append(record{What: "end", Action: w.id, Time: d.opt.Now(), Total: n})
}

// remove deletes a folder of the trash file by file and returns how many files
// there were.
func (d *Desk) remove(ctx context.Context, dir string, tell Progress) (int, error) {
	n := 0
	var walk func(dir string) error
	walk = func(dir string) error {
		f, err := d.root.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		entries, err := f.ReadDir(-1)
		_ = f.Close()
		if err != nil {
			return err
		}
		for _, e := range entries {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p := filepath.Join(dir, e.Name())
			if e.IsDir() {
				err = walk(p)
			} else if err = d.root.Remove(p); err == nil {
				n++
				if tell != nil && n%batchItems == 0 {
					tell(n, n)
				}
			}
			if err != nil {
				return err
			}
		}
		return d.root.Remove(dir)
	}
	err := walk(dir)
	return n, err
}
