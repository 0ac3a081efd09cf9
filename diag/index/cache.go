package index

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Cache keeps what was read from one run to the next. It is given from outside,
// which decides where it lies and that one process writes it.
type Cache interface {
	// Load opens what was kept last; the error is fs.ErrNotExist where there is
	// nothing.
	Load() (io.ReadCloser, error)
	// Save keeps what write writes, whole or not at all.
	Save(write func(io.Writer) error) error
}

// The beginning of a cache: what it is, and the version of everything behind
// it. Whatever changes what is stored, or what reading a file gives, needs
// another version; that of the program is in Options.Reading.
const (
	cacheMagic   = "metriage index\n\x00"
	cacheVersion = 3
)

// maxRowState bounds what is kept of an installation's rows.
const maxRowState = 256 << 20

var errOther = errors.New("it was made by another version or under other settings")

// cacheKey is what a reading depends on beside the files.
func (x *Index) cacheKey() [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %q\n", cacheVersion, x.opt.Reading)
	for _, in := range x.installs {
		fmt.Fprintf(h, "%q\n", in.Root)
	}
	// The name of a zone does not tell its offsets: it may be "Local".
	year := x.opt.Now().Year()
	for m := range 36 {
		_, offset := time.Date(year-2, time.Month(m+1), 1, 0, 0, 0, 0, x.opt.Location).Zone()
		fmt.Fprintf(h, "%d ", offset)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Keep saves what was read where a scan has ended and something is new since
// the last time. It waits for a pass that is under way.
func (x *Index) Keep() error {
	x.passing.Lock()
	defer x.passing.Unlock()
	x.mu.Lock()
	s, version := x.store, x.before+x.store.edits
	x.mu.Unlock()
	if x.opt.Cache == nil || !x.whole || x.kept == version {
		return nil
	}
	err := x.opt.Cache.Save(func(w io.Writer) error { return x.encode(w, s) })
	if err != nil {
		return fmt.Errorf("the cache was not written: %w", err)
	}
	x.kept = version
	return nil
}

// encode writes a store; x.passing is held.
func (x *Index) encode(w io.Writer, s *store) error {
	c := coder{store: s, insts: len(x.installs)}
	c.startWriting(w)
	c.head(x)
	c.everything()
	c.rowStates(x)
	return c.close()
}

// head codes what the cache is and what it depends on.
func (c *coder) head(x *Index) {
	key, cutoff := x.cacheKey(), moment(x.cutoff)
	if c.mode == writing {
		copy(c.bytes(len(cacheMagic)), cacheMagic)
		copy(c.bytes(len(key)), key[:])
		c.u32(&cutoff)
		return
	}
	if !bytes.Equal(c.bytes(len(cacheMagic)), []byte(cacheMagic)) || !bytes.Equal(c.bytes(len(key)), key[:]) {
		c.fail(errOther)
		return
	}
	// What lies before the window then was not read.
	c.u32(&cutoff)
	if cutoff > moment(x.cutoff) {
		c.fail(errors.New("it holds less than is asked for now"))
	}
}

// rowStates writes what was made of the rows of each installation's logs, where
// that can be kept.
func (c *coder) rowStates(x *Index) {
	for inst := range x.installs {
		state, there := []byte(nil), x.opt.RowState != nil && x.fed(c.store, inst)
		if there {
			var err error
			if state, err = x.opt.RowState.Save(inst); err != nil || len(state) > maxRowState {
				x.opt.Log.Info("cache", "without rows of", x.installs[inst].Root, "error", err)
				there = false
			}
		}
		c.bool(&there)
		if there {
			c.block(&state, maxRowState)
		}
	}
}

// load takes what the cache holds. Whatever is wrong with it, everything is
// read from the files then.
func (x *Index) load() {
	if x.opt.Cache == nil {
		return
	}
	s, err := x.decode()
	switch {
	case err == nil:
		x.swap(s)
		x.whole, x.kept = true, x.before
		x.opt.Log.Info("cache", "items", s.items.len()-1)
	case errors.Is(err, fs.ErrNotExist):
		x.opt.Log.Info("cache", "error", "there is none yet; everything is read")
	default:
		x.opt.Log.Warn("cache", "error", err, "then", "everything is read")
	}
}

func (x *Index) decode() (*store, error) {
	r, err := x.opt.Cache.Load()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c := coder{mode: reading, r: r, left: maxCache, buf: make([]byte, codeBuf), store: newStore(), insts: len(x.installs)}
	if c.head(x); c.err != nil {
		return nil, c.err
	}
	c.everything()
	states := make([][]byte, len(x.installs))
	for inst := range states {
		there := false
		if c.bool(&there); there {
			states[inst] = []byte{}
			c.block(&states[inst], maxRowState)
		}
	}
	if err := c.close(); err != nil {
		return nil, err
	}
	x.loadRows(c.store, states)
	return c.store, nil
}

// loadRows gives back what was made of the rows of logs. Where that cannot be
// used, they have to be fed.
func (x *Index) loadRows(s *store, states [][]byte) {
	fed := make([]bool, len(states))
	for inst, b := range states {
		if x.opt.RowState == nil || b == nil {
			continue
		}
		if err := x.opt.RowState.Load(inst, b); err != nil {
			x.opt.Log.Warn("cache", "error", err, "then", "the logs' rows are read again")
			continue
		}
		fed[inst] = true
	}
	for _, l := range s.logs {
		l.fed, l.fedDebug = fed[l.inst], fed[l.inst]
	}
}
