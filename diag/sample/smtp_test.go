package sample

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func startSMTP(t *testing.T, s Script) *SMTP {
	t.Helper()
	srv, err := NewSMTP(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return srv
}

func persona(t *testing.T, name string) Script {
	t.Helper()
	s, ok := Persona(name)
	if !ok {
		t.Fatalf("no persona %q", name)
	}
	return s
}

// say sends the lines and returns the code of the banner and of each reply,
// "-" where the connection ended.
func say(t *testing.T, addr string, lines ...string) []string {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(c)
	out := []string{code(r)}
	for _, l := range lines {
		if out[len(out)-1] == "-" {
			break
		}
		_, _ = io.WriteString(c, l+"\r\n")
		out = append(out, code(r))
	}
	return out
}

// code reads one reply.
func code(r *bufio.Reader) string {
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return "-"
		}
		if len(l) < 4 || l[3] != '-' {
			return l[:min(3, len(l))]
		}
	}
}

func TestSMTPRelays(t *testing.T) {
	const (
		ext    = "RCPT TO:<relaytest@example.com>"
		known  = "RCPT TO:<postmaster@example.test>"
		random = "RCPT TO:<nobody-7@example.test>"
		odd    = "RCPT TO:<relaytest%example.com@example.test>"
		from   = "MAIL FROM:<a@example.net>"
		forged = "MAIL FROM:<a@example.test>"
		null   = "MAIL FROM:<>"
	)
	for _, c := range []struct {
		persona string
		lines   []string
		want    string
	}{
		{"open", []string{from, ext, known, random}, "250 250 250 550"},
		{"closed", []string{from, ext, known, random, odd}, "250 554 250 250 250"},
		{"closed-strict", []string{from, ext, known, random, odd}, "250 554 250 550 550"},
		{"trusts", []string{from, ext}, "250 250"},
		{"forged-local", []string{from, ext, "RSET", forged, ext}, "250 554 250 250 250"},
		{"catch-all", []string{from, ext, odd, random, `RCPT TO:<"relaytest@example.com">`}, "250 554 250 250 250"},
		{"accepts-rcpt", []string{from, ext, random, odd}, "250 250 250 250"},
		{"auth-rcpt", []string{from, ext, known}, "250 554 554"},
		{"auth-mail", []string{from}, "530"},
		{"percent", []string{from, ext, random, odd}, "250 554 550 250"},
		{"null-sender", []string{from, ext, "RSET", null, ext}, "250 554 250 250 250"},
		{"mailenable-503", []string{from, ext, known}, "250 503 503"},
		{"rcpt-listed", []string{from, ext}, "250 550"},
		{"drops-rcpt", []string{from, ext}, "250 -"},
		{"rcpt-421", []string{from, ext, known}, "250 421 -"},
		{"needs-tls", []string{from}, "530"},
	} {
		s := startSMTP(t, persona(t, c.persona))
		got := say(t, s.Addr(), append([]string{"EHLO probe.example"}, c.lines...)...)
		if want := "220 250 " + c.want; strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", c.persona, got, want)
		}
		if f := s.Forbidden(); len(f) > 0 {
			t.Errorf("%s: forbidden %q", c.persona, f)
		}
	}
}

func TestSMTPTrustsTheSourceAddress(t *testing.T) {
	s := startSMTP(t, persona(t, "trusts"))
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	c, err := d.Dial("tcp", s.Addr())
	if err != nil {
		t.Skipf("this system has only 127.0.0.1: %v", err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	var got []string
	got = append(got, code(r))
	for _, l := range []string{"EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<b@example.com>"} {
		_, _ = io.WriteString(c, l+"\r\n")
		got = append(got, code(r))
	}
	if want := []string{"220", "250", "250", "554"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSMTPBanners(t *testing.T) {
	for name, want := range map[string]string{
		"banner-554": "554", "banner-421": "421", "hangs-up": "-", "multi-line": "220",
		"http": "HTT", "long-line": "220", "slow": "220", "escapes": "554",
	} {
		s := startSMTP(t, persona(t, name))
		if got := say(t, s.Addr())[0]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, n := range Personas() {
		if _, ok := Persona(n); !ok {
			t.Errorf("%s is listed and missing", n)
		}
	}
	if _, ok := Persona("no such"); ok {
		t.Error("an unknown persona was found")
	}
}

func TestSMTPSilentAndEndlessStop(t *testing.T) {
	for _, name := range []string{"silent", "endless"} {
		s, err := NewSMTP(persona(t, name))
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if name == "endless" {
			if _, err := io.CopyN(io.Discard, c, 1<<16); err != nil {
				t.Errorf("endless ended: %v", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s: Close left the session open", name)
		}
	}
}

func TestSMTPBansAndForbids(t *testing.T) {
	sc := persona(t, "closed-strict")
	sc.MaxRefused = 2
	s := startSMTP(t, sc)
	say(t, s.Addr(), "EHLO x", "MAIL FROM:<a@example.net>", "RCPT TO:<b@example.com>", "RCPT TO:<c@example.com>", "DATA", "auth login", "VRFY x", "QUIT")
	if got := say(t, s.Addr(), "EHLO x"); !slices.Equal(got, []string{"530", "-"}) {
		t.Errorf("after the ban: %v", got)
	}
	if got, want := s.Forbidden(), []string{"DATA", "auth login", "VRFY x"}; !slices.Equal(got, want) {
		t.Errorf("forbidden %q, want %q", got, want)
	}
	if !s.Sessions()[0].Quit || s.MostRefused() != 4 {
		t.Errorf("quit %v, refused %d", s.Sessions()[0].Quit, s.MostRefused())
	}
	s.SetScript(Script{})
	if got := say(t, s.Addr(), "NOOP"); got[0] != "220" {
		t.Errorf("after SetScript: %v", got)
	}
}

func TestSMTPEncrypts(t *testing.T) {
	s := startSMTP(t, persona(t, "starttls"))
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(c)
	code(r)
	for _, l := range []string{"EHLO x", "MAIL FROM:<a@example.net>", "STARTTLS"} {
		_, _ = io.WriteString(c, l+"\r\n")
		want := map[string]string{"E": "250", "M": "530", "S": "220"}[l[:1]]
		if got := code(r); got != want {
			t.Fatalf("%s: %s, want %s", l, got, want)
		}
	}
	tc := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	if err := tc.Handshake(); err != nil {
		t.Fatal(err)
	}
	r = bufio.NewReader(tc)
	for _, l := range []string{"EHLO x", "MAIL FROM:<a@example.net>"} {
		_, _ = io.WriteString(tc, l+"\r\n")
		if got := code(r); got != "250" {
			t.Fatalf("%s encrypted: %s", l, got)
		}
	}
	if !s.Sessions()[0].TLS {
		t.Error("the session is not marked as encrypted")
	}
}
