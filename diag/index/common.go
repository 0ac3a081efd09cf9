package index

import (
	"hash/maphash"
	"sync"
)

// common is what many events have in common: who wrote to which domain
// through which server. Events hold its number.
type common struct {
	domain  ref // of the recipient, or the target domain of an NDR; 0: to be found out
	sender  ref
	account ref
	host    ref // banner, lower case
	guess   ref // registrable domain of the host that the reply names
	own     ref // our address as the remote server sees it
	remote  ref
	helo    ref
	inst    uint16 // installation
	sent    bool   // the sender is known, the null sender included
}

// commonTable gives commons numbers; 0 is the empty one.
type commonTable struct {
	mu    sync.Mutex
	seed  maphash.Seed
	slots slots
	list  chunks[common]
	// unsorted is set where the list comes from a file and is not in slots yet.
	unsorted bool
}

func newCommons(seed maphash.Seed) *commonTable {
	t := &commonTable{seed: seed}
	t.of(common{})
	return t
}

func (t *commonTable) of(c common) uint32 {
	h := maphash.Comparable(t.seed, c)
	t.mu.Lock()
	defer t.mu.Unlock()
	hashOf := func(n uint32) uint64 { return maphash.Comparable(t.seed, *t.list.at(n)) }
	if t.unsorted {
		t.slots.fill(t.list.n, hashOf)
		t.unsorted = false
	}
	n, ok := t.slots.find(h, func(n uint32) bool { return *t.list.at(n) == c })
	if !ok {
		n = t.list.add(c)
		t.slots.put(h, n, hashOf)
	}
	return n
}

func (t *commonTable) picture() chunks[common] {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list
}
