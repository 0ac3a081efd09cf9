package dnsq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Dialer opens connections. *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Options are what a Client works with. Zero values take the defaults.
type Options struct {
	// Servers are asked in this order, as host:port.
	Servers []string
	// Dialer opens UDP ("udp") and TCP ("tcp") connections; net.Dialer where nil.
	Dialer Dialer
	// Timeout bounds one attempt at one server; 2 s where 0.
	Timeout time.Duration
	// Rounds is how often the servers that gave no answer are gone through; 2
	// where 0.
	Rounds int
	// InFlight bounds the exchanges that run at the same time, because home
	// routers and small resolvers drop bursts; 16 where 0.
	InFlight int
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// Client asks questions. It is safe for use by several goroutines.
type Client struct {
	o     Options
	s     *shared
	since time.Time // answers from before are not reused
}

// shared is what a client and its fresh copies have in common.
type shared struct {
	cache   cache
	slots   chan struct{}
	mu      sync.Mutex
	flights map[key]*flight
}

// New returns a client for the servers in o.
func New(o Options) *Client {
	if o.Dialer == nil {
		o.Dialer = &net.Dialer{}
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Rounds <= 0 {
		o.Rounds = 2
	}
	if o.InFlight <= 0 {
		o.InFlight = 16
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{o: o, s: &shared{
		slots:   make(chan struct{}, o.InFlight),
		flights: map[key]*flight{},
	}}
}

// Servers returns the servers that are asked, as host:port.
func (c *Client) Servers() []string { return append([]string(nil), c.o.Servers...) }

// Fresh returns a client with the same servers, bounds and cache that uses no
// answer from before this moment.
func (c *Client) Fresh() *Client {
	f := *c
	f.since = c.o.Now()
	return &f
}

// ErrNoServers is the error of an Answer where there is nobody to ask.
var ErrNoServers = errors.New("no DNS servers are known; name one with --dns")

// errName is the error for something that is not a domain name.
var errName = errors.New("not a domain name")

// flight is one question being asked on behalf of everybody who wants to know.
type flight struct {
	started time.Time
	done    chan struct{}
	answer  Answer
	waiting int
	cancel  context.CancelFunc
}

// Ask asks the servers for name (with or without the final dot) and type. It
// returns as soon as ctx ends. Among bad answers the one that says most is
// returned: an rcode before silence.
func (c *Client) Ask(ctx context.Context, name string, qtype uint16) Answer {
	q := key{dns.CanonicalName(name), qtype}
	if _, ok := dns.IsDomainName(q.name); !ok {
		return Answer{Name: q.name, Type: qtype, Err: errName, At: c.o.Now()}
	}
	if len(c.o.Servers) == 0 {
		return Answer{Name: q.name, Type: qtype, Err: ErrNoServers, At: c.o.Now()}
	}
	if a, ok := c.s.cache.get(q, c.o.Now(), c.since); ok {
		return a
	}
	f := c.join(ctx, q)
	select {
	case <-f.done:
		c.leave(q, f)
		return f.answer
	case <-ctx.Done():
		c.leave(q, f)
		return Answer{Name: q.name, Type: qtype, Err: ctx.Err(), At: c.o.Now(), Took: c.o.Now().Sub(f.started)}
	}
}

// join returns the flight for q and starts one where none is under way that
// began late enough.
func (c *Client) join(ctx context.Context, q key) *flight {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if f := c.s.flights[q]; f != nil && !f.started.Before(c.since) {
		f.waiting++
		return f
	}
	// The flight must outlive the one who asked first; it ends when the last
	// one who waits has left.
	fctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{started: c.o.Now(), done: make(chan struct{}), waiting: 1, cancel: cancel}
	c.s.flights[q] = f
	go func() {
		defer close(f.done)
		defer func() {
			if p := recover(); p != nil {
				f.answer = Answer{Name: q.name, Type: q.qtype, At: c.o.Now(), Err: fmt.Errorf("a fault while asking: %v", p)}
			}
		}()
		f.answer = c.rounds(fctx, q, c.o.Servers, c.o.Rounds, true)
		c.s.cache.put(q, f.answer, c.o.Now())
	}()
	return f
}

func (c *Client) leave(q key, f *flight) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	f.waiting--
	if f.waiting == 0 {
		f.cancel()
		if c.s.flights[q] == f {
			delete(c.s.flights, q)
		}
	}
}

// AskServer asks one server, as host:port, past the cache, with or without
// recursion. It is for servers that are asked about their own zones.
func (c *Client) AskServer(ctx context.Context, server, name string, qtype uint16, recursion bool) Answer {
	q := key{dns.CanonicalName(name), qtype}
	if _, ok := dns.IsDomainName(q.name); !ok {
		return Answer{Name: q.name, Type: qtype, Err: errName, At: c.o.Now()}
	}
	return c.rounds(ctx, q, []string{server}, c.o.Rounds, recursion)
}

// rounds goes through the servers until one gives a definite answer. A server
// that answered badly is not asked again; one that was silent is, once a round.
func (c *Client) rounds(ctx context.Context, q key, servers []string, rounds int, recursion bool) Answer {
	var took time.Duration
	best := Answer{Name: q.name, Type: q.qtype, Err: context.DeadlineExceeded}
	var attempts []Attempt
	answered := make([]bool, len(servers))
	for range rounds {
		for i, server := range servers {
			if answered[i] || ctx.Err() != nil {
				continue
			}
			a := c.attempt(ctx, q, server, recursion)
			took += a.Took
			attempts = append(attempts, Attempt{a.Server, a.Transport, a.Rcode, a.Err, a.Took})
			answered[i] = a.Err == nil
			if len(attempts) == 1 || says(a) > says(best) {
				best = a
			}
			if a.Definite() {
				best.Attempts, best.At, best.Took = attempts, c.o.Now(), took
				return best
			}
		}
	}
	if ctx.Err() != nil && best.Err != nil {
		best.Err = ctx.Err()
	}
	best.Attempts, best.At, best.Took = attempts, c.o.Now(), took
	return best
}

// says ranks bad answers by how much they tell.
func says(a Answer) int {
	switch a.Outcome() {
	case Found, NoData, NoName:
		return 4
	case ServFail:
		return 3
	case Refused:
		return 2
	case Failed:
		return 1
	}
	return 0
}
