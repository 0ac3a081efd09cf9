package audit

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// stolen is a log in which spam leaves under the user's name, from many
// networks.
func stolen(user string) *script {
	s := newScript("ours.example")
	for range 12 {
		for range 5 {
			s.comes("203.0.113.17", user, "info@ours.example", "250 ok", "b@x.example")
			s.when = s.when.Add(4 * time.Hour)
		}
		s.when = s.when.Add(4 * time.Hour)
	}
	for i := range 300 {
		s.comes(fmt.Sprintf("198.18.%d.9", i%30), user, "info@ours.example", "250 ok", fmt.Sprintf("v%d@x.example", i))
		s.goes("info@ours.example", fmt.Sprintf("v%d@x.example", i), fmt.Sprintf("Parcel %d", i), "250 ok")
		s.when = s.when.Add(time.Minute)
	}
	return s
}

// Command files and logs need not write a user alike: with or without
// postoffice, in other letters, or as an address of the mailbox.
func TestUserInLogAndQueue(t *testing.T) {
	config := &mailenable.Config{Read: true}
	for _, c := range []struct {
		logged, user, account string
		same                  bool
	}{
		{"info@acme", "info@acme", "acme", true},
		{"info@acme", "INFO@Acme", "", true},
		{"info@acme", "info", "acme", true},
		{"info@acme", "info", "", true},
		{"info", "info", "acme", true},
		{"info", "info@acme", "acme", true},
		{"info", "info", "", true},
		{"info@acme", "info", "other", false},
		{"info@acme", "bob", "acme", false},
		{"info@acme", "", "acme", false},
	} {
		s := stolen(c.logged)
		var rows []QueueRow
		for i := range 60 {
			rows = append(rows, QueueRow{
				ID: fmt.Sprint(i), Outgoing: true, Destination: "x.example", Sender: "info@ours.example", User: c.user, Account: c.account,
				Client: netip.MustParseAddr(fmt.Sprintf("198.18.%d.9", i%30)), Since: s.when, Subject: fmt.Sprintf("Parcel %d", i),
			})
		}
		p := s.c.Look(Inputs{Now: s.when, Config: config, Queue: slices.Values(rows)})
		f := byCode(p.Findings, SpamUser)
		if f.Status != diag.StatusFail || f.Subject != c.logged {
			t.Fatalf("%+v: %s %s", c, f.Status, f.Summary)
		}
		if got := strings.Contains(evidence(f), "60 of 60 messages that wait were handed in by "+c.logged); got != c.same {
			t.Errorf("%+v: evidence\n%s", c, evidence(f))
		}
		if got := InRun(p.Runs, rows[7].Message()); len(p.Runs) != 1 || got != c.same && c.user != "" {
			t.Errorf("%+v: in the run %v, runs %+v", c, got, p.Runs)
		}
	}
}

// A log of ten columns shows that somebody signed in, not who: nothing was
// relayed, and who sends is told by the queue.
func TestUsersThatTheLogDoesNotName(t *testing.T) {
	s := newScript("ours.example")
	for i := range 100 {
		s.n++
		id, socket := fmt.Sprintf("IN%06d.MAI", s.n), fmt.Sprint(1000+s.n)
		in := func(cmd, detail, reply string) {
			s.row(false, id, socket, fmt.Sprintf("198.18.%d.9", i%20), cmd, detail, reply, "", "")
		}
		in("", "", "220 hello")
		in("AUTH", "", "334 VXNlcm5hbWU6")
		in("AUTH", "", "235 Authenticated")
		in("MAIL", "MAIL FROM:<info@ours.example>", "250 ok")
		in("RCPT", fmt.Sprintf("RCPT TO:<v@x%d.example>", i), "250 ok")
		in("DATA", "DATA", "354 go")
		in("QUIT", "QUIT", "221 bye")
		s.when = s.when.Add(time.Hour)
	}
	s.expect(t, map[string]diag.Status{SpamUser: diag.StatusUnknown, SpamWebmail: diag.StatusUnknown, RelayLocal: diag.StatusPass, RelayAnyone: diag.StatusPass, RelayIP: diag.StatusPass})
	var rows []QueueRow
	for i := range 60 {
		rows = append(rows, QueueRow{Outgoing: true, Destination: "x.example", Sender: "info@ours.example", User: "info", Account: "acme", Client: netip.MustParseAddr(fmt.Sprintf("198.18.%d.9", i%20)), Since: s.when})
	}
	if f := byCode(s.c.Findings(Inputs{Now: s.when, Queue: slices.Values(rows)}), SpamUser); f.Status != diag.StatusFail || f.Subject != "info@acme" {
		t.Errorf("%s about %q: %s", f.Status, f.Subject, f.Summary)
	}
}

// Who guesses often within one session and gets in did not mistype.
func TestGuessedWithinOneSession(t *testing.T) {
	for fails, want := range map[int]diag.Status{4: diag.StatusPass, 15: diag.StatusFail} {
		for _, no := range []string{"535 Invalid Username or Password", "504 Invalid Username or Password"} {
			s := newScript("ours.example")
			s.days(12)
			row := func(cmd, reply, user string) { s.row(false, "IN.MAI", "77", "198.18.3.7", cmd, "", reply, user, "") }
			row("", "220 hello", "")
			for range fails {
				row("AUTH", no, "")
			}
			row("AUTH", "504 Command parameter not implemented", "")
			row("AUTH", "235 Authenticated", "anna@ours.example")
			row("QUIT", "221 bye", "")
			if f := byCode(s.look().Findings, AuthGuessing); f.Status != want {
				t.Errorf("%d times %s: %s, %s", fails, no, f.Status, f.Summary)
			}
		}
	}
}

// Who signs in with an address is found in the queue under mailbox and
// postoffice where the address map tells both.
func TestUserWhoSignsInWithAnAddress(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "Config"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "Config", "ADDRESS-MAP.TAB"), []byte("acme\t[SMTP:sales@ours.example]\t[SF:acme/info]\t0\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	config := mailenable.Installation{Root: root}.ReadConfig(context.Background(), mailenable.Disk{})
	s := stolen("sales@ours.example")
	row := QueueRow{Outgoing: true, Destination: "x.example", Sender: "info@ours.example", User: "info", Account: "acme", Since: s.when, Subject: "Parcel 7"}
	p := s.c.Look(Inputs{Now: s.when, Config: &config, Queue: slices.Values([]QueueRow{row})})
	if f := byCode(p.Findings, SpamUser); !strings.Contains(evidence(f), "1 of 1 message that wait were handed in by sales@ours.example") || !InRun(p.Runs, row.Message()) {
		t.Errorf("%s, runs %+v", evidence(f), p.Runs)
	}
}
