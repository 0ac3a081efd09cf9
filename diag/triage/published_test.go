package triage

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

// nets maps addresses of name servers to servers on loopback.
type nets map[string]*sample.DNS

func (n nets) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if s := n[host]; s != nil {
		return (&net.Dialer{}).DialContext(ctx, network, s.Addr())
	}
	return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:1") // nobody
}

func nameServer(t *testing.T, zones map[string]string) *sample.DNS {
	t.Helper()
	s, err := sample.NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for origin, text := range zones {
		if err := s.Zone(origin, text); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// A record that a provider has on some of its servers only is told by their
// number, with the time until which caches may know the old.
func TestPublished(t *testing.T) {
	const zone = "100.51.198.in-addr.arpa"
	const hosts = "@ NS ns1\n@ NS ns2\n@ NS ns3\nns1 A 192.0.2.11\nns2 A 192.0.2.12\nns3 A 192.0.2.13\n"
	const apex = "@ NS ns1.prov.test.\n@ NS ns2.prov.test.\n@ NS ns3.prov.test.\n"
	n := nets{
		"192.0.2.1": nameServer(t, map[string]string{".": "100.51.198.in-addr.arpa. NS ns1.prov.test.\nprov.test. NS ns1.prov.test.\nns1.prov.test. A 192.0.2.11"}),
		"192.0.2.9": nameServer(t, map[string]string{".": "7." + zone + ". 600 PTR old.prov.test.", zone: apex + "7 600 PTR old.prov.test."}),
	}
	for _, ip := range []string{"192.0.2.11", "192.0.2.12", "192.0.2.13"} {
		n[ip] = nameServer(t, map[string]string{"prov.test": hosts, zone: apex + "7 PTR old.prov.test."})
	}
	now := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	client := dnsq.New(dnsq.Options{Servers: []string{"192.0.2.9:53"}, Dialer: n, Timeout: time.Second, Rounds: 1, Now: func() time.Time { return now }})
	s := New(Options{
		Machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }}, Now: func() time.Time { return now },
		DNS: client, Walker: dnsq.NewWalker(client, []string{"192.0.2.1:53"}, 53),
	})
	step := diag.Step{ID: "ptr-request", Check: "ptr", Subject: "198.51.100.7", Do: []string{"7." + zone + ". IN PTR mail.ours.example."}}
	look := func() Publication {
		t.Helper()
		p, ok := s.Published(context.Background(), []diag.Step{step, {ID: "source-find"}})[step.Key()]
		if !ok {
			t.Fatal("nothing was seen")
		}
		return p
	}
	set := func(ips ...string) {
		t.Helper()
		for _, ip := range ips {
			if err := n[ip].Set("7."+zone+".", "PTR", "mail.ours.example."); err != nil {
				t.Fatal(err)
			}
		}
	}
	is := func(p Publication, want string) {
		t.Helper()
		if got := p.Text(s.Clock); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	is(look(), "not published yet: none of the zone's 3 servers has the PTR record of 7."+zone+".")
	set("192.0.2.11", "192.0.2.12")
	p := look()
	is(p, "published at 2 of 3 authoritative servers, caches may answer old until 04:10.")
	k := Known{Published: map[string]Publication{step.Key(): p}, Clock: s.Clock, Findings: []diag.Finding{{Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusPass, Summary: "It is right."}}}
	if got := k.Prove(step); got.State != RuledOut || !strings.Contains(got.Text, "only published at 2 of 3") {
		t.Errorf("at 2 of 3: %+v", got)
	}
	set("192.0.2.13")
	now = now.Add(time.Minute)
	p = look()
	is(p, "published at 3 of 3 authoritative servers, caches may answer old until 04:11.")
	k.Published[step.Key()] = p
	if got := k.Prove(step); got.State != Proven || !strings.Contains(got.Text, "until 04:11") {
		t.Errorf("everywhere: %+v", got)
	}
	n["192.0.2.13"].Behave(zone, sample.Behaviour{Drop: -1})
	set("192.0.2.9")
	now = now.Add(time.Hour)
	is(look(), "published at 2 of 3 authoritative servers, 1 did not answer.")
	// Where the admin names the servers to ask, no others are.
	alone := New(Options{Machine: mailenable.Machine{FS: mailenable.Disk{}}, DNS: client})
	if got := alone.Published(context.Background(), []diag.Step{step}); got != nil {
		t.Errorf("without a walker: %+v", got)
	}
}

func TestWantedRecord(t *testing.T) {
	for _, c := range []struct {
		step diag.Step
		want string
	}{
		{diag.Step{Do: []string{"mail.ours.example. IN A 198.51.100.7"}}, "mail.ours.example 198.51.100.7"},
		{diag.Step{Do: []string{"_dmarc.ours.example. IN TXT \"v=DMARC1; p=none\""}}, "_dmarc.ours.example v=DMARC1; p=none"},
		{diag.Step{Check: "spf", Subject: "ours.example", Do: []string{"ip4:198.51.100.7"}}, "ours.example v=spf1 ip4:198.51.100.7"},
		{diag.Step{Do: []string{"<reverse name of your address>. IN PTR mail.ours.example."}}, ""},
		{diag.Step{Check: "spf", Subject: "ours.example", Do: []string{"ip4:<your sending address>"}}, ""},
		{diag.Step{Do: []string{"metriage audit"}}, ""},
	} {
		got := ""
		if w, ok := wantedRecord(c.step); ok {
			got = w.name + " " + w.data
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.step.Do, got, c.want)
		}
	}
}
