package act

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
)

// recover finishes what earlier processes began and did not end: pairs of which
// one half was moved get their other half moved too, or the first one back.
func (d *Desk) recover(ctx context.Context) error {
	defer d.forget()
	open, err := d.look("")
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	for id, p := range open {
		r, err := d.finish(ctx, id, p)
		if err != nil {
			return fmt.Errorf("finish %s, which was interrupted: %w", id, err)
		}
		d.Recovered = append(d.Recovered, r)
	}
	return nil
}

func (d *Desk) finish(ctx context.Context, id string, p *past) (Result, error) {
	w := work{kind: p.begin.Kind, from: p.begin.From, to: p.begin.To, of: p.begin.Of, id: id, folders: d.foldersOf(p)}
	w.result = Result{Action: id, Kind: w.kind, Of: w.of, Asked: p.begin.Count, Interrupted: true}
	if w.kind == KindEmpty {
		n, err := d.remove(ctx, d.at(path.Join(trashFolder, p.begin.Of)), nil)
		w.result.Moved = n
		if err != nil {
			return w.result, err
		}
	}
	if slices.Contains(w.folders, nil) {
		// Left as it is until its folder is there again.
		w.result.skip(Item{}, errNoFolder.Error())
		return w.result, nil
	}
	for _, m := range p.moved {
		w.result.Moved += len(m)
	}
	for _, step := range p.order {
		pairs, left := p.steps[step]
		if !left {
			continue
		}
		var moved []int
		for i := range pairs {
			if err := ctx.Err(); err != nil {
				return w.result, err
			}
			q := &pairs[i]
			if w.folder(q) == nil {
				continue
			}
			done, err := d.settle(&w, q)
			if err != nil {
				return w.result, err
			}
			if done {
				moved = append(moved, i)
			}
		}
		w.result.Moved += len(moved)
		if err := d.journal.append(record{What: "done", Action: id, Time: d.opt.Now(), Step: step, Moved: moved}); err != nil {
			return w.result, err
		}
	}
	return w.result, d.journal.append(record{What: "end", Action: id, Time: d.opt.Now(), Total: w.result.Moved, Interrupted: true})
}

// settle looks where both halves of a pair are and brings them together. It
// reports true where the pair is at the action's target.
func (d *Desk) settle(w *work, p *pair) (bool, error) {
	f := w.folders[p.Folder]
	fromC, fromM := d.paths(w.from, f, p)
	toC, toM := d.paths(w.to, f, p)
	command, message := half{fromC, toC, p.hasCommand() && d.regular(fromC)}, half{fromM, toM, p.hasMessage() && d.regular(fromM)}
	movedC, movedM := p.hasCommand() && d.regular(toC), p.hasMessage() && d.regular(toM)
	switch {
	case !movedC && !movedM:
		return false, nil // not begun
	case movedC && !message.has, movedM && !command.has:
		return true, nil // both there, or the other half is gone for good
	}
	rest, back := message, half{toC, fromC, true}
	if movedM {
		rest, back = command, half{toM, fromM, true}
	}
	err := d.rename(rest)
	if err == nil {
		return true, nil
	}
	if berr := d.rename(back); berr != nil {
		return false, fmt.Errorf("%s: %w", filepath.Base(rest.from), err)
	}
	return false, nil
}
