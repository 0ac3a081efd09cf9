package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"metriage/diag"
)

// soak is an installation that others change at full speed while it is read.
type soak struct {
	churn
	mu   sync.Mutex
	live []string        // files that may still go
	gone map[string]bool // ids of failures whose file has gone
	made int
}

// The failures that nobody touches.
const stays = 200

func (s *soak) add() {
	s.made++
	p := inbox + id(s.made)
	if s.made%3 == 0 {
		p = "Bad Mail/Messages/" + id(s.made)
	}
	s.write(p, header("anna@ours.example", now.Add(-time.Hour), fmt.Sprint("m", s.made))+e0193(id(s.made), fmt.Sprintf("d%d.example", s.made%50), "554 5.7.1 no"))
	s.live = append(s.live, p)
}

// step makes one change; s.mu is held.
func (s *soak) step() {
	k := s.rnd.IntN(len(s.live))
	p := s.live[k]
	switch s.rnd.IntN(5) {
	case 0, 1:
		s.add()
	case 2, 3:
		if os.Remove(s.path(p)) == nil {
			s.gone[filepath.Base(p)] = true
			s.live[k] = s.live[len(s.live)-1]
			s.live = s.live[:len(s.live)-1]
		}
	case 4: // moved, and back again some other time
		to := strings.Replace(p, inbox, "Bad Mail/Messages/", 1)
		if to == p {
			to = strings.Replace(p, "Bad Mail/Messages/", inbox, 1)
		}
		if os.Rename(s.path(p), s.path(to)) == nil {
			s.live[k] = to
		}
	}
}

// wentBefore are the failures that no refresh from now on may show.
func (s *soak) wentBefore() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]bool, len(s.gone))
	for id := range s.gone {
		out[id] = true
	}
	return out
}

// watch refreshes until stop is closed and looks at what it sees meanwhile.
func (s *soak) watch(x *Index, stop <-chan struct{}) (passes int) {
	for {
		select {
		case <-stop:
			return passes
		default:
		}
		went := s.wentBefore()
		if _, err := x.Refresh(context.Background()); err != nil {
			s.t.Error(err)
			return passes
		}
		v := x.View()
		kept := 0
		for _, n := range v.AllFailures() {
			r := v.Row(n)
			if r.Domain == "stays.example" {
				kept++
			}
			if went[r.ID] {
				s.t.Errorf("%s has gone before the refresh began and is still shown", r.ID)
			}
		}
		if kept != stays {
			s.t.Errorf("%d of %d failures that stay are shown", kept, stays)
		}
		passes++
	}
}

// held returns what this process has open below a folder, where the system
// tells.
func held(root string) (out []string) {
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, root) {
			out = append(out, to)
		}
	}
	return out
}

func counts(v *View) string {
	t := v.Totals()
	var b strings.Builder
	fmt.Fprintf(&b, "%+v\n", t)
	for _, g := range v.Groups(diag.ByDomain) {
		fmt.Fprintf(&b, "%s %d %d %v %v\n", g.Key, g.Failures, g.Waiting, g.First, g.Last)
	}
	for _, in := range v.Report(diag.ByDomain).Installations {
		for _, f := range in.Folders {
			fmt.Fprintf(&b, "%s %d\n", f.Name, f.Files)
		}
	}
	return b.String()
}

// TestExactWhileOthersWrite changes files at full speed while the index is kept
// up to date. METRIAGE_SOAK=10m makes it last that long, over 20,000 files with
// 600 changes a second, and at rest once a minute.
func TestExactWhileOthersWrite(t *testing.T) {
	files, lasts, rest, pace := 1500, 8*time.Second, 4*time.Second, 0
	if v := os.Getenv("METRIAGE_SOAK"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil {
			t.Fatal(err)
		}
		files, lasts, rest, pace = 20_000, d, time.Minute, 600
	}
	s := &soak{churn: churn{t: t, root: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 2))}, gone: map[string]bool{}}
	s.write(out+"Messages/keep.txt", "x")
	for i := range stays {
		s.write(inbox+id(1<<30+i), header("bob@ours.example", now.Add(-time.Hour), fmt.Sprint("s", i))+e0193(id(1<<30+i), "stays.example", "554 5.7.1 no"))
	}
	for range files {
		s.add()
	}
	x := indexOf(t, s.root, Options{Now: time.Now, Since: 0})
	scan(t, x)
	handles := len(held("/"))
	var heap []uint64
	steps, passes := 0, 0
	for end := time.Now().Add(lasts); time.Now().Before(end) && !t.Failed(); {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { passes += s.watch(x, stop) })
		wg.Go(func() {
			began, n := time.Now(), 0
			for time.Since(began) < rest {
				s.mu.Lock()
				s.step()
				s.mu.Unlock()
				n++
				if ahead := time.Duration(n)*time.Second/time.Duration(max(pace, 1)) - time.Since(began); pace > 0 && ahead > 0 {
					time.Sleep(ahead)
				}
			}
			steps += n
			close(stop)
		})
		wg.Wait()
		if _, err := x.Compare(context.Background()); err != nil {
			t.Fatal(err)
		}
		differ(t, "at rest", counts(x.View()), counts(scan(t, indexOf(t, s.root, Options{Now: time.Now}))))
		if h := held(s.root); len(h) > 0 {
			t.Errorf("held open at rest: %v", h)
		}
		s.gone = map[string]bool{}
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		heap = append(heap, m.HeapAlloc>>10)
		t.Logf("%d changes, %d passes, %d files, heap %d KiB, %d goroutines", steps, passes, x.View().Totals().Files, m.HeapAlloc>>10, runtime.NumGoroutine())
	}
	if n := len(held("/")); n > handles {
		t.Errorf("%d handles are open, %d were after the scan", n, handles)
	}
	if n := len(heap); n >= 4 && heap[n-1] > heap[n/2]*5/4 {
		t.Errorf("the heap grows: %d KiB", heap)
	}
}
