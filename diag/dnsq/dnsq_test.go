package dnsq

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/sample"
)

func server(t *testing.T, zones map[string]string) *sample.DNS {
	t.Helper()
	d, err := sample.NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	for origin, text := range zones {
		if err := d.Zone(origin, text); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func client(o Options, servers ...*sample.DNS) *Client {
	for _, s := range servers {
		o.Servers = append(o.Servers, s.Addr())
	}
	if o.Timeout == 0 {
		o.Timeout = 150 * time.Millisecond
	}
	return New(o)
}

var exampleZone = map[string]string{"example.test": `
mail A 198.51.100.10
mail AAAA 2001:db8::25
www CNAME mail
gone CNAME nothing
@ MX 10 mail
@ TXT "v=spf1 ip4:198.51.100.10" " -all"
weird TXT "a\027[2J\226\128\174b"
x.ent TXT "below"
big TXT "` + strings.Repeat("0", 250) + `" "` + strings.Repeat("1", 250) + `" "` + strings.Repeat("2", 250) + `" "` +
	strings.Repeat("3", 250) + `" "` + strings.Repeat("4", 250) + `" "` + strings.Repeat("5", 250) + `"
*.b A 192.0.2.1
`}

func TestAskOutcomes(t *testing.T) {
	d := server(t, exampleZone)
	for name, b := range map[string]sample.Behaviour{
		"servfail":  {Rcode: dns.RcodeServerFailure, EDECode: 22, EDE: "nobody is there"},
		"refused":   {Rcode: dns.RcodeRefused},
		"notimp":    {Rcode: dns.RcodeNotImplemented},
		"dead":      {Drop: -1},
		"lost":      {Drop: 1},
		"badid":     {WrongID: true},
		"question":  {WrongQuestion: true},
		"garbage":   {Garbage: true},
		"noedns":    {NoEDNS: true},
		"truncated": {Truncated: true},
		"notcp":     {Truncated: true, Drop: -1, Transport: "tcp"},
	} {
		d.Behave(name+".b.example.test", b)
	}
	c := client(Options{}, d)
	for _, k := range []struct {
		name      string
		qtype     uint16
		outcome   Outcome
		rcode     string
		data      string
		transport string
		packets   int // questions the server got
	}{
		{"mail.example.test", dns.TypeA, Found, "NOERROR", "198.51.100.10", "udp", 1},
		{"MAIL.Example.TEST.", dns.TypeAAAA, Found, "NOERROR", "2001:db8::25", "udp", 1},
		{"www.example.test", dns.TypeA, Found, "NOERROR", "CNAME mail.example.test, 198.51.100.10", "udp", 1},
		{"gone.example.test", dns.TypeA, NoName, "NXDOMAIN", "CNAME nothing.example.test", "udp", 1},
		{"no.example.test", dns.TypeA, NoName, "NXDOMAIN", "", "udp", 1},
		{"ent.example.test", dns.TypeA, NoData, "NOERROR", "", "udp", 1},
		{"example.test", dns.TypeTXT, Found, "NOERROR", "v=spf1 ip4:198.51.100.10 -all", "udp", 1},
		{"weird.example.test", dns.TypeTXT, Found, "NOERROR", "a?[2J?b", "udp", 1},
		{"big.example.test", dns.TypeTXT, Found, "NOERROR", "", "tcp", 2},
		{"servfail.b.example.test", dns.TypeA, ServFail, "SERVFAIL", "(No Reachable Authority: nobody is there)", "udp", 1},
		{"refused.b.example.test", dns.TypeA, Refused, "REFUSED", "", "udp", 1},
		{"notimp.b.example.test", dns.TypeA, Failed, "NOTIMP", "", "udp", 2},
		{"dead.b.example.test", dns.TypeA, NoAnswer, "timeout", "", "udp", 2},
		{"lost.b.example.test", dns.TypeA, Found, "NOERROR", "192.0.2.1", "udp", 2},
		{"badid.b.example.test", dns.TypeA, NoAnswer, "mismatch", "", "udp", 2},
		{"question.b.example.test", dns.TypeA, NoAnswer, "mismatch", "", "udp", 2},
		{"garbage.b.example.test", dns.TypeA, NoAnswer, "mismatch", "", "udp", 2},
		{"noedns.b.example.test", dns.TypeA, Found, "NOERROR", "192.0.2.1", "udp", 2},
		{"truncated.b.example.test", dns.TypeA, Found, "NOERROR", "192.0.2.1", "tcp", 2},
		{"notcp.b.example.test", dns.TypeA, NoAnswer, "timeout", "", "tcp", 4},
		{"elsewhere.invalid", dns.TypeA, Refused, "REFUSED", "", "udp", 1},
		{"bad..name", dns.TypeA, NoAnswer, "no answer", "", "", 0},
	} {
		d.Forget()
		a := c.Ask(t.Context(), k.name, k.qtype)
		e := a.Evidence()
		if a.Outcome() != k.outcome || e.Rcode != k.rcode || a.Transport != k.transport {
			t.Errorf("%s: outcome %d, %s over %q (%v); want %d, %s over %q", k.name, a.Outcome(), e.Rcode, a.Transport, a.Err, k.outcome, k.rcode, k.transport)
		}
		if k.data != "" && e.Answer != k.data {
			t.Errorf("%s: %q, want %q", k.name, e.Answer, k.data)
		}
		if n := len(d.Queries()); n != k.packets {
			t.Errorf("%s: the server was asked %d times, want %d", k.name, n, k.packets)
		}
		if a.Definite() != (k.outcome <= NoName) {
			t.Errorf("%s: definite %v", k.name, a.Definite())
		}
		if k.packets > 0 && (a.Server != d.Addr() || len(a.Attempts) == 0) {
			t.Errorf("%s: server %q, %d attempts", k.name, a.Server, len(a.Attempts))
		}
	}
	if q := d.Queries(); len(q) > 0 {
		t.Errorf("a name that is none was sent: %v", q)
	}
}

func TestAskDecodes(t *testing.T) {
	d := server(t, exampleZone)
	c := client(Options{}, d)
	if got := c.Ask(t.Context(), "www.example.test", dns.TypeA); !slices.Equal(got.Addrs(), []netip.Addr{netip.MustParseAddr("198.51.100.10")}) || !slices.Equal(got.CNAMEs(), []string{"mail.example.test"}) {
		t.Errorf("addresses %v, aliases %v", got.Addrs(), got.CNAMEs())
	}
	if got := c.Ask(t.Context(), "example.test", dns.TypeMX); !slices.Equal(got.Names(), []string{"mail.example.test"}) || len(got.MX()) != 1 {
		t.Errorf("MX %v", got.Names())
	}
	if got := c.Ask(t.Context(), "weird.example.test", dns.TypeTXT).Texts(); !slices.Equal(got, []string{"a\x1b[2J\u202eb"}) {
		t.Errorf("texts %q", got)
	}
	zone, ns, contact := c.Ask(t.Context(), "no.example.test", dns.TypeA).Zone()
	if zone != "example.test" || ns != "ns.example.test" || contact != "hostmaster@example.test" {
		t.Errorf("zone %q, server %q, contact %q", zone, ns, contact)
	}
	q := d.Queries()[0]
	if !q.EDNS || !q.Recursion || q.Transport != "udp" {
		t.Errorf("asked as %+v", q)
	}
}

func TestServersInTurn(t *testing.T) {
	good := server(t, exampleZone)
	bad := func(b sample.Behaviour) *sample.DNS {
		d := server(t, exampleZone)
		d.Behave(".", b)
		return d
	}
	for _, k := range []struct {
		name    string
		servers []*sample.DNS
		outcome Outcome
		last    int // the server whose answer is returned
		asked   []int
	}{
		{"first good", []*sample.DNS{good, bad(sample.Behaviour{Drop: -1})}, Found, 0, []int{1, 0}},
		{"refused, then good", []*sample.DNS{bad(sample.Behaviour{Rcode: dns.RcodeRefused}), good}, Found, 1, []int{1, 1}},
		{"servfail, then good", []*sample.DNS{bad(sample.Behaviour{Rcode: dns.RcodeServerFailure}), good}, Found, 1, []int{1, 1}},
		{"dead, then good", []*sample.DNS{bad(sample.Behaviour{Drop: -1}), good}, Found, 1, []int{1, 1}},
		{"servfail and refused", []*sample.DNS{bad(sample.Behaviour{Rcode: dns.RcodeServerFailure}), bad(sample.Behaviour{Rcode: dns.RcodeRefused})}, ServFail, 0, []int{1, 1}},
		{"dead and refused", []*sample.DNS{bad(sample.Behaviour{Drop: -1}), bad(sample.Behaviour{Rcode: dns.RcodeRefused})}, Refused, 1, []int{2, 1}},
		{"both dead", []*sample.DNS{bad(sample.Behaviour{Drop: -1}), bad(sample.Behaviour{Drop: -1})}, NoAnswer, 0, []int{2, 2}},
	} {
		good.Forget()
		a := client(Options{}, k.servers...).Ask(t.Context(), "mail.example.test", dns.TypeA)
		if a.Outcome() != k.outcome || a.Server != k.servers[k.last].Addr() {
			t.Errorf("%s: outcome %d from %s (%v)", k.name, a.Outcome(), a.Server, a.Err)
		}
		total := 0
		for i, s := range k.servers {
			total += k.asked[i]
			if n := s.Count("mail.example.test", "A"); n != k.asked[i] {
				t.Errorf("%s: server %d was asked %d times, want %d", k.name, i, n, k.asked[i])
			}
		}
		if len(a.Attempts) != total {
			t.Errorf("%s: %d attempts kept, want %d", k.name, len(a.Attempts), total)
		}
	}
	if a := New(Options{}).Ask(t.Context(), "x.test", dns.TypeA); !errors.Is(a.Err, ErrNoServers) {
		t.Errorf("without servers: %v", a.Err)
	}
}

// clock is a clock that stands still until moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestCache(t *testing.T) {
	d := server(t, map[string]string{"t": "@ SOA ns hostmaster 1 60 60 60 120\nlong 100000 A 192.0.2.1\nshort 1 A 192.0.2.2\nmid 90 A 192.0.2.3"})
	k := &clock{t: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)}
	c := client(Options{Now: k.now}, d)
	d.Behave("fails.t", sample.Behaviour{Rcode: dns.RcodeServerFailure})
	for _, x := range []struct {
		name string
		life time.Duration // how long the answer is kept
	}{{"long.t", time.Hour}, {"short.t", time.Minute}, {"mid.t", 90 * time.Second}, {"none.t", time.Minute}, {"fails.t", -1}} {
		ask := func() Answer { return c.Ask(t.Context(), x.name, dns.TypeA) }
		first := ask()
		want := 1
		if a := ask(); a.Cached != (x.life > 0) {
			t.Errorf("%s asked twice: cached %v", x.name, a.Cached)
		}
		if x.life < 0 {
			continue
		}
		k.add(x.life - time.Second)
		if a := ask(); !a.Cached || !a.At.Equal(first.At) {
			t.Errorf("%s just before its end: cached %v, of %v", x.name, a.Cached, a.At)
		}
		k.add(2 * time.Second)
		if a := ask(); a.Cached {
			t.Errorf("%s is still there after its end", x.name)
		}
		if want++; d.Count(x.name, "A") != want {
			t.Errorf("%s was asked %d times, want %d", x.name, d.Count(x.name, "A"), want)
		}
	}
	// A fresh client asks again, and what it learns serves the others.
	k.add(time.Second)
	f := c.Fresh()
	if a := f.Ask(t.Context(), "long.t", dns.TypeA); a.Cached {
		t.Error("the fresh client took an old answer")
	}
	if a := f.Ask(t.Context(), "long.t", dns.TypeA); !a.Cached {
		t.Error("the fresh client asked twice")
	}
	at := k.now()
	if a := c.Ask(t.Context(), "long.t", dns.TypeA); !a.Cached || !a.At.Equal(at) {
		t.Errorf("the first client does not see the new answer: %v", a.At)
	}
	if n := d.Count("long.t", "A"); n != 3 {
		t.Errorf("long.t was asked %d times, want 3", n)
	}
	// The cache does not grow without end.
	if err := d.Set("t", "A", "192.0.2.9"); err != nil {
		t.Fatal(err)
	}
	for i := range maxCached + 10 {
		c.s.cache.put(key{dns.Fqdn(strings.Repeat("x", i%50+1) + "." + time.Duration(i).String()), dns.TypeA}, first(c, t), k.now())
	}
	if n := len(c.s.cache.m); n > maxCached {
		t.Errorf("%d answers are kept", n)
	}
}

func first(c *Client, t *testing.T) Answer { return c.Ask(t.Context(), "t", dns.TypeA) }

func TestOneQuestionForMany(t *testing.T) {
	d := server(t, exampleZone)
	d.Behave("mail.example.test", sample.Behaviour{Slow: 80 * time.Millisecond})
	c := client(Options{Timeout: 2 * time.Second}, d)
	var wg sync.WaitGroup
	var found atomic.Int32
	gaveUp, stop := context.WithCancel(t.Context())
	wg.Go(func() {
		if a := c.Ask(gaveUp, "mail.example.test", dns.TypeA); !errors.Is(a.Err, context.Canceled) {
			t.Errorf("the one who gave up got %v", a.Err)
		}
	})
	time.Sleep(10 * time.Millisecond) // let it be the first
	for range 20 {
		wg.Go(func() {
			if c.Ask(t.Context(), "mail.example.test", dns.TypeA).Outcome() == Found {
				found.Add(1)
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	stop()
	wg.Wait()
	if found.Load() != 20 || d.Count("mail.example.test", "A") != 1 {
		t.Errorf("%d of 20 got the answer, the server was asked %d times", found.Load(), d.Count("mail.example.test", "A"))
	}
	if len(c.s.flights) != 0 {
		t.Errorf("%d flights are left", len(c.s.flights))
	}
}

// counting counts the connections that are open at the same time.
type counting struct {
	net.Dialer
	open, most atomic.Int32
}

func (d *counting) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	n := d.open.Add(1)
	for m := d.most.Load(); n > m && !d.most.CompareAndSwap(m, n); m = d.most.Load() {
	}
	return &counted{Conn: c, PacketConn: c.(net.PacketConn), d: d}, nil
}

type counted struct {
	net.Conn
	net.PacketConn // tells the library that this is UDP
	d              *counting
	once           sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.d.open.Add(-1) })
	return c.Conn.Close()
}
func (c *counted) LocalAddr() net.Addr                { return c.Conn.LocalAddr() }
func (c *counted) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(t) }
func (c *counted) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(t) }
func (c *counted) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }

func TestInFlightIsBounded(t *testing.T) {
	d := server(t, exampleZone)
	d.Behave("b.example.test", sample.Behaviour{Slow: 20 * time.Millisecond})
	dial := &counting{}
	c := client(Options{Dialer: dial, InFlight: 5, Timeout: 2 * time.Second}, d)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if a := c.Ask(t.Context(), "n"+strings.Repeat("x", i)+".b.example.test", dns.TypeA); a.Outcome() != Found {
				t.Errorf("%d: %v", i, a.Err)
			}
		})
	}
	wg.Wait()
	if m := dial.most.Load(); m != 5 {
		t.Errorf("%d exchanges ran at the same time, want 5", m)
	}
}

func TestCancelCancels(t *testing.T) {
	d := server(t, exampleZone)
	d.Behave("b.example.test", sample.Behaviour{Drop: -1})
	dial := &counting{}
	c := client(Options{Dialer: dial, Timeout: time.Minute}, d)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Answer, 20)
	for i := range 20 {
		go func() { done <- c.Ask(ctx, strings.Repeat("x", i+1)+".b.example.test", dns.TypeA) }()
	}
	for dial.open.Load() < 16 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	limit := time.After(5 * time.Second)
	for range 20 {
		select {
		case a := <-done:
			if !errors.Is(a.Err, context.Canceled) || a.RcodeText() != "cancelled" {
				t.Errorf("%v, %s", a.Err, a.RcodeText())
			}
		case <-limit:
			t.Fatal("a cancelled question is still waiting")
		}
	}
	for i := 0; dial.open.Load() > 0; i++ { // the connections are closed, not left to their time limit
		if i > 5000 {
			t.Fatalf("%d connections are still open", dial.open.Load())
		}
		time.Sleep(time.Millisecond)
	}
	// A deadline of the caller reads as a timeout.
	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if a := c.Ask(ctx, "y.b.example.test", dns.TypeA); a.RcodeText() != "timeout" {
		t.Errorf("after the caller's deadline: %s", a.RcodeText())
	}
}

func TestAskServer(t *testing.T) {
	d := server(t, exampleZone)
	c := New(Options{Timeout: 150 * time.Millisecond})
	for range 2 {
		a := c.AskServer(t.Context(), d.Addr(), "mail.example.test", dns.TypeA, false)
		if a.Outcome() != Found || !a.Authoritative || a.Cached {
			t.Errorf("%+v", a)
		}
	}
	if q := d.Queries(); len(q) != 2 || q[0].Recursion {
		t.Errorf("%+v", q)
	}
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.LocalAddr().String()
	l.Close()
	if a := c.AskServer(t.Context(), closed, "mail.example.test", dns.TypeA, false); a.Outcome() != NoAnswer || a.RcodeText() != "no answer" {
		t.Errorf("a closed port: %v, %s", a.Err, a.RcodeText())
	}
}

// noUDP is a machine on which no UDP socket can be opened.
type noUDP struct{ net.Dialer }

func (d noUDP) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network == "udp" {
		return nil, errors.New("the operation is not supported")
	}
	return d.Dialer.DialContext(ctx, network, address)
}

func TestWithoutUDP(t *testing.T) {
	d := server(t, exampleZone)
	if a := client(Options{Dialer: noUDP{}}, d).Ask(t.Context(), "mail.example.test", dns.TypeA); a.Outcome() != Found || a.Transport != "tcp" {
		t.Errorf("%d over %q: %v", a.Outcome(), a.Transport, a.Err)
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"198.51.100.10":        "10.100.51.198.in-addr.arpa.",
		"0.0.0.0":              "0.0.0.0.in-addr.arpa.",
		"::ffff:198.51.100.10": "10.100.51.198.in-addr.arpa.",
		"2001:db8::25":         "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := ReverseName(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if got, want := Labels(netip.MustParseAddr("::ffff:127.0.0.2")), "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"; got != want {
		t.Errorf("mapped: %s, want %s", got, want)
	}
	for name, want := range map[string]bool{
		"mail.example.test": true, "mail.example.test.": true, "_dmarc.x": true, "WIN-1": true,
		"": false, ".": false, "a..b": false, "a b": false, "[192.0.2.1]": false, "x\x1b.y": false, "bücher.example": false,
		strings.Repeat("a", 64) + ".x": false, strings.Repeat("abc.", 64) + "x": false,
	} {
		if got := ValidName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// A name that needs escapes is recognised in the answer however it is written.
func TestSameName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"a.example.", "A.Example.", true}, {"a.example.", "b.example.", false}, {`a\?b.example.`, "a?b.example.", true},
		{`a\032b.example.`, `a\ b.example.`, true}, {`A\046b.example.`, `a\.b.example.`, true}, {`a\.b.example.`, "a.b.example.", false},
		{`a\032b.example.`, `a\033b.example.`, false}, {`a\999.example.`, `a\999.example.`, true}, {`a\`, `b\`, false},
	} {
		if got := sameName(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}

// FuzzAnswer feeds what a hostile server could send.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []struct {
		rcode                     int
		question                  uint16
		answer, authority, beside []string
		change                    func(*dns.Msg)
	}{
		{answer: []string{`a.test. 60 TXT "x\027y" "z\\"`, "a.test. 60 CNAME b.test.", "a.test. 60 PTR x.", "a.test. 60 A 1.2.3.4", "a.test. 60 SOA a b.c 1 2 3 4 5"}},
		{rcode: dns.RcodeNameError, authority: []string{"test. 900 SOA ns.test. host\\.master.test. 1 2 3 4 5"}},
		{authority: []string{"a.test. 60 NS ns.a.test.", "a.test. 60 NS ns.other."}, beside: []string{"ns.a.test. 60 A 192.0.2.1", "ns.a.test. 60 AAAA ::1"}, change: func(m *dns.Msg) { m.Authoritative = false }},
		{answer: []string{"a.test. 60 CNAME b.test.", "b.test. 60 CNAME c.test.", "c.test. 0 CNAME a.test."}},
		{rcode: dns.RcodeServerFailure, change: func(m *dns.Msg) { m.Answer, m.Truncated = nil, true }},
		{rcode: dns.RcodeRefused, change: func(m *dns.Msg) { m.Question = nil }},
		{question: dns.TypeMX, answer: []string{"a.test. 60 MX 0 .", `a.test. 60 MX 65535 \027[2J.test.`, "b.test. 60 MX 1 b.test."}},
		{question: dns.TypeA, answer: []string{"a.test. 4294967295 A 127.255.255.254", "a.test. 60 AAAA 2001:db8::1", `a.test. 60 TYPE65280 \# 2 ffff`}},
	} {
		m := new(dns.Msg)
		m.SetQuestion("a.test.", cmp.Or(seed.question, dns.TypeTXT))
		m.Response, m.Rcode, m.Authoritative = true, seed.rcode, true
		for to, lines := range map[*[]dns.RR][]string{&m.Answer: seed.answer, &m.Ns: seed.authority, &m.Extra: seed.beside} {
			for _, line := range lines {
				rr, err := dns.NewRR(line)
				if err != nil {
					f.Fatal(line, err)
				}
				*to = append(*to, rr)
			}
		}
		m.SetEdns0(1232, false)
		m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: 3, ExtraText: "\x1b[2J"})
		if seed.change != nil {
			seed.change(m)
		}
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := new(dns.Msg)
		if r.Unpack(b) != nil {
			return
		}
		a := Answer{Name: "a.test.", Type: dns.TypeTXT}
		sameQuestion(r, key{"a.test.", dns.TypeTXT})
		fill(&a, r)
		e := a.Evidence()
		for _, s := range []string{e.Query, e.Answer, e.Rcode} {
			if diag.Clean(s) != s {
				t.Errorf("%q is not clean", s)
			}
		}
		if len(e.Answer) > 8*maxShown {
			t.Errorf("%d bytes of evidence", len(e.Answer))
		}
		a.Addrs()
		a.Names()
		a.Texts()
		a.CNAMEs()
		a.Zone()
		lifetime(a)
		referral(a, a.Name, ".")
	})
}
