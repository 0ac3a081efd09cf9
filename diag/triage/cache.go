package triage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"metriage/diag/check"
	"metriage/diag/index"
	"metriage/diag/mailenable"
	"metriage/diag/runbook"
)

// maxCaches bounds the caches that are kept of an installation, one for each
// window that it was read with.
const maxCaches = 4

// errOther says that another program writes the cache, which is no fault.
var errOther = errors.New("another metriage keeps the cache")

// cacheFile keeps an index in a file. The first process that wants to write
// holds a lock until it ends; others only read.
type cacheFile struct {
	path string

	mu   sync.Mutex
	lock *os.File
}

// Load implements index.Cache.
func (c *cacheFile) Load() (io.ReadCloser, error) { return os.Open(c.path) }

// Save implements index.Cache: a file beside the cache takes its place when it
// is whole.
func (c *cacheFile) Save(write func(io.Writer) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	dir := filepath.Dir(c.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if c.lock == nil {
		lock, err := runbook.TakeLock(filepath.Join(dir, "index.lock"))
		var opening *fs.PathError
		switch {
		case errors.As(err, &opening):
			return err
		case err != nil:
			return fmt.Errorf("%w: %w", errOther, err)
		}
		c.lock = lock
		c.tidy(dir)
	}
	f, err := os.CreateTemp(dir, "index-*.tmp")
	if err != nil {
		return err
	}
	err = write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// tidy removes what a process left behind that was ended while writing, and
// the oldest caches.
func (c *cacheFile) tidy(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, "index-*.tmp"))
	for _, f := range left {
		_ = os.Remove(f)
	}
	caches, _ := filepath.Glob(filepath.Join(dir, "index-*.cache"))
	if len(caches) < maxCaches {
		return
	}
	at := func(path string) time.Time {
		if i, err := os.Stat(path); err == nil && path != c.path {
			return i.ModTime()
		}
		return time.Time{}
	}
	slices.SortFunc(caches, func(a, b string) int { return at(b).Compare(at(a)) })
	for _, f := range caches[maxCaches-1:] {
		if f != c.path {
			_ = os.Remove(f)
		}
	}
}

// close gives the right to write back.
func (c *cacheFile) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lock != nil {
		_ = c.lock.Close() // the system drops the lock with the file
		c.lock = nil
	}
}

// cacheOf returns the cache of the installations, nil where nothing is kept.
func (s *Session) cacheOf() *cacheFile {
	dir := s.stateFolder()
	if dir == "" {
		return nil
	}
	window := "all"
	if s.opt.Since > 0 {
		window = s.opt.Since.String()
	}
	return &cacheFile{path: filepath.Join(dir, "index-"+window+".cache")}
}

// reading names what decides the verdicts that are in a cache.
func (s *Session) reading() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %+v", s.opt.OwnRules, check.Refs(s.lists))
	return fmt.Sprintf("%s %x", s.opt.Build, h.Sum(nil))
}

// stateFolder is where the session keeps what belongs to its installations, ""
// for nowhere: without a folder of its own, and where that would lie below a
// root, which is never written to.
func (s *Session) stateFolder() string {
	if s.opt.StateDir == "" || len(s.installs) == 0 {
		return ""
	}
	h := fnv.New64a()
	for _, in := range s.installs {
		_, _ = h.Write([]byte(in.Root + "\x00"))
		if below(s.opt.StateDir, in.Root) {
			s.opt.Log.Warn("nothing is kept", "folder", s.opt.StateDir, "below", in.Root)
			return ""
		}
	}
	return filepath.Join(s.opt.StateDir, fmt.Sprintf("installation-%016x", h.Sum64()))
}

// below reports whether a path lies in a folder, by whatever links.
func below(path, folder string) bool {
	rel, err := filepath.Rel(real(folder), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// real returns a path without links, as far as it is there.
func real(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path
	}
	return filepath.Join(real(dir), filepath.Base(path))
}

// Keep saves what was read, so that the next session reads only what is new.
// It does nothing where that is saved already, or where another program does it.
func (s *Session) Keep() {
	s.mu.Lock()
	x := s.index
	s.mu.Unlock()
	if x == nil {
		return
	}
	err := x.Keep()
	if err != nil {
		s.opt.Log.Warn("cache", "error", err)
	}
	if errors.Is(err, errOther) {
		err = nil
	}
	s.mu.Lock()
	s.unkept = err
	s.mu.Unlock()
}

// NotKept says in a sentence why what was read could not be kept the last time,
// "" where it was or need not be.
func (s *Session) NotKept() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unkept == nil || s.cache == nil {
		return ""
	}
	return fmt.Sprintf("what was read cannot be kept in %s (%s), so the next start reads everything again", filepath.Dir(s.cache.path), mailenable.Why(s.unkept))
}

// Close saves what was read, and gives the rights to write cache and journal
// back. It waits for a reading that is still under way: end its context first.
func (s *Session) Close() error {
	s.mu.Lock()
	c, x := s.cache, s.index
	s.mu.Unlock()
	if x != nil {
		x.Close()
	}
	s.Keep()
	if c != nil {
		c.close()
	}
	return s.CloseState()
}

var _ index.Cache = (*cacheFile)(nil)
