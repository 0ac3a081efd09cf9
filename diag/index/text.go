package index

import (
	"encoding/binary"
	"hash/maphash"
	"sync"
	"unsafe"
)

// ref is a number for a text; 0 is "". A million records share their domains,
// senders and replies, so records hold refs.
type ref uint32

// Texts are spread over parts with a lock each, since all readers add to them.
const (
	partBits  = 4
	parts     = 1 << partBits
	blockSize = 64 << 10
	maxText   = 32 << 10
)

// table gives texts numbers. It only grows.
type table struct {
	seed maphash.Seed
	part [parts]textPart
}

type textPart struct {
	mu    sync.Mutex
	slots slots
	textList
	free     []byte // rest of the last block
	unsorted bool   // the texts come from a file and are not in slots yet
}

// textList is one part's texts: where each lies in the blocks, behind its
// length.
type textList struct {
	at     chunks[uint32]
	blocks [][]byte
}

// texts is a picture of a table.
type texts [parts]textList

func newTable(seed maphash.Seed) *table {
	t := &table{seed: seed}
	t.part[0].store("")
	return t
}

// ref returns the number of s. Texts that are longer than any that counts are
// cut.
func (t *table) ref(s string) ref {
	if s == "" {
		return 0
	}
	if len(s) > maxText {
		s = cut(s, maxText)
	}
	n := partOf(s)
	return ref(t.part[n].intern(t.seed, maphash.String(t.seed, s), s))<<partBits | ref(n)
}

// partOf returns the part that a text belongs to, which is the same in every
// run.
func partOf(s string) int {
	n := len(s)
	return (n + int(s[0]) + 3*int(s[n/2]) + 5*int(s[n-1])) & (parts - 1)
}

func (p *textPart) intern(seed maphash.Seed, h uint64, s string) uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	hashOf := func(n uint32) uint64 { return maphash.String(seed, p.get(n)) }
	if p.unsorted {
		p.slots.fill(p.at.n, hashOf)
		p.unsorted = false
	}
	if n, ok := p.slots.find(h, func(n uint32) bool { return p.get(n) == s }); ok {
		return n
	}
	n := p.store(s)
	p.slots.put(h, n, hashOf)
	return n
}

// store appends a text to the last block, or to a new one.
func (p *textPart) store(s string) uint32 {
	need := binary.MaxVarintLen32 + len(s)
	if len(p.free) < need {
		p.free = make([]byte, blockSize)
		p.blocks = append(p.blocks, p.free)
	}
	pos := uint32(len(p.blocks)-1)<<16 | uint32(blockSize-len(p.free))
	n := binary.PutUvarint(p.free, uint64(len(s)))
	copy(p.free[n:], s)
	p.free = p.free[n+len(s):]
	return p.at.add(pos)
}

func (p *textList) get(n uint32) string {
	pos := *p.at.at(n)
	b := p.blocks[pos>>16][pos&0xFFFF:]
	size, k := binary.Uvarint(b)
	if size == 0 {
		return ""
	}
	// Blocks are written once, so the text in them can be handed out as it is.
	return unsafe.String(&b[k], int(size))
}

// picture returns the texts as they are now.
func (t *table) picture() texts {
	var out texts
	for i := range t.part {
		p := &t.part[i]
		p.mu.Lock()
		out[i] = p.textList
		p.mu.Unlock()
	}
	return out
}

func (t *texts) get(r ref) string { return t[r&(parts-1)].get(uint32(r >> partBits)) }

// get returns a text while others may be added.
func (t *table) get(r ref) string {
	p := &t.part[r&(parts-1)]
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.get(uint32(r >> partBits))
}
