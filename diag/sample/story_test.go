package sample

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/dnsq"
	"metriage/diag/reply"
)

// TestRepliesMeanTheirCause judges every reply of the samples with the real
// rules, whole and as the log keeps it.
func TestRepliesMeanTheirCause(t *testing.T) {
	class, problems, err := reply.New(reply.Options{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	w := &words{ip: "198.51.100.25", helo: "mail.harbourline.example", host: "mx.example.org", domain: "example.org", recipient: "a@example.org", sender: "b@harbourline.example", ref: "k3j5h2g7f8d9s0"}
	all := append(refusals(), *greylisted, *busy)
	seen := map[string]bool{}
	for i := range all {
		r := &all[i]
		if seen[r.id] && r.id != "greylist" {
			t.Errorf("%s is there twice", r.id)
		}
		seen[r.id] = true
		lines := w.lines(r)
		texts := []string{strings.Join(lines, "\r\n"), strings.Join(lines, " ")}
		if !r.vague {
			texts = append(texts, lines[0])
		}
		for _, text := range texts {
			v := class.Classify(reply.Parse(text), reply.Context{Stage: r.stage})
			if r.cause != "" && v.Cause != r.cause {
				t.Errorf("%s: %q is %s by rule %q, the sample says %s", r.id, text, v.Cause, v.Rule, r.cause)
			}
		}
	}
}

func play(t *testing.T, story string) (*World, Scene) {
	t.Helper()
	sc, err := Options{Story: story, Now: testNow}.Scene()
	if err != nil {
		t.Fatal(err)
	}
	w, err := sc.Play()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if bad := w.Forbidden(); len(bad) > 0 {
			t.Errorf("sent to the servers of the scene: %v", bad)
		}
	})
	return w, sc
}

func runner(t *testing.T, w *World) *check.Runner {
	t.Helper()
	r, err := check.New(check.Options{
		DNS: dnsq.New(dnsq.Options{Servers: []string{w.DNS()}, Timeout: 2 * time.Second}), Dial: w.Dial,
		Random: func(n int) int { return n / 2 }, Limits: check.Limits{Pace: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// look runs checks against w and returns the codes by check, sorted, passes of
// lists left out.
func look(t *testing.T, w *World, sc Scene, words ...string) map[string][]string {
	t.Helper()
	run := runner(t, w).Run(context.Background(), check.Request{
		Words: words, Fresh: true, LocalDomains: sc.Domains, Selectors: []string{sc.Selector},
		Target: diag.Target{IPs: sc.IPs, HELO: sc.HELO, Domains: sc.Domains, Relay: w.Relay()},
	}, func(diag.Finding) {})
	out := map[string][]string{}
	for _, f := range run.Findings {
		if f.Code == "dnsbl-clear" {
			continue
		}
		out[f.Check] = append(out[f.Check], f.Code)
	}
	for _, codes := range out {
		slices.Sort(codes)
	}
	return out
}

func TestDefaultSceneIsFoundAndRepaired(t *testing.T) {
	w, sc := play(t, "")
	got := look(t, w, sc, check.PTR, check.HELO, check.DNSBL, check.Relay)
	want := map[string][]string{
		check.PTR: {"ptr-missing"}, check.HELO: {"helo-ok"}, check.DNSBL: {"dnsbl-listed"}, check.Relay: {"relay-closed"},
	}
	for word, codes := range want {
		if !slices.Equal(got[word], codes) {
			t.Errorf("%s: %v, want %v", word, got[word], codes)
		}
	}
	if b := greeting(t, w, "192.0.2.72:25"); !strings.HasPrefix(b, "554-kundenserver.de") {
		t.Errorf("a refusing server greets with %q", b)
	}
	for _, r := range w.Repairs() {
		if err := w.Repair(r.ID); err != nil {
			t.Fatal(err)
		}
		if !w.Repaired(r.ID) {
			t.Errorf("%s is not repaired", r.ID)
		}
	}
	got = look(t, w, sc, check.PTR, check.DNSBL)
	if !slices.Equal(got[check.PTR], []string{"ptr-ok"}) || len(got[check.DNSBL]) > 0 {
		t.Errorf("after the repairs: %v", got)
	}
	if b := greeting(t, w, "192.0.2.72:25"); !strings.HasPrefix(b, "220 kundenserver.de") {
		t.Errorf("after the repairs it greets with %q", b)
	}
	if err := w.Repair("weather"); err == nil {
		t.Error("the weather was repaired")
	}
}

// TestScenesShowTheStory runs the checks in the world of each story, before and
// after everything in it was repaired.
func TestScenesShowTheStory(t *testing.T) {
	fine := map[string][]string{check.PTR: {"ptr-ok"}, check.HELO: {"helo-ok"}, check.Relay: {"relay-closed"}, check.SPF: repeat("spf-pass", 4)}
	for _, c := range []struct {
		story  string
		faults map[string][]string // otherwise than fine
		after  map[string][]string
	}{
		{"password", map[string][]string{check.DNSBL: {"dnsbl-listed"}}, nil},
		{"new-server", map[string][]string{check.PTR: {"ptr-generic"}, check.HELO: {"helo-not-fqdn"}, check.SPF: repeat("spf-fail", 4)}, nil},
		{"forwarding", nil, nil},
		{"local-relay", map[string][]string{check.DNSBL: {"dnsbl-listed"}, check.Relay: {"relay-forged-local"}}, nil},
		{"receiver-fault", nil, nil},
		{"smart-host", nil, nil},
		{
			"nat-pool", map[string][]string{check.PTR: {"ptr-missing", "ptr-missing", "ptr-ok"}},
			map[string][]string{check.PTR: repeat("ptr-ok", 3)},
		},
		{"quiet", nil, nil},
	} {
		t.Run(c.story, func(t *testing.T) {
			w, sc := play(t, c.story)
			compare := func(when string, other map[string][]string) {
				got := look(t, w, sc, check.PTR, check.HELO, check.DNSBL, check.Relay, check.SPF)
				for _, word := range []string{check.PTR, check.HELO, check.DNSBL, check.Relay, check.SPF} {
					want, ok := other[word]
					if !ok {
						want = fine[word]
					}
					if !slices.Equal(got[word], want) {
						t.Errorf("%s, %s: %v, want %v", when, word, got[word], want)
					}
				}
			}
			compare("before", c.faults)
			for _, r := range w.Repairs() {
				if err := w.Repair(r.ID); err != nil {
					t.Fatal(err)
				}
				if r.HELO != "" {
					sc.HELO = r.HELO
				}
			}
			compare("after", c.after)
		})
	}
}

// TestRestOfTheWorld runs the checks that leave our own server.
func TestRestOfTheWorld(t *testing.T) {
	w, sc := play(t, "")
	got := look(t, w, sc, check.DKIM, check.DMARC, check.Sender, check.Outbound)
	want := map[string][]string{
		check.DKIM: repeat("dkim-ok", 4), check.DMARC: repeat("dmarc-ok", 4), check.Sender: repeat("sender-ok", 4), check.Outbound: {"outbound-ok"},
	}
	for word, codes := range want {
		if !slices.Equal(got[word], codes) {
			t.Errorf("%s: %v, want %v", word, got[word], codes)
		}
	}
	for domain, code := range map[string]string{
		"webpost.example": "remote-rejects-connect", "kopp-shipping.example": "remote-rejects-helo", "parish-archive.example": "remote-accepts",
		"nosuch-supplier.test": "remote-no-domain", "xn--mller-bau-q9a.example": "remote-accepts",
	} {
		run := runner(t, w).Run(context.Background(), check.Request{
			Words: []string{check.Remote}, Target: diag.Target{Remote: domain, HELO: sc.HELO},
		}, func(diag.Finding) {})
		if len(run.Findings) != 1 || run.Findings[0].Code != code {
			t.Errorf("%s: %+v, want %s", domain, run.Findings, code)
		}
	}
}

func repeat(code string, n int) []string { return slices.Repeat([]string{code}, n) }

func greeting(t *testing.T, w *World, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := w.Dial(ctx, netip.Addr{}, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b := make([]byte, 512)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestWorldReachesNothingElse(t *testing.T) {
	w, sc := play(t, "")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, address := range []string{"192.0.2.200:25", "203.0.113.254:25", "name.example:25"} {
		if c, err := w.Dial(ctx, netip.Addr{}, "tcp", address); err == nil {
			c.Close()
			t.Errorf("%s was reached", address)
		}
	}
	// Our own address is our own server.
	if b := greeting(t, w, net.JoinHostPort(sc.IPs[0].String(), "25")); !strings.Contains(b, "MailEnable") {
		t.Errorf("our own server greets with %q", b)
	}
}

// TestSceneServesEveryList keeps the scene in step with the lists that the
// program asks.
func TestSceneServesEveryList(t *testing.T) {
	sc, err := Options{Now: testNow}.Scene()
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, l := range sc.Lists {
		served[l.Zone] = true
	}
	for _, l := range check.Lists() {
		if l.Closed == "" && l.Key == "" && l.Kind != check.KindAllow && !served[l.Zone] {
			t.Errorf("%s is not served", l.Zone)
		}
	}
}
