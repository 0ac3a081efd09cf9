package index

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net/netip"
	"time"
)

// coder goes through everything that a store holds, in one order and from one
// description: to find what is in use, to write it and to read it back.
type coder struct {
	mode  codeMode
	w     io.Writer
	r     io.Reader
	buf   []byte
	at    int // behind what was read from the buffer or written to it
	end   int // reading: behind what is in the buffer
	sum   uint32
	left  int64 // reading: how much may still come
	err   error
	store *store

	used  used     // marking
	moved renumber // writing
	insts int      // installations
}

type codeMode uint8

const (
	marking codeMode = iota
	writing
	reading
)

const (
	codeBuf   = 256 << 10
	maxCache  = 4 << 30 // bytes of a cache that is read
	maxString = 64 << 10
)

var errDamaged = errors.New("it is damaged")

// startWriting finds out what is in use and makes c write it.
func (c *coder) startWriting(w io.Writer) {
	c.mode = marking
	c.used.zeroes()
	c.everything()
	c.mode, c.w, c.buf, c.moved = writing, w, make([]byte, codeBuf), c.used.all(c.store)
}

func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// must fails unless what was read can be.
func (c *coder) must(ok bool) bool {
	if !ok {
		c.fail(errDamaged)
	}
	return c.err == nil
}

// bytes returns the next n bytes, to be read or to be written. They are zero
// after an error.
func (c *coder) bytes(n int) []byte {
	if c.mode == writing {
		if c.at+n > len(c.buf) {
			c.flush()
		}
	} else if c.at+n > c.end {
		c.fill(n)
	}
	b := c.buf[c.at : c.at+n]
	c.at += n
	return b
}

func (c *coder) flush() {
	c.sum = crc32.Update(c.sum, castagnoli, c.buf[:c.at])
	if c.err == nil {
		_, c.err = c.w.Write(c.buf[:c.at])
	}
	c.at = 0
}

func (c *coder) fill(n int) {
	c.sum = crc32.Update(c.sum, castagnoli, c.buf[:c.at])
	c.end = copy(c.buf, c.buf[c.at:c.end])
	c.at = 0
	for c.end < n && c.err == nil {
		k, err := c.r.Read(c.buf[c.end:])
		c.end += k
		if c.left -= int64(k); c.left < 0 {
			c.fail(errDamaged)
		}
		if err != nil && c.end < n {
			if errors.Is(err, io.EOF) {
				err = errDamaged
			}
			c.fail(err)
		}
	}
	if c.err != nil {
		clear(c.buf)
		c.end = len(c.buf)
	}
}

// close ends with the checksum.
func (c *coder) close() error {
	if c.mode == writing {
		c.flush()
		sum := c.sum
		binary.LittleEndian.PutUint32(c.bytes(4), sum)
		c.flush()
		return c.err
	}
	c.sum = crc32.Update(c.sum, castagnoli, c.buf[:c.at])
	c.end = copy(c.buf, c.buf[c.at:c.end])
	c.at = 0
	sum := c.sum
	c.must(binary.LittleEndian.Uint32(c.bytes(4)) == sum)
	if c.err == nil && c.end == c.at {
		n, err := c.r.Read(c.buf)
		c.must(n == 0 && err != nil)
	} else {
		c.must(false)
	}
	return c.err
}

func (c *coder) u8(v *uint8) {
	switch c.mode {
	case writing:
		c.bytes(1)[0] = *v
	case reading:
		*v = c.bytes(1)[0]
	}
}

func (c *coder) u16(v *uint16) {
	switch c.mode {
	case writing:
		binary.LittleEndian.PutUint16(c.bytes(2), *v)
	case reading:
		*v = binary.LittleEndian.Uint16(c.bytes(2))
	}
}

func (c *coder) u32(v *uint32) {
	switch c.mode {
	case writing:
		binary.LittleEndian.PutUint32(c.bytes(4), *v)
	case reading:
		*v = binary.LittleEndian.Uint32(c.bytes(4))
	}
}

func (c *coder) i64(v *int64) {
	switch c.mode {
	case writing:
		binary.LittleEndian.PutUint64(c.bytes(8), uint64(*v))
	case reading:
		*v = int64(binary.LittleEndian.Uint64(c.bytes(8)))
	}
}

func (c *coder) u64(v *uint64) {
	n := int64(*v)
	c.i64(&n)
	if c.mode == reading {
		*v = uint64(n)
	}
}

func (c *coder) bool(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.u8(&b)
	if c.mode == reading && c.must(b <= 1) {
		*v = b == 1
	}
}

// count is a number that is never negative.
func (c *coder) count(v *int) {
	n := int64(*v)
	c.i64(&n)
	if c.mode == reading && c.must(n >= 0 && n < 1<<48) {
		*v = int(n)
	}
}

// length is how many there are of what follows.
func (c *coder) length(n int) int {
	v := uint32(n)
	c.u32(&v)
	return int(v)
}

// block is bytes in any number up to limit.
func (c *coder) block(v *[]byte, limit int) {
	n := c.length(len(*v))
	if c.mode == marking || !c.must(n <= limit) {
		return
	}
	if c.mode == reading {
		*v = make([]byte, 0, min(n, codeBuf))
	}
	for from := 0; from < n && c.err == nil; {
		k := min(n-from, codeBuf/2)
		b := c.bytes(k)
		if c.mode == reading {
			*v = append(*v, b...)
		} else {
			copy(b, (*v)[from:])
		}
		from += k
	}
}

func (c *coder) string(v *string) {
	b := []byte(*v)
	c.block(&b, maxString)
	if c.mode == reading {
		*v = string(b)
	}
}

func (c *coder) time(t *time.Time) {
	sec, ns := t.Unix(), uint32(t.Nanosecond())
	c.i64(&sec)
	c.u32(&ns)
	if c.mode == reading && c.must(ns < 1e9 && sec > -1<<40 && sec < 1<<40) {
		*t = time.Unix(sec, int64(ns)).UTC()
	}
}

func (c *coder) addr(a *netip.Addr) {
	text := ""
	if a.IsValid() {
		text = a.String()
	}
	c.string(&text)
	if c.mode == reading && text != "" {
		var err error
		*a, err = netip.ParseAddr(text)
		c.must(err == nil)
	}
}

// list goes through a list; each codes one of its values.
func list[T any](c *coder, v *[]T, each func(*T)) {
	n := c.length(len(*v))
	if c.mode == reading {
		*v = nil
	}
	for i := 0; i < n && c.err == nil; i++ {
		if c.mode == reading {
			*v = append(*v, *new(T))
		}
		each(&(*v)[i])
	}
}

// chunked is list for what is kept in chunks, from from on.
func chunked[T any](c *coder, v *chunks[T], from uint32, each func(*T)) {
	n := c.length(int(v.n - from))
	if c.mode != reading {
		for i := from; i < v.n && c.err == nil; i++ {
			each(v.at(i))
		}
		return
	}
	var t T
	for i := 0; i < n && c.err == nil; i++ {
		t = *new(T)
		each(&t)
		v.add(t)
	}
}
