package sample

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func startDNS(t *testing.T) *DNS {
	t.Helper()
	d, err := NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func zoneIn(t *testing.T, d *DNS, origin, text string) {
	t.Helper()
	if err := d.Zone(origin, text); err != nil {
		t.Fatal(err)
	}
}

// ask sends one question; nil means that nothing came.
func ask(t *testing.T, d *DNS, network, name string, qtype uint16, edns bool) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), qtype)
	if edns {
		m.SetEdns0(1232, false)
	}
	c := &dns.Client{Net: network, Timeout: 250 * time.Millisecond}
	r, _, err := c.Exchange(m, d.Addr())
	if err != nil {
		return nil
	}
	return r
}

func data(m *dns.Msg) []string {
	out := []string{}
	for _, rr := range m.Answer {
		out = append(out, strings.TrimPrefix(rr.String(), rr.Header().String()))
	}
	slices.Sort(out)
	return out
}

func TestDNSAnswers(t *testing.T) {
	d := startDNS(t)
	zoneIn(t, d, "example.test", `
@    MX 10 mail
mail A 198.51.100.10
     AAAA 2001:db8::25
www  CNAME mail
out  CNAME mx.other.test.
gone CNAME nothing
a    CNAME b
b    CNAME a
x.y  TXT "below"
*.w  A 192.0.2.1
sub  NS ns.sub
ns.sub A 127.0.0.9
`)
	zoneIn(t, d, "other.test", "mx A 203.0.113.5")
	for _, c := range []struct {
		name  string
		qtype uint16
		rcode int
		want  []string
	}{
		{"mail.example.test", dns.TypeA, dns.RcodeSuccess, []string{"198.51.100.10"}},
		{"MAIL.example.TEST", dns.TypeAAAA, dns.RcodeSuccess, []string{"2001:db8::25"}},
		{"example.test", dns.TypeMX, dns.RcodeSuccess, []string{"10 mail.example.test."}},
		{"www.example.test", dns.TypeA, dns.RcodeSuccess, []string{"198.51.100.10", "mail.example.test."}},
		{"out.example.test", dns.TypeA, dns.RcodeSuccess, []string{"203.0.113.5", "mx.other.test."}},
		{"gone.example.test", dns.TypeA, dns.RcodeNameError, []string{"nothing.example.test."}},
		{"a.example.test", dns.TypeA, dns.RcodeServerFailure, []string{}},
		{"y.example.test", dns.TypeA, dns.RcodeSuccess, []string{}},
		{"no.example.test", dns.TypeA, dns.RcodeNameError, []string{}},
		{"q.w.example.test", dns.TypeA, dns.RcodeSuccess, []string{"192.0.2.1"}},
		{"mail.example.test", dns.TypeTXT, dns.RcodeSuccess, []string{}},
		{"nowhere.invalid", dns.TypeA, dns.RcodeRefused, []string{}},
		{"deep.sub.example.test", dns.TypeA, dns.RcodeSuccess, []string{}},
	} {
		m := ask(t, d, "udp", c.name, c.qtype, true)
		if m == nil {
			t.Errorf("%s: no answer", c.name)
			continue
		}
		if m.Rcode != c.rcode || !slices.Equal(data(m), c.want) {
			t.Errorf("%s %s: %s %q, want %s %q", c.name, dns.TypeToString[c.qtype],
				dns.RcodeToString[m.Rcode], data(m), dns.RcodeToString[c.rcode], c.want)
		}
	}
	m := ask(t, d, "udp", "deep.sub.example.test", dns.TypeA, true)
	if m.Authoritative || len(m.Ns) != 1 || len(m.Extra) < 1 {
		t.Errorf("the delegation is not a referral with glue: %v", m)
	}
	if n := d.Count("mail.example.test", "A"); n != 1 {
		t.Errorf("mail.example.test A was counted %d times, want 1", n)
	}
	q := d.Queries()[0]
	if q.Transport != "udp" || !q.EDNS || !q.Recursion {
		t.Errorf("logged as %+v", q)
	}
	zoneIn(t, d, ".", "")
	if m := ask(t, d, "udp", "nowhere.invalid", dns.TypeA, true); m.Rcode != dns.RcodeNameError {
		t.Errorf("with a root zone: %v", m)
	}
}

func TestDNSChangesWhileRunning(t *testing.T) {
	d := startDNS(t)
	zoneIn(t, d, "100.51.198.in-addr.arpa", "")
	if m := ask(t, d, "udp", "11.100.51.198.in-addr.arpa", dns.TypePTR, true); m.Rcode != dns.RcodeNameError {
		t.Fatalf("%v", m)
	}
	if err := d.Set("11.100.51.198.in-addr.arpa", "PTR", "mail.example.test."); err != nil {
		t.Fatal(err)
	}
	if m := ask(t, d, "udp", "11.100.51.198.in-addr.arpa", dns.TypePTR, true); !slices.Equal(data(m), []string{"mail.example.test."}) {
		t.Fatalf("%v", m)
	}
	if err := d.Set("11.100.51.198.in-addr.arpa", "PTR"); err != nil {
		t.Fatal(err)
	}
	if m := ask(t, d, "udp", "11.100.51.198.in-addr.arpa", dns.TypePTR, true); m.Rcode != dns.RcodeNameError {
		t.Fatalf("%v", m)
	}
	for _, err := range []error{d.Set("a.b.", "A", "1.2.3.4"), d.Set("x.100.51.198.in-addr.arpa", "NOPE"), d.Set("x.100.51.198.in-addr.arpa", "A", "x")} {
		if err == nil {
			t.Error("a bad Set gave no error")
		}
	}
}

func TestDNSMisbehaves(t *testing.T) {
	d := startDNS(t)
	zoneIn(t, d, "t", `*.t. A 192.0.2.1
big TXT "`+strings.Repeat("x", 250)+`" "`+strings.Repeat("y", 250)+`" "`+strings.Repeat("z", 250)+`"`)
	for name, b := range map[string]Behaviour{
		"drop1": {Drop: 1}, "dead": {Drop: -1}, "noudp": {Drop: -1, Transport: "udp"},
		"servfail": {Rcode: dns.RcodeServerFailure, EDECode: 22, EDE: "no reachable authority"},
		"id":       {WrongID: true}, "question": {WrongQuestion: true}, "tc": {Truncated: true},
		"noedns": {NoEDNS: true}, "garbage": {Garbage: true}, "slow": {Slow: 50 * time.Millisecond},
	} {
		d.Behave(name+".t", b)
	}
	if ask(t, d, "udp", "a.drop1.t", dns.TypeA, true) != nil || ask(t, d, "udp", "a.drop1.t", dns.TypeA, true) == nil {
		t.Error("drop1: want no answer, then one")
	}
	for _, n := range []string{"dead.t", "noudp.t", "garbage.t", "id.t"} {
		if m := ask(t, d, "udp", n, dns.TypeA, true); m != nil {
			t.Errorf("%s: %v", n, m)
		}
	}
	if m := ask(t, d, "tcp", "noudp.t", dns.TypeA, true); m == nil || len(m.Answer) != 1 {
		t.Errorf("noudp over TCP: %v", m)
	}
	if m := ask(t, d, "udp", "servfail.t", dns.TypeA, true); m == nil || m.Rcode != dns.RcodeServerFailure || len(m.IsEdns0().Option) != 1 {
		t.Errorf("servfail: %v", m)
	}
	if m := ask(t, d, "udp", "question.t", dns.TypeA, true); m == nil || m.Question[0].Name != "elsewhere.invalid." {
		t.Errorf("question: %v", m)
	}
	if m := ask(t, d, "udp", "tc.t", dns.TypeA, true); m == nil || !m.Truncated || len(m.Answer) != 0 {
		t.Errorf("tc: %v", m)
	}
	if m := ask(t, d, "tcp", "tc.t", dns.TypeA, true); m == nil || m.Truncated || len(m.Answer) != 1 {
		t.Errorf("tc over TCP: %v", m)
	}
	if m := ask(t, d, "udp", "noedns.t", dns.TypeA, true); m == nil || m.Rcode != dns.RcodeFormatError {
		t.Errorf("noedns with EDNS: %v", m)
	}
	if m := ask(t, d, "udp", "noedns.t", dns.TypeA, false); m == nil || len(m.Answer) != 1 {
		t.Errorf("noedns without EDNS: %v", m)
	}
	if m := ask(t, d, "udp", "big.t", dns.TypeTXT, false); m == nil || !m.Truncated {
		t.Errorf("big without EDNS is not truncated: %v", m)
	}
	if m := ask(t, d, "udp", "big.t", dns.TypeTXT, true); m == nil || m.Truncated {
		t.Errorf("big with EDNS: %v", m)
	}
	begin := time.Now()
	if m := ask(t, d, "udp", "slow.t", dns.TypeA, true); m == nil || time.Since(begin) < 50*time.Millisecond {
		t.Errorf("slow: %v after %v", m, time.Since(begin))
	}
	d.Behave("dead.t", Behaviour{})
	if ask(t, d, "udp", "dead.t", dns.TypeA, true) == nil {
		t.Error("a behaviour that was ended still rules")
	}
}

func TestDNSBL(t *testing.T) {
	d := startDNS(t)
	d.List("zen.test", ListHealthy, map[string][]string{
		"198.51.100.3": {"127.0.0.3", "127.0.0.4"}, "2001:db8::1": {"127.0.0.2"}, "bad.example": {"127.0.1.2"}})
	d.List("world.test", ListWorld, nil)
	d.List("parked.test", ListParked, nil)
	d.List("empty.test", ListEmpty, nil)
	d.List("refusing.test", ListRefusing, nil)
	d.List("exceeded.test", ListExceeded, nil)
	for name, want := range map[string]string{
		"2.0.0.127.zen.test":    "127.0.0.2",
		"1.0.0.127.zen.test":    "",
		"3.100.51.198.zen.test": "127.0.0.3 127.0.0.4",
		"9.100.51.198.zen.test": "",
		"2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.zen.test": "127.0.0.2",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.test": "127.0.0.2",
		"bad.example.zen.test":       "127.0.1.2",
		"1.0.0.127.world.test":       "127.0.0.2",
		"9.9.9.9.parked.test":        "203.0.113.99",
		"2.0.0.127.empty.test":       "",
		"2.0.0.127.refusing.test":    "127.255.255.254",
		"3.100.51.198.exceeded.test": "127.255.255.255",
	} {
		m := ask(t, d, "udp", name, dns.TypeA, true)
		if m == nil || strings.Join(data(m), " ") != want {
			t.Errorf("%s: %v, want %q", name, m, want)
		}
	}
	if m := ask(t, d, "udp", "3.100.51.198.zen.test", dns.TypeTXT, true); len(data(m)) != 1 || !strings.Contains(data(m)[0], "https://zen.test/q/") {
		t.Errorf("TXT: %v", m)
	}
	d.SetListed("zen.test", "198.51.100.3")
	if m := ask(t, d, "udp", "3.100.51.198.zen.test", dns.TypeA, true); m.Rcode != dns.RcodeNameError {
		t.Errorf("after delisting: %v", m)
	}
}
