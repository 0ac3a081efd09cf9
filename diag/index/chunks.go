package index

import mathbits "math/bits"

// chunkLen is how many values of a list are allocated at once.
const (
	chunkBits = 11
	chunkLen  = 1 << chunkBits
)

// chunks is a list that only grows. Values never move, so a copy of the header
// is a picture of the list that stays valid while more is added.
type chunks[T any] struct {
	list []*[chunkLen]T
	n    uint32
}

func (c *chunks[T]) len() int { return int(c.n) }

func (c *chunks[T]) add(v T) uint32 {
	n := c.n
	if int(n>>chunkBits) == len(c.list) {
		c.list = append(c.list, new([chunkLen]T))
	}
	c.list[n>>chunkBits][n&(chunkLen-1)] = v
	c.n++
	return n
}

func (c *chunks[T]) at(i uint32) *T { return &c.list[i>>chunkBits][i&(chunkLen-1)] }

// cut drops the values from n on. Pictures taken before keep theirs.
func (c *chunks[T]) cut(n uint32) {
	if n >= c.n {
		return
	}
	full := n >> chunkBits
	list := append([]*[chunkLen]T(nil), c.list[:full]...)
	if n&(chunkLen-1) != 0 {
		last := *c.list[full]
		list = append(list, &last)
	}
	c.list, c.n = list, n
}

// each calls visit for every value in order.
func (c *chunks[T]) each(visit func(i uint32, v *T)) {
	for k, part := range c.list {
		base := uint32(k) << chunkBits
		for j := range min(chunkLen, int(c.n)-int(base)) {
			visit(base+uint32(j), &part[j])
		}
	}
}

// bits is a set of small numbers.
type bits []uint64

func (b *bits) set(i uint32) {
	for int(i>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (i & 63)
}

func (b bits) has(i uint32) bool {
	return int(i>>6) < len(b) && b[i>>6]>>(i&63)&1 != 0
}

func (b bits) count() (n int) {
	for _, w := range b {
		n += mathbits.OnesCount64(w)
	}
	return n
}

// each calls visit for every number of the set, in order.
func (b bits) each(visit func(i uint32)) {
	for k, w := range b {
		for ; w != 0; w &= w - 1 {
			visit(uint32(k<<6 | mathbits.TrailingZeros64(w)))
		}
	}
}

// slots finds numbers by hash: open addressing with linear probing. What a
// number stands for is kept elsewhere, so that a table costs six bytes an
// entry.
type slots struct {
	at   []uint32 // number + 1, 0 for none
	used int
}

// find returns the number among those with the hash that is says yes to.
func (s *slots) find(hash uint64, is func(n uint32) bool) (uint32, bool) {
	if len(s.at) == 0 {
		return 0, false
	}
	mask := uint64(len(s.at) - 1)
	for i := hash & mask; s.at[i] != 0; i = (i + 1) & mask {
		if n := s.at[i] - 1; is(n) {
			return n, true
		}
	}
	return 0, false
}

// put adds a number that is not there yet. hashOf tells the hash of any number
// in the table, for when it has to grow.
func (s *slots) put(hash uint64, n uint32, hashOf func(n uint32) uint64) {
	if (s.used+1)*4 > len(s.at)*3 {
		s.grow(max(16, len(s.at)*2), hashOf)
	}
	s.insert(hash, n)
}

func (s *slots) insert(hash uint64, n uint32) {
	mask := uint64(len(s.at) - 1)
	i := hash & mask
	for s.at[i] != 0 {
		i = (i + 1) & mask
	}
	s.at[i] = n + 1
	s.used++
}

// fill takes the numbers below n.
func (s *slots) fill(n uint32, hashOf func(n uint32) uint64) {
	size := 16
	for size*3 < int(n+1)*4 {
		size *= 2
	}
	s.at, s.used = make([]uint32, size), 0
	for i := range n {
		s.insert(hashOf(i), i)
	}
}

// grow makes room for size slots, a power of two.
func (s *slots) grow(size int, hashOf func(n uint32) uint64) {
	old := s.at
	s.at, s.used = make([]uint32, size), 0
	for _, n := range old {
		if n != 0 {
			s.insert(hashOf(n-1), n-1)
		}
	}
}

// remove takes a number out; it closes the gap that this leaves.
func (s *slots) remove(hash uint64, n uint32, hashOf func(n uint32) uint64) {
	if len(s.at) == 0 {
		return
	}
	mask := uint64(len(s.at) - 1)
	i := hash & mask
	for s.at[i] != n+1 {
		if s.at[i] == 0 {
			return
		}
		i = (i + 1) & mask
	}
	s.used--
	for j := i; ; {
		s.at[i] = 0
		for {
			j = (j + 1) & mask
			if s.at[j] == 0 {
				return
			}
			home := hashOf(s.at[j]-1) & mask
			if (j-home)&mask >= (j-i)&mask {
				break
			}
		}
		s.at[i] = s.at[j]
		i = j
	}
}
