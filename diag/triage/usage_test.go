package triage

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/sample"
)

// Before a step closes something it says who used it, from the logs.
func TestUsage(t *testing.T) {
	all := diag.Plan{}
	for word := range closes {
		all.Steps = append(all.Steps, diag.Step{ID: word, Closes: word})
	}
	for _, c := range []struct {
		story, closes string
		says          []string
	}{
		{"password", "password", []string{"info@brandt-freight.example is somebody's mailbox", "on usual days", "in the last 14 days up to the run", "new password, by telephone"}},
		{"password", "mailbox", []string{"can hardly send until the limit goes"}},
		{"password", "limit", []string{"news@seawind-travel.example sends to about"}},
		{"forwarding", "catch-all", []string{"olm-clinic.example: mail to any unknown address goes to olm-clinic.example/desk", "passed on", "needs an alias"}},
		{"forwarding", "redirection", []string{"booking to", "in the last 14 days", "accepted", "refused", "by IMAP or web mail"}},
		{"local-relay", "relay-local", []string{"No machine of your own network", "outside addresses", "in the last 14 days", "that is the hole"}},
		{"quiet", "redirection", []string{"nobody loses anything"}},
		{"quiet", "outgoing", []string{"belong to no run"}},
		{"quiet", "direct", []string{"the firewall's log"}},
	} {
		t.Run(c.story+" "+c.closes, func(t *testing.T) {
			s, _ := story(t, sample.Options{Story: c.story, Messages: 600, Seed: 3})
			text := strings.Join(s.Usage(s.Audit(scan(t, s)), all)[c.closes], "\n")
			for _, w := range c.says {
				if !strings.Contains(text, w) {
					t.Errorf("no %q in:\n%s", w, text)
				}
			}
		})
	}
	// Without logs nothing is claimed.
	s := session(t, nil, Options{})
	for word, lines := range s.Usage(make([]AuditPicture, 0), all) {
		if len(lines) != 1 || !strings.Contains(lines[0], "not known") {
			t.Errorf("%s without logs: %v", word, lines)
		}
	}
}

// What was used longer ago is no use: what counts is the last 14 days.
func TestUsageCountsTwoWeeks(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	s := session(t, nil, Options{Now: func() time.Time { return now }})
	p := AuditPicture{Picture: &audit.Picture{
		Passed: []audit.Passed{
			{Mailbox: "ours/old", To: []string{"a@b.example"}, Messages: 50, Accepted: 50, CatchAll: true, Last: now.AddDate(0, 0, -15)},
			{Mailbox: "ours/new", To: []string{"a@b.example"}, Messages: 50, Lately: 7, LatelyAccepted: 6, LatelyRefused: 1, CatchAll: true, Last: now},
		},
		Relayed: []audit.Relayed{
			{Addr: netip.MustParseAddr("10.0.0.5"), Recipients: 900, Lately: 3}, {Addr: netip.MustParseAddr("10.0.0.6"), Recipients: 900},
			{Addr: netip.MustParseAddr("192.0.2.9"), Recipients: 900},
		},
	}, Users: []Talker{{Key: "a@ours.example"}}}
	u := usage{s, &p}
	for what, lines := range map[string][]string{"redirection": u.redirection(), "catch-all": u.catchAll(), "relay": u.relay()} {
		text := strings.Join(lines, "\n")
		for _, no := range []string{"ours/old", "50", "900", "10.0.0.6", "outside address"} {
			if strings.Contains(text, no) {
				t.Errorf("%s says %q:\n%s", what, no, text)
			}
		}
		if !strings.Contains(text, "in the last 14 days") {
			t.Errorf("%s does not say of which time:\n%s", what, text)
		}
	}
}
