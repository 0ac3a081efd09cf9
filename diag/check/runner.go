package check

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// DialFunc opens a TCP connection to address (host:port, the host an address)
// from source, or from wherever the system likes where source is not valid.
type DialFunc func(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error)

// Dial is the DialFunc of the real network.
func Dial(ctx context.Context, source netip.Addr, network, address string) (net.Conn, error) {
	d := net.Dialer{}
	if source.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: source.AsSlice()}
	}
	return d.DialContext(ctx, network, address)
}

// Limits are the time limits of the checks. Zero values take the defaults.
type Limits struct {
	DNS     time.Duration // all DNS checks of a run; 10 s
	SMTP    time.Duration // all SMTP checks of a run; 90 s
	Walk    time.Duration // one walk from the root; 4 s
	Dial    time.Duration // one connection; 15 s
	Banner  time.Duration // the wait for a banner (RFC 5321 section 4.5.3.2 allows more); 60 s
	Command time.Duration // the wait for any other reply; 30 s
	Pace    time.Duration // pause between relay cases; 100 ms, below 0 none
}

// Options are what a Runner works with. Only DNS is required.
type Options struct {
	DNS *dnsq.Client
	// Walker judges names by their zone's own servers; nil where only the
	// resolver is to be asked.
	Walker *dnsq.Walker
	// Dial opens SMTP connections; the real network where nil.
	Dial DialFunc
	// Now is the clock; time.Now where nil.
	Now func() time.Time
	// Random chooses test names; a random one where nil.
	Random func(n int) int
	// Lists are the block lists; Lists() where nil.
	Lists []List
	// Keys are the lists' keys by name.
	Keys   map[string]string
	Limits Limits
	// OwnAddrs are the addresses of this machine, for the relay check's vantage.
	OwnAddrs []netip.Addr
	// Banned looks in the installation whether its mail server banned an
	// address, and says where that is written; nil where there is none.
	Banned func(ctx context.Context, a netip.Addr) (where string, banned bool)
	// Cooldown keeps foreign servers from being asked too often; nil for no
	// limit, as in tests.
	Cooldown *Cooldown
	// ListHistory remembers since when lists fail their self-test; nil for not
	// at all.
	ListHistory *ListHistory
	// Outbound are domains whose mail servers show whether port 25 is open; nil
	// for three well-known ones.
	Outbound []string
	// ListServers permits asking a list's own servers where the resolver is not
	// served. It needs Walker and Cooldown.
	ListServers bool
	// ResolverEcho is a name whose TXT record holds the address that asks
	// (DefaultResolverEcho), to tell what kind of resolver a list refused; ""
	// asks nobody.
	ResolverEcho string
	// Echo are public servers that tell our own address, for Request.PublicEcho.
	Echo []EchoServer
	// Classify judges a remote server's reply; nil to go by the codes alone.
	Classify func(text string, stage diag.Stage) diag.Verdict
}

// Runner runs checks. It is safe for use by several goroutines.
type Runner struct {
	o       Options
	generic []genericRule
	passes  *passes
}

// New returns a Runner. It fails where a list's key makes no sense.
func New(o Options) (*Runner, error) {
	if o.DNS == nil {
		o.DNS = dnsq.New(dnsq.Options{})
	}
	if o.Dial == nil {
		o.Dial = Dial
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.IntN
	}
	if o.Lists == nil {
		o.Lists = Lists()
	}
	for k, v := range o.Keys {
		if !dnsq.ValidName(v) || len(v) > 63 {
			return nil, fmt.Errorf("key %q is not one; a list's key is one word of letters, digits, hyphens and underscores", diag.Clean(k))
		}
	}
	l := &o.Limits
	for _, d := range []struct {
		p *time.Duration
		d time.Duration
	}{
		{&l.DNS, 10 * time.Second}, {&l.SMTP, 90 * time.Second}, {&l.Walk, 4 * time.Second}, {&l.Dial, 15 * time.Second},
		{&l.Banner, 60 * time.Second}, {&l.Command, 30 * time.Second}, {&l.Pace, 100 * time.Millisecond},
	} {
		if *d.p == 0 {
			*d.p = d.d
		}
	}
	g, err := loadGeneric(genericRules)
	if err != nil {
		return nil, err
	}
	return &Runner{o, g, &passes{}}, nil
}

// task is one check of one subject.
type task struct {
	check, subject string
	smtp           bool // counts against the limit for SMTP
	run            func(ctx context.Context, put func([]diag.Finding))
}

// job is one run in progress: the options, the request, and what the checks of
// the run share.
type job struct {
	Options
	genericRules []genericRule
	passes       *passes
	req          Request
	vantage      vantage
	notes        notes
	walked       walked
	splits       onceEach // names with a split view that are reported
	claims       onceEach // domains that reverse names lead to
	rewrite      sync.Once
	rewritten    string
	kind         sync.Once
	kindText     string
}

// Run runs the checks of req and hands each finding to emit as it comes, one
// at a time. It returns when the last has ended, or at once when ctx ends;
// what was still under way then is not reported, and Complete is false.
func (r *Runner) Run(ctx context.Context, req Request, emit func(diag.Finding)) diag.Run {
	j := &job{Options: r.o, req: req, genericRules: r.generic, passes: r.passes}
	if req.Fresh {
		j.DNS = j.DNS.Fresh()
		if j.Walker != nil {
			j.Walker = j.Walker.Fresh()
		}
	}
	run := diag.Run{Target: req.Target}
	run.Vantage.Resolvers = j.DNS.Servers()
	tasks := j.plan()
	out := make(chan batch)
	dctx, stopDNS := context.WithTimeout(ctx, j.Limits.DNS)
	defer stopDNS()
	sctx, stopSMTP := context.WithTimeout(ctx, j.Limits.SMTP)
	defer stopSMTP()
	var wg sync.WaitGroup
	for i, t := range tasks {
		tctx := dctx
		if t.smtp {
			tctx = sctx
		}
		put := func(f []diag.Finding) {
			select {
			case out <- batch{i, f}:
			case <-ctx.Done():
			}
		}
		wg.Go(func() { t.guarded(tctx, put) })
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	var got []batch
	for b := range out {
		if ctx.Err() != nil {
			continue // too late to count; let the last ones end
		}
		for i := range b.findings {
			b.findings[i].Asked = j.Now()
			if emit != nil {
				emit(b.findings[i])
			}
		}
		got = append(got, b)
	}
	run.Findings = inOrder(got)
	run.Complete = ctx.Err() == nil
	run.Vantage.SourceIP, run.Vantage.SeenAs = j.vantage.get()
	run.Notes = append(j.notes.all(), coverage(run.Findings)...)
	return run
}

// guarded runs the check; a panic in it becomes a finding instead of the end of
// the program.
func (t task) guarded(ctx context.Context, put func([]diag.Finding)) {
	defer func() {
		if p := recover(); p != nil {
			put([]diag.Finding{{Check: t.check, Subject: t.subject, Status: diag.StatusUnknown, Code: t.check + "-unknown",
				Summary: fmt.Sprintf("The check broke off because of a fault in metriage (%s).", diag.Clean(fmt.Sprint(p)))}})
		}
	}()
	t.run(ctx, put)
}

// batch is what a task found at once.
type batch struct {
	task     int
	findings []diag.Finding
}

// inOrder puts findings in the order of the check words and of the tasks, so
// that two runs read alike; findings of one task stay as they came.
func inOrder(got []batch) []diag.Finding {
	slices.SortStableFunc(got, func(a, b batch) int { return a.task - b.task })
	var out []diag.Finding
	for _, b := range got {
		out = append(out, b.findings...)
	}
	words := Words()
	rank := func(w string) int {
		if i := slices.Index(words, w); i >= 0 {
			return i
		}
		return len(words)
	}
	slices.SortStableFunc(out, func(a, b diag.Finding) int { return rank(a.Check) - rank(b.Check) })
	return out
}
