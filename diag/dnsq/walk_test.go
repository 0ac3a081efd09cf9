package dnsq

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"metriage/diag/sample"
)

// world maps the addresses of name servers to servers on loopback.
type world map[string]*sample.DNS

func (w world) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if s := w[host]; s != nil && port == "53" {
		address = s.Addr()
	} else if port == "53" {
		address = "127.0.0.1:1" // nobody
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// internet returns in-process root, TLD, reverse and zone servers.
func internet(t *testing.T) world {
	root := server(t, map[string]string{".": `
test.            NS a.nic.test.
a.nic.test.      A 192.0.2.2
arpa.            NS a.nic.test.
org.             NS a.nic.test.`})
	tld := server(t, map[string]string{
		"test": `
example    NS ns1.example
ns1.example A 192.0.2.3
lame       NS ns.lame
ns.lame    A 192.0.2.5
dead       NS ns.dead
ns.dead    A 192.0.2.66
half       NS ns.dead
half       NS ns1.example
circle     NS ns.circle2
circle2    NS ns.circle
up         NS ns.up
ns.up      A 192.0.2.7`,
		"org": "out NS ns1.example.test.\nfar NS ns.out.org.",
		"arpa": `
100.51.198.in-addr NS ns1.example.test.
113.0.203.in-addr  NS ns1.example.test.`,
	})
	zones := server(t, map[string]string{
		"example.test": `
@ MX 10 mail
ns1 A 192.0.2.3
mail A 198.51.100.10
mail AAAA 2001:db8::25
alias CNAME www.out.org.
loopa CNAME loopb
loopb CNAME loopa
big TXT "` + strings.Repeat("0", 250) + `" "` + strings.Repeat("1", 250) + `" "` + strings.Repeat("2", 250) + `" "` +
			strings.Repeat("3", 250) + `" "` + strings.Repeat("4", 250) + `" "` + strings.Repeat("5", 250) + `"`,
		"half.test":               "www A 203.0.113.7\nloop CNAME loop.far.org.",
		"out.org":                 "www A 203.0.113.9\nns A 192.0.2.4",
		"100.51.198.in-addr.arpa": "10 PTR mail.example.test.",
		"113.0.203.in-addr.arpa":  "66 CNAME 66.64-26\n66.64-26 PTR rfc2317.example.test.\n67 CNAME 67.64-26",
	})
	far := server(t, map[string]string{"far.org": "www A 203.0.113.10\nloop CNAME loop.half.test."})
	lame := server(t, map[string]string{})
	up := server(t, map[string]string{"up.test": "@ NS ns"})
	up.Behave("up.test", sample.Behaviour{Rcode: dns.RcodeServerFailure})
	return world{"192.0.2.1": root, "192.0.2.2": tld, "192.0.2.3": zones, "192.0.2.4": far, "192.0.2.5": lame, "192.0.2.7": up}
}

func walker(t *testing.T, w world) *Walker {
	t.Helper()
	c := New(Options{Dialer: w, Timeout: 150 * time.Millisecond, Servers: []string{"192.0.2.99:53"}})
	return NewWalker(c, []string{"192.0.2.1"}, 0)
}

func TestWalk(t *testing.T) {
	net := internet(t)
	w := walker(t, net)
	for _, k := range []struct {
		name    string
		qtype   uint16
		outcome Outcome
		data    string
	}{
		{"mail.example.test", dns.TypeA, Found, "198.51.100.10"},
		{"mail.example.test", dns.TypeAAAA, Found, "2001:db8::25"},
		{"mail.example.test", dns.TypeTXT, NoData, ""},
		{"no.example.test", dns.TypeA, NoName, ""},
		{"no-such-tld", dns.TypeA, NoName, ""},
		{"10.100.51.198.in-addr.arpa", dns.TypePTR, Found, "mail.example.test"},
		{"11.100.51.198.in-addr.arpa", dns.TypePTR, NoName, ""},
		{"66.113.0.203.in-addr.arpa", dns.TypePTR, Found, "CNAME 66.64-26.113.0.203.in-addr.arpa, rfc2317.example.test"},
		{"67.113.0.203.in-addr.arpa", dns.TypePTR, NoName, "CNAME 67.64-26.113.0.203.in-addr.arpa"},
		{"alias.example.test", dns.TypeA, Found, "CNAME www.out.org, 203.0.113.9"},
		{"www.far.org", dns.TypeA, Found, "203.0.113.10"},
		{"www.half.test", dns.TypeA, Found, "203.0.113.7"},
		{"big.example.test", dns.TypeTXT, Found, ""},
		{"loopa.example.test", dns.TypeA, ServFail, ""},
		{"loop.half.test", dns.TypeA, NoAnswer, ""},
		{"www.lame.test", dns.TypeA, Refused, ""},
		{"www.dead.test", dns.TypeA, NoAnswer, ""},
		{"www.circle.test", dns.TypeA, NoAnswer, ""},
		{"www.up.test", dns.TypeA, ServFail, ""},
	} {
		a := w.Ask(t.Context(), k.name, k.qtype)
		if a.Outcome() != k.outcome {
			t.Errorf("%s: outcome %d (%v), want %d", k.name, a.Outcome(), a.Err, k.outcome)
		}
		if a.Definite() && !a.Authoritative {
			t.Errorf("%s: the answer is not the zone's own", k.name)
		}
		if k.data != "" && a.Evidence().Answer != k.data {
			t.Errorf("%s: %q, want %q", k.name, a.Evidence().Answer, k.data)
		}
		if len(a.Attempts) == 0 || len(a.Attempts) > maxSteps {
			t.Errorf("%s: %d attempts", k.name, len(a.Attempts))
		}
	}
	for host, s := range net {
		for _, q := range s.Queries() {
			if q.Recursion {
				t.Fatalf("%s was asked to recurse: %+v", host, q)
			}
		}
	}
	// Zone cuts are kept, and forgotten by a fresh Walker.
	root := net["192.0.2.1"]
	root.Forget()
	w.Ask(t.Context(), "mail.example.test", dns.TypeA)
	if n := len(root.Queries()); n != 0 {
		t.Errorf("the root was asked %d times again", n)
	}
	w.Fresh().Ask(t.Context(), "mail.example.test", dns.TypeA)
	if n := len(root.Queries()); n == 0 {
		t.Error("a fresh Walker did not begin at the root")
	}
	zone, servers, err := w.ZoneServers(t.Context(), "mail.example.test")
	if err != nil || zone != "example.test" || !slices.Equal(servers, []string{"192.0.2.3:53"}) {
		t.Errorf("zone %q, servers %v, %v", zone, servers, err)
	}
}

// A resolver that lies changes nothing for the Walker.
func TestWalkPastALyingResolver(t *testing.T) {
	net := internet(t)
	liar := server(t, map[string]string{"example.test": "mail A 10.0.0.5"})
	net["192.0.2.99"] = liar
	w := walker(t, net)
	if a := w.client.Ask(t.Context(), "mail.example.test", dns.TypeA); !slices.Equal(a.Addrs(), []netip.Addr{netip.MustParseAddr("10.0.0.5")}) {
		t.Fatalf("the liar says %v (%v)", a.Addrs(), a.Err)
	}
	if a := w.Ask(t.Context(), "mail.example.test", dns.TypeA); !slices.Equal(a.Addrs(), []netip.Addr{netip.MustParseAddr("198.51.100.10")}) {
		t.Errorf("the zone says %v (%v)", a.Addrs(), a.Err)
	}
}

func TestWalkIsCancelled(t *testing.T) {
	net := internet(t)
	net["192.0.2.2"].Behave(".", sample.Behaviour{Drop: -1})
	w := walker(t, net)
	w.client.o.Timeout = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan Answer)
	go func() { done <- w.Ask(ctx, "mail.example.test", dns.TypeA) }()
	for net["192.0.2.2"].Count("mail.example.test", "") == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	select {
	case a := <-done:
		if a.RcodeText() != "cancelled" {
			t.Errorf("%s: %v", a.RcodeText(), a.Err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the walk goes on")
	}
}
