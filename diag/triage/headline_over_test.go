package triage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/runbook"
)

// talk writes an Activity log of sessions: each gives the moment, the own
// address as the server names it, the domain and the answer to RCPT.
func talk(t *testing.T, sessions ...[4]string) *Session {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "Logging", "SMTP")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for n, x := range sessions {
		row := func(verb, detail, said string) {
			fmt.Fprintf(&log, "11/24/26 %s\tSMTP-OU\t%032X.MAI\t%d\t192.0.2.5\t%s\t%s\t%s\t9\t9\t\tx\r\n", x[0], n+1, n+1, verb, detail, said)
		}
		row("CONN", "", "220 mx."+x[2]+" ESMTP")
		row("EHLO", "EHLO mail.ours.example", "250-mx."+x[2]+" Hello ["+x[1]+"]")
		row("MAIL", "MAIL FROM:<a@ours.example>", "250 ok")
		row("RCPT", "RCPT TO:<b@"+x[2]+">", x[3])
		if x[3][0] == '2' {
			row("DATA", "DATA", "354 go on")
			row("DATE", ".", "250 taken")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "SMTP-Activity-261124.log"), []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s := session(t, nil, Options{Roots: []string{root}, Since: 30 * 24 * time.Hour})
	if errs := s.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	return s
}

const (
	gmailPTR = "550-5.7.25 [%s] The IP address sending this message does not have a PTR record - gsmtp"
	taken    = "250 ok"
)

// block is n sessions from one address with one answer, a minute apart.
func block(from string, n int, ip, domain, answer string) (out [][4]string) {
	at, _ := time.Parse("15:04:05", from)
	if strings.Contains(answer, "%s") {
		answer = fmt.Sprintf(answer, ip)
	}
	for i := range n {
		out = append(out, [4]string{at.Add(time.Duration(i) * time.Minute).Format("15:04:05"), ip, domain, answer})
	}
	return out
}

func sessions(blocks ...[][4]string) (out [][4]string) {
	for _, b := range blocks {
		out = append(out, b...)
	}
	return out
}

// One of several addresses is in the headline only while it is refused and
// another is used beside it.
func TestHeadlineOfOneAddress(t *testing.T) {
	const good, bad = "198.51.100.25", "198.51.100.26"
	google := func(b [][4]string) [][4]string { // the banner tells whose server it is
		for i := range b {
			b[i][2] = "aspmx.l.google.com"
		}
		return b
	}
	for _, tt := range []struct {
		name string
		log  [][4]string
		says bool
	}{
		{"side by side", sessions(block("05:00:00", 1, bad, "elsewhere.example", taken), google(block("06:00:00", 12, bad, "", gmailPTR)), google(block("06:00:30", 12, good, "", taken))), true},
		{"the good one was left before", sessions(google(block("05:00:00", 12, good, "", taken)), google(block("06:00:00", 12, bad, "", gmailPTR)), google(block("07:00:00", 1, bad, "", taken)), google(block("07:30:00", 1, bad, "", taken))), false},
		{"taken again since", sessions(google(block("06:00:00", 12, bad, "", gmailPTR)), google(block("06:00:30", 12, good, "", taken)), google(block("08:00:00", 1, bad, "", taken))), false},
		{"refused anew", sessions(google(block("06:00:00", 12, bad, "", gmailPTR)), google(block("07:00:00", 1, bad, "", taken)), google(block("07:00:30", 12, good, "", taken)), google(block("08:00:00", 5, bad, "", gmailPTR)), google(block("08:10:00", 1, good, "", taken))), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := talk(t, tt.log...)
			h := s.Headline(scan(t, s))
			if said := strings.Contains(h.Text, bad+" refused since"); said != tt.says {
				t.Errorf("%q", h.Text)
			}
		})
	}
}

// A delivery from an address that was never refused proves no repair of
// another's; one from an address that came new does.
func TestRecoveryGoesByAddress(t *testing.T) {
	const good, bad, fresh = "198.51.100.25", "198.51.100.26", "198.51.100.99"
	before := sessions(block("06:00:00", 6, bad, "pool.example", "550 5.7.25 no PTR record for "+bad), block("06:00:30", 6, good, "pool.example", taken))
	fix := time.Date(2026, 11, 24, 7, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		from string
		want bool
	}{{good, false}, {bad, true}, {fresh, true}} {
		s := talk(t, sessions(before, block("08:00:00", 2, tt.from, "pool.example", taken))...)
		r := Recovery{fix, scan(t, s).After(map[string]time.Time{"pool.example": fix})["pool.example"]}
		if r.Recovered() != tt.want {
			t.Errorf("from %s: %+v", tt.from, r)
		}
	}
}

// What an urgent headline tells ends with the step that stops it, of the same
// user, until it is seen again.
func TestUrgentHeadlineEnds(t *testing.T) {
	seen := at.Add(-time.Hour)
	spam := AuditPicture{Picture: &audit.Picture{Headline: "x", HeadlineCode: audit.SpamUser, HeadlineUser: "info@ours.example", HeadlineLast: seen}}
	relay := AuditPicture{Picture: &audit.Picture{Headline: "x", HeadlineCode: audit.RelayLocal, HeadlineLast: seen}}
	guessing := AuditPicture{Picture: &audit.Picture{Headline: "x", HeadlineCode: audit.AuthGuessing}}
	entry := func(kind runbook.EntryKind, step, title string, when time.Time) JournalEntry {
		return JournalEntry{At: when, Kind: kind, Step: step, Title: title, Phase: string(diag.PhaseContain)}
	}
	password := "Change the password of info@ours.example"
	for _, tt := range []struct {
		name    string
		picture AuditPicture
		journal []JournalEntry
		want    bool
	}{
		{"nothing was done", spam, nil, false},
		{"the password was changed", spam, []JournalEntry{entry(runbook.EntryTicked, "password-change", password, at)}, true},
		{"somebody else's", spam, []JournalEntry{entry(runbook.EntryTicked, "password-change", "Change the password of anna@ours.example", at)}, false},
		{"and it was seen again", spam, []JournalEntry{entry(runbook.EntryTicked, "password-change", password, seen.Add(-time.Minute))}, false},
		{"and taken back", spam, []JournalEntry{entry(runbook.EntryTicked, "password-change", password, at.Add(-time.Minute)), entry(runbook.EntryUndone, "password-change", password, at)}, false},
		{"another step", spam, []JournalEntry{entry(runbook.EntryTicked, "smtp-restart", "Restart", at)}, false},
		{"the relay is closed", relay, []JournalEntry{entry(runbook.EntryProven, "relay-local-off", "Switch off", at)}, true},
		{"nothing stops it", guessing, []JournalEntry{entry(runbook.EntryTicked, "password-change", password, at)}, false},
	} {
		s := session(t, nil, Options{})
		s.memory = tt.journal
		if got := s.stopped(&tt.picture); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// The steps that the headline waits for are in the runbooks.
func TestStoppingStepsExist(t *testing.T) {
	s := session(t, nil, Options{})
	known := map[string]bool{}
	for _, c := range diag.Causes() {
		for _, how := range append(runbook.Situations(), "") {
			for _, code := range []string{"", "relay-open", "relay-forged-local"} {
				plan := s.book.Plan([]runbook.Case{{
					Verdict: diag.Verdict{Cause: c}, Situation: how, Findings: []diag.Finding{{Check: "relay", Code: code, Status: diag.StatusFail}},
				}}, runbook.Values{})
				for _, step := range plan.Steps {
					known[step.ID] = true
				}
			}
		}
	}
	for code, ids := range stops {
		for _, id := range ids {
			if !known[id] {
				t.Errorf("%s waits for %q, which no plan has", code, id)
			}
		}
	}
}

// A provider is shut only where one of its domains is: who took a delivery is
// not always known.
func TestHeadlineCountsNoRecoveredDomain(t *testing.T) {
	s3140 := "550 5.7.1 Unfortunately, messages from [198.51.100.25] weren't sent. part of their network is on our block list (S3140)."
	log := sessions(block("06:00:00", 8, "198.51.100.25", "outmail.example", s3140), block("08:00:00", 1, "198.51.100.25", "outmail.example", taken))
	s := talk(t, log...)
	if h := s.Headline(scan(t, s)); strings.Contains(h.Text, "0 of ") || strings.Contains(h.Text, "refused since") {
		t.Errorf("%q", h.Text)
	}
	still := talk(t, log[:8]...)
	if h := still.Headline(scan(t, still)); !strings.Contains(h.Text, ": 0 of 8 accepted since 06:00") {
		t.Errorf("%q", h.Text)
	}
}
