package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/reply"
	"metriage/diag/sample"
)

// remoteCases is what each kind of remote server deserves, with a recipient
// given: the same servers run in the lab on port and here in process as persona.
var remoteCases = []struct {
	persona string
	port    int
	codes   []string
	without string // the code without a recipient, "" for the same
}{
	{"accepts", 2600, []string{"remote-accepts"}, ""},
	{"banner-554", 2601, []string{"remote-rejects-connect"}, ""},
	{"banner-421", 2602, []string{"remote-deferred"}, ""},
	{"slow", 2603, []string{"remote-accepts"}, ""},
	{"hangs-up", 2604, []string{"remote-dropped"}, ""},
	{"silent", 2605, []string{"remote-timeout"}, ""},
	{"rcpt-listed", 2606, []string{"remote-rejects-rcpt"}, "remote-accepts"},
	{"greylist", 2607, []string{"remote-deferred"}, "remote-accepts"},
	{"needs-tls", 2608, []string{"remote-needs-tls"}, "remote-accepts"},
	{"helo-550", 2609, []string{"remote-rejects-helo"}, ""},
	{"helo-only", 2610, []string{"remote-accepts"}, ""},
	{"no-user", 2611, []string{"remote-user-unknown"}, "remote-accepts"},
	{"mail-553", 2612, []string{"remote-rejects-mail"}, "remote-accepts"},
	{"multi-line", 2613, []string{"remote-accepts"}, ""},
	{"http", 2614, []string{"remote-not-smtp"}, ""},
	{"drops-rcpt", 2615, []string{"remote-dropped"}, "remote-accepts"},
	{"long-line", 2616, []string{"remote-accepts", "remote-not-smtp"}, ""},
	{"rcpt-421", 2617, []string{"remote-deferred"}, "remote-accepts"},
	{"endless", 0, []string{"remote-not-smtp"}, ""},
	{"starttls", 0, []string{"remote-accepts"}, ""},
	{"escapes", 0, []string{"remote-rejects-connect"}, ""},
}

// classifier is the real one.
func classifier(t testing.TB) func(string, diag.Stage) diag.Verdict {
	t.Helper()
	c, problems, err := reply.New(reply.Options{Lists: Refs(Lists())})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return func(text string, stage diag.Stage) diag.Verdict {
		_, v := c.Text(text, reply.Context{Stage: stage})
		return v
	}
}

func remoteOf(t testing.TB, o Options, req Request) diag.Finding {
	t.Helper()
	req.Words = []string{Remote}
	run := runner(t, o).Run(t.Context(), req, nil)
	sound(t, run)
	return find1(t, run, Remote, "", "")
}

func TestRemote(t *testing.T) {
	for _, classify := range []func(string, diag.Stage) diag.Verdict{nil, classifier(t)} {
		for _, c := range remoteCases {
			for _, rcpt := range []string{"", "user@remote.test"} {
				s := smtpServer(t, persona(t, c.persona))
				f := remoteOf(t, Options{Classify: classify, Limits: Limits{Banner: 500 * time.Millisecond, Command: 2 * time.Second}},
					Request{MX: s.Addr(), From: "postmaster@example.test", Rcpt: rcpt, Target: diag.Target{HELO: "mail.example.test"}})
				want := c.codes
				if rcpt == "" && c.without != "" {
					want = []string{c.without}
				}
				if !slices.Contains(want, f.Code) {
					t.Errorf("%s, recipient %q, classified %v: %s (%s), want %v", c.persona, rcpt, classify != nil, f.Code, f.Summary, want)
				}
				for _, x := range s.Sessions() {
					talk := strings.Join(x.Commands, "\n")
					if rcpt == "" && strings.Contains(talk, "MAIL") {
						t.Errorf("%s: went past EHLO without a recipient: %q", c.persona, x.Commands)
					}
					if len(x.Commands) > 0 && !x.Quit && c.persona != "drops-rcpt" && c.persona != "rcpt-421" {
						t.Errorf("%s: no QUIT: %q", c.persona, x.Commands)
					}
					if len(x.Commands) > 0 && x.Commands[0] != "EHLO mail.example.test" {
						t.Errorf("%s: introduced as %q", c.persona, x.Commands[0])
					}
				}
				if len(s.Sessions()) != 1 {
					t.Errorf("%s: %d connections", c.persona, len(s.Sessions()))
				}
			}
		}
	}
}

func TestRemoteSays(t *testing.T) {
	s := smtpServer(t, sample.Script{Replies: map[string]string{"EHLO": "250-mx.remote.test at your service, [203.0.113.9]\r\n250 SIZE 1\r\n"}})
	r := runner(t, Options{})
	var waited []string
	run := r.Run(t.Context(), Request{Words: []string{Remote}, MX: s.Addr(), Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.10")}},
		Waiting: func(check, subject, what string, limit time.Duration) {
			waited = append(waited, what+" "+limit.String())
		}}, nil)
	f := find1(t, run, Remote, "", "")
	if run.Vantage.SeenAs != netip.MustParseAddr("203.0.113.9") || run.Vantage.SourceIP != netip.MustParseAddr("127.0.0.1") || !strings.Contains(notesOf(f), "sees us as 203.0.113.9") {
		t.Errorf("vantage %+v, notes %q", run.Vantage, f.Notes)
	}
	if !slices.Equal(waited, []string{"banner of 127.0.0.1 1m0s"}) {
		t.Errorf("waited for %q", waited)
	}
	listed := smtpServer(t, persona(t, "rcpt-listed"))
	f = remoteOf(t, Options{Classify: classifier(t)}, Request{MX: listed.Addr(), From: "a@example.test", Rcpt: "b@remote.test"})
	if !strings.Contains(notesOf(f), "listed address (spamhaus-zen)") || !strings.Contains(notesOf(f), "after DATA") {
		t.Errorf("notes %q", f.Notes)
	}
	tls := smtpServer(t, persona(t, "starttls"))
	if f := remoteOf(t, Options{}, Request{MX: tls.Addr(), From: "<>", Rcpt: "b@remote.test"}); f.Code != "remote-accepts" || !tls.Sessions()[0].TLS {
		t.Errorf("%s, encrypted %v", f.Code, tls.Sessions()[0].TLS)
	}
	// --source binds the connection.
	src := smtpServer(t, sample.Script{})
	remoteOf(t, Options{}, Request{MX: src.Addr(), Source: netip.MustParseAddr("127.0.0.3")})
	if from := src.Sessions()[0].From.Addr(); from != netip.MustParseAddr("127.0.0.3") {
		t.Errorf("came from %s", from)
	}
}

// port25 sends connections to port 25 of an address to a server of the test.
type port25 map[string]string

func (p port25) dial(ctx context.Context, _ netip.Addr, network, address string) (net.Conn, error) {
	to := p[address]
	switch to {
	case "":
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case "timeout":
		return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	case "forbidden":
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)}
	case "broken":
		return nil, errors.New("network is unreachable")
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

func TestRemoteMX(t *testing.T) {
	d := labDNS(t)
	if err := d.Zone("mx.test", `
two MX 20 second
two MX 10 first
first A 203.0.113.1
second A 203.0.113.2
six MX 10 v6only
v6only AAAA 2001:db8::1
gone MX 10 nothing
gone MX 20 second
dead MX 10 nothing
lost A 203.0.113.3
nada TXT "x"
`); err != nil {
		t.Fatal(err)
	}
	d.Behave("lost.mx.test", sample.Behaviour{Rcode: 2})
	good, bad := smtpServer(t, sample.Script{}), smtpServer(t, persona(t, "banner-554"))
	at := func(a, b string) port25 {
		return port25{"203.0.113.1:25": a, "203.0.113.2:25": b, "127.0.0.1:25": good.Addr(), "[2001:db8::1]:25": good.Addr()}
	}
	for _, c := range []struct {
		domain string
		dial   port25
		code   string
		word   string
	}{
		{"two.mx.test", at(good.Addr(), bad.Addr()), "remote-accepts", "first.mx.test"},
		{"two.mx.test", at(bad.Addr(), good.Addr()), "remote-rejects-connect", "first.mx.test"},
		{"two.mx.test", at("timeout", good.Addr()), "remote-accepts", "second.mx.test"},
		{"two.mx.test", at("", "timeout"), "remote-timeout", "second.mx.test"},
		{"two.mx.test", at("timeout", ""), "remote-dropped", "refused"},
		{"gone.mx.test", at("", good.Addr()), "remote-accepts", "second.mx.test"},
		{"dead.mx.test", at("", ""), "remote-no-mx", "nothing.mx.test"},
		{"six.mx.test", at("", ""), "remote-accepts", "v6only"},
		{"nada.mx.test", at("", ""), "remote-no-mx", "neither"},
		{"nothing.mx.test", at("", ""), "remote-no-domain", ""},
		{"lost.mx.test", at("", ""), "remote-timeout", "SERVFAIL"},
		{"nullmx.remote.test", at("", ""), "remote-null-mx", ""},
		{"implicit.remote.test", at("", ""), "remote-accepts", "implicit.remote.test"},
		{"cnamemx.remote.test", at("", ""), "remote-accepts", "mxalias.remote.test"},
	} {
		c1 := dnsq.New(dnsq.Options{Servers: []string{d.Addr()}, Timeout: 200 * time.Millisecond})
		f := remoteOf(t, Options{DNS: c1, Dial: c.dial.dial}, Request{Target: diag.Target{Remote: c.domain}})
		if f.Code != c.code || !strings.Contains(f.Summary, c.word) {
			t.Errorf("%s: %s (%s), want %s with %q", c.domain, f.Code, f.Summary, c.code, c.word)
		}
	}
}

func TestCooldown(t *testing.T) {
	d := labDNS(t)
	if err := d.Zone("mx.test", "@ MX 10 first\nfirst A 203.0.113.1"); err != nil {
		t.Fatal(err)
	}
	s := smtpServer(t, sample.Script{})
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	path := t.TempDir() + "/state/cooldown.json"
	ask := func(c *Cooldown, req Request) string {
		o := Options{DNS: dnsq.New(dnsq.Options{Servers: []string{d.Addr()}}), Dial: port25{"203.0.113.1:25": s.Addr(), "127.0.0.1:25": s.Addr()}.dial, Cooldown: c, Now: func() time.Time { return now }}
		if req.MX != "" {
			o.Dial = nil
		}
		return remoteOf(t, o, req).Code
	}
	remote := Request{Target: diag.Target{Remote: "mx.test"}}
	c := CooldownFile(path)
	for _, step := range []struct {
		wait time.Duration
		c    *Cooldown
		req  Request
		want string
	}{
		{0, c, remote, "remote-accepts"},
		{9 * time.Minute, c, remote, "remote-skipped"},
		{0, CooldownFile(path), remote, "remote-skipped"}, // after a restart
		{0, c, Request{MX: s.Addr()}, "remote-accepts"},
		{0, c, Request{Target: diag.Target{Remote: "implicit.remote.test"}}, "remote-accepts"}, // loopback
		{0, c, Request{Target: diag.Target{Remote: "implicit.remote.test"}}, "remote-accepts"},
		{time.Minute, CooldownFile(path), remote, "remote-accepts"},
		{-time.Hour, CooldownFile(path), remote, "remote-accepts"}, // the clock was set back
		{0, nil, remote, "remote-accepts"},
		{0, &Cooldown{Load: func() ([]byte, error) { return []byte("not JSON"), nil }, Save: func([]byte) error { return errors.New("full") }}, remote, "remote-accepts"},
	} {
		now = now.Add(step.wait)
		if got := ask(step.c, step.req); got != step.want {
			t.Errorf("at %s: %s, want %s", now.Format("15:04"), got, step.want)
		}
	}
	// It stays small.
	for i := range maxCooldowns * 2 {
		(&Cooldown{}).take("x", now, time.Minute)
		c.Save = nil
		c.take(strings.Repeat("x", i%300)+string(rune('a'+i%26)), now.Add(time.Duration(i)*time.Minute), time.Minute)
	}
	if len(c.last) > maxCooldowns+1 {
		t.Errorf("%d entries", len(c.last))
	}
}

func TestOutbound(t *testing.T) {
	d := labDNS(t)
	for i, n := range []string{"one", "two", "three"} {
		if err := d.Zone(n+".test", "@ MX 10 mx\n@ A 203.0.113.1"+string(rune('1'+i))+"\nmx A 203.0.113."+string(rune('1'+i))); err != nil {
			t.Fatal(err)
		}
	}
	named := func(h string) string { return smtpServer(t, sample.Script{Host: h}).Addr() }
	one, two, three := named("mx.one.test"), named("mx.two.test"), named("mx.three.test")
	proxy := named("proxy.isp.example")
	all := func(a, b, c, web string) port25 {
		return port25{"203.0.113.1:25": a, "203.0.113.2:25": b, "203.0.113.3:25": c, "203.0.113.11:443": web, "203.0.113.12:443": web, "203.0.113.13:443": web}
	}
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		dial port25
		last time.Time
		code string
		word string
	}{
		"all answer":              {all(one, two, three, ""), time.Time{}, "outbound-ok", "answered"},
		"one answers":             {all("timeout", "", three, ""), time.Time{}, "outbound-ok", "mx.three.test"},
		"blocked":                 {all("timeout", "timeout", "timeout", one), time.Time{}, "outbound-blocked", "port 443"},
		"no network":              {all("timeout", "timeout", "timeout", "timeout"), time.Time{}, "outbound-unknown", "network is down"},
		"two time out":            {all("timeout", "timeout", "", one), time.Time{}, "outbound-unknown", ""},
		"all refused":             {all("", "", "", one), time.Time{}, "outbound-unknown", "firewall near by"},
		"forbidden":               {all("forbidden", "forbidden", "forbidden", one), time.Time{}, "outbound-unknown", "forbids metriage"},
		"a proxy":                 {all(proxy, proxy, proxy, one), time.Time{}, "outbound-unknown", "proxy.isp.example"},
		"proven by the log":       {all("timeout", "timeout", "timeout", one), now.Add(-59 * time.Minute), "outbound-ok", "accepted a delivery"},
		"proven too long ago":     {all("timeout", "timeout", "timeout", one), now.Add(-61 * time.Minute), "outbound-blocked", ""},
		"something else is wrong": {all("broken", "broken", "broken", one), time.Time{}, "outbound-unknown", "unreachable"},
	} {
		r := runner(t, Options{Dial: c.dial.dial, Outbound: []string{"one.test", "two.test", "three.test"}, Now: func() time.Time { return now }}, d.Addr())
		run := r.Run(t.Context(), Request{Words: []string{Outbound}, LastAccepted: c.last}, nil)
		sound(t, run)
		if f := find1(t, run, Outbound, "", ""); f.Code != c.code || !strings.Contains(f.Summary, c.word) {
			t.Errorf("%s: %s (%s), want %s with %q", name, f.Code, f.Summary, c.code, c.word)
		}
	}
	// Without names nothing is tried.
	r := runner(t, Options{Dial: func(context.Context, netip.Addr, string, string) (net.Conn, error) {
		t.Error("a connection was tried")
		return nil, errors.New("no")
	}}, d.Addr())
	if f := find1(t, r.Run(t.Context(), Request{Words: []string{Outbound}}, nil), Outbound, "", ""); f.Code != "outbound-unknown" || !strings.Contains(f.Summary, "looked up") {
		t.Errorf("without names: %s (%s)", f.Code, f.Summary)
	}
}

// Connections to port 25 that time out for real also count as a timeout.
func TestOutboundRealTimeout(t *testing.T) {
	var wg sync.WaitGroup
	defer wg.Wait()
	d := labDNS(t)
	for i, n := range []string{"one", "two", "three"} {
		if err := d.Zone(n+".test", "@ MX 10 mx\n@ A 203.0.113.1\nmx A 203.0.113."+string(rune('1'+i))); err != nil {
			t.Fatal(err)
		}
	}
	web := smtpServer(t, sample.Script{})
	dial := func(ctx context.Context, _ netip.Addr, network, address string) (net.Conn, error) {
		if strings.HasSuffix(address, ":443") {
			return (&net.Dialer{}).DialContext(ctx, network, web.Addr())
		}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r := runner(t, Options{Dial: dial, Outbound: []string{"one.test", "two.test", "three.test"}, Limits: Limits{Dial: 50 * time.Millisecond}}, d.Addr())
	if f := find1(t, r.Run(t.Context(), Request{Words: []string{Outbound}}, nil), Outbound, "", ""); f.Code != "outbound-blocked" {
		t.Errorf("%s (%s)", f.Code, f.Summary)
	}
}
