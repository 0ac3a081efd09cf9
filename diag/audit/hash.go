package audit

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// hash numbers a text, the same for as long as the counts are kept: unlike
// maphash it does not change from one run to the next. The key is random, so
// that nobody who sends mail can choose texts that fall together.
func (c *Collector) hash(b []byte) uint64 {
	h := c.key ^ uint64(len(b))*hashOdd
	for len(b) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	var tail uint64
	for i, x := range b {
		tail |= uint64(x) << (8 * i)
	}
	return mix(h ^ tail)
}

const hashOdd = 0x9E3779B97F4A7C15

// mix is the multiply-and-fold step of wyhash.
func mix(h uint64) uint64 {
	hi, lo := bits.Mul64(h^hashOdd, 0xE7037ED1A0B428DB)
	return hi ^ lo
}

// newKey returns a random key.
func newKey() uint64 { return maphash.Bytes(maphash.MakeSeed(), nil) }
