package audit

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// script feeds a collector with sessions of a made-up log.
type script struct {
	c    *Collector
	n    int
	when time.Time
}

func newScript(local ...string) *script {
	return &script{c: New(Options{Local: local}), when: testNow.Add(-14 * 24 * time.Hour)}
}

func (s *script) row(out bool, id, socket, remote, cmd, detail, reply, user, subject string) {
	s.c.Add(mailenable.Row{
		Time: s.when, Out: out, ID: []byte(id), Socket: []byte(socket), Remote: []byte(remote), Command: []byte(cmd),
		Detail: []byte(detail), Response: []byte(reply), User: []byte(user), Subject: []byte(subject),
	})
}

// comes is an inbound session; user "" does not sign in. reply answers RCPT.
func (s *script) comes(ip, user, from, reply string, to ...string) {
	s.n++
	id, socket := fmt.Sprintf("IN%06d.MAI", s.n), fmt.Sprint(1000+s.n%500)
	in := func(cmd, detail, reply, user string) { s.row(false, id, socket, ip, cmd, detail, reply, user, "") }
	in("", "", "220 hello", "")
	in("EHLO", "EHLO x", "250-hello", "")
	if user != "" {
		in("AUTH", "", "235 Authenticated", user)
	}
	in("MAIL", "MAIL FROM:<"+from+">", "250 ok", user)
	for _, t := range to {
		in("RCPT", "RCPT TO:<"+t+">", reply, user)
	}
	if strings.HasPrefix(reply, "2") {
		in("DATA", "DATA", "354 go", user)
	}
	in("QUIT", "QUIT", "221 bye", user)
}

// fails is an inbound session whose sign-in fails.
func (s *script) fails(ip string) {
	s.n++
	id, socket := fmt.Sprintf("IN%06d.MAI", s.n), fmt.Sprint(1000+s.n%500)
	s.row(false, id, socket, ip, "", "", "220 hello", "", "")
	s.row(false, id, socket, ip, "AUTH", "", "535 Invalid Username or Password", "", "")
	s.row(false, id, socket, ip, "QUIT", "QUIT", "221 bye", "", "")
}

// goes is a delivery with the answer to its contents.
func (s *script) goes(from, to, subject, reply string) {
	s.n++
	id, socket := fmt.Sprintf("OU%06d.MAI", s.n), fmt.Sprint(5000+s.n%500)
	out := func(cmd, detail, reply string) { s.row(true, id, socket, "192.0.2.9", cmd, detail, reply, "", subject) }
	out("CONN", "", "220 mx.x.example ESMTP")
	out("EHLO", "EHLO mail.ours.example", "250-mx.x.example hello [198.51.100.25]")
	out("MAIL", "MAIL FROM:<"+from+"> SIZE=2000", "250 ok")
	out("RCPT", "RCPT TO:<"+to+">", "250 ok")
	out("DATA", "DATA", "354 go")
	out("DATE", ".", reply)
	out("QUIT", "QUIT", "221 bye")
}

// days makes ordinary traffic: a user writes five messages a day.
func (s *script) days(n int) {
	for range n {
		for range 5 {
			s.comes("203.0.113.17", "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example")
			s.goes("anna@ours.example", "b@x.example", "Hello", "250 ok")
			s.comes("192.0.2.77", "", "c@y.example", "250 ok", "anna@ours.example")
			s.when = s.when.Add(4 * time.Hour)
		}
		s.when = s.when.Add(4 * time.Hour)
	}
}

// look asks for the findings with nothing but the log.
func (s *script) look() *Picture { return s.c.Look(Inputs{Now: s.when}) }

func (s *script) expect(t *testing.T, want map[string]diag.Status) *Picture {
	t.Helper()
	p := s.look()
	complete(t, p.Findings)
	for _, f := range p.Findings {
		w, ok := want[f.Code]
		if !ok && (f.Status == diag.StatusWarn || f.Status == diag.StatusFail) || ok && f.Status != w {
			t.Errorf("%s is %s, want %q: %s", f.Code, f.Status, w, f.Summary)
		}
	}
	return p
}

func TestNothingKnown(t *testing.T) {
	p := New(Options{}).Look(Inputs{Now: testNow})
	complete(t, p.Findings)
	for _, f := range p.Findings {
		if f.Status != diag.StatusUnknown || !strings.HasPrefix(f.Summary, "Not known: ") {
			t.Errorf("%s is %s: %s", f.Code, f.Status, f.Summary)
		}
	}
	if p.Headline != "" || len(p.Runs) > 0 || p.Situation(Message{}) != "" {
		t.Errorf("%+v", p)
	}
	// The zero clock.
	complete(t, func() []diag.Finding {
		s := newScript("ours.example")
		s.days(1)
		return s.c.Findings(Inputs{Now: testNow})
	}())
}

func TestOrdinaryDays(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	p := s.expect(t, nil)
	for _, code := range []string{SpamUser, SpamWeb, SpamWebmail, SpamRedirect, RelayLocal, RelayAnyone, RelayIP, SourceNAT, Backscatter, AuthGuessing} {
		if f := byCode(p.Findings, code); f.Status != diag.StatusPass {
			t.Errorf("%s is %s: %s", code, f.Status, f.Summary)
		}
	}
}

func TestOpenRelay(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for i := range 60 {
		s.comes(fmt.Sprintf("198.18.%d.9", i%20), "", "spam@elsewhere.example", "250 ok", fmt.Sprintf("victim@v%d.example", i%7))
		s.when = s.when.Add(time.Minute)
	}
	p := s.expect(t, map[string]diag.Status{RelayAnyone: diag.StatusFail})
	says(t, "headline", p.Headline, "Open relay: 60 recipients for strangers", "20 networks")
}

// TestRelayedDomain: a domain that is passed on looks like relaying for one
// domain, which is said.
func TestRelayedDomain(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for i := range 30 {
		s.comes(fmt.Sprintf("198.18.%d.9", i%20), "", "friend@elsewhere.example", "250 ok", "x@partner.example")
		s.when = s.when.Add(time.Minute)
	}
	p := s.expect(t, map[string]diag.Status{RelayAnyone: diag.StatusWarn})
	says(t, "note", strings.Join(byCode(p.Findings, RelayAnyone).Notes, " "), "Act as Smart Host")
}

func TestPrivilegedAddresses(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for range 20 {
		s.comes("203.0.113.50", "", "printer@ours.example", "250 ok", "x@partner.example")
		s.comes("203.0.113.50", "", "app@elsewhere.example", "250 ok", "y@other.example")
		s.when = s.when.Add(time.Hour)
	}
	s.c.AddDebug(mailenable.DebugLine{Code: []byte("ME-I0107"), Text: []byte("ME-I0107 Relay Granted: Sender IP (203.0.113.50) is within an authorized IP range")})
	p := s.expect(t, map[string]diag.Status{RelayIP: diag.StatusWarn})
	if f := byCode(p.Findings, RelayIP); f.Subject != "203.0.113.50" {
		t.Errorf("subject %q", f.Subject)
	}
	// From the own network it is nothing to warn of.
	s = newScript("ours.example")
	s.days(12)
	for range 20 {
		s.comes("192.168.1.9", "", "printer@ours.example", "250 ok", "x@partner.example")
		s.when = s.when.Add(time.Hour)
	}
	s.expect(t, map[string]diag.Status{RelayIP: diag.StatusPass, RelayLocal: diag.StatusPass})
}

// TestAmbiguousRelay: one network under local senders may be a range or not.
func TestAmbiguousRelay(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for range 20 {
		s.comes("203.0.113.50", "", "boss@ours.example", "250 ok", "x@partner.example")
		s.when = s.when.Add(time.Hour)
	}
	s.expect(t, map[string]diag.Status{RelayIP: diag.StatusWarn, RelayLocal: diag.StatusUnknown})
	s.c.AddDebug(mailenable.DebugLine{Code: []byte("ME-I0106"), Text: []byte("Relay Granted: [boss@ours.example] is in local address map")})
	s.expect(t, map[string]diag.Status{RelayLocal: diag.StatusFail})
}

func TestRefusedRelay(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for i := range 40 {
		s.comes(fmt.Sprintf("198.18.%d.9", i), "", "spam@elsewhere.example", "503 This mail server requires authentication", "victim@v.example")
	}
	p := s.expect(t, nil)
	says(t, "finding", byCode(p.Findings, RelayAnyone).Summary, "Strangers who tried to relay were refused", "40 recipients")
}

func TestWebScript(t *testing.T) {
	s := newScript("ours.example")
	for range 12 {
		s.days(1)
		s.comes("127.0.0.1", "", "shop@ours.example", "250 ok", "customer@x.example")
	}
	s.expect(t, map[string]diag.Status{SpamWeb: diag.StatusPass})
	for i := range 300 {
		s.comes("127.0.0.1", "", "shop@ours.example", "250 ok", fmt.Sprintf("v%d@x%d.example", i, i%9))
		s.goes("shop@ours.example", fmt.Sprintf("v%d@x%d.example", i, i%9), fmt.Sprintf("You won %d", i), "550 spam")
		s.when = s.when.Add(time.Minute)
	}
	p := s.expect(t, map[string]diag.Status{SpamWeb: diag.StatusFail})
	says(t, "headline", p.Headline, "script on it sends")
	if len(p.Runs) != 1 || p.Runs[0].Code != SpamWeb || !slices.Equal(p.Runs[0].Clients, []netip.Addr{netip.MustParseAddr("127.0.0.1")}) {
		t.Fatalf("%+v", p.Runs)
	}
	m := Message{Subject: "You won 77", Sender: "shop@ours.example", SenderKnown: true, Time: s.when}
	if p.Situation(m) != "web-script" {
		t.Errorf("situation %q", p.Situation(m))
	}
	m.User = "shop@ours.example"
	if InRun(p.Runs, m) {
		t.Error("mail of a user who signed in is in the script's run")
	}
}

func TestWebmail(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for i := range 300 {
		s.comes("127.0.0.1", "anna@ours.example", "anna@ours.example", "250 ok", fmt.Sprintf("v%d@x.example", i))
		s.when = s.when.Add(time.Minute)
	}
	p := s.expect(t, map[string]diag.Status{SpamWebmail: diag.StatusWarn})
	says(t, "note", strings.Join(byCode(p.Findings, SpamWebmail).Notes, " "), "webmail")
}

// TestNewsletter: a user who sends as much every week is no suspect for it.
func TestBusyUser(t *testing.T) {
	s := newScript("ours.example")
	for range 12 {
		for range 200 {
			s.comes("203.0.113.17", "news@ours.example", "news@ours.example", "250 ok", "reader@x.example")
			s.when = s.when.Add(7 * time.Minute)
		}
	}
	s.expect(t, nil)
}

func TestGuessing(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	// A user who mistypes is nobody's break-in.
	s.fails("203.0.113.17")
	s.comes("203.0.113.17", "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example")
	s.expect(t, map[string]diag.Status{AuthGuessing: diag.StatusPass})
	for i := range 150 {
		s.fails(fmt.Sprintf("198.18.%d.7", i%50))
		s.when = s.when.Add(time.Minute)
	}
	s.expect(t, map[string]diag.Status{AuthGuessing: diag.StatusWarn})
	for i := range 12 {
		for range 3 {
			s.fails(fmt.Sprintf("198.19.%d.7", i))
		}
		s.when = s.when.Add(time.Minute)
		s.comes(fmt.Sprintf("198.19.%d.7", i), "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example")
	}
	p := s.expect(t, map[string]diag.Status{AuthGuessing: diag.StatusFail, SpamUser: diag.StatusFail})
	says(t, "finding", byCode(p.Findings, AuthGuessing).Summary, "anna@ours.example")
}

func TestBackscatterFromTheLog(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	for i := range 60 {
		s.goes("", fmt.Sprintf("forged%d@x.example", i), "Message Delivery Failure", "250 ok")
		s.when = s.when.Add(time.Minute)
	}
	s.expect(t, map[string]diag.Status{Backscatter: diag.StatusWarn})
}

// passesOn has a mailbox pass on n messages that its target refuses.
func (s *script) passesOn(n int, box, target string) {
	for i := range n {
		from := fmt.Sprintf("spammer%d@elsewhere.example", i)
		s.comes("192.0.2.99", "", from, "250 ok", box)
		s.when = s.when.Add(3 * time.Second)
		s.goes(from, target, "Win", "550 5.7.1 spam")
		s.when = s.when.Add(5 * time.Minute)
	}
}

func TestRedirectionByBehaviour(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	s.passesOn(40, "box@ours.example", "box@freemail.example")
	// A user who signed in may write under an address elsewhere, and a backup MX
	// passes on what was addressed so from the beginning.
	for i := range 10 {
		s.comes("203.0.113.17", "anna@ours.example", "anna@private.example", "250 ok", "b@x.example")
		s.goes("anna@private.example", "b@x.example", "Private", "250 ok")
		from := fmt.Sprintf("client%d@z.example", i)
		s.comes("192.168.1.5", "", from, "250 ok", "b@partner.example")
		s.goes(from, "b@partner.example", "Order", "250 ok")
		s.when = s.when.Add(time.Minute)
	}
	p := s.expect(t, map[string]diag.Status{SpamRedirect: diag.StatusFail, RedirectOut: diag.StatusWarn})
	says(t, "finding", byCode(p.Findings, SpamRedirect).Summary, "40 of 40", "box@ours.example")
	says(t, "finding", byCode(p.Findings, RedirectOut).Summary, "1 mailbox is", "box@ours.example")
}

func TestRelayUnknownWithoutDomains(t *testing.T) {
	s := newScript()
	for range 30 {
		s.comes("192.0.2.77", "", "c@y.example", "250 ok", "anna@ours.example")
	}
	p := s.look()
	for _, code := range []string{RelayLocal, RelayAnyone, RelayIP} {
		if f := byCode(p.Findings, code); f.Status != diag.StatusUnknown {
			t.Errorf("%s is %s: %s", code, f.Status, f.Summary)
		}
	}
	// Who signs in tells which domains are hosted here.
	s.days(10)
	p = s.look()
	if f := byCode(p.Findings, RelayAnyone); f.Status != diag.StatusPass || !slices.Equal(p.Local, []string{"ours.example"}) {
		t.Errorf("%s: %s (%v)", f.Status, f.Summary, p.Local)
	}
}
