package sample

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// DNS is a name server on one free port of 127.0.0.1, over UDP and TCP. It
// answers as a resolver would from the zones it was given and follows CNAMEs
// between them; with delegations in its zones it serves as an authoritative
// server for a walk from the root. Records, lists and behaviours may change
// while it runs.
type DNS struct {
	addr     string
	udp, tcp *dns.Server
	stop     chan struct{}
	servers  sync.WaitGroup

	mu        sync.Mutex
	zones     map[string]*zone
	lists     map[string]*dnsbl
	behaviour map[string]*behaving
	queries   []Query
	closed    bool
}

// Query is one question that a DNS received.
type Query struct {
	Name      string // as asked, lower case, with the final dot
	Type      string // "A", "PTR", …
	Transport string // "udp" or "tcp"
	EDNS      bool
	Recursion bool // recursion desired
	At        time.Time
}

// maxQueries bounds the log of a DNS; older entries are dropped.
const maxQueries = 100_000

// NewDNS starts a name server without any zone: it answers REFUSED to
// everything. Add a zone "." to have it answer NXDOMAIN instead.
func NewDNS() (*DNS, error) {
	pc, l, err := listenBoth()
	if err != nil {
		return nil, fmt.Errorf("sample DNS server: %w", err)
	}
	d := &DNS{
		addr:      l.Addr().String(),
		stop:      make(chan struct{}),
		zones:     map[string]*zone{},
		lists:     map[string]*dnsbl{},
		behaviour: map[string]*behaving{},
	}
	d.udp = &dns.Server{PacketConn: pc, UDPSize: 4096, Handler: handler{d, "udp"}}
	d.tcp = &dns.Server{Listener: l, Handler: handler{d, "tcp"}}
	for _, s := range []*dns.Server{d.udp, d.tcp} {
		started := make(chan struct{})
		s.NotifyStartedFunc = sync.OnceFunc(func() { close(started) })
		d.servers.Go(func() { _ = s.ActivateAndServe() })
		<-started
	}
	return d, nil
}

// listenBoth opens the same port of 127.0.0.1 for UDP and TCP.
func listenBoth() (net.PacketConn, net.Listener, error) {
	var last error
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		pc, err := net.ListenPacket("udp", l.Addr().String())
		if err == nil {
			return pc, l, nil
		}
		last = err
		l.Close()
	}
	return nil, nil, last
}

// Addr returns the host and port of the server.
func (d *DNS) Addr() string { return d.addr }

// Close stops the server and waits for it.
func (d *DNS) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	close(d.stop)
	d.mu.Unlock()
	err1, err2 := d.udp.Shutdown(), d.tcp.Shutdown()
	d.servers.Wait()
	if err1 != nil {
		return err1
	}
	return err2
}

// Queries returns what was asked so far, oldest first.
func (d *DNS) Queries() []Query {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Query(nil), d.queries...)
}

// Count returns how often name was asked with the type ("A", "" for any).
func (d *DNS) Count(name, qtype string) int {
	name = dns.CanonicalName(name)
	n := 0
	for _, q := range d.Queries() {
		if q.Name == name && (qtype == "" || q.Type == qtype) {
			n++
		}
	}
	return n
}

// Forget empties the log of questions.
func (d *DNS) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queries = nil
}

func (d *DNS) record(q dns.Question, transport string, m *dns.Msg) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.queries) >= maxQueries {
		d.queries = append(d.queries[:0], d.queries[maxQueries/2:]...)
	}
	d.queries = append(d.queries, Query{
		Name: dns.CanonicalName(q.Name), Type: dns.TypeToString[q.Qtype], Transport: transport,
		EDNS: m.IsEdns0() != nil, Recursion: m.RecursionDesired, At: time.Now(),
	})
}

type handler struct {
	d         *DNS
	transport string
}

// ServeDNS answers one question; it is called in a goroutine of the server.
func (h handler) ServeDNS(w dns.ResponseWriter, req *dns.Msg) {
	q := req.Question[0]
	h.d.record(q, h.transport, req)
	b, ok := h.d.behaves(dns.CanonicalName(q.Name), h.transport)
	if !ok {
		return // dropped
	}
	if b.Slow > 0 {
		t := time.NewTimer(b.Slow)
		defer t.Stop()
		select {
		case <-t.C:
		case <-h.d.stop:
			return
		}
	}
	if b.Garbage {
		_, _ = w.Write([]byte("\x1b[2J this is not DNS"))
		return
	}
	m := h.d.answer(req, b)
	if h.transport == "udp" {
		size := dns.MinMsgSize
		if o := req.IsEdns0(); o != nil && int(o.UDPSize()) > size {
			size = int(o.UDPSize())
		}
		m.Truncate(size)
		if b.Truncated {
			m.Truncated, m.Answer, m.Ns = true, nil, nil
		}
	}
	_ = w.WriteMsg(m)
}

// answer builds the reply to req, spoilt as b says.
func (d *DNS) answer(req *dns.Msg, b Behaviour) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(req)
	m.RecursionAvailable = true
	opt := req.IsEdns0()
	switch {
	case b.NoEDNS && opt != nil:
		m.Rcode = dns.RcodeFormatError
		return m
	case b.Rcode != 0:
		m.Rcode = b.Rcode
	default:
		d.mu.Lock()
		d.resolve(m, req.Question[0], 0)
		d.mu.Unlock()
	}
	if opt != nil {
		m.SetEdns0(1232, false)
		if b.EDE != "" {
			o := m.IsEdns0()
			o.Option = append(o.Option, &dns.EDNS0_EDE{InfoCode: b.EDECode, ExtraText: b.EDE})
		}
	}
	if b.WrongID {
		m.Id ^= 0x5555
	}
	if b.WrongQuestion {
		m.Question[0].Name = "elsewhere.invalid."
	}
	return m
}

// Behaviour is how a server misbehaves for a name. The zero value is none.
type Behaviour struct {
	// Drop leaves the first packets unanswered, -1 all of them.
	Drop int
	// Transport limits Drop to "udp" or "tcp".
	Transport string
	// Rcode answers with this rcode (dns.RcodeServerFailure, …) and nothing else.
	Rcode         int
	WrongID       bool // the answer carries another id
	WrongQuestion bool // the answer repeats another question
	Truncated     bool // over UDP: TC set and no records
	NoEDNS        bool // FORMERR to questions with EDNS
	Garbage       bool // bytes that are no DNS message
	Slow          time.Duration
	EDECode       uint16 // extended error (RFC 8914), sent where EDE is set
	EDE           string
}

type behaving struct {
	Behaviour
	dropped int
}

// Behave makes the server misbehave for name and everything below it; the
// longest matching name rules. The zero Behaviour ends it.
func (d *DNS) Behave(name string, b Behaviour) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name = dns.CanonicalName(name)
	if b == (Behaviour{}) {
		delete(d.behaviour, name)
		return
	}
	d.behaviour[name] = &behaving{Behaviour: b}
}

// behaves returns the behaviour for name and false where the packet is to be
// dropped.
func (d *DNS) behaves(name, transport string) (Behaviour, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b *behaving
	for n := name; ; n = parent(n) {
		if b = d.behaviour[n]; b != nil || n == "." {
			break
		}
	}
	if b == nil {
		return Behaviour{}, true
	}
	if b.Drop != 0 && (b.Transport == "" || b.Transport == transport) {
		if b.Drop < 0 || b.dropped < b.Drop {
			b.dropped++
			return b.Behaviour, false
		}
	}
	return b.Behaviour, true
}

// parent returns the name above n, "." above a single label.
func parent(n string) string {
	if i, end := dns.NextLabel(n, 0); !end && i < len(n) {
		return n[i:]
	}
	return "."
}

// under reports whether name is zone or below it.
func under(name, zone string) bool {
	return zone == "." || name == zone || strings.HasSuffix(name, "."+zone)
}
