package sample

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Options says which sample installation to write. Equal options give equal
// trees, byte for byte and second for second.
type Options struct {
	// Messages is the number of messages that the tree holds (Truth's
	// totals.messages); 0 is DefaultMessages. A number that is too small for one
	// of everything is raised to what that takes, about 100.
	Messages int
	Seed     uint64
	// Now is the time of the incident's last hour; zero is the present.
	Now time.Time
	// Story is the name of one of Stories; "" is the default mixed incident.
	Story string
	// Zone is the zone of the server and its logs; nil is UTC.
	Zone *time.Location
}

// DefaultMessages is the size of the demo.
const DefaultMessages = 400

// MaxMessages is the largest tree that Write makes.
const MaxMessages = 5_000_000

// class is a kind of piece, its number and how its pieces lie in time.
type class struct {
	name  string
	n     int
	each  int                   // messages of a piece, of a story's own classes
	quiet bool                  // leaves nothing in the log
	at    func(i int) time.Time // when piece i begins; never falls as i grows
	make  func(i int) piece
}

// Write creates the tree of o below dir and returns its truth. dir must not
// exist or be empty. What was written before an error or a cancel stays.
func Write(ctx context.Context, dir string, o Options) (Truth, error) {
	s, classes, err := o.plan()
	if err != nil {
		return Truth{}, err
	}
	if err := empty(dir); err != nil {
		return Truth{}, err
	}
	t := &tree{root: dir, names: folderNames(o.Seed, s)}
	if err := t.folders(s); err != nil {
		return Truth{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var jobs sync.WaitGroup
	jobs.Go(func() {
		if err := sweep(ctx, newLogs(t, s), classes); err != nil {
			cancel(err)
		}
	})
	total := newTally()
	var mu sync.Mutex
	var next atomic.Int64
	for range max(2, runtime.GOMAXPROCS(0)) {
		jobs.Go(func() {
			mine := newTally()
			if err := t.work(ctx, &next, classes, mine); err != nil {
				cancel(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			total.merge(mine)
		})
	}
	jobs.Wait()
	if err := context.Cause(ctx); err != nil {
		return Truth{}, fmt.Errorf("write sample installation: %w", err)
	}
	if err := t.extras(s); err != nil {
		return Truth{}, err
	}
	return total.truth(dir), nil
}

// empty makes dir and reports an error where there is something in it.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("write sample installation: %w", err)
		}
	case err != nil:
		return fmt.Errorf("write sample installation: %w", err)
	case len(entries) > 0:
		return fmt.Errorf("write sample installation: %s is not empty", dir)
	}
	return nil
}

// share is how many pieces of one class a worker takes at a time.
const share = 64

// work makes shares of pieces, writes their files and counts them, until none
// is left.
func (t *tree) work(ctx context.Context, next *atomic.Int64, classes []class, sum *tally) error {
	var buf []byte
	for {
		n := int(next.Add(1)-1) * share
		c := 0
		for c < len(classes) && n >= shares(classes[c].n) {
			n -= shares(classes[c].n)
			c++
		}
		if c == len(classes) {
			return nil
		}
		for i := n; i < min(n+share, classes[c].n); i++ {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			p := classes[c].make(i)
			for k := range p.files {
				var err error
				if buf, err = t.write(&p.files[k], buf, sum); err != nil {
					return err
				}
			}
			for _, m := range p.marks {
				sum.mark(m)
			}
		}
	}
}

// shares rounds n up to whole shares, so that no share holds two classes.
func shares(n int) int { return (n + share - 1) / share * share }

// write writes f and counts it.
func (t *tree) write(f *file, buf []byte, sum *tally) ([]byte, error) {
	buf = buf[:0]
	if f.body != nil {
		buf = f.body(buf)
	}
	path := t.path(f.folder, f.sub)
	name := filepath.Join(path, f.name)
	if err := os.WriteFile(name, buf, 0o644); err != nil {
		return buf, err
	}
	if err := os.Chtimes(name, f.at, f.at); err != nil {
		return buf, err
	}
	rel := t.name(f.folder)
	below := rel + "/"
	if f.sub != "" {
		below += t.name(f.sub) + "/"
	}
	sum.file(f, rel, below+f.name)
	return buf, nil
}
