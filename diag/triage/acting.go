package triage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"metriage/diag/act"
	"metriage/diag/mailenable"
)

// What package act does to the queues, for the dashboard.
type (
	// ActKind is what an action does.
	ActKind = act.Kind
	// ActPlan is an action in words, for the question before it.
	ActPlan = act.Plan
	// ActResult is what became of an action.
	ActResult = act.Result
)

// The kinds of actions.
const (
	ActHold    = act.KindHold
	ActRelease = act.KindRelease
	ActDelete  = act.KindDelete
	ActUndo    = act.KindUndo
	ActEmpty   = act.KindEmpty
)

// PastAct is an action that the journal of an installation tells of.
type PastAct struct {
	act.Action
	Installation int
}

// Order is an action to do. Hold, release and delete take messages of one
// folder of the Queue view; undo and empty take an earlier action.
type Order struct {
	Kind   ActKind
	Folder QueueFolder
	Names  []string // file names of the messages
	Past   PastAct
}

// acting is what a session needs to change queues.
type acting struct {
	mu    sync.Mutex // one action at a time
	desks map[int]*act.Desk

	done, total atomic.Int64
}

// HowToAllow says what an admin does to be allowed to change queues.
const HowToAllow = "start metriage with --allow-changes; now it only reads"

// MayChange returns why nothing may be changed here, nil where it may.
func (s *Session) MayChange() error {
	if s.capsule != "" {
		return ErrCapsule
	}
	if !s.opt.AllowChanges {
		return errors.New(HowToAllow)
	}
	return nil
}

// Refuses says why an order cannot be carried out, "" where it can.
func (o Order) Refuses() string {
	f := o.Folder
	switch o.Kind {
	case ActHold:
		switch {
		case f.Held:
			return "these are held already; :release puts them back"
		case f.Trash:
			return "these lie in the trash; :undo brings them back"
		}
	case ActRelease:
		if !f.Held {
			return "only held messages can be released; they are in the folders under hold"
		}
	case ActDelete:
		if f.Trash {
			return "these lie in the trash already; :empty-trash removes them for good"
		}
	}
	return ""
}

// Describe says what an order would do. busy is how many of its messages
// MailEnable works on right now, as far as was read.
func (s *Session) Describe(o Order, busy int) ActPlan {
	n := len(o.Names)
	if o.Kind == ActUndo || o.Kind == ActEmpty {
		n = o.Past.Moved
	}
	stopped, known := s.opt.Stopped()
	return act.Describe(o.Kind, n, busy, stopped && known)
}

// Past returns the actions on all installations, the newest first. It only
// reads.
func (s *Session) Past() ([]PastAct, error) {
	var out []PastAct
	var errs []error
	for i, in := range s.installs {
		list, err := act.Past(s.opt.Machine.FS, in.Root)
		if err != nil {
			errs = append(errs, fmt.Errorf("the journal of %s: %s", in.Root, mailenable.Why(err)))
		}
		for _, a := range list {
			out = append(out, PastAct{a, i})
		}
	}
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b PastAct) int { return b.Time.Compare(a.Time) })
	return out, errors.Join(errs...)
}

// Carry carries an order out. One is done at a time; ActProgress tells how far
// it is. Where ctx ends it stops between two messages.
func (s *Session) Carry(ctx context.Context, o Order) (ActResult, error) {
	if err := s.MayChange(); err != nil {
		return ActResult{Kind: o.Kind}, err
	}
	a := &s.acting
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done.Store(0)
	a.total.Store(int64(max(len(o.Names), o.Past.Moved)))
	defer a.total.Store(0)
	n := o.Folder.Installation
	if o.Kind == ActUndo || o.Kind == ActEmpty {
		n = o.Past.Installation
	}
	d, err := s.desk(ctx, n)
	if err != nil {
		return ActResult{Kind: o.Kind}, err
	}
	s.opt.Log.Info("act", "kind", o.Kind, "messages", len(o.Names), "of", o.Past.ID)
	tell := func(done, total int) { a.done.Store(int64(done)); a.total.Store(int64(total)) }
	switch o.Kind {
	case ActUndo:
		return d.Undo(ctx, o.Past.ID, tell)
	case ActEmpty:
		return d.EmptyTrash(ctx, o.Past.ID, tell)
	}
	folder := o.Folder.Path
	if o.Folder.Held {
		var ok bool
		if folder, ok = d.QueueFolder(folder); !ok {
			return ActResult{Kind: o.Kind}, errors.New("the queue folder that these were held from is gone; :undo brings them back by the journal")
		}
	}
	items := make([]act.Item, len(o.Names))
	for i, name := range o.Names {
		items[i] = act.Item{Folder: folder, Name: name}
	}
	switch o.Kind {
	case ActHold:
		return d.Hold(ctx, items, tell)
	case ActRelease:
		return d.Release(ctx, items, tell)
	case ActDelete:
		return d.Delete(ctx, items, o.Folder.Held, tell)
	}
	return ActResult{}, fmt.Errorf("%q is no action", o.Kind)
}

// desk opens the place where an installation is changed, once in a session.
// What was interrupted before is finished by that.
func (s *Session) desk(ctx context.Context, n int) (*act.Desk, error) {
	a := &s.acting
	if d := a.desks[n]; d != nil {
		return d, nil
	}
	if n < 0 || n >= len(s.installs) {
		return nil, errors.New("the installation is not known any more; R reads again")
	}
	in := s.installs[n]
	d, err := act.Open(ctx, act.Options{
		Root: in.Root, Folders: in.Layout(s.opt.Machine.FS).Folders, Allow: s.opt.AllowChanges,
		Now: s.opt.Now, Stopped: s.opt.Stopped,
	})
	if err != nil {
		return nil, err
	}
	if a.desks == nil {
		a.desks = map[int]*act.Desk{}
	}
	a.desks[n] = d
	return d, nil
}

// Finish brings together what an interrupted action left half-way: each
// message is then whole, in the queue or where the action moves it to.
func (s *Session) Finish(ctx context.Context, installation int) ([]ActResult, error) {
	if err := s.MayChange(); err != nil {
		return nil, err
	}
	a := &s.acting
	a.mu.Lock()
	defer a.mu.Unlock()
	d, err := s.desk(ctx, installation)
	if err != nil {
		return nil, err
	}
	return d.Recovered, nil
}

// ActProgress says how far the action under way is; total is 0 where none is.
// It never waits.
func (s *Session) ActProgress() (done, total int) {
	return int(s.acting.done.Load()), int(s.acting.total.Load())
}

// closeDesks gives the right to change the installations back. It waits for
// the action under way.
func (s *Session) closeDesks() error {
	a := &s.acting
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for _, d := range a.desks {
		errs = append(errs, d.Close())
	}
	a.desks = nil
	return errors.Join(errs...)
}

// TrashAction returns the action whose trash a folder of the Queue view is.
func TrashAction(f QueueFolder) string {
	if !f.Trash {
		return ""
	}
	name := filepath.ToSlash(f.Name)
	if len(name) <= len(mailenable.TrashFolder)+1 {
		return ""
	}
	id, _, _ := strings.Cut(name[len(mailenable.TrashFolder)+1:], "/")
	return id
}
