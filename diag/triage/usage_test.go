package triage

import (
	"strings"
	"testing"

	"metriage/diag"
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
		{"password", "password", []string{"info@brandt-freight.example is somebody's mailbox", "on usual days", "new password, by telephone"}},
		{"password", "mailbox", []string{"can hardly send until the limit goes"}},
		{"password", "limit", []string{"news@seawind-travel.example sends to about"}},
		{"forwarding", "catch-all", []string{"olm-clinic.example: mail to any unknown address goes to olm-clinic.example/desk", "passed on", "needs an alias"}},
		{"forwarding", "redirection", []string{"booking to", "accepted", "refused", "by IMAP or web mail"}},
		{"local-relay", "relay-local", []string{"No machine of your own network", "outside addresses", "that is the hole"}},
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
