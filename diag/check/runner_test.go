package check

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/sample"
)

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		"dnsbl ptr ptr": "ptr dnsbl",
		"all":           strings.Join(Words(), " "),
		"all ptr":       strings.Join(Words(), " "),
	} {
		got, err := ParseWords(strings.Fields(in))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	if _, err := ParseWords([]string{"ptr", "rdns"}); err == nil || !strings.Contains(err.Error(), `"rdns"`) || !strings.Contains(err.Error(), "outbound") {
		t.Errorf("rdns: %v", err)
	}
}

// Every word has a planner; without a subject each gives one skipped finding
// that names the flag.
func TestSkipped(t *testing.T) {
	r := runner(t, Options{}, "127.0.0.1:1")
	words := slices.DeleteFunc(Words(), func(w string) bool { return w == Outbound })
	run := r.Run(t.Context(), Request{Words: words}, nil)
	sound(t, run)
	if !run.Complete || len(run.Findings) != len(words) {
		t.Fatalf("complete %v, %d findings", run.Complete, len(run.Findings))
	}
	flags := map[string]string{PTR: "--ip", HELO: "--helo", DNSBL: "--ip", Relay: "--target", SPF: "--domain", DKIM: "--domain", DMARC: "--domain", Sender: "--domain", Remote: "--remote"}
	for i, f := range run.Findings {
		if f.Check != words[i] || f.Status != diag.StatusSkipped || f.Code != f.Check+"-skipped" || !strings.Contains(f.Summary, flags[f.Check]) {
			t.Errorf("%+v", f)
		}
	}
}

func TestValidate(t *testing.T) {
	ok := Request{Words: []string{PTR}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.1")}, HELO: "mail", Domains: []string{"example.com", "Bücher.example"},
		Relay: "[2001:db8::1]:25", Remote: "example.org"}, MX: "mx.example.org", From: "a@example.com", Rcpt: "b@example.org", LocalDomains: []string{"kunde.example."}, Selectors: []string{"sel1"}}
	if err := ok.Validate(); err != nil {
		t.Errorf("a good request: %v", err)
	}
	for want, change := range map[string]func(*Request){
		"is no check":       func(r *Request) { r.Words = []string{"x"} },
		"--ip":              func(r *Request) { r.Target.IPs = []netip.Addr{netip.IPv4Unspecified()} },
		"--helo":            func(r *Request) { r.Target.HELO = strings.Repeat("x", 300) },
		"--domain":          func(r *Request) { r.Target.Domains = []string{"https://example.com/"} },
		"--local-domain":    func(r *Request) { r.LocalDomains = []string{"a b"} },
		"--remote":          func(r *Request) { r.Target.Remote = "user@example.org" },
		"--selector":        func(r *Request) { r.Selectors = []string{"a b"} },
		"--target":          func(r *Request) { r.Target.Relay = "mail.example.com:0" },
		"the host is":       func(r *Request) { r.Target.Relay = "mail example:25" },
		"--mx":              func(r *Request) { r.MX = "mx:notaport" },
		"--from":            func(r *Request) { r.From = "nobody" },
		"--rcpt":            func(r *Request) { r.Rcpt = "a@b>\r\nDATA" },
		"is not a mail add": func(r *Request) { r.Rcpt = "a b@example.org" },
	} {
		r := ok
		change(&r)
		err := r.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if s := err.Error(); diag.Clean(s) != s || strings.Count(s, "\n") > 0 {
			t.Errorf("%q is not one clean sentence", s)
		}
	}
	if _, err := New(Options{Keys: map[string]string{"abusix": "no key!"}}); err == nil || !strings.Contains(err.Error(), "abusix") {
		t.Errorf("a bad key: %v", err)
	}
}

// Findings come as they are ready: a dead list holds up nobody.
func TestFindingsStream(t *testing.T) {
	d := labDNS(t)
	c := dnsq.New(dnsq.Options{Servers: []string{d.Addr()}, Timeout: 5 * time.Second})
	r := runner(t, Options{DNS: c})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []string
	run := r.Run(ctx, Request{Words: []string{PTR, DNSBL}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.66")}}}, func(f diag.Finding) {
		got = append(got, f.Check+" "+f.List) // called by one goroutine at a time, or the race detector speaks
		if len(got) == 11-1 {
			cancel() // all but the dead one are here
		}
	})
	if run.Complete || len(run.Findings) != 10 || slices.Contains(got, "dnsbl dead") {
		t.Errorf("complete %v, %d findings: %q", run.Complete, len(run.Findings), got)
	}
}

// A cancelled run ends at once and hands out nothing more.
func TestCancel(t *testing.T) {
	d := labDNS(t)
	silent := smtpServer(t, persona(t, "silent"))
	for _, z := range []string{".", "refused.test", "servfail.test", "slow.example.test", "18.198.in-addr.arpa"} {
		d.Behave(z, sample.Behaviour{Drop: -1})
	}
	c := dnsq.New(dnsq.Options{Servers: []string{d.Addr()}, Timeout: time.Minute})
	r := runner(t, Options{DNS: c, Walker: dnsq.NewWalker(c, []string{d.Addr()}, 0)})
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	emitted := 0
	done := make(chan diag.Run)
	go func() {
		done <- r.Run(ctx, Request{Words: []string{PTR, HELO, DNSBL, Relay}, Target: diag.Target{HELO: "mail.example.test", Domains: []string{"example.test"},
			IPs: []netip.Addr{netip.MustParseAddr("198.51.100.66"), netip.MustParseAddr("2001:db8::25")}, Relay: silent.Addr()}}, func(diag.Finding) { emitted++ })
	}()
	for len(silent.Sessions()) == 0 || len(d.Queries()) < 10 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	select {
	case run := <-done:
		if run.Complete || len(run.Findings) != 0 || emitted != 0 {
			t.Errorf("complete %v, %d findings, %d handed out", run.Complete, len(run.Findings), emitted)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the run goes on")
	}
	for i := 0; runtime.NumGoroutine() > before+2; i++ {
		if i > 2000 {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
		time.Sleep(time.Millisecond)
	}
}

// The limits end what would go on: unknown, and the run is complete.
func TestLimits(t *testing.T) {
	d := labDNS(t)
	silent := smtpServer(t, persona(t, "silent"))
	d.Behave(".", sample.Behaviour{Drop: -1})
	c := dnsq.New(dnsq.Options{Servers: []string{d.Addr()}, Timeout: time.Minute})
	r := runner(t, Options{DNS: c, Limits: Limits{DNS: 50 * time.Millisecond, SMTP: 50 * time.Millisecond}})
	run := r.Run(t.Context(), Request{Words: []string{PTR, HELO, DNSBL, Relay}, Target: diag.Target{HELO: "mail.example.test",
		IPs: []netip.Addr{netip.MustParseAddr("198.51.100.66")}, Relay: silent.Addr()}}, nil)
	sound(t, run)
	if !run.Complete {
		t.Error("the run is not complete")
	}
	for check, code := range map[string]string{PTR: "ptr-unknown", HELO: "helo-unknown", Relay: "relay-unreachable"} {
		if f := find1(t, run, check, "", ""); f.Code != code {
			t.Errorf("%s: %s (%s)", check, f.Code, f.Summary)
		}
	}
	for _, f := range run.Findings {
		if f.Check == DNSBL && f.Code != "dnsbl-timeout" && f.List != "servfail" && f.List != "refused" {
			t.Errorf("%s: %s", f.List, f.Code)
		}
	}
}

// A fault in one check is that check's finding.
func TestFaultStaysInside(t *testing.T) {
	d := labDNS(t)
	r := runner(t, Options{Dial: func(context.Context, netip.Addr, string, string) (net.Conn, error) { panic("boom\x1b[2J") }}, d.Addr())
	run := r.Run(t.Context(), Request{Words: []string{PTR, Relay}, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}, Relay: "127.0.0.1:25"}}, nil)
	sound(t, run)
	if f := find1(t, run, Relay, "", ""); f.Code != "relay-unknown" || f.Status != diag.StatusUnknown {
		t.Errorf("%+v", f)
	}
	if f := find1(t, run, PTR, "", ""); f.Code != "ptr-ok" {
		t.Errorf("%+v", f)
	}
	// Also from a goroutine below the check's own.
	defer func() {
		if p, ok := recover().(*diag.Fault); !ok || p.What != "inner" {
			t.Errorf("recovered %v", p)
		}
	}()
	together(func() {}, func() { panic("inner") }, func() {})
}

// Two runs at the same time do not disturb each other.
func TestRunsSideBySide(t *testing.T) {
	d := labDNS(t)
	r := runner(t, Options{}, d.Addr())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			run := r.Run(t.Context(), Request{Words: []string{PTR, DNSBL}, Fresh: i%2 == 0, Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.3")}}}, nil)
			if !run.Complete || len(run.Findings) != 11 {
				t.Errorf("complete %v, %d findings", run.Complete, len(run.Findings))
			}
		})
	}
	wg.Wait()
}
