package index

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
	"sync"
)

// idref is a number for a message id. Even numbers stand for MailEnable's own
// ids, 32 hexadecimal digits and ".MAI", which are kept as 16 bytes; odd ones
// for all others, which are texts.
type idref uint32

// noID is the number of the empty id, which every table has.
const noID idref = 1

// guid is a MailEnable id without its extension.
type guid [16]byte

const upperHex = "0123456789ABCDEF"

// hexName is a file name or id of 32 hexadecimal digits and ".MAI".
const hexName = 36

// parseGUID reads 32 hexadecimal digits in any case.
func parseGUID(s string) (g guid, ok bool) {
	if len(s) < 2*len(g) {
		return g, false
	}
	for i := range g {
		hi, lo := hexValue[s[2*i]], hexValue[s[2*i+1]]
		if hi|lo > 15 {
			return g, false
		}
		g[i] = hi<<4 | lo
	}
	return g, true
}

// hexValue is the value of a hexadecimal digit, 0xFF for other bytes.
var hexValue = func() (t [256]uint8) {
	for i := range t {
		t[i] = 0xFF
	}
	for i := range 16 {
		t[upperHex[i]] = uint8(i)
		t[strings.ToLower(upperHex)[i]] = uint8(i)
	}
	return t
}()

func (g guid) append(b []byte) []byte {
	for _, c := range g {
		b = append(b, upperHex[c>>4], upperHex[c&15])
	}
	return b
}

// name returns the id as MailEnable writes it.
func (g guid) name() string { return string(append(g.append(make([]byte, 0, hexName)), ".MAI"...)) }

func (g guid) hash(seed maphash.Seed) uint64 { return maphash.Bytes(seed, g[:]) }

// idTable gives message ids numbers. It only grows.
type idTable struct {
	mu    sync.Mutex
	seed  maphash.Seed
	text  *table
	hex   slots
	other slots
	idList
	unsorted bool // the ids come from a file and are not in slots yet
}

// idList is a picture of an idTable.
type idList struct {
	guids  chunks[guid]
	others chunks[ref]
}

func newIDs(seed maphash.Seed, text *table) *idTable {
	t := &idTable{seed: seed, text: text}
	t.of("") // the first of the others
	return t
}

// of returns the number of an id in upper case.
func (t *idTable) of(id string) idref {
	if len(id) == hexName && id[32:] == ".MAI" && strings.ToUpper(id) == id {
		if g, ok := parseGUID(id); ok {
			return t.ofGUID(g)
		}
	}
	r := t.text.ref(id)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sort()
	n, ok := t.other.find(refHash(r), func(n uint32) bool { return *t.others.at(n) == r })
	if !ok {
		n = t.others.add(r)
		t.other.put(refHash(r), n, func(n uint32) uint64 { return refHash(*t.others.at(n)) })
	}
	return idref(n)<<1 | 1
}

func (t *idTable) ofGUID(g guid) idref {
	h := g.hash(t.seed)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sort()
	n, ok := t.hex.find(h, func(n uint32) bool { return *t.guids.at(n) == g })
	if !ok {
		n = t.guids.add(g)
		t.hex.put(h, n, func(n uint32) uint64 { return t.guids.at(n).hash(t.seed) })
	}
	return idref(n) << 1
}

// sort puts ids from a file into slots; t.mu is held.
func (t *idTable) sort() {
	if t.unsorted {
		t.hex.fill(t.guids.n, func(n uint32) uint64 { return t.guids.at(n).hash(t.seed) })
		t.other.fill(t.others.n, func(n uint32) uint64 { return refHash(*t.others.at(n)) })
		t.unsorted = false
	}
}

// refHash spreads numbers that follow each other.
func refHash(r ref) uint64 { return uint64(r) * 0x9E3779B97F4A7C15 >> 20 }

func (t *idTable) picture() idList {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.idList
}

// len is how many ids there are; index numbers them from 0.
func (l *idList) len() int { return l.guids.len() + l.others.len() }

func (l *idList) index(id idref) uint32 {
	if id&1 == 0 {
		return uint32(id >> 1)
	}
	return l.guids.n + uint32(id>>1)
}

// get returns the id as a text.
func (l *idList) get(id idref, t *texts) string {
	if id&1 == 0 {
		return l.guids.at(uint32(id >> 1)).name()
	}
	return t.get(*l.others.at(uint32(id >> 1)))
}

// compare orders ids by their texts; MailEnable's own come first where both
// kinds meet.
func (l *idList) compare(a, b idref, t *texts) int {
	switch {
	case a == b:
		return 0
	case a&1 != b&1:
		return int(a&1) - int(b&1)
	case a&1 == 0:
		x, y := l.guids.at(uint32(a>>1)), l.guids.at(uint32(b>>1))
		for i := 0; i < len(x); i += 8 {
			m, n := binary.BigEndian.Uint64(x[i:]), binary.BigEndian.Uint64(y[i:])
			if m < n {
				return -1
			} else if m > n {
				return 1
			}
		}
		return 0
	}
	return strings.Compare(t.get(*l.others.at(uint32(a >> 1))), t.get(*l.others.at(uint32(b >> 1))))
}
