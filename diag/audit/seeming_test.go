package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"metriage/diag"
)

// strangers hand in mail for domains that neither settings nor sign-ins name, n
// a day.
func (s *script) strangers(days, n int, domains ...string) {
	for d := range days {
		for i := range n {
			s.comes(fmt.Sprintf("198.18.%d.%d", d, i), "", fmt.Sprintf("c%d@y%d.example", i, i), "250 ok", "bob@"+domains[i%len(domains)])
		}
		s.when = s.when.Add(24 * time.Hour)
	}
}

// A server that hosts more domains than sign-ins tell is no open relay: what
// strangers hand in day after day stays here. What leaves again was relayed.
func TestHostedDomainsNobodySignsInFrom(t *testing.T) {
	domains := []string{"one.example", "two.example", "three.example", "four.example"}
	s := newScript()
	s.days(2)
	s.strangers(10, 12, domains...)
	p := s.expect(t, map[string]diag.Status{RelayAnyone: diag.StatusPass, RelayLocal: diag.StatusPass, RelayIP: diag.StatusPass})
	says(t, "note", strings.Join(byCode(p.Findings, RelayAnyone).Notes, " "), "Taken for hosted here", "four.example, one.example, three.example and two.example")
	for _, d := range domains {
		s.goes("c1@y1.example", "bob@"+d, "Win", "250 ok")
	}
	s.expect(t, map[string]diag.Status{RelayAnyone: diag.StatusFail})
	// Nor does it help that what they left waits in the queue.
	s = newScript()
	s.days(2)
	s.strangers(10, 12, domains...)
	rows := func(yield func(QueueRow) bool) {
		for _, d := range domains {
			if !yield(QueueRow{Outgoing: true, Destination: d, Sender: "c1@y1.example", Since: s.when}) {
				return
			}
		}
	}
	if f := byCode(s.c.Findings(Inputs{Now: s.when, Queue: rows}), RelayAnyone); f.Status != diag.StatusFail {
		t.Errorf("%s: %s", f.Status, f.Summary)
	}
}

// A postoffice need not be called like a domain: then its users tell no domain.
func TestPostofficeThatIsNoDomain(t *testing.T) {
	s := newScript()
	for range 60 {
		s.comes("203.0.113.17", "anna@acme", "anna@ours.example", "250 ok", "b@x.example")
		s.goes("anna@ours.example", "b@x.example", "Hello", "250 ok")
		s.when = s.when.Add(time.Minute)
	}
	s.strangers(1, 60, "ours.example", "second.example", "third.example")
	p := s.look()
	if len(p.Local) > 0 {
		t.Errorf("hosted here: %v", p.Local)
	}
	for _, code := range []string{RelayAnyone, RelayLocal, RelayIP} {
		if f := byCode(p.Findings, code); f.Status != diag.StatusUnknown || !strings.Contains(f.Summary, "--domain") {
			t.Errorf("%s is %s: %s", code, f.Status, f.Summary)
		}
	}
}
