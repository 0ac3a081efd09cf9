package act

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// Result is what became of an action.
type Result struct {
	Action string // id in the journal, for Undo; "" where nothing was begun
	Kind   Kind
	Of     string // the action that was undone or emptied
	Asked  int    // messages
	Moved  int
	// Skipped are messages that were left where they are, by reason.
	Skipped map[string]int
	// Left are the first of them, one by one.
	Left []Left
	// Interrupted is set where the action was stopped before its end.
	Interrupted bool
}

// Left is a message that an action left where it is.
type Left struct {
	Item Item
	Why  string
}

func (r *Result) skip(i Item, why string) {
	if r.Skipped == nil {
		r.Skipped = map[string]int{}
	}
	r.Skipped[why]++
	if len(r.Left) < maxSkips {
		r.Left = append(r.Left, Left{i, why})
	}
}

func (r *Result) skipped() int {
	n := 0
	for _, k := range r.Skipped {
		n += k
	}
	return n
}

// Reasons returns the reasons of Skipped, the most frequent first.
func (r *Result) Reasons() []string {
	out := slices.Sorted(maps.Keys(r.Skipped))
	slices.SortStableFunc(out, func(a, b string) int { return r.Skipped[b] - r.Skipped[a] })
	return out
}

// Progress is told how far an action is, between messages and at its end.
type Progress func(done, total int)

// Hold takes messages out of their queue folders. MailEnable does not see them
// until they are released.
func (d *Desk) Hold(ctx context.Context, items []Item, tell Progress) (Result, error) {
	return d.start(ctx, work{kind: KindHold, from: inQueue, to: inHold}, items, tell)
}

// Release puts held messages back where they came from. Items name their queue
// folder, as when they were held.
func (d *Desk) Release(ctx context.Context, items []Item, tell Progress) (Result, error) {
	return d.start(ctx, work{kind: KindRelease, from: inHold, to: inQueue}, items, tell)
}

// Delete moves messages into the trash, from where Undo brings them back until
// EmptyTrash. held says that they lie in the hold and not in the queue.
func (d *Desk) Delete(ctx context.Context, items []Item, held bool, tell Progress) (Result, error) {
	w := work{kind: KindDelete, from: inQueue}
	if held {
		w.from = inHold
	}
	return d.start(ctx, w, items, tell)
}

// work is an action under way.
type work struct {
	kind     Kind
	from, to place
	of       string
	id       string
	folders  []*folder
	steps    int
	result   Result
}

// start makes an action of items.
func (d *Desk) start(ctx context.Context, w work, items []Item, tell Progress) (Result, error) {
	if len(items) > MaxItems {
		return Result{}, fmt.Errorf("%d messages are selected; at most %d can be moved at once", len(items), MaxItems)
	}
	w.result = Result{Kind: w.kind, Asked: len(items)}
	// The folders first: the action names each once.
	index, bad := map[string]int{}, map[string]string{}
	for _, it := range items {
		if _, ok := index[it.Folder]; ok || bad[it.Folder] != "" {
			continue
		}
		f, err := d.find(it.Folder)
		if err != nil {
			bad[it.Folder] = why(err)
			continue
		}
		f.names = nil
		index[it.Folder] = len(w.folders)
		w.folders = append(w.folders, f)
	}
	next := func(yield func(found) bool) {
		for _, it := range items {
			x := found{item: it}
			if what := bad[it.Folder]; what != "" {
				x.err = errors.New(what)
			} else {
				n := index[it.Folder]
				x.pair, x.err = d.resolve(w.from, w.folders[n], it.Name)
				x.pair.Folder = n
			}
			if !yield(x) {
				return
			}
		}
	}
	return d.run(ctx, &w, len(items), next, tell)
}

// found is an item and what it is on disk, or why it cannot be moved.
type found struct {
	item Item
	pair pair
	err  error
}

// run does an action: it writes ahead what the next batch will move, moves it,
// and writes down what was moved.
func (d *Desk) run(ctx context.Context, w *work, total int, next iter.Seq[found], tell Progress) (Result, error) {
	defer d.forget()
	if err := d.begin(w, total); err != nil {
		return w.result, err
	}
	if tell == nil {
		tell = func(int, int) {}
	}
	var batch []pair
	var items []Item
	var failed error
	flush := func() bool {
		if len(batch) == 0 {
			return true
		}
		failed = d.batch(ctx, w, batch, items)
		batch, items = batch[:0], items[:0]
		tell(w.result.Moved+w.result.skipped(), total)
		return failed == nil
	}
	for x := range next {
		if ctx.Err() != nil {
			break
		}
		if x.err != nil {
			w.result.skip(x.item, why(x.err))
			continue
		}
		batch, items = append(batch, x.pair), append(items, x.item)
		if len(batch) == batchItems && !flush() {
			break
		}
	}
	if failed == nil && ctx.Err() == nil {
		flush()
	}
	w.result.Interrupted = failed != nil || ctx.Err() != nil
	if failed != nil {
		return w.result, failed // without an end the next start looks after it
	}
	tell(total, total)
	err := d.journal.append(record{
		What: "end", Action: w.id, Time: d.opt.Now(), Total: w.result.Moved, Skipped: w.result.Skipped, Interrupted: w.result.Interrupted,
	})
	if err == nil {
		err = ctx.Err()
	}
	return w.result, err
}

func (d *Desk) begin(w *work, total int) error {
	id, err := d.newID()
	if err != nil {
		return err
	}
	w.id, w.result.Action = id, id
	w.result.Of = w.of
	if w.to == "" {
		w.to = inTrash(id)
	}
	r := record{What: "begin", Action: id, Time: d.opt.Now(), Kind: w.kind, Count: total, From: w.from, To: w.to, Of: w.of}
	for _, f := range w.folders {
		r.Folders = append(r.Folders, folderName{d.fromData(f.path), f.mirror, f.messages})
	}
	return d.journal.append(r)
}

// newID makes an id that tells when and that no action had before.
func (d *Desk) newID() (string, error) {
	stem := d.opt.Now().UTC().Format("20060102T150405")
	n := 1
	err := d.journal.read(func(r record) error {
		var k int
		if c, _ := fmt.Sscanf(r.Action, stem+"-%d", &k); c == 1 && r.What == "begin" {
			n = max(n, k+1)
		}
		return nil
	})
	return fmt.Sprintf("%s-%d", stem, n), err
}

// batch moves some pairs with their intent written ahead.
func (d *Desk) batch(ctx context.Context, w *work, batch []pair, items []Item) error {
	w.steps++
	if err := d.journal.append(record{What: "step", Action: w.id, Time: d.opt.Now(), Step: w.steps, Pairs: batch}); err != nil {
		return err
	}
	var moved []int
	for i := range batch {
		if ctx.Err() != nil {
			break
		}
		err := d.move(w, &batch[i])
		switch {
		case err == nil:
			moved = append(moved, i)
			w.result.Moved++
		case errors.Is(err, errHalf):
			return err // what could be neither finished nor undone
		default:
			w.result.skip(items[i], why(err))
		}
	}
	return d.journal.append(record{What: "done", Action: w.id, Time: d.opt.Now(), Step: w.steps, Moved: moved})
}

// Action is one entry of the journal as a list shows it.
type Action struct {
	ID    string
	Kind  Kind
	Of    string
	Time  time.Time
	Asked int
	Moved int
	// Undone is the action that undid it, Emptied the one that emptied its
	// trash; "" for none.
	Undone, Emptied string
	Ended           bool
	Interrupted     bool
}

// Actions returns what was done, the oldest first.
func (d *Desk) Actions() ([]Action, error) { return actions(d.journal.read) }

func actions(read func(visit func(record) error) error) ([]Action, error) {
	var out []Action
	at := map[string]int{}
	err := read(func(r record) error {
		i, known := at[r.Action]
		switch {
		case r.What == "begin" && !known:
			at[r.Action] = len(out)
			out = append(out, Action{ID: r.Action, Kind: r.Kind, Of: r.Of, Time: r.Time, Asked: r.Count})
			if k, ok := at[r.Of]; ok && r.Kind == KindUndo {
				out[k].Undone = r.Action
			} else if ok && r.Kind == KindEmpty {
				out[k].Emptied = r.Action
			}
		case !known:
		case r.What == "done":
			out[i].Moved += len(r.Moved)
		case r.What == "end":
			out[i].Ended, out[i].Interrupted = true, r.Interrupted
		}
		return nil
	})
	return out, err
}
