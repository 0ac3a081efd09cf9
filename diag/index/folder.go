package index

import (
	"hash/maphash"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// tally is what is counted of files: over a folder, or over all.
type tally struct {
	files, messages, unreadable, vanished, older, orphans int
	unsettled                                             int // items that have to be read whatever their time says
}

func (t *tally) add(o tally, n int) {
	t.files += n * o.files
	t.messages += n * o.messages
	t.unreadable += n * o.unreadable
	t.vanished += n * o.vanished
	t.older += n * o.older
	t.orphans += n * o.orphans
	t.unsettled += n * o.unsettled
}

// tally is what an item adds to the counts.
func (it *item) tally() (t tally) {
	for half := range 2 {
		switch it.status[half] {
		case absent:
			continue
		case unreadable, busy:
			t.unreadable++
		case vanished:
			t.vanished++
		case older:
			t.older++
		}
		t.files++
	}
	if t.files > 0 {
		t.messages = 1
	}
	if it.flags&lone != 0 {
		t.orphans = 1
	}
	if it.unsettled() {
		t.unsettled = 1
	}
	return t
}

// folder is one folder of mail with its items.
type folder struct {
	inst int
	mailenable.Folder
	slots    slots // items by name
	count    tally
	problems []diag.Problem // why it, or its Messages, could not be listed
	present  bool           // in the last layout
	listed   [2]listing
}

// listing is how the folder of one half looked when it was listed.
type listing struct {
	ok   bool
	time time.Time // of the folder
	at   time.Time // when the listing began
}

// hashOf returns the hash of an item's name, as fileName.hash does.
func (s *store) hashOf(n uint32) uint64 {
	it := s.items.at(n)
	if it.flags&odd == 0 {
		return it.name.hash(s.seed)
	}
	if it.flags&again != 0 {
		return maphash.String(s.seed, "\x00"+s.oddName(it))
	}
	f := nameOf(s.oddName(it))
	return f.hash(s.seed)
}

func (s *store) oddName(it *item) string {
	if r := it.nameRef(command); r != 0 {
		return s.text.get(r)
	}
	return s.text.get(it.nameRef(message))
}

// find returns the item of a folder that has the name, in any case.
func (s *store) find(f *folder, name *fileName) (uint32, bool) {
	return f.slots.find(name.hash(s.seed), func(n uint32) bool {
		it := s.items.at(n)
		switch {
		case it.flags&again != 0:
			return false
		case it.flags&odd == 0:
			return name.hex && it.name == name.guid
		}
		return strings.EqualFold(s.oddName(it), name.name)
	})
}

// findAgain returns the item for a name that another item has in another case.
func (s *store) findAgain(f *folder, name string) (uint32, bool) {
	return f.slots.find(maphash.String(s.seed, "\x00"+name), func(n uint32) bool {
		it := s.items.at(n)
		return it.flags&again != 0 && s.oddName(it) == name
	})
}

// newItem adds an item for a name.
func (s *store) newItem(f *folder, number uint32, name *fileName, half int, flags itemFlag) uint32 {
	it := item{folder: number, flags: flags}
	if name.plain && flags&again == 0 {
		it.name = name.guid
		it.spell(half, name.spelling)
	} else {
		it.flags |= odd
		it.setNameRef(half, s.text.ref(name.name))
	}
	n := s.items.add(it)
	f.slots.put(s.hashOf(n), n, s.hashOf)
	return n
}

// take notes that a listing met a name and returns its item.
func (s *store) take(number uint32, name *fileName, half int) uint32 {
	f := s.folders[number]
	n, ok := s.find(f, name)
	switch {
	case !ok:
		n = s.newItem(f, number, name, half, 0)
	case s.items.at(n).seen>>half&1 != 0:
		// The same name twice in one folder, which only some systems allow.
		if n, ok = s.findAgain(f, name.name); !ok {
			n = s.newItem(f, number, name, half, again)
		}
	case !s.holds(n, name, half):
		n = s.respell(f, number, n, name, half)
	}
	it := s.items.at(n)
	it.seen |= 1 << half
	if !it.there(half) {
		s.change(n, func(it *item) {
			it.status[half] = pending
			it.flags &^= lone
		})
	}
	return n
}

// holds reports whether item n has the name for a half, or can take it.
func (s *store) holds(n uint32, name *fileName, half int) bool {
	it := s.items.at(n)
	if it.flags&odd != 0 {
		if it.nameRef(half) == 0 {
			it.setNameRef(half, s.text.ref(name.name))
		}
		return s.text.get(it.nameRef(half)) == name.name
	}
	if !name.plain {
		return false
	}
	if !it.there(half) {
		it.spell(half, name.spelling)
	}
	return it.spelling(half) == name.spelling
}

// respell puts an item in place of n that holds a name which n cannot.
func (s *store) respell(f *folder, number, n uint32, name *fileName, half int) uint32 {
	was := *s.items.at(n)
	s.remove(n)
	other := 1 - half
	if !was.there(other) {
		return s.newItem(f, number, name, half, 0)
	}
	it := item{folder: number, flags: odd, seen: was.seen & (1 << other)}
	it.setNameRef(half, s.text.ref(name.name))
	it.setNameRef(other, s.text.ref(was.fileName(other, s.text.get)))
	m := s.items.add(it)
	f.slots.put(s.hashOf(m), m, s.hashOf)
	s.change(m, func(it *item) { it.status[other] = pending })
	return m
}

// change alters an item and keeps the counts of its folder right.
func (s *store) change(n uint32, alter func(*item)) {
	it := s.items.at(n)
	count := &s.folders[it.folder].count
	count.add(it.tally(), -1)
	alter(it)
	count.add(it.tally(), 1)
	s.edits++
}

// remove forgets an item and what it said.
func (s *store) remove(n uint32) {
	s.forget(n)
	it := s.items.at(n)
	f := s.folders[it.folder]
	f.slots.remove(s.hashOf(n), n, s.hashOf)
	s.change(n, func(it *item) {
		it.status = [2]status{}
		it.flags = it.flags&^lone | removed
	})
	s.itemsGone++
}
