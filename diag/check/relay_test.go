package check

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// relayCaseTable is what each kind of server deserves: the same servers run in
// the lab on port and here in process as persona.
var relayCaseTable = []struct {
	name     string
	persona  string
	port     int
	all      bool
	outside  []string // codes that fit, from another machine
	loopback []string
}{
	{"open", "open", 2525, false, []string{"relay-open"}, []string{"relay-inconclusive-vantage"}},
	{"closed", "closed", 2526, false, []string{"relay-closed"}, []string{"relay-closed"}},
	{"closed, all cases", "closed-strict", 2526, true, []string{"relay-closed", "relay-catch-all"}, []string{"relay-closed", "relay-catch-all"}},
	{"trusts loopback", "trusts", 2527, false, []string{"relay-closed"}, []string{"relay-inconclusive-vantage"}},
	{"forged local", "forged-local", 2528, false, []string{"relay-forged-local"}, []string{"relay-forged-local"}},
	{"odd forms", "catch-all", 2529, false, []string{"relay-closed"}, []string{"relay-closed"}},
	{"odd forms, all cases", "catch-all", 2529, true, []string{"relay-catch-all"}, []string{"relay-catch-all"}},
	{"refuses at DATA", "accepts-rcpt", 2530, false, []string{"relay-inconclusive-rcpt"}, []string{"relay-inconclusive-vantage", "relay-inconclusive-rcpt"}},
	{"refuses without AUTH", "auth-rcpt", 2531, false, []string{"relay-closed", "relay-blocked"}, []string{"relay-closed", "relay-blocked"}},
	{"MailEnable, accepts all", "mailenable-all", 2618, false, []string{"relay-inconclusive-rcpt"}, []string{"relay-inconclusive-vantage", "relay-inconclusive-rcpt"}},
	{"AUTH at MAIL", "auth-mail", 2619, false, []string{"relay-closed"}, []string{"relay-closed"}},
	{"MailEnable's refusal", "mailenable-503", 2620, false, []string{"relay-closed"}, []string{"relay-closed"}},
}

var outsideHost = elsewhere{netip.MustParseAddr("198.18.5.2"), netip.MustParseAddr("198.18.5.1")}

func smtpServer(t testing.TB, s sample.Script) *sample.SMTP {
	t.Helper()
	srv, err := sample.NewSMTP(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		srv.Close()
		if f := srv.Forbidden(); len(f) > 0 {
			t.Errorf("the check sent %q", f)
		}
	})
	return srv
}

func persona(t testing.TB, name string) sample.Script {
	t.Helper()
	s, ok := sample.Persona(name)
	if !ok {
		t.Fatalf("no persona %q", name)
	}
	return s
}

// relayOf runs the relay check once.
func relayOf(t testing.TB, o Options, req Request) diag.Finding {
	t.Helper()
	req.Words = []string{Relay}
	run := runner(t, o).Run(t.Context(), req, nil)
	sound(t, run)
	return find1(t, run, Relay, "", "")
}

func TestRelay(t *testing.T) {
	for _, c := range relayCaseTable {
		for vantage, want := range map[string][]string{"outside": c.outside, "loopback": c.loopback} {
			s := smtpServer(t, persona(t, c.persona))
			o := Options{}
			if vantage == "outside" {
				o.Dial = outsideHost.dial
			}
			f := relayOf(t, o, Request{Target: diag.Target{Relay: s.Addr()}, AllCases: c.all})
			if !slices.Contains(want, f.Code) {
				t.Errorf("%s from %s: %s (%s), want %v\n%+v", c.name, vantage, f.Code, f.Summary, want, f.Evidence)
			}
			if n := s.MostRefused(); n > maxRefusable {
				t.Errorf("%s from %s: %d commands were refused on one connection", c.name, vantage, n)
			}
			for i, x := range s.Sessions() {
				if !x.Quit {
					t.Errorf("%s from %s: session %d ended without QUIT: %q", c.name, vantage, i, x.Commands)
				}
				rcpt := 0
				for _, cmd := range x.Commands {
					if strings.HasPrefix(cmd, "RCPT") {
						rcpt++
					}
				}
				if rcpt > maxRefusable {
					t.Errorf("%s from %s: %d recipients on one connection", c.name, vantage, rcpt)
				}
			}
			if n := len(s.Sessions()); n > maxSessionsAll || !c.all && n > maxSessions {
				t.Errorf("%s from %s: %d connections", c.name, vantage, n)
			}
		}
	}
}

func notesOf(f diag.Finding) string { return strings.Join(f.Notes, "\n") }

func TestRelaySays(t *testing.T) {
	target := func(p string) (Request, *sample.SMTP) {
		s := smtpServer(t, persona(t, p))
		return Request{Target: diag.Target{Relay: s.Addr()}}, s
	}
	// The vantage and a command for outside.
	req, _ := target("open")
	f := relayOf(t, Options{}, req)
	for _, want := range []string{"Tested from 127.0.0.1 to 127.0.0.1:", "swaks --server 127.0.0.1 --port", "example.test was taken from the banner"} {
		if !strings.Contains(notesOf(f), want) {
			t.Errorf("open from loopback: no note %q in\n%s", want, notesOf(f))
		}
	}
	// Control A refused, and whose address could be banned.
	req, _ = target("mailenable-503")
	f = relayOf(t, Options{Dial: outsideHost.dial}, req)
	for _, want := range []string{"It refused <postmaster@example.test> as well", "could ban 198.18.5.2"} {
		if !strings.Contains(notesOf(f), want) {
			t.Errorf("mailenable-503: no note %q in\n%s", want, notesOf(f))
		}
	}
	// Control B accepted is backscatter, but not where a catch-all wants it.
	req, _ = target("closed")
	if f = relayOf(t, Options{}, req); !strings.Contains(notesOf(f), "backscatter") {
		t.Errorf("closed: no note on backscatter in\n%s", notesOf(f))
	}
	req.CatchAll = true
	if f = relayOf(t, Options{}, req); strings.Contains(notesOf(f), "backscatter") {
		t.Errorf("closed with a catch-all: %s", notesOf(f))
	}
	// A privileged range, the own address, a private source.
	for _, c := range []struct {
		e    elsewhere
		req  Request
		want string
	}{
		{outsideHost, Request{Privileged: []netip.Prefix{netip.MustParsePrefix("198.18.0.0/15")}}, "which the installation lets relay"},
		{outsideHost, Request{Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.18.5.2")}}}, "own address"},
		{elsewhere{netip.MustParseAddr("192.168.1.9"), netip.MustParseAddr("198.18.5.1")}, Request{}, "private address 192.168.1.9"},
		{elsewhere{netip.MustParseAddr("100.64.1.9"), netip.MustParseAddr("198.18.5.1")}, Request{}, "private address"},
	} {
		s := smtpServer(t, persona(t, "open"))
		c.req.Target.Relay = s.Addr()
		f := relayOf(t, Options{Dial: c.e.dial}, c.req)
		if f.Code != "relay-inconclusive-vantage" || !strings.Contains(f.Summary, c.want) {
			t.Errorf("from %v: %s, %s", c.e.source, f.Code, f.Summary)
		}
	}
	// Addresses that are only a guess say nothing about the source.
	req, _ = target("open")
	req.Guessed, req.Target.IPs = true, []netip.Addr{outsideHost.source}
	if f := relayOf(t, Options{Dial: outsideHost.dial}, req); f.Code != "relay-open" {
		t.Errorf("from a guessed own address: %s", f.Code)
	}
	// Documentation and benchmark ranges count as public.
	req, _ = target("open")
	if f := relayOf(t, Options{Dial: elsewhere{netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("198.51.100.1")}.dial}, req); f.Code != "relay-open" {
		t.Errorf("from a documentation range: %s", f.Code)
	}
	// The installation's own evidence decides where RCPT alone cannot.
	req, _ = target("accepts-rcpt")
	req.OpenRelayEvidence = "ME-I0110"
	if f := relayOf(t, Options{Dial: outsideHost.dial}, req); f.Code != "relay-open" || !strings.Contains(f.Summary, "ME-I0110") {
		t.Errorf("with evidence: %s, %s", f.Code, f.Summary)
	}
}

func TestRelayMore(t *testing.T) {
	for name, c := range map[string]struct {
		script sample.Script
		req    Request
		want   string
		note   string
	}{
		"percent hack":      {persona(t, "percent"), Request{AllCases: true}, "relay-open", ""},
		"null sender":       {persona(t, "null-sender"), Request{}, "relay-open", ""},
		"needs TLS":         {persona(t, "needs-tls"), Request{}, "relay-needs-tls", ""},
		"does TLS":          {sample.Script{STARTTLS: true, NeedTLS: true, Relay: sample.RelayClosed, Local: []string{"remote.test"}, Users: []string{"postmaster"}}, Request{}, "relay-closed", ""},
		"greylists":         {persona(t, "greylist"), Request{}, "relay-deferred", ""},
		"blocks us":         {persona(t, "banner-554"), Request{}, "relay-blocked", ""},
		"too busy":          {persona(t, "banner-421"), Request{}, "relay-blocked", ""},
		"HELO refused":      {persona(t, "helo-550"), Request{}, "relay-blocked", ""},
		"HELO only":         {persona(t, "helo-only"), Request{}, "relay-inconclusive-vantage", ""},
		"hangs up":          {persona(t, "hangs-up"), Request{}, "relay-unreachable", ""},
		"HTTP":              {persona(t, "http"), Request{}, "relay-unreachable", ""},
		"endless":           {persona(t, "endless"), Request{}, "relay-unreachable", ""},
		"long line":         {persona(t, "long-line"), Request{}, "relay-inconclusive-vantage", ""},
		"drops at RCPT":     {persona(t, "drops-rcpt"), Request{}, "relay-unreachable", ""},
		"421 at RCPT":       {persona(t, "rcpt-421"), Request{}, "relay-deferred", "closed the session"},
		"escape sequences":  {persona(t, "escapes"), Request{}, "relay-blocked", ""},
		"no local domain":   {sample.Script{Host: "[192.0.2.1]", Relay: sample.RelayClosed}, Request{}, "relay-closed", "--local-domain"},
		"named domains":     {sample.Script{Relay: sample.RelayForged, Local: []string{"kunde.example"}}, Request{LocalDomains: []string{"Andere.example", "Kunde.example."}}, "relay-forged-local", ""},
		"bans after two":    {sample.Script{Host: "mail.example.test", Relay: sample.RelayClosed, Local: []string{"example.test"}, Users: []string{"postmaster"}, MaxRefused: 2}, Request{}, "relay-blocked", "did not take a further connection"},
		"example.com local": {sample.Script{Relay: sample.RelayClosed, Local: []string{"example.com", "example.net"}}, Request{LocalDomains: []string{"example.com", "example.net"}}, "relay-closed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := smtpServer(t, c.script)
			c.req.Target.Relay = s.Addr()
			f := relayOf(t, Options{Limits: Limits{Banner: 2 * time.Second, Command: 2 * time.Second}}, c.req)
			if f.Code != c.want || !strings.Contains(notesOf(f), c.note) {
				t.Errorf("%s (%s), want %s with a note on %q\n%s", f.Code, f.Summary, c.want, c.note, notesOf(f))
			}
			if n := s.MostRefused(); n > maxRefusable {
				t.Errorf("%d commands were refused on one connection", n)
			}
		})
	}
}

func TestRelayUnreachable(t *testing.T) {
	s, err := sample.NewSMTP(sample.Script{})
	if err != nil {
		t.Fatal(err)
	}
	addr := s.Addr()
	s.Close()
	if f := relayOf(t, Options{}, Request{Target: diag.Target{Relay: addr}}); f.Code != "relay-unreachable" {
		t.Errorf("a closed port: %s", f.Code)
	}
	silent := smtpServer(t, persona(t, "silent"))
	if f := relayOf(t, Options{Limits: Limits{Banner: 50 * time.Millisecond}}, Request{Target: diag.Target{Relay: silent.Addr()}}); f.Code != "relay-unreachable" {
		t.Errorf("a silent server: %s", f.Code)
	}
	d := labDNS(t)
	if f := relayOf(t, Options{DNS: runner(t, Options{}, d.Addr()).o.DNS}, Request{Target: diag.Target{Relay: "nowhere.example.test:25"}}); f.Code != "relay-unreachable" {
		t.Errorf("a name that does not exist: %s", f.Code)
	}
}

func TestRelayReportsABan(t *testing.T) {
	sc := persona(t, "closed-strict")
	sc.MaxRefused = 2
	s := smtpServer(t, sc)
	asked := netip.Addr{}
	f := relayOf(t, Options{Dial: outsideHost.dial, Banned: func(_ context.Context, a netip.Addr) (string, bool) {
		asked = a
		return "SMTP-DENY.TAB", true
	}}, Request{Target: diag.Target{Relay: s.Addr()}})
	if asked != outsideHost.source || !strings.Contains(notesOf(f), "has banned 198.18.5.2 (SMTP-DENY.TAB)") {
		t.Errorf("asked for %v, notes:\n%s", asked, notesOf(f))
	}
	if w := RelayWarning(outsideHost.source, false); !strings.Contains(w, "198.18.5.2") || !strings.Contains(w, "at most 3") {
		t.Error(w)
	}
}
