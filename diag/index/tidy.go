package index

import "io"

// Waste that is not worth rewriting a store for.
const minWaste = 20_000

// waste is how much of a store was taken back, and how much there is in all.
func (s *store) waste() (gone, all int) {
	gone = s.itemsGone + s.deadCount + s.rowsGone
	all = s.items.len() + s.events.len() + s.rows.len()
	for _, l := range s.logs {
		b := l.begin()
		gone += int(b.events + b.accepted + b.targets)
		all += l.events.len() + l.accepted.len() + l.targets.len()
	}
	return gone, all
}

// tidy rewrites the store without what was taken back, once that is half of it,
// so that a queue which changes all day does not grow in memory. x.passing is
// held.
func (x *Index) tidy() {
	s := x.store
	if gone, all := s.waste(); gone < x.minWaste || gone*2 < all {
		return
	}
	kept, err := s.rewritten(len(x.installs))
	if err != nil {
		x.opt.Log.Error("rewriting the index", "error", err)
		return
	}
	same := x.kept == x.before+s.edits
	x.swap(kept)
	if same {
		x.kept = x.before
	}
}

// rewritten returns a store that holds what counts in s.
func (s *store) rewritten(insts int) (*store, error) {
	r, w := io.Pipe()
	go func() {
		c := coder{store: s, insts: insts}
		c.startWriting(w)
		c.everything()
		_ = w.CloseWithError(c.close())
	}()
	defer r.Close()
	c := coder{mode: reading, r: r, left: 1 << 62, buf: make([]byte, codeBuf), store: newStore(), insts: insts}
	c.everything()
	if err := c.close(); err != nil {
		return nil, err
	}
	// What belongs to this run alone is not written.
	n := 0
	for _, f := range s.folders {
		if f.present {
			c.store.folders[n].problems, c.store.folders[n].listed = f.problems, f.listed
			n++
		}
	}
	for i, l := range s.logs {
		to := c.store.logs[i]
		to.problems, to.fed, to.fedDebug, to.mta = l.problems, l.fed, l.fedDebug, l.mta
	}
	return c.store, nil
}
