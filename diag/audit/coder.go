package audit

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// coder writes values one after the other, or reads them back: what is kept is
// described once, for both directions.
type coder struct {
	reading bool
	b       []byte // written so far, or still to be read
	err     error
}

var errState = errors.New("what was kept of the audit is damaged")

func (k *coder) fail() {
	if k.err == nil {
		k.err = errState
	}
	k.b = nil
}

// varint codes a number.
func (k *coder) varint(v int64) int64 {
	if !k.reading {
		k.b = binary.AppendVarint(k.b, v)
		return v
	}
	v, n := binary.Varint(k.b)
	if n <= 0 {
		k.fail()
		return 0
	}
	k.b = k.b[n:]
	return v
}

type integer interface {
	~int | ~int32 | ~int64 | ~uint32
}

// num codes numbers.
func num[T integer](k *coder, list ...*T) {
	for _, p := range list {
		*p = T(k.varint(int64(*p)))
	}
}

// word codes a number of which every bit matters, such as a hash.
func (k *coder) word(p *uint64) {
	if !k.reading {
		k.b = binary.LittleEndian.AppendUint64(k.b, *p)
		return
	}
	if len(k.b) < 8 {
		k.fail()
		return
	}
	*p = binary.LittleEndian.Uint64(k.b)
	k.b = k.b[8:]
}

func (k *coder) flag(list ...*bool) {
	for _, p := range list {
		n := int64(0)
		if *p {
			n = 1
		}
		*p = k.varint(n) != 0
	}
}

func (k *coder) bytes(p *[]byte) {
	n := k.length(len(*p))
	if !k.reading {
		k.b = append(k.b, *p...)
		return
	}
	if n > 0 {
		*p = append([]byte(nil), k.b[:n]...)
		k.b = k.b[n:]
	}
}

func (k *coder) text(list ...*string) {
	for _, p := range list {
		n := k.length(len(*p))
		if !k.reading {
			k.b = append(k.b, *p...)
		} else {
			*p = string(k.b[:n])
			k.b = k.b[n:]
		}
	}
}

// length codes the length of what takes at least a byte for each of its parts.
func (k *coder) length(n int) int {
	v := k.varint(int64(n))
	if k.reading && (v < 0 || v > int64(len(k.b))) {
		k.fail()
		return 0
	}
	return int(v)
}

func (k *coder) addr(p *netip.Addr) {
	b, _ := p.MarshalBinary() // no Addr fails
	k.bytes(&b)
	if k.reading && p.UnmarshalBinary(b) != nil {
		k.fail()
	}
}

func (k *coder) prefix(p *netip.Prefix) {
	b, _ := p.MarshalBinary()
	k.bytes(&b)
	if k.reading && p.UnmarshalBinary(b) != nil {
		k.fail()
	}
}

// sliced codes a slice.
func sliced[T any](k *coder, p *[]T, each func(*coder, *T)) {
	n := k.length(len(*p))
	if k.reading {
		*p = nil
		if n > 0 {
			*p = make([]T, 0, min(n, 1<<16))
		}
	}
	for i := 0; i < n && k.err == nil; i++ {
		if k.reading {
			var v T
			each(k, &v)
			*p = append(*p, v)
		} else {
			each(k, &(*p)[i])
		}
	}
}

// dict codes a map.
func dict[K comparable, V any](k *coder, p *map[K]V, key func(*coder, *K), each func(*coder, *V)) {
	n := k.length(len(*p))
	if !k.reading {
		for a, v := range *p {
			key(k, &a)
			each(k, &v)
		}
		return
	}
	m := make(map[K]V, min(n, 1<<16))
	for i := 0; i < n && k.err == nil; i++ {
		var a K
		var v V
		key(k, &a)
		each(k, &v)
		m[a] = v
	}
	*p = m
}

// pointers codes a map of pointers by name.
func pointers[K comparable, V any](k *coder, p *map[K]*V, key func(*coder, *K), each func(*coder, *V)) {
	dict(k, p, key, func(k *coder, v **V) {
		if k.reading {
			*v = new(V)
		}
		each(k, *v)
	})
}

func codeText(k *coder, p *string)         { k.text(p) }
func codeAddr(k *coder, p *netip.Addr)     { k.addr(p) }
func codePrefix(k *coder, p *netip.Prefix) { k.prefix(p) }
func codeWord(k *coder, p *uint64)         { k.word(p) }
func codeNum[T integer](k *coder, p *T)    { num(k, p) }

// linked codes a pointer into a map by its key: nil where that has gone.
func linked[V any](k *coder, p **V, in map[string]*V, key func(*V) string) {
	name, there := "", *p != nil
	if there {
		name = key(*p)
	}
	k.flag(&there)
	if !there {
		return
	}
	k.text(&name)
	if k.reading {
		*p = in[name]
	}
}
