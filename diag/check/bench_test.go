package check

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/sample"
)

// latencies are how long the lists that are on by default take to answer in
// the benchmark: mostly what one measures from a data centre, and a slow one.
var latencies = map[string]time.Duration{
	"zen.spamhaus.org": 15 * time.Millisecond, "bl.spamcop.net": 40 * time.Millisecond, "psbl.surriel.com": 90 * time.Millisecond,
	"bl.mailspike.net": 30 * time.Millisecond, "dnsbl-1.uceprotect.net": 25 * time.Millisecond, "all.spamrats.com": 200 * time.Millisecond,
	"dbl.spamhaus.org": 15 * time.Millisecond, "multi.surbl.org": 35 * time.Millisecond, "multi.uribl.com": 50 * time.Millisecond,
}

// deadList is the one of them that answers nobody.
const deadList = "b.barracudacentral.org"

// BenchmarkDNSChecks runs all DNS checks of one address, its HELO name and its
// domain with the default lists, of which one is dead. It reports how long all
// findings but the dead one's took (rest-ms), how long the slowest single
// answer took (slowest-ms), their ratio (goal: 1.2) and when everything had
// ended (all-s; goal: 10). "first" is the first run of a program, which tests
// every list; "again" is what r does in the dashboard: every answer afresh, but
// lists that passed their test within six hours are not tested again.
func BenchmarkDNSChecks(b *testing.B) {
	for _, spread := range []bool{true, false} {
		name := map[bool]string{true: "spread", false: "even"}[spread]
		b.Run(name+"/first", func(b *testing.B) { benchmarkDNSChecks(b, spread, true) })
		b.Run(name+"/again", func(b *testing.B) { benchmarkDNSChecks(b, spread, false) })
	}
}

// benchmarkDNSChecks uses lists that answer as in latencies or all alike.
func benchmarkDNSChecks(b *testing.B, spread, first bool) {
	d := labDNS(b)
	for zone, slow := range latencies {
		d.List(zone, sample.ListHealthy, map[string][]string{"dbltest.com": {"127.0.1.2"}, "test.surbl.org": {"127.0.0.4"}, "test.uribl.com": {"127.0.0.2"}})
		if !spread {
			slow = 100 * time.Millisecond
		}
		d.Behave(zone, sample.Behaviour{Slow: slow})
	}
	d.Behave(deadList, sample.Behaviour{Drop: -1})
	for _, z := range []string{"100.51.198.in-addr.arpa", "example.test"} {
		d.Behave(z, sample.Behaviour{Slow: 20 * time.Millisecond})
	}
	c := dnsq.New(dnsq.Options{Servers: []string{d.Addr()}})
	r := runner(b, Options{DNS: c, Lists: Lists()})
	req := Request{Words: []string{PTR, HELO, DNSBL, SPF, DKIM, DMARC, Sender}, Fresh: true, Selectors: []string{"sel1"}, Target: diag.Target{
		IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}, HELO: "mail.example.test", Domains: []string{"example.test"}}}
	var rest, slowest, all []time.Duration
	if !first {
		r.Run(b.Context(), req, nil)
	}
	for b.Loop() {
		if first {
			r = runner(b, Options{DNS: c, Lists: Lists()})
		}
		begin := time.Now()
		var last, slow time.Duration
		run := r.Run(b.Context(), req, func(f diag.Finding) {
			if f.Code == "dnsbl-timeout" {
				return
			}
			last = time.Since(begin)
			for _, e := range f.Evidence {
				slow = max(slow, e.Took)
			}
		})
		rest, slowest, all = append(rest, last), append(slowest, slow), append(all, time.Since(begin))
		if n := len(run.Findings); n != 16 {
			b.Fatalf("%d findings", n)
		}
	}
	mid := func(d []time.Duration) time.Duration { slices.Sort(d); return d[len(d)/2] }
	b.ReportMetric(float64(mid(rest).Microseconds())/1000, "rest-ms")
	b.ReportMetric(float64(mid(slowest).Microseconds())/1000, "slowest-ms")
	b.ReportMetric(float64(mid(rest))/float64(mid(slowest)), "ratio")
	b.ReportMetric(mid(all).Seconds(), "all-s")
}

// BenchmarkCancel cancels a run in which every question and session waits, and
// reports how long it took to end (goal: 100 ms).
func BenchmarkCancel(b *testing.B) {
	d := labDNS(b)
	d.Behave(".", sample.Behaviour{Drop: -1})
	silent := smtpServer(b, persona(b, "silent"))
	c := dnsq.New(dnsq.Options{Servers: []string{d.Addr()}, Timeout: time.Minute})
	r := runner(b, Options{DNS: c, Walker: dnsq.NewWalker(c, []string{d.Addr()}, 0), Lists: Lists()})
	var took []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		sessions := len(silent.Sessions())
		go func() {
			defer close(done)
			r.Run(ctx, Request{Words: []string{PTR, HELO, DNSBL, Relay, SPF, DMARC, Sender}, Target: diag.Target{Relay: silent.Addr(),
				IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}, HELO: "mail.example.test", Domains: []string{"example.test"}}}, nil)
		}()
		for len(silent.Sessions()) == sessions {
			time.Sleep(time.Millisecond)
		}
		begin := time.Now()
		cancel()
		<-done
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "worst-ms")
}
