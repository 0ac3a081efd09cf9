package check

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Cooldown remembers when something was last done, so that foreign servers are
// not asked too often, also across restarts. It is safe for use by several
// goroutines; the zero value remembers within this process only.
type Cooldown struct {
	// Load and Save read and write what is kept; nil for nothing.
	Load func() ([]byte, error)
	Save func([]byte) error

	mu     sync.Mutex
	loaded bool
	last   map[string]time.Time
}

const (
	// maxCooldown bounds how long an entry is kept, maxCooldowns how many are.
	maxCooldown  = 24 * time.Hour
	maxCooldowns = 1000
)

// CooldownFile returns a Cooldown that is kept in a file, which is made with
// its folder when it is first needed.
func CooldownFile(path string) *Cooldown {
	return &Cooldown{
		Load: func() ([]byte, error) { return os.ReadFile(path) },
		Save: func(b []byte) error {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			tmp := path + ".new"
			if err := os.WriteFile(tmp, b, 0o600); err != nil {
				return err
			}
			return os.Rename(tmp, path)
		},
	}
}

// take notes that key is done now and reports true, or reports false and when
// it may be done again where it was done less than wait ago. What cannot be
// kept is remembered within this process.
func (c *Cooldown) take(key string, now time.Time, wait time.Duration) (again time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read()
	// A time in the future is a clock that was set back; it does not count.
	if t, found := c.last[key]; found && !t.After(now) && now.Sub(t) < wait {
		return t.Add(wait), false
	}
	for k, t := range c.last {
		if now.Sub(t) > maxCooldown || len(c.last) > maxCooldowns {
			delete(c.last, k)
		}
	}
	c.last[key] = now
	c.save()
	return time.Time{}, true
}

// save keeps what there is, as far as it can be kept.
func (c *Cooldown) save() {
	if c.Save == nil {
		return
	}
	if b, err := json.Marshal(c.last); err == nil {
		_ = c.Save(b)
	}
}

// read fetches what is kept, once.
func (c *Cooldown) read() {
	if c.last == nil {
		c.last = map[string]time.Time{}
	}
	if c.loaded || c.Load == nil {
		return
	}
	c.loaded = true
	b, err := c.Load()
	if err != nil || len(b) > 1<<20 {
		return
	}
	kept := map[string]time.Time{}
	if json.Unmarshal(b, &kept) == nil {
		for k, t := range kept {
			c.last[k] = t
		}
	}
}
