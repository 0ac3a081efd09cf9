package audit

import (
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// A redirection is told in the past tense only where its own settings were
// changed after the last mail, it is no longer set, and the log goes on.
func TestEndedRedirections(t *testing.T) {
	s := newScript("ours.example")
	s.days(12)
	s.passesOn(40, "box@ours.example", "box@freemail.example")
	last := s.when
	s.when = s.when.Add(2 * time.Hour)
	s.comes("203.0.113.17", "anna@ours.example", "anna@ours.example", "250 ok", "b@x.example")
	s.goes("anna@ours.example", "b@x.example", "Hello", "250 ok")
	changed := func(name string, at time.Time, r ...mailenable.Redirect) *mailenable.Config {
		return &mailenable.Config{Read: true, Redirects: r, Files: []mailenable.ConfigFile{{Name: name, ModTime: at}}}
	}
	set := mailenable.Redirect{Mailbox: "box@ours.example", Status: 1, To: []string{"box@freemail.example"}}
	off := set
	off.Status = 0
	for _, c := range []struct {
		name   string
		config *mailenable.Config
		want   diag.Status
	}{
		{"changed", changed("ADDRESS-MAP.TAB", last.Add(time.Hour)), diag.StatusWarn},
		{"switched off", changed("ADDRESS-MAP.TAB", last.Add(time.Hour), off), diag.StatusWarn},
		{"still set", changed("ADDRESS-MAP.TAB", last.Add(time.Hour), set), diag.StatusFail},
		{"changed before", changed("ADDRESS-MAP.TAB", last.Add(-time.Hour)), diag.StatusFail},
		{"nothing logged since", changed("ADDRESS-MAP.TAB", s.when.Add(time.Hour)), diag.StatusFail},
		{"of another postoffice", changed("Postoffices/other.example/MAILBOX.TAB", last.Add(time.Hour)), diag.StatusFail},
		{"another file", changed("SMTP-DENY.TAB", last.Add(time.Hour)), diag.StatusFail},
		{"no settings", nil, diag.StatusFail},
	} {
		f := byCode(s.c.Look(Inputs{Now: s.when.Add(2 * time.Hour), Config: c.config}).Findings, SpamRedirect)
		if f.Status != c.want || strings.HasPrefix(f.Summary, "Until ") != (c.want == diag.StatusWarn) {
			t.Errorf("%s: %s %s", c.name, f.Status, f.Summary)
		}
	}
}
