package index

import (
	"encoding/binary"
	"unsafe"

	"metriage/diag"
)

// used is what of the tables is in use.
type used struct {
	text    [parts]bits
	guids   bits
	others  bits
	commons bits
	answers bits
}

// renumber is the numbers that what is in use has in a file.
type renumber struct {
	text                            [parts][]uint32
	guids, others, commons, answers []uint32
}

// all returns the new numbers of what is in use: they are in the old order.
func (u *used) all(s *store) (m renumber) {
	for i := range u.text {
		m.text[i] = numbers(u.text[i], s.text.part[i].at.n)
	}
	m.guids, m.others = numbers(u.guids, s.ids.guids.n), numbers(u.others, s.ids.others.n)
	m.commons, m.answers = numbers(u.commons, s.commons.list.n), numbers(u.answers, s.answers.list.n)
	return m
}

func numbers(b bits, n uint32) []uint32 {
	out, count := make([]uint32, n), uint32(0)
	b.each(func(i uint32) {
		out[i] = count
		count++
	})
	return out
}

// zeroes marks what every store has: the empty text, and what stands for none.
func (u *used) zeroes() {
	u.text[0].set(0)
	u.others.set(0)
	u.commons.set(0)
	u.answers.set(0)
}

// ref codes the number of a text.
func (c *coder) ref(r *ref) {
	part, n := *r&(parts-1), uint32(*r>>partBits)
	switch c.mode {
	case marking:
		c.used.text[part].set(n)
	case writing:
		binary.LittleEndian.PutUint32(c.bytes(4), c.moved.text[part][n]<<partBits|uint32(part))
	case reading:
		*r = ref(binary.LittleEndian.Uint32(c.bytes(4)))
		c.must(uint32(*r>>partBits) < c.store.text.part[*r&(parts-1)].at.n)
	}
}

// id codes the number of a message id.
func (c *coder) id(id *idref) {
	n, other := uint32(*id>>1), *id&1 != 0
	switch {
	case c.mode == marking && other:
		c.used.others.set(n)
	case c.mode == marking:
		c.used.guids.set(n)
	case c.mode == writing && other:
		binary.LittleEndian.PutUint32(c.bytes(4), c.moved.others[n]<<1|1)
	case c.mode == writing:
		binary.LittleEndian.PutUint32(c.bytes(4), c.moved.guids[n]<<1)
	default:
		*id = idref(binary.LittleEndian.Uint32(c.bytes(4)))
		have := c.store.ids.guids.n
		if *id&1 != 0 {
			have = c.store.ids.others.n
		}
		c.must(uint32(*id>>1) < have)
	}
}

// common codes the number of what events have in common.
func (c *coder) common(n *uint32) {
	switch c.mode {
	case marking:
		c.used.commons.set(*n)
	case writing:
		binary.LittleEndian.PutUint32(c.bytes(4), c.moved.commons[*n])
	case reading:
		c.u32(n)
		c.must(*n < c.store.commons.list.n)
	}
}

// answer codes the number of a kind of reply.
func (c *coder) answer(n *uint32) {
	switch c.mode {
	case marking:
		c.used.answers.set(*n)
	case writing:
		binary.LittleEndian.PutUint32(c.bytes(4), c.moved.answers[*n])
	case reading:
		c.u32(n)
		c.must(*n < c.store.answers.list.n)
	}
}

// tables codes what everything else refers to by number. When marking it comes
// last, for what is in use itself refers to texts.
func (c *coder) tables() {
	s := c.store
	if c.mode != marking {
		c.texts()
		c.ids()
	}
	c.each(c.used.commons, 1, func(n uint32) {
		v := common{}
		if c.mode != reading {
			v = *s.commons.list.at(n)
		}
		c.commonFields(&v)
		if c.mode == reading {
			s.commons.list.add(v)
		}
	})
	s.commons.unsorted = s.commons.unsorted || c.mode == reading
	c.each(c.used.answers, 1, func(n uint32) {
		v := answer{}
		if c.mode != reading {
			v = *s.answers.list.at(n)
		}
		c.answerFields(&v)
		if c.mode == reading {
			s.answers.at[v] = s.answers.list.add(v)
		}
	})
	if c.mode == marking {
		c.used.others.each(func(n uint32) {
			r := *s.ids.others.at(n)
			c.ref(&r)
		})
	}
	list(c, &s.reasons.list, func(v *string) { c.words(v) })
	c.must(len(s.reasons.list) <= maxReasons)
}

// texts codes the texts of each part of the table.
func (c *coder) texts() {
	for i := range c.store.text.part {
		p := &c.store.text.part[i]
		first := uint32(0)
		if i == 0 {
			first = 1
		}
		c.each(c.used.text[i], first, func(n uint32) {
			if c.mode == writing {
				c.text(p.get(n))
			} else {
				text := c.readText()
				c.must(partOf(text) == i)
				p.store(text)
			}
		})
		p.unsorted = c.mode == reading
	}
}

func (c *coder) text(s string) {
	binary.LittleEndian.PutUint16(c.bytes(2), uint16(len(s)))
	copy(c.bytes(len(s)), s)
}

// readText returns a text that is valid until more is read.
func (c *coder) readText() string {
	n := int(binary.LittleEndian.Uint16(c.bytes(2)))
	if !c.must(n > 0 && n <= maxText) {
		return "-"
	}
	b := c.bytes(n)
	return unsafe.String(unsafe.SliceData(b), n)
}

// ids codes the message ids.
func (c *coder) ids() {
	t := c.store.ids
	c.each(c.used.guids, 0, func(n uint32) {
		if c.mode == writing {
			copy(c.bytes(len(guid{})), t.guids.at(n)[:])
			return
		}
		t.guids.add(guid(c.bytes(len(guid{}))))
	})
	c.each(c.used.others, 1, func(n uint32) {
		var r ref
		if c.mode == writing {
			r = *t.others.at(n)
		}
		c.ref(&r)
		if c.mode == reading {
			t.others.add(r)
		}
	})
	t.unsorted = c.mode == reading
}

// each visits the numbers of a table that are in use, but for those below
// first, which every table has.
func (c *coder) each(in bits, first uint32, visit func(n uint32)) {
	n := c.length(in.count() - int(first))
	if c.mode == reading {
		for i := 0; i < n && c.err == nil; i++ {
			visit(0)
		}
		return
	}
	in.each(func(n uint32) {
		if n >= first && c.err == nil {
			visit(n)
		}
	})
}

func (c *coder) commonFields(v *common) {
	for _, r := range []*ref{&v.domain, &v.sender, &v.account, &v.host, &v.guess, &v.own, &v.remote, &v.helo} {
		c.ref(r)
	}
	c.u16(&v.inst)
	c.bool(&v.sent)
	c.must(int(v.inst) < c.insts)
}

func (c *coder) answerFields(v *answer) {
	cause := string(v.cause)
	c.string(&cause)
	c.string(&v.named)
	c.string(&v.provider)
	c.u64(&v.print)
	if c.mode == reading {
		v.cause = diag.Cause(cause)
		c.must((cause == "" || v.cause.Valid()) && v.named == diag.Clean(v.named) && v.provider == diag.Clean(v.provider))
	}
}

// words codes a sentence of the program's own.
func (c *coder) words(v *string) {
	c.string(v)
	if c.mode == reading {
		*v = diag.Clean(*v)
	}
}
