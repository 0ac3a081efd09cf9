package index

import (
	"hash/maphash"
	"strings"
	"sync"

	"metriage/diag/reply"
)

// store holds everything that was read. Texts, ids, commons and answers are
// numbered by the readers, each table under its own lock; the rest changes
// under the lock of the index alone. What only grows is shared with pictures;
// what goes away is marked and left out when the store is rewritten.
type store struct {
	seed    maphash.Seed
	text    *table
	ids     *idTable
	commons *commonTable
	answers answerTable

	folders   []*folder
	items     chunks[item] // item 0 is none
	itemsGone int
	events    chunks[event] // of files
	dead      bits          // events that were taken back
	deadCount int
	rows      chunks[queueRow]
	deadRows  bits
	rowsGone  int
	logs      []*logDir

	edits    int // changes whenever anything else does
	refusals int // NDRs' refusals that count
	reasons  reasonTable
	memo     *memo
}

func newStore() *store {
	seed := maphash.MakeSeed()
	text := newTable(seed)
	s := &store{seed: seed, text: text, ids: newIDs(seed, text), commons: newCommons(seed), memo: newMemo()}
	s.answers.of(answer{})
	s.items.add(item{flags: removed})
	return s
}

// lower gives an address or a name its ref without case.
func (s *store) lower(v string) ref { return s.text.ref(strings.ToLower(v)) }

// forget takes back what item n said.
func (s *store) forget(n uint32) {
	it := s.items.at(n)
	for i := range uint32(it.events) {
		s.dead.set(it.event + i)
		if s.events.at(it.event+i).kind <= ndrDelayed {
			s.refusals--
		}
	}
	s.deadCount += int(it.events)
	it.event, it.events = 0, 0
	if it.row != 0 {
		s.deadRows.set(it.row - 1)
		s.rowsGone++
		it.row = 0
	}
}

// say takes what the file of item n says.
func (s *store) say(n uint32, events []event, row *queueRow) {
	it := s.items.at(n)
	it.event = s.events.n
	for _, e := range events[:min(len(events), maxEvents)] {
		e.item = n
		s.events.add(e)
		it.events++
		if e.kind <= ndrDelayed {
			s.refusals++
		}
	}
	if row != nil {
		row.item, row.folder = n, it.folder
		it.row = s.rows.add(*row) + 1
	}
}

// maxEvents bounds what one file can say; an NDR names 10,000 recipients at
// most.
const maxEvents = 1<<16 - 1

// answerTable gives kinds of replies numbers; 0 is none.
type answerTable struct {
	mu   sync.Mutex
	at   map[answer]uint32
	list chunks[answer]
}

func (t *answerTable) of(a answer) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.at[a]
	if !ok {
		if t.at == nil {
			t.at = map[answer]uint32{}
		}
		n = t.list.add(a)
		t.at[a] = n
	}
	return n
}

func (t *answerTable) picture() chunks[answer] {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list
}

// reasonTable numbers the reasons why files are unreadable. There are few; what
// goes beyond is one reason.
type reasonTable struct {
	mu   sync.Mutex
	list []string
}

const maxReasons = 250

func (t *reasonTable) of(what string) uint8 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, w := range t.list {
		if w == what {
			return uint8(i)
		}
	}
	if len(t.list) == maxReasons {
		t.list[maxReasons-1] = "it could not be read"
		return maxReasons - 1
	}
	t.list = append(t.list, what)
	return uint8(len(t.list) - 1)
}

func (t *reasonTable) picture() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.list...)
}

// memo remembers what is worked out of texts again and again.
type memo struct {
	mu       sync.RWMutex
	provider map[ref]string
	lines    map[ref]reply.Line
}

func newMemo() *memo { return &memo{provider: map[ref]string{}, lines: map[ref]reply.Line{}} }

// maxLines bounds the replies that are kept ready to be compared.
const maxLines = 1 << 15

// line returns a reply, ready to be compared.
func (m *memo) line(raw ref, t *texts) reply.Line {
	m.mu.RLock()
	l, ok := m.lines[raw]
	m.mu.RUnlock()
	if ok {
		return l
	}
	l = reply.LineOf(reply.Parse(t.get(raw)))
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.lines) >= maxLines {
		clear(m.lines)
	}
	m.lines[raw] = l
	return l
}

// providerOf returns who runs the host or domain of a text, "" where not
// known.
func (m *memo) providerOf(r ref, t *texts) string {
	if r == 0 {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.provider[r]
	if !ok {
		p = reply.Provider(t.get(r))
		m.provider[r] = p
	}
	return p
}
