package audit

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

func evidence(f diag.Finding) string {
	var out []string
	for _, e := range f.Evidence {
		out = append(out, e.Query+": "+e.Answer)
	}
	return strings.Join(out, "\n")
}

// Header fields by which scripts show themselves are evidence, and a script may
// hand in from an own address as well as from loopback.
func TestScriptsOfThisMachine(t *testing.T) {
	for _, from := range []string{"127.0.0.1", "::1", "198.51.100.25"} {
		s := newScript("ours.example")
		s.days(12)
		for i := range 300 {
			s.comes(from, "", "shop@ours.example", "250 ok", fmt.Sprintf("v%d@x.example", i))
			s.when = s.when.Add(time.Minute)
		}
		in := Inputs{Now: s.when, Own: []netip.Addr{addr("198.51.100.25")}, Traces: []QueueTrace{{
			Row:   QueueRow{ID: "A.MAI", Outgoing: true},
			Trace: mailenable.Trace{Script: []diag.Field{{Key: "X-PHP-Originating-Script", Value: "33:mailer\x1b[2J.php"}}},
		}}}
		f := byCode(s.c.Findings(in), SpamWeb)
		if f.Status != diag.StatusWarn && f.Status != diag.StatusFail || !strings.Contains(f.Summary, from) {
			t.Errorf("%s: %s, %s", from, f.Status, f.Summary)
		}
		says(t, from, evidence(f), "A.MAI: X-PHP-Originating-Script: 33:mailer", ".php")
		if strings.Contains(evidence(f), "\x1b") {
			t.Error("a control character is in the evidence")
		}
	}
}

// The documented codes of the Debug log say by themselves for whom the server
// relays.
func TestDebugCodesAlone(t *testing.T) {
	for code, finding := range map[string]string{"ME-I0106": RelayLocal, "ME-I0110": RelayAnyone} {
		s := newScript("ours.example")
		s.days(12)
		s.c.AddDebug(mailenable.DebugLine{Time: s.when, Code: []byte(code), Text: []byte(code + " Relay Granted: …")})
		p := s.expect(t, map[string]diag.Status{finding: diag.StatusFail})
		says(t, code, evidence(byCode(p.Findings, finding)), "SMTP-Debug log: "+code+" 1 time")
	}
}

// Which domains are hosted here is told by the names of postoffices too.
func TestLocalDomainsOfPostoffices(t *testing.T) {
	s := newScript()
	for range 30 {
		s.comes("192.0.2.77", "", "c@y.example", "250 ok", "anna@ours.example")
	}
	in := Inputs{Now: s.when}
	if f := byCode(s.c.Findings(in), RelayAnyone); f.Status != diag.StatusUnknown || !strings.Contains(f.Summary, "--domain") {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
	in.Config = &mailenable.Config{Read: true, Postoffices: []string{"acme", "Ours.Example"}}
	if f := byCode(s.c.Findings(in), RelayAnyone); f.Status != diag.StatusPass {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
}

// Who is sending is counted by user, account, client, network and sender, with
// what was refused there and here, against the days before.
func TestTalkers(t *testing.T) {
	s := newScript("ours.example")
	for range 10 {
		s.comes("203.0.113.17", "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example", "c@x.example")
		s.goes("anna@ours.example", "b@x.example", "Hello", "550 5.7.1 no")
		s.when = s.when.Add(24 * time.Hour)
	}
	for i := range 50 {
		s.comes(fmt.Sprintf("203.0.113.%d", 20+i%4), "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example")
		s.comes("10.0.0.9", "", "printer@ours.example", "250 ok", "bob@ours.example")
		s.when = s.when.Add(time.Minute)
	}
	for by, want := range map[By]Talker{
		ByUser:    {Key: "anna@ours.example", Messages: 60, Recipients: 70, Networks: 1, Day: 50, Usual: 2},
		ByAccount: {Key: "ours.example", Messages: 60, Recipients: 70, Day: 50, Usual: 2},
		ByNetwork: {Key: "203.0.113.0/24", Messages: 60, Recipients: 70, Day: 50, Usual: 2},
		ByClient:  {Key: "203.0.113.20", Messages: 13, Recipients: 13, Day: 13},
		BySender:  {Key: "anna@ours.example", Messages: 10, Recipients: 10, Refused: 10},
		ByAnon:    {Key: "10.0.0.9", Messages: 50, Recipients: 50, Day: 50},
	} {
		all := s.c.Talkers(by, 1)
		if len(all) != 1 {
			t.Errorf("%s: %d", by, len(all))
			continue
		}
		got := all[0]
		if got.Key != want.Key || got.Messages != want.Messages || got.Recipients != want.Recipients || got.Refused != want.Refused ||
			got.Networks != want.Networks || want.Day > 0 && got.Day != want.Day || want.Usual > 0 && got.Usual != want.Usual {
			t.Errorf("%s: %+v, want %+v", by, got, want)
		}
	}
}
