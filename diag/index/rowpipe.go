package index

import (
	"bytes"
	"slices"
	"sync/atomic"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// rowPipe turns the lines of a log into rows and hands them on in batches.
// Lines are taken apart in the goroutine that reads; each taker gets every
// batch, in order, in a goroutine of its own, so that putting sessions
// together and counting go on while the next lines are read.
type rowPipe struct {
	parse func(line []byte, row *mailenable.Row) bool
	loc   *time.Location

	takers []chan *rowBatch
	open   diag.Crew // takers that go on
	fault  atomic.Pointer[diag.Fault]
	free   chan *rowBatch
	made   int
	cur    *rowBatch
}

// rowBatch is some lines of a log. Its rows lie in its own memory, which is
// used again when all takers are done with it.
type rowBatch struct {
	rows           []mailenable.Row
	marks          []mailenable.ServiceMark
	lines, skipped int
	buf            []byte
	users          atomic.Int32
}

// Limits of a rowPipe: how much of a log is on its way at once.
const (
	batchBytes   = 64 << 10
	batchesAhead = 12
)

// byteOrderMark may begin a log in UTF-8.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// start makes the pipe ready for the lines of a log.
func (p *rowPipe) start(takers ...func(*rowBatch)) {
	if p.free == nil {
		p.free = make(chan *rowBatch, batchesAhead)
	}
	p.takers = p.takers[:0]
	for _, take := range takers {
		batches := make(chan *rowBatch, batchesAhead)
		p.takers = append(p.takers, batches)
		p.open.Go(func() {
			for b := range batches {
				p.give(b, take)
			}
		})
	}
}

// give hands a batch to a taker and takes it back. After a panic the rest is
// taken back too, so that the reader does not wait for ever.
func (p *rowPipe) give(b *rowBatch, take func(*rowBatch)) {
	defer func() {
		if b.users.Add(-1) == 0 {
			p.free <- b
		}
		if f := recover(); f != nil {
			p.fault.CompareAndSwap(nil, diag.FaultOf(f))
		}
	}()
	if p.fault.Load() == nil {
		take(b)
	}
}

// line takes the next line of the log, which need not stay as it is.
func (p *rowPipe) line(line []byte) {
	b := p.cur
	if b != nil && len(b.buf)+len(line) > cap(b.buf) {
		p.send()
		b = nil
	}
	if b == nil {
		b = p.batch(len(line))
		p.cur = b
	}
	line = bytes.TrimPrefix(line, byteOrderMark)
	if len(line) > 0 && line[0] == 0 {
		// What a power cut left of a write; a row may follow.
		if rest := bytes.TrimLeft(line, "\x00"); len(rest) > 0 {
			line = rest
		}
	}
	from := len(b.buf)
	b.buf = append(b.buf, line...)
	own := b.buf[from:len(b.buf):len(b.buf)]
	b.lines++
	n := len(b.rows)
	if n == cap(b.rows) {
		b.rows = slices.Grow(b.rows, n+64)
	}
	b.rows = b.rows[:n+1]
	if p.parse(own, &b.rows[n]) {
		return
	}
	b.rows = b.rows[:n]
	switch {
	case len(own) == 0:
	case own[0] == '[':
		if m, ok := mailenable.ParseServiceMark(own, p.loc); ok {
			b.marks = append(b.marks, m)
		}
	case own[0] != '#':
		b.skipped++
	}
}

// batch returns an empty batch with room for a line of n bytes; it waits for
// the slowest taker where all are in use.
func (p *rowPipe) batch(n int) (b *rowBatch) {
	if p.made < batchesAhead && len(p.free) == 0 {
		p.made++
		b = &rowBatch{}
	} else {
		b = <-p.free
	}
	if cap(b.buf) < max(n, batchBytes) {
		b.buf = make([]byte, 0, max(n, batchBytes))
	}
	b.rows, b.marks, b.buf = b.rows[:0], b.marks[:0], b.buf[:0]
	b.lines, b.skipped = 0, 0
	return b
}

// send hands the batch to the takers.
func (p *rowPipe) send() {
	p.cur.users.Store(int32(len(p.takers)))
	for _, t := range p.takers {
		t <- p.cur
	}
	p.cur = nil
}

// end hands on what is left and returns when all takers are done. It panics
// with what one of them broke off with.
func (p *rowPipe) end() {
	if p.cur != nil {
		p.send()
	}
	for _, t := range p.takers {
		close(t)
	}
	p.open.Wait()
	if f := p.fault.Swap(nil); f != nil {
		panic(f)
	}
}
