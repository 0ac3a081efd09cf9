package index

import (
	"metriage/diag/mailenable"
)

// everything codes a store.
func (c *coder) everything() {
	if c.mode != marking {
		c.tables()
	}
	c.folders()
	c.logs()
	if c.mode == marking {
		c.tables()
	}
}

// folders codes the folders that are there, each with its items, and those with
// what they say. What was taken back is left out.
func (c *coder) folders() {
	s := c.store
	var there []*folder
	for _, f := range s.folders {
		if f.present {
			there = append(there, f)
		}
	}
	n := c.length(len(there))
	known := map[string]bool{}
	for i := 0; i < n && c.err == nil; i++ {
		f := &folder{present: true}
		if c.mode != reading {
			f = there[i]
		}
		c.folder(f)
		if c.mode == reading {
			c.must(!known[f.Path])
			known[f.Path] = true
			s.folders = append(s.folders, f)
		}
		c.items(f, uint32(len(s.folders)-1))
	}
}

func (c *coder) folder(f *folder) {
	c.count(&f.inst)
	c.u8((*uint8)(&f.Kind))
	for _, v := range []*string{&f.Name, &f.Path, &f.Messages, &f.Account, &f.Mailbox} {
		c.string(v)
	}
	c.bool(&f.Outgoing)
	c.must(f.inst < c.insts && f.Kind <= mailenable.KindLoose)
}

// items codes the items of a folder.
func (c *coder) items(f *folder, number uint32) {
	s := c.store
	n := c.length(f.slots.used)
	if c.mode != reading {
		for _, v := range f.slots.at {
			if v != 0 && c.err == nil {
				c.item(f, s.items.at(v-1))
			}
		}
		return
	}
	for i := 0; i < n && c.err == nil; i++ {
		it := item{folder: number}
		at := s.items.n
		c.item(f, &it)
		if c.err != nil {
			return
		}
		s.items.add(it)
		f.slots.put(s.hashOf(at), at, s.hashOf)
		f.count.add(it.tally(), 1)
	}
}

// item codes an item and what it says.
func (c *coder) item(f *folder, it *item) {
	events, row := it.events, it.row != 0
	c.itemFields(it, &events, &row)
	if c.mode == reading {
		it.event, it.events = c.store.events.n, events
	}
	for i := range uint32(events) {
		if c.err != nil {
			return
		}
		var e event
		if c.mode != reading {
			e = *c.store.events.at(it.event + i)
		}
		c.event(&e)
		if c.mode == reading {
			c.must(e.kind <= ndrDelayed || e.kind == queued || e.kind == retried)
			e.item = c.store.items.n
			c.store.events.add(e)
			if e.kind <= ndrDelayed {
				c.store.refusals++
			}
		}
	}
	if !row || c.err != nil {
		return
	}
	q := queueRow{item: c.store.items.n, folder: it.folder}
	if c.mode != reading {
		q = *c.store.rows.at(it.row - 1)
	}
	c.row(&q)
	if c.mode == reading && c.must(queueable(f.Folder)) {
		it.row = c.store.rows.add(q) + 1
	}
}

func (c *coder) itemFields(it *item, events *uint16, row *bool) {
	c.u8((*uint8)(&it.flags))
	if it.flags&odd != 0 {
		for half := range 2 {
			r := it.nameRef(half)
			c.ref(&r)
			if c.mode == reading {
				it.setNameRef(half, r)
			}
		}
	} else if c.mode != marking {
		b := c.bytes(len(it.name))
		if c.mode == reading {
			it.name = guid(b)
		} else {
			copy(b, it.name[:])
		}
	}
	for half := range 2 {
		c.u32(&it.stamp[half].second)
		c.u32(&it.stamp[half].mark)
		c.u8((*uint8)(&it.status[half]))
		c.u8(&it.reason[half])
	}
	c.u16(events)
	c.bool(row)
	if c.mode == reading {
		c.must(it.flags&removed == 0)
		reasons := len(c.store.reasons.list)
		for half := range 2 {
			st := it.status[half]
			c.must(st <= vanished && (st != unreadable && st != busy || int(it.reason[half]) < reasons))
			c.must(st == absent || it.flags&odd == 0 || it.nameRef(half) != 0)
		}
	}
}

func (c *coder) event(e *event) {
	c.u32(&e.when)
	c.id(&e.id)
	c.ref(&e.rcpt)
	c.common(&e.common)
	c.ref(&e.subject)
	c.ref(&e.raw)
	c.answer(&e.answer)
	c.u16(&e.tries)
	c.u8((*uint8)(&e.kind))
	c.u8(&e.flags)
	c.must(e.kind < kinds && int(e.flags&stageMask) < len(stages) && e.flags <= flagsInUse)
}

func (c *coder) row(q *queueRow) {
	c.id(&q.id)
	for _, r := range []*ref{&q.dest, &q.rcpt, &q.sender, &q.account, &q.user, &q.client, &q.status, &q.command, &q.subject} {
		c.ref(r)
	}
	for _, v := range []*uint32{&q.rcpts, &q.acquired, &q.changed, &q.size} {
		c.u32(v)
	}
	c.u16(&q.retries)
	c.u16(&q.code)
	c.u8(&q.flags)
}
