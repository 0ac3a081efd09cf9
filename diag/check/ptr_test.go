package check

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/sample"
)

// ptrCases are the addresses of the lab and the code that each deserves.
var ptrCases = []struct {
	ip, code string
	note     string // part of a note
}{
	{"198.51.100.10", "ptr-ok", ""},
	{"198.51.100.11", "ptr-missing", "The reverse zone is 100.51.198.in-addr.arpa on ns"},
	{"198.51.100.12", "ptr-missing", "The reverse zone is"},
	{"198.51.100.20", "ptr-mismatch", "The reverse zone is"},
	{"198.51.100.21", "ptr-generic", ""},
	{"198.51.100.22", "ptr-unconfirmed", "The reverse zone is"},
	{"198.51.100.30", "ptr-ok", "has 2 PTR records"},
	{"198.51.100.40", "ptr-unconfirmed", "localhost"},
	{"203.0.113.66", "ptr-ok", ""},
	{"203.0.113.67", "ptr-delegation-broken", "missing PTR"},
	{"198.18.0.1", "ptr-unknown", ""},
	{"192.0.2.1", "ptr-unknown", ""},
	{"2001:db8::25", "ptr-ok", ""},
	{"2001:db8::26", "ptr-missing", ""},
}

func TestPTR(t *testing.T) {
	d := labDNS(t)
	r := runner(t, Options{}, d.Addr())
	var req Request
	req.Words = []string{PTR}
	cases := append(ptrCases[:len(ptrCases):len(ptrCases)], []struct{ ip, code, note string }{
		{"198.51.100.41", "ptr-unconfirmed", "no name that could be looked up"},
		{"198.51.100.42", "ptr-unknown", "private address"},
		{"198.51.100.43", "ptr-unknown", ""},
		{"10.1.2.3", "ptr-private", ""},
		{"100.64.0.1", "ptr-private", ""},
		{"169.254.0.1", "ptr-private", ""},
		{"fd00::1", "ptr-private", ""},
		{"127.0.0.1", "ptr-private", ""},
	}...)
	for _, c := range cases {
		req.Target.IPs = append(req.Target.IPs, netip.MustParseAddr(c.ip))
	}
	run := r.Run(t.Context(), req, nil)
	sound(t, run)
	if !run.Complete || len(run.Findings) != len(cases) {
		t.Fatalf("complete %v, %d findings for %d addresses", run.Complete, len(run.Findings), len(cases))
	}
	for _, c := range cases {
		f := find1(t, run, PTR, c.ip, "")
		if f.Code != c.code || !strings.Contains(notesOf(f), c.note) {
			t.Errorf("%s: %s (%s), want %s with a note on %q\n%s", c.ip, f.Code, f.Summary, c.code, c.note, notesOf(f))
		}
		if c.code != "ptr-private" && (len(f.Evidence) == 0 || !f.Critical) {
			t.Errorf("%s: evidence %v, critical %v", c.ip, f.Evidence, f.Critical)
		}
	}
}

// A PTR answer that is lost once is not a missing record.
func TestPTRLostOnce(t *testing.T) {
	d := labDNS(t)
	d.Behave("10.100.51.198.in-addr.arpa", sample.Behaviour{Drop: 1})
	r := runner(t, Options{}, d.Addr())
	run := r.Run(t.Context(), Request{Words: []string{PTR}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}}}, nil)
	if f := find1(t, run, PTR, "", ""); f.Code != "ptr-ok" {
		t.Errorf("%s: %s", f.Code, f.Summary)
	}
}

// A run with Fresh sees a repair, one without it does not before the TTL ends.
func TestFresh(t *testing.T) {
	d := labDNS(t)
	r := runner(t, Options{}, d.Addr())
	req := Request{Words: []string{PTR}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.11")}}}
	code := func() string { return find1(t, r.Run(t.Context(), req, nil), PTR, "", "").Code }
	if c := code(); c != "ptr-missing" {
		t.Fatal(c)
	}
	if err := d.Set("11.100.51.198.in-addr.arpa", "PTR", "mail2.example.test."); err != nil {
		t.Fatal(err)
	}
	if c := code(); c != "ptr-missing" {
		t.Errorf("without Fresh: %s", c)
	}
	req.Fresh = true
	if c := code(); c != "ptr-ok" {
		t.Errorf("with Fresh: %s", c)
	}
}

func TestGeneric(t *testing.T) {
	r := runner(t, Options{}, "127.0.0.1:1")
	j := &job{Options: r.o, genericRules: r.generic}
	for _, c := range []struct {
		ip, name string
		want     bool
	}{
		{"198.51.100.21", "198-51-100-21.dyn.example.test", true},
		{"198.51.100.21", "host21-100.51.198.isp.example", true},
		{"198.51.100.21", "198051100021.isp.example", true},
		{"198.51.100.21", "c6336415.isp.example", true},
		{"198.51.100.21", "ec2-198-51-100-21.eu-west-1.compute.amazonaws.com", true},
		{"198.51.100.21", "static.21.100.51.198.clients.your-server.de", true},
		{"198.51.100.21", "vps-3f2a1b.vps.ovh.net", true},
		{"198.51.100.21", "ip21.ip-198-51-100.eu", true},
		{"198.51.100.21", "21.100.51.198.bc.googleusercontent.com", true},
		{"198.51.100.21", "vmi123456.contaboserver.net", true},
		{"198.51.100.21", "hosted-by.example.com", true},
		{"198.51.100.21", "p5DC1A3B2.dip0.t-ipconnect.de", true},
		{"198.51.100.21", "dsl12345.isp.example", true},
		{"198.51.100.21", "mail.example.com", false},
		{"198.51.100.21", "mx1.example.com", false},
		{"198.51.100.21", "smtp-out-21.example.com", false},
		{"198.51.100.21", "a27-123.smtp-out.eu-west-1.amazonses.com", false},
		{"198.51.100.21", "mail-qk1-f182.google.com", false},
		{"198.51.100.21", "198-51-100-21.static.business.example", false},
		{"198.51.100.21", "server2.kunde24.example", false},
		{"2001:db8::25", "20010db8000000000000000000000025.v6.isp.example", true},
		{"2001:db8::25", "2001-db8--25.isp.example", true},
		{"2001:db8::25", "mail.example.com", false},
	} {
		why := j.generic(c.name, netip.MustParseAddr(c.ip))
		if (why != "") != c.want {
			t.Errorf("%s: %q, want generic %v", c.name, why, c.want)
		}
	}
}

func TestHELO(t *testing.T) {
	d := labDNS(t)
	d.Behave("dead.example.test", sample.Behaviour{Drop: -1})
	if err := d.Set("win-a1b2c3d4e5.example.test", "A", "198.51.100.10"); err != nil {
		t.Fatal(err)
	}
	r := runner(t, Options{}, d.Addr())
	ten := []netip.Addr{netip.MustParseAddr("198.51.100.10")}
	for _, c := range []struct {
		name string
		ips  []netip.Addr
		code string
		note string
	}{
		{"mail.example.test", ten, "helo-ok", ""},
		{"MAIL.Example.Test.", ten, "helo-ok", ""},
		{"mail.example.test", []netip.Addr{ten[0], netip.MustParseAddr("2001:db8::25")}, "helo-ok", ""},
		{"mail.example.test", []netip.Addr{ten[0], netip.MustParseAddr("198.51.100.11")}, "helo-ok", "does not lead to every"},
		{"mail.example.test", []netip.Addr{netip.MustParseAddr("198.51.100.11")}, "helo-mismatch", ""},
		{"mail.example.test", nil, "helo-ok", "--ip"},
		{"nothing.example.test", ten, "helo-unresolved", ""},
		{"internal.example.test", ten, "helo-unknown", "private"},
		{"dead.example.test", ten, "helo-unknown", ""},
		{"slow.example.test", ten, "helo-unknown", ""},
		{"loopa.example.test", ten, "helo-unknown", ""},
		{"mailserver", ten, "helo-not-fqdn", ""},
		{"WIN-A1B2C3D4E5F", ten, "helo-not-fqdn", ""},
		{"WIN-A1B2C3D4E5F.example.test", ten, "helo-not-fqdn", ""},
		{"WIN-A1B2C3D4E5.example.test", ten, "helo-ok", "Windows"},
		{"server.kunde.local", ten, "helo-not-fqdn", ""},
		{"server.lan", ten, "helo-not-fqdn", ""},
		{"[198.51.100.10]", ten, "helo-not-fqdn", ""},
		{"198.51.100.10", ten, "helo-not-fqdn", ""},
		{"mail_1.example.test", ten, "helo-not-fqdn", ""},
		{"bad name\x1b[2J", ten, "helo-not-fqdn", ""},
	} {
		run := r.Run(t.Context(), Request{Words: []string{HELO}, Target: diag.Target{HELO: c.name, IPs: c.ips}}, nil)
		sound(t, run)
		if f := find1(t, run, HELO, "", ""); f.Code != c.code || !strings.Contains(notesOf(f), c.note) || !f.Critical {
			t.Errorf("%s: %s (%s), want %s with a note on %q\n%s", c.name, f.Code, f.Summary, c.code, c.note, notesOf(f))
		}
	}
}

// splitWorld is a resolver with an internal copy of the zone, and the real
// servers behind it.
func splitWorld(t *testing.T) (resolver *sample.DNS, o Options) {
	world, resolver := labDNS(t), labDNS(t)
	for _, s := range [][2]string{{"mail.example.test", "10.0.0.10"}, {"split.example.test", "192.0.2.200"}} {
		if err := resolver.Set(s[0], "A", s[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := resolver.Set("11.100.51.198.in-addr.arpa", "PTR", "mail2.example.test."); err != nil {
		t.Fatal(err)
	}
	c := dnsq.New(dnsq.Options{Servers: []string{resolver.Addr()}, Timeout: 200 * time.Millisecond})
	return resolver, Options{DNS: c, Walker: dnsq.NewWalker(c, []string{world.Addr()}, 0)}
}

// Names are judged by the zone's own servers; that the resolver differs is a
// finding of its own.
func TestSplitView(t *testing.T) {
	_, o := splitWorld(t)
	r := runner(t, o)
	run := r.Run(t.Context(), Request{Words: []string{PTR, HELO}, Target: diag.Target{HELO: "mail.example.test",
		IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10"), netip.MustParseAddr("198.51.100.11")}}}, nil)
	sound(t, run)
	if f := find1(t, run, PTR, "198.51.100.10", ""); f.Code != "ptr-ok" {
		t.Errorf("%s: %s", f.Code, f.Summary)
	}
	if f := find1(t, run, PTR, "198.51.100.11", ""); f.Code != "ptr-missing" {
		t.Errorf("%s: %s", f.Code, f.Summary)
	}
	if f := find1(t, run, HELO, "", ""); f.Code != "helo-ok" {
		t.Errorf("%s: %s", f.Code, f.Summary)
	}
	var split []string
	for _, f := range run.Findings {
		if f.Code == "dns-split-view" {
			split = append(split, f.Subject)
		}
	}
	slices.Sort(split)
	if want := []string{"11.100.51.198.in-addr.arpa", "mail.example.test"}; !slices.Equal(split, want) {
		t.Errorf("split views of %v, want %v", split, want)
	}
	if f := find1(t, run, "dns", "mail.example.test", ""); !strings.Contains(f.Summary, "10.0.0.10") || !strings.Contains(f.Summary, "198.51.100.10") || len(f.Evidence) != 2 {
		t.Errorf("%s %v", f.Summary, f.Evidence)
	}
}

// Where the zones' servers cannot be reached, the resolver's answer counts and
// the run says so.
func TestWalkNotPossible(t *testing.T) {
	resolver := labDNS(t)
	c := dnsq.New(dnsq.Options{Servers: []string{resolver.Addr()}, Timeout: 50 * time.Millisecond})
	r := runner(t, Options{DNS: c, Walker: dnsq.NewWalker(c, []string{"127.0.0.1:1"}, 0)})
	run := r.Run(t.Context(), Request{Words: []string{PTR}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}}}, nil)
	if f := find1(t, run, PTR, "", ""); f.Code != "ptr-ok" {
		t.Errorf("%s: %s", f.Code, f.Summary)
	}
	if !strings.Contains(strings.Join(run.Notes, " "), "could not be asked from here") {
		t.Errorf("notes %q", run.Notes)
	}
}
