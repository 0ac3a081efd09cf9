package check

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/sample"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestWhoAreWe(t *testing.T) {
	day := func(d, h int) time.Time { return time.Date(2026, 11, d, h, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		in      []Sighting
		sending string
		helo    string
		pool    bool
		note    string
	}{
		"nothing": {nil, "", "", false, ""},
		"an admin's word goes first": {[]Sighting{
			{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, First: day(1, 0), Last: day(9, 0), Count: 900},
			{Addr: addr("203.0.113.5"), Origin: OriginGiven},
			{Name: "log.example", Origin: OriginEHLO}, {Name: "set.example", Origin: OriginBinding}, {Name: "Given.Example.", Origin: OriginGiven},
		}, "203.0.113.5", "given.example", false, ""},
		"what remote servers greet, before settings": {[]Sighting{
			{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, First: day(1, 0), Last: day(9, 0), Count: 9},
			{Addr: addr("10.0.0.5"), Origin: OriginBinding}, {Addr: addr("192.168.1.2"), Origin: OriginAdapter},
			{Addr: addr("198.51.100.10"), Origin: OriginRejection, Count: 3},
			{Name: "log.example", Origin: OriginEHLO}, {Name: "set.example", Origin: OriginBinding},
		}, "198.51.100.10", "set.example", false, ""},
		"the binding, before rejections and adapters": {[]Sighting{
			{Addr: addr("198.51.100.12"), Origin: OriginRejection, Count: 30},
			{Addr: addr("198.51.100.11"), Origin: OriginBinding}, {Addr: addr("198.51.100.13"), Origin: OriginAdapter},
		}, "198.51.100.11", "", false, ""},
		"a NAT pool": {[]Sighting{
			{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, Provider: "gmail", First: day(1, 0), Last: day(9, 0), Count: 50},
			{Addr: addr("198.51.100.11"), Origin: OriginEHLOReply, Provider: "gmail", First: day(2, 0), Last: day(9, 1), Count: 40},
		}, "198.51.100.11 198.51.100.10", "", true, "share a pool"},
		"a move": {[]Sighting{
			{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, First: day(1, 0), Last: day(5, 3), Count: 50},
			{Addr: addr("198.51.100.11"), Origin: OriginEHLOReply, First: day(5, 3), Last: day(9, 0), Count: 40},
		}, "198.51.100.11", "", false, "changed from 198.51.100.10 to 198.51.100.11 around 2026-11-05 03:00"},
		"a move of today": {[]Sighting{
			{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, First: day(1, 0), Last: day(8, 20), Count: 50},
			{Addr: addr("198.51.100.11"), Origin: OriginEHLOReply, First: day(8, 21), Last: day(9, 0), Count: 40},
		}, "198.51.100.11", "", false, "changed from"},
		"both families at once are no pool": {[]Sighting{
			{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, First: day(1, 0), Last: day(9, 0)},
			{Addr: addr("2001:db8::25"), Origin: OriginEHLOReply, First: day(1, 0), Last: day(9, 0)},
		}, "198.51.100.10 2001:db8::25", "", false, ""},
		"adapters, the public one": {[]Sighting{
			{Addr: addr("192.168.1.2"), Origin: OriginAdapter}, {Addr: addr("::ffff:198.51.100.13"), Origin: OriginAdapter},
		}, "198.51.100.13", "", false, ""},
		"only a private adapter": {[]Sighting{{Addr: addr("192.168.1.2"), Origin: OriginAdapter}}, "192.168.1.2", "", false, ""},
	} {
		w := WhoAreWe(c.in)
		var got []string
		for _, a := range w.Sending() {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != c.sending || w.HELO() != c.helo || w.NATPool != c.pool || !strings.Contains(strings.Join(w.Notes, " "), c.note) {
			t.Errorf("%s: %v, %q, pool %v, %q", name, got, w.HELO(), w.NATPool, w.Notes)
		}
	}
	w := WhoAreWe([]Sighting{
		{Addr: addr("198.51.100.10"), Origin: OriginRejection, Count: 3, First: day(3, 0), Last: day(4, 0)},
		{Addr: addr("198.51.100.10"), Origin: OriginEHLOReply, Count: 5, First: day(1, 0), Last: day(9, 0)},
	})
	if o := w.Addrs[0]; len(w.Addrs) != 1 || !slices.Equal(o.Origins, []Origin{OriginEHLOReply, OriginRejection}) || o.Count != 8 || !o.First.Equal(day(1, 0)) || !o.Last.Equal(day(9, 0)) {
		t.Errorf("merged: %+v", w.Addrs)
	}
	if OriginEHLOReply.String() != "EHLO replies in the log" || Origin(99).String() != "unknown" {
		t.Error("origins have no words")
	}
}

func TestMatrix(t *testing.T) {
	got := Matrix([]Delivered{
		{addr("198.51.100.11"), "gmail", 1, 2, 0}, {addr("198.51.100.10"), "gmail", 5, 0, 0},
		{addr("198.51.100.10"), "microsoft", 0, 7, 1}, {addr("198.51.100.10"), "gmail", 1, 1, 0},
	})
	want := []Delivered{{addr("198.51.100.10"), "microsoft", 0, 7, 1}, {addr("198.51.100.10"), "gmail", 6, 1, 0}, {addr("198.51.100.11"), "gmail", 1, 2, 0}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestSmartHostOf(t *testing.T) {
	many := func(hosts ...string) []Session {
		var out []Session
		for i, d := range []string{"gmail.com", "a.example", "b.example", "c.example.org"} {
			out = append(out, Session{d, hosts[i%len(hosts)], 10})
		}
		return out
	}
	for name, c := range map[string]struct {
		in   []Session
		host string
	}{
		"one relay":           {many("relay.isp.net"), "relay.isp.net"},
		"a farm of relays":    {many("r1.isp.net", "r2.isp.net"), "r1.isp.net"},
		"an address":          {many("192.0.2.5"), "192.0.2.5"},
		"direct":              {many("mx.gmail.example", "mx.a.example", "mx.b.example"), ""},
		"few domains":         {many("relay.isp.net")[:2], ""},
		"few sessions":        {[]Session{{"a.example", "relay.isp.net", 1}, {"b.example", "relay.isp.net", 1}, {"c.example", "relay.isp.net", 1}}, ""},
		"the provider's own":  {[]Session{{"isp.net", "mx.isp.net", 10}, {"b.example", "mx.isp.net", 10}, {"c.example", "mx.isp.net", 10}}, ""},
		"nothing":             {nil, ""},
		"sub-domains are one": {[]Session{{"a.kunde.example", "relay.isp.net", 10}, {"b.kunde.example", "relay.isp.net", 10}, {"c.kunde.example", "relay.isp.net", 10}}, ""},
	} {
		if h, ok := SmartHostOf(c.in); h != c.host || ok != (c.host != "") {
			t.Errorf("%s: %q, %v", name, h, ok)
		}
	}
}

// With a smart host the own address is not what receivers see.
func TestSmartHost(t *testing.T) {
	d := labDNS(t)
	r := runner(t, Options{}, d.Addr())
	run := r.Run(t.Context(), Request{Words: []string{PTR, HELO, DNSBL, DMARC}, SmartHost: "mail.example.test", Target: diag.Target{
		IPs: []netip.Addr{addr("198.51.100.11")}, HELO: "x.example.test", Domains: []string{"example.test"}}}, nil)
	sound(t, run)
	got := map[string]string{}
	for _, f := range run.Findings {
		if f.Check != DNSBL || f.List == "" || f.List == "zen" {
			got[f.Check+" "+f.Subject] = f.Code + " " + string(f.Status)
		}
		if f.Check == DNSBL && f.List != "" && (f.Critical || f.Status == diag.StatusFail || !strings.Contains(notesOf(f), "smart host's address")) {
			t.Errorf("%+v is no mere information", f)
		}
	}
	for k, want := range map[string]string{
		"ptr ": "ptr-skipped skipped", "helo ": "helo-skipped skipped", "dnsbl ": "dnsbl-skipped skipped",
		"ptr 198.51.100.10": "ptr-ok pass", "dnsbl 198.51.100.10": "dnsbl-listed warn", "dmarc example.test": "dmarc-ok pass",
	} {
		if got[k] != want {
			t.Errorf("%s: %s, want %s", k, got[k], want)
		}
	}
	if f := find1(t, run, "smart-host", "", ""); f.Code != "smart-host-in-use" || f.Status != diag.StatusWarn {
		t.Errorf("%+v", f)
	}
}

// The list's own servers are asked where the resolver is not served, at most
// once an hour.
func TestListsOwnServers(t *testing.T) {
	resolver := labDNS(t) // blocked.rbl.test refuses it, empty.rbl.test has a hole
	root, zone := labDNS(t), labDNS(t)
	for _, l := range []string{"blocked", "empty"} {
		zone.List(l+".rbl.test", sample.ListHealthy, map[string][]string{"198.51.100.3": {"127.0.0.2"}})
	}
	if err := root.Zone("rbl.test", "blocked NS ns.blocked\nns.blocked A 192.0.2.3\nempty NS ns.blocked\nworld NS ns.blocked"); err != nil {
		t.Fatal(err)
	}
	for _, l := range []string{"blocked", "empty", "world", "zen", "good", "parked", "overlimit", "v6", "dbl"} {
		root.Unlist(l + ".rbl.test")
	}
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	c := dnsq.New(dnsq.Options{Servers: []string{resolver.Addr()}, Timeout: 200 * time.Millisecond, Now: clock,
		Dialer: port53{"192.0.2.3:53": zone.Addr()}})
	o := Options{DNS: c, Walker: dnsq.NewWalker(c, []string{root.Addr()}, 0), ListServers: true, Cooldown: &Cooldown{}, Now: clock,
		ResolverEcho: "o-o.myaddr.test"}
	if err := resolver.Zone("myaddr.test", `o-o TXT "172.253.1.2"`); err != nil {
		t.Fatal(err)
	}
	r := runner(t, o)
	ask := func(ip string) (blocked, empty diag.Finding) {
		run := r.Run(t.Context(), Request{Words: []string{DNSBL}, Fresh: true, Target: diag.Target{IPs: []netip.Addr{addr(ip)}}}, nil)
		sound(t, run)
		return find1(t, run, DNSBL, ip, "blocked"), find1(t, run, DNSBL, ip, "empty")
	}
	for _, step := range []struct {
		ip, blocked, empty string
		note               string
		asked              int // questions that the list's own server got in this step
	}{
		{"198.51.100.3", "dnsbl-listed", "dnsbl-listed", "own server 192.0.2.3:53", 6},
		{"198.51.100.3", "dnsbl-refused", "dnsbl-unhealthy", "within the last hour", 0},
		{"198.51.100.11", "dnsbl-clear", "dnsbl-clear", "own server", 6},
	} {
		zone.Forget()
		b, e := ask(step.ip)
		if b.Code != step.blocked || e.Code != step.empty || !strings.Contains(notesOf(b), step.note) || !strings.Contains(notesOf(e), step.note) {
			t.Errorf("%s: %s and %s, want %s and %s\n%s\n%s", step.ip, b.Code, e.Code, step.blocked, step.empty, notesOf(b), notesOf(e))
		}
		n := 0
		for _, q := range zone.Queries() {
			if q.Type == "A" {
				n++
			}
			if q.Recursion {
				t.Errorf("the list's server was asked to recurse: %+v", q)
			}
		}
		if n != step.asked {
			t.Errorf("%s: the list's server was asked %d questions, want %d: %+v", step.ip, n, step.asked, zone.Queries())
		}
		if step.blocked == "dnsbl-refused" && !strings.Contains(notesOf(b), "172.253.1.2, which is Google's") {
			t.Errorf("the kind of resolver is not told: %s", notesOf(b))
		}
	}
	now = now.Add(time.Hour)
	if b, _ := ask("198.51.100.3"); b.Code != "dnsbl-listed" {
		t.Errorf("an hour later: %s", b.Code)
	}
	// Not where it is not permitted.
	o.ListServers = false
	r = runner(t, o)
	if b, _ := ask("198.51.100.4"); b.Code != "dnsbl-refused" {
		t.Errorf("not permitted: %s", b.Code)
	}
}

// port53 sends questions for an address to a server of the test.
type port53 map[string]string

func TestEcho(t *testing.T) {
	d := labDNS(t)
	if err := d.Zone("echo.test", "a A 198.51.100.10\nt TXT \"2001:db8::25\"\nx TXT \"nonsense\""); err != nil {
		t.Fatal(err)
	}
	q := func(n string, typ uint16) EchoServer { return EchoServer{d.Addr(), n + ".echo.test", typ} }
	for name, c := range map[string]struct {
		servers []EchoServer
		want    string
	}{
		"A":             {[]EchoServer{q("a", 1)}, "198.51.100.10"},
		"TXT":           {[]EchoServer{q("t", 16)}, "2001:db8::25"},
		"second server": {[]EchoServer{q("x", 16), q("none", 1), q("a", 1)}, "198.51.100.10"},
		"intercepted":   {[]EchoServer{q("none", 1)}, ""},
		"nobody":        {nil, ""},
	} {
		ip, answers, err := runner(t, Options{Echo: c.servers}, d.Addr()).Echo(t.Context())
		if c.want == "" && err == nil || c.want != "" && (err != nil || ip != addr(c.want)) || len(c.servers) > 0 && len(answers) == 0 {
			t.Errorf("%s: %v, %v", name, ip, err)
		}
	}
	if len(EchoServers()) != 2 {
		t.Error("no public servers are known")
	}
}

func (p port53) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if to := p[address]; to != "" {
		address = to
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}
