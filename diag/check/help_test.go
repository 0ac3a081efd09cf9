package check

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/sample"
)

// labZones are the names that the in-process DNS knows: the same as those of
// the lab, so that one table of cases serves both.
var labZones = map[string]string{
	"example.test": `
@ MX 10 mail
mail A 198.51.100.10
mail AAAA 2001:db8::25
mail2 A 198.51.100.11
mismatch A 192.0.2.99
198-51-100-21.dyn A 198.51.100.21
multi1 A 198.51.100.30
multi2 A 192.0.2.77
rfc2317 A 203.0.113.66
internal A 10.0.0.5
@ TXT "v=spf1 ip4:198.51.100.10 -all"
@ TXT "unrelated=1"
spf2 TXT "v=spf1 -all"
spf2 TXT "v=spf1 +all"
_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:d@example.test"
sel1._domainkey TXT "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"
revoked._domainkey TXT "v=DKIM1; k=rsa; p="
loopa CNAME loopb
loopb CNAME loopa
`,
	"remote.test": `
@ MX 10 mx1
@ MX 20 mx2
mx1 A 127.0.0.1
mx2 A 127.0.0.2
nullmx MX 0 .
implicit A 127.0.0.1
cnamemx MX 10 mxalias
mxalias CNAME mx1
`,
	"100.51.198.in-addr.arpa": `
10 PTR mail.example.test.
x.12 TXT "ent"
20 PTR mismatch.example.test.
21 PTR 198-51-100-21.dyn.example.test.
22 PTR nxname.example.test.
30 PTR multi1.example.test.
30 PTR multi2.example.test.
40 PTR localhost.
41 PTR 198.51.100.41.
42 PTR internal.example.test.
43 PTR slow.example.test.
`,
	"113.0.203.in-addr.arpa":   "66 CNAME 66.64-26\n66.64-26 PTR rfc2317.example.test.\n67 CNAME 67.64-26",
	"8.b.d.0.1.0.0.2.ip6.arpa": "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR mail.example.test.",
	"18.198.in-addr.arpa":      "",
	"2.0.192.in-addr.arpa":     "",
	".":                        "",
}

// labDNS starts a DNS server with the lab's names and lists.
func labDNS(t testing.TB) *sample.DNS {
	t.Helper()
	d, err := sample.NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	for origin, text := range labZones {
		if err := d.Zone(origin, text); err != nil {
			t.Fatal(err)
		}
	}
	d.Behave("18.198.in-addr.arpa", sample.Behaviour{Rcode: 2})
	d.Behave("slow.example.test", sample.Behaviour{Rcode: 2})
	d.Behave("2.0.192.in-addr.arpa", sample.Behaviour{Drop: -1})
	d.Behave("deadrbl.test", sample.Behaviour{Drop: -1})
	d.Behave("refused.test", sample.Behaviour{Rcode: 5})
	d.Behave("servfail.test", sample.Behaviour{Rcode: 2})
	d.List("zen.rbl.test", sample.ListHealthy, map[string][]string{
		"198.51.100.2": {"127.0.0.2"}, "198.51.100.3": {"127.0.0.3"}, "198.51.100.4": {"127.0.0.4"},
		"198.51.100.10": {"127.0.0.10"}, "198.51.100.50": {"127.0.0.2", "127.0.0.4"}})
	d.List("good.rbl.test", sample.ListHealthy, map[string][]string{"198.51.100.66": {"127.0.0.2"}})
	d.List("blocked.rbl.test", sample.ListRefusing, nil)
	d.List("overlimit.rbl.test", sample.ListExceeded, nil)
	d.List("parked.rbl.test", sample.ListParked, nil)
	d.List("world.rbl.test", sample.ListWorld, nil)
	d.List("empty.rbl.test", sample.ListEmpty, nil)
	d.List("v6.rbl.test", sample.ListHealthy, map[string][]string{"2001:db8:bad::1": {"127.0.0.2"}})
	d.List("dbl.rbl.test", sample.ListEmpty, map[string][]string{"dbltest.com": {"127.0.1.2"}, "bad.example": {"127.0.1.2"}})
	return d
}

// labLists are the lists of the lab, as a list file.
const labLists = `only = true
[[list]]
id = "zen"
zone = "zen.rbl.test"
weight = "critical"
listed = { "127.0.0.2" = "SBL", "127.0.0.3" = "CSS", "127.0.0.4-127.0.0.7" = "XBL", "127.0.0.10" = "PBL" }
lookup = "https://check.rbl.test/query/ip/{ip}"
[[list]]
id = "good"
zone = "good.rbl.test"
[[list]]
id = "blocked"
zone = "blocked.rbl.test"
[[list]]
id = "overlimit"
zone = "overlimit.rbl.test"
[[list]]
id = "world"
zone = "world.rbl.test"
[[list]]
id = "empty"
zone = "empty.rbl.test"
[[list]]
id = "parked"
zone = "parked.rbl.test"
[[list]]
id = "refused"
zone = "refused.test"
[[list]]
id = "servfail"
zone = "servfail.test"
[[list]]
id = "dead"
zone = "deadrbl.test"
[[list]]
id = "v6"
zone = "v6.rbl.test"
ipv4 = false
ipv6 = true
[[list]]
id = "dbl"
zone = "dbl.rbl.test"
kind = "domain"
weight = "critical"
listed = { "127.0.1.2" = "low reputation" }
test = "dbltest.com"
test_not = "example.com"
`

// lists reads a list file that must be right.
func lists(t testing.TB, file string) []List {
	t.Helper()
	l, errs := LoadLists(Lists(), []byte(file), "test.toml")
	for _, err := range errs {
		t.Fatal(err)
	}
	return l
}

// runner makes a Runner on servers of the test.
func runner(t testing.TB, o Options, servers ...string) *Runner {
	t.Helper()
	if o.DNS == nil {
		o.DNS = dnsq.New(dnsq.Options{Servers: servers, Timeout: 200 * time.Millisecond})
	}
	if o.Lists == nil {
		o.Lists = lists(t, labLists)
	}
	if o.Limits.Pace == 0 {
		o.Limits.Pace = -1
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// find returns the finding of a check, subject and list; "" matches all.
func find1(t testing.TB, run diag.Run, check, subject, list string) diag.Finding {
	t.Helper()
	var out []diag.Finding
	for _, f := range run.Findings {
		if f.Check == check && (subject == "" || f.Subject == subject) && (list == "" || f.List == list) {
			out = append(out, f)
		}
	}
	if len(out) != 1 {
		t.Fatalf("%d findings for %s %s %s, want 1: %+v", len(out), check, subject, list, run.Findings)
	}
	return out[0]
}

// sound checks what every finding must have.
func sound(t testing.TB, run diag.Run) {
	t.Helper()
	seen := map[string]bool{}
	for _, f := range run.Findings {
		key := f.Check + " " + f.Subject + " " + f.List
		if seen[key] {
			t.Errorf("two findings for %s", key)
		}
		seen[key] = true
		if f.Code == "" || f.Status == "" || f.Summary == "" || f.Asked.IsZero() {
			t.Errorf("%s: incomplete: %+v", key, f)
		}
		if f.Code != "dnsbl-listed" && f.Status != statusOf(f.Code) {
			t.Errorf("%s: status %s for %s", key, f.Status, f.Code)
		}
		texts := append([]string{f.Summary, f.Subject}, f.Notes...)
		for _, e := range f.Evidence {
			texts = append(texts, e.Query, e.Answer, e.Rcode, e.Server)
		}
		for _, s := range texts {
			if diag.Clean(s) != s {
				t.Errorf("%s: %q is not clean", key, s)
			}
		}
		if strings.Contains(f.Summary, "%!") || strings.Contains(strings.Join(f.Notes, " "), "%!") {
			t.Errorf("%s: a bad format: %q %q", key, f.Summary, f.Notes)
		}
	}
}

// elsewhere makes connections look as if they went between two other
// addresses, as they do from another machine.
type elsewhere struct{ source, target netip.Addr }

func (e elsewhere) dial(ctx context.Context, _ netip.Addr, network, address string) (net.Conn, error) {
	// 127.0.0.2 is another client than the trusted 127.0.0.1.
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return elsewhereConn{c, e}, nil
}

type elsewhereConn struct {
	net.Conn
	e elsewhere
}

func (c elsewhereConn) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: c.e.source.AsSlice(), Port: 40000}
}

func (c elsewhereConn) RemoteAddr() net.Addr {
	return &net.TCPAddr{IP: c.e.target.AsSlice(), Port: 25}
}
