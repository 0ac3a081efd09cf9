package check

import (
	"net/netip"
	"slices"
	"sync"
)

// onceEach hands out each string once.
type onceEach struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (o *onceEach) claim(s string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[s] {
		return false
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[s] = true
	return true
}

// vantage is from where the SMTP checks of a run looked.
type vantage struct {
	mu             sync.Mutex
	source, seenAs netip.Addr
}

func (v *vantage) set(source, seenAs netip.Addr) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if source.IsValid() {
		v.source = source
	}
	if seenAs.IsValid() {
		v.seenAs = seenAs
	}
}

func (v *vantage) get() (source, seenAs netip.Addr) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.source, v.seenAs
}

// notes are sentences about the run as a whole, each once.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.list, s) {
		n.list = append(n.list, s)
	}
}

func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}
