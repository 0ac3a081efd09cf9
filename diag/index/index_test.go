package index

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// now is the moment at which the tests read.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// site builds an installation in a folder.
type site struct {
	t    testing.TB
	root string
}

func newSite(t *testing.T) *site { return &site{t, t.TempDir()} }

func (s *site) file(name, content string) {
	s.t.Helper()
	p := filepath.Join(s.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chtimes(p, now, now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) age(name string, d time.Duration) {
	s.t.Helper()
	if err := os.Chtimes(filepath.Join(s.root, filepath.FromSlash(name)), now, now.Add(-d)); err != nil {
		s.t.Fatal(err)
	}
}

// read scans the site and returns the view.
func (s *site) read() *View {
	s.t.Helper()
	x := s.index(30 * 24 * time.Hour)
	if err := x.Scan(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return x.View()
}

func (s *site) index(since time.Duration) *Index {
	s.t.Helper()
	class, problems, err := reply.New(reply.Options{})
	if err != nil || len(problems) > 0 {
		s.t.Fatal(err, problems)
	}
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{s.root})
	if len(errs) > 0 {
		s.t.Fatal(errs)
	}
	return New(found, Options{FS: mailenable.Disk{}, Classifier: class, Since: since, Now: func() time.Time { return now }})
}

func id(n int) string { return fmt.Sprintf("%032X.MAI", n) }

func header(to string, at time.Time, msgID string) string {
	return "From: \"Delivery Subsystem\" <postmaster@ours.example>\r\nTo: <" + to + ">\r\nSubject: Message Delivery Failure\r\nDate: " +
		at.Format(time.RFC1123Z) + "\r\nMessage-ID: <" + msgID + "@ours.example>\r\nX-MEFilter: 1\r\nReturn-Path: <>\r\n\r\n"
}

func e0193(message, domain, reply string) string {
	return "MailEnable: Message Delivery Failure.\r\n\r\nReason: ME-E0193: [" + message + "] Message Delivery Failure.\r\n\r\nYour message addressed to the target domain (" +
		domain + ") could not be delivered because the mail server responsible for this domain returned a permanent error.\r\n\r\nThe server returned:\r\n\r\n" + reply + "\r\n"
}

func perRecipient(pairs ...string) string {
	s := "MailEnable: Message could not be delivered to some recipients.\r\nThe following recipient(s) could not be reached:\r\n\r\n"
	for i := 0; i < len(pairs); i += 2 {
		s += "\tRecipient: [SMTP:" + pairs[i] + "]\r\n\tReason: Remote SMTP Server Returned: " + pairs[i+1] + "\r\n\r\n"
	}
	return s
}

func envelopeFile(domain, from, to string, retries, status int) string {
	return fmt.Sprintf("DomainName=%s\r\nRecipients=[SMTP:%s]\r\nSender=[SMTP:%s]\r\nRetries=%d\r\nStatusCode=%d\r\nStatus=Unsent\r\nAccount=acme\r\n", domain, to, from, retries, status)
}

// session is the rows of one outgoing session; replies are those of CONN,
// MAIL, RCPT (one for each recipient) and end of data, as far as it got.
func session(at time.Time, message, socket, banner, from string, to []string, replies ...string) string {
	var b strings.Builder
	row := func(cmd, detail, reply string) {
		fmt.Fprintf(&b, "%s\tSMTP-OU\t%s\t%s\t203.0.113.9\t%s\t%s\t%s\t0\t55\t\tHello\r\n", at.Format("01/02/06 15:04:05"), message, socket, cmd, detail, reply)
	}
	row("CONN", "", banner)
	if len(replies) == 0 {
		return b.String()
	}
	row("EHLO", "EHLO mail.ours.example", "250-hi [198.51.100.7]")
	row("MAIL", "MAIL FROM:<"+from+">", replies[0])
	for i, a := range to {
		if i+1 < len(replies) {
			row("RCPT", "RCPT TO:<"+a+">", replies[i+1])
		}
	}
	if n := len(to) + 1; n < len(replies) {
		row("DATA", "DATA", "354 go")
		row("DATE", ".", replies[n])
	}
	row("QUIT", "QUIT", "221 bye")
	return b.String()
}

const (
	inbox = "Postoffices/acme/MAILROOT/anna/Inbox/"
	out   = "Queues/SMTP/Outgoing/"
	log   = "Logging/SMTP/SMTP-Activity-261124.log"
)

// brief writes the ledger of every group, one line each.
func brief(v *View) string {
	var lines []string
	for _, g := range v.Groups(diag.ByDomain) {
		lines = append(lines, fmt.Sprintf("%s failed %d (E0193 %d) delayed %d accepted %d waiting %d", g.Key, g.Failures, g.E0193, g.Delayed, g.Accepted, g.Waiting))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func TestLedger(t *testing.T) {
	at := now.Add(-time.Hour)
	no := "554 5.7.1 you are listed"
	tests := []struct {
		name  string
		build func(*site)
		want  string
	}{
		{"one NDR", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(9), "x.example", no))
		}, "x.example failed 1 (E0193 1) delayed 0 accepted 0 waiting 0"},
		{"the same NDR in two folders", func(s *site) {
			c := header("anna@ours.example", at, "a") + e0193(id(9), "x.example", no)
			s.file(inbox+id(1), c)
			s.file("Postoffices/acme/MAILROOT/postmaster/Inbox/"+id(2), c)
		}, "x.example failed 1 (E0193 1) delayed 0 accepted 0 waiting 0"},
		{"two NDRs with different ids", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(8), "x.example", no))
			s.file(inbox+id(2), header("anna@ours.example", at, "b")+e0193(id(9), "x.example", no))
		}, "x.example failed 2 (E0193 2) delayed 0 accepted 0 waiting 0"},
		{"several recipients in one NDR", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+perRecipient("b@x.example", "550 5.1.1 no", "c@y.example", "550 5.1.1 no", "B@x.example", "550 5.1.1 no"))
		}, "x.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0\ny.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"NDR, queue and log of one message", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(9), "x.example", "554-mx.x.example\r\n554 no"))
			s.file(out+id(9), envelopeFile("x.example", "anna@ours.example", "b@x.example", 1, 3))
			s.file(out+"Messages/"+id(9), "Subject: x\r\n\r\nhi\r\n")
			s.file(log, session(at, id(9), "11", "554-mx.x.example", "", nil))
		}, "x.example failed 1 (E0193 1) delayed 0 accepted 0 waiting 1"},
		{"NDR and log under different ids", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at.Add(time.Minute), "a")+perRecipient("b@x.example", no))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"different ids, eleven minutes apart", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at.Add(11*time.Minute), "a")+perRecipient("b@x.example", no))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 2 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"different ids, another sender", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+perRecipient("b@x.example", no))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "bob@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 2 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"different ids, another reply", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+perRecipient("b@x.example", "550 5.1.1 user unknown"))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 2 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"one log row answers one NDR only", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+perRecipient("b@x.example", no))
			s.file(inbox+id(2), header("anna@ours.example", at, "b")+perRecipient("b@x.example", no))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 2 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"two sessions with different ids", func(s *site) {
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no)+
				session(at, id(8), "12", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", no))
		}, "x.example failed 2 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"greylisted, then accepted", func(s *site) {
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "450 4.7.1 greylisted")+
				session(at.Add(20*time.Minute), id(7), "12", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "250 ok", "250 ok"))
		}, "x.example failed 0 (E0193 0) delayed 0 accepted 1 waiting 0"},
		{"refused by the first MX, accepted by the second", func(s *site) {
			s.file(log, session(at, id(7), "11", "554 mx1.x.example no", "", nil)+
				session(at.Add(time.Second), id(7), "12", "220 mx2.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "250 ok", "250 ok"))
		}, "x.example failed 0 (E0193 0) delayed 0 accepted 1 waiting 0"},
		{"one recipient accepted, one refused, one deferred", func(s *site) {
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example", "c@x.example", "d@x.example"}, "250 ok", "250 ok", "550 no", "451 later", "250 ok"))
		}, "x.example failed 1 (E0193 0) delayed 1 accepted 1 waiting 0"},
		{"deferred three times, still in the queue", func(s *site) {
			l := ""
			for i := range 3 {
				l += session(at.Add(time.Duration(i)*time.Minute), id(7), fmt.Sprint(11+i), "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "451 later")
			}
			s.file(log, l)
			s.file(out+id(7), envelopeFile("x.example", "anna@ours.example", "b@x.example", 3, 4))
			s.file(out+"Messages/"+id(7), "Subject: x\r\n\r\nhi\r\n")
		}, "x.example failed 0 (E0193 0) delayed 1 accepted 0 waiting 1"},
		{"a fresh envelope waits, one with a status is delayed", func(s *site) {
			s.file(out+id(1), envelopeFile("x.example", "a@ours.example", "b@x.example", 0, 0))
			s.file(out+"Messages/"+id(1), "Subject: x\r\n\r\nhi\r\n")
			s.file(out+id(2), envelopeFile("x.example", "a@ours.example", "b@x.example", 0, 7))
			s.file(out+"Messages/"+id(2), "Subject: x\r\n\r\nhi\r\n")
		}, "x.example failed 0 (E0193 0) delayed 1 accepted 0 waiting 2"},
		{"an inbound envelope is nobody's delay", func(s *site) {
			s.file("Queues/SMTP/Inbound/"+id(1), envelopeFile("x.example", "a@ours.example", "b@x.example", 3, 4))
		}, ""},
		{"connect refusal goes to the domain of the id", func(s *site) {
			s.file(out+id(7), envelopeFile("custom.example", "a@ours.example", "b@custom.example", 0, 0))
			s.file(log, session(at, id(7), "11", "554 mx.google.com no", "", nil))
		}, "custom.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 1"},
		{"connect refusal goes to the domain met under the same banner", func(s *site) {
			s.file(log, session(at, id(6), "10", "220 mx.filter.example", "anna@ours.example", []string{"b@custom.example"}, "250 ok", "250 ok", "250 ok")+
				session(at, id(7), "11", "554 mx.filter.example no", "", nil))
		}, "custom.example failed 1 (E0193 0) delayed 0 accepted 1 waiting 0"},
		{"connect refusal goes to the domain of the debug log", func(s *site) {
			s.file("Logging/SMTP/SMTP-Debug-261124.log", "11/24/26 10:00:00\tME-I0018: ["+id(5)+"] requeued as ["+id(7)+"] for target domain [deb.example]\r\n")
			s.file(log, session(at, id(7), "11", "554 mx.filter.example no", "", nil))
		}, "deb.example failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"connect refusal goes to the registrable domain of the host", func(s *site) {
			s.file(log, session(at, id(7), "11", "554 mx1.eu.filter.co.uk no", "", nil))
		}, "filter.co.uk failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"connect refusal without a host", func(s *site) {
			s.file(log, session(at, id(7), "11", "554 no", "", nil))
		}, "(unknown) failed 1 (E0193 0) delayed 0 accepted 0 waiting 0"},
		{"connect refusal in log, E0193 under another id", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at.Add(time.Minute), "a")+e0193(id(3), "x.example", "554-mx.provider.example\r\n554 no"))
			s.file(log, session(at, id(7), "11", "554-mx.provider.example", "", nil))
		}, "x.example failed 1 (E0193 1) delayed 0 accepted 0 waiting 0"},
		{"E0193 for recipients that the log names", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(7), "x.example", no))
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example", "c@x.example"}, "250 ok", no, no))
		}, "x.example failed 2 (E0193 2) delayed 0 accepted 0 waiting 0"},
		{"a delay notice and its log rows", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at.Add(time.Minute), "a")+"MailEnable: Message delivery has been delayed\r\n\r\nMessage is waiting at ours.example for delivery to x.example.\r\n")
			s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "451 later"))
		}, "x.example failed 0 (E0193 0) delayed 1 accepted 0 waiting 0"},
		{"a delay notice and a log row of two messages in the queue", func(s *site) {
			for i := range 2 {
				s.file(out+id(7+i), envelopeFile("x.example", "anna@ours.example", "b@x.example", 2, 4))
				s.file(out+"Messages/"+id(7+i), "Subject: x\r\n\r\nhi\r\n")
			}
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+"MailEnable: Message delivery has been delayed\r\n\r\nMessage ["+id(7)+"] is waiting.\r\n\r\nMessage is waiting at ours.example for delivery to x.example.\r\n")
			s.file(log, session(at, id(8), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "451 later"))
		}, "x.example failed 0 (E0193 0) delayed 2 accepted 0 waiting 2"},
		{"Bad Mail: an NDR counts, other mail does not", func(s *site) {
			s.file("Bad Mail/"+id(1), envelopeFile("ours.example", "", "anna@ours.example", 0, 5))
			s.file("Bad Mail/Messages/"+id(1), header("anna@ours.example", at, "a")+e0193(id(9), "x.example", no))
			s.file("Bad Mail/"+id(2), envelopeFile("y.example", "a@ours.example", "b@y.example", 4, 3))
			s.file("Bad Mail/Messages/"+id(2), "From: a@ours.example\r\nSubject: x\r\n\r\nME-E0193 once\r\n")
		}, "x.example failed 1 (E0193 1) delayed 0 accepted 0 waiting 0"},
		{"domains compare without case and dot", func(s *site) {
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(8), "X.Example.", no))
			s.file(inbox+id(2), header("anna@ours.example", at, "b")+perRecipient("b@x.example", no))
		}, "x.example failed 2 (E0193 1) delayed 0 accepted 0 waiting 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.file("Queues/SMTP/Outgoing/Messages/keep.txt", "x")
			tt.build(s)
			if got := brief(s.read()); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A notice that is joined with a session under another id keeps its own, and
// knows that of the session, so that it is found again.
func TestJoinedFailureKnowsTheSessionsID(t *testing.T) {
	s, at := newSite(t), now.Add(-time.Hour)
	s.file(inbox+id(1), header("anna@ours.example", at.Add(time.Minute), "a")+perRecipient("b@x.example", "554 5.7.1 no"))
	s.file(log, session(at, id(7), "11", "220 mx.x.example", "anna@ours.example", []string{"b@x.example"}, "250 ok", "554 5.7.1 no"))
	v := s.read()
	if all := v.AllFailures(); len(all) != 1 || v.Row(all[0]).ID != "<a@ours.example>" || v.Row(all[0]).LogID != id(7) {
		t.Errorf("%d failures, the first is %s, in the log %s", len(all), v.Row(all[0]).ID, v.Row(all[0]).LogID)
	}
}

func TestCounts(t *testing.T) {
	s := newSite(t)
	s.file(out+id(1), envelopeFile("x.example", "a@ours.example", "b@x.example", 0, 0))
	s.file(out+"Messages/"+strings.ToLower(id(1)), "Subject: x\r\n\r\nhi\r\n")
	s.file(out+id(2), envelopeFile("x.example", "a@ours.example", "b@x.example", 0, 0)) // orphan
	s.file(out+"Messages/"+id(3), "Subject: x\r\n\r\nhi\r\n")                           // orphan
	s.file(out+id(4), "")                                                               // empty and orphan
	s.file(inbox+id(5), "MZ\x00\x01\x02")                                               // binary
	s.file(inbox+id(6), "Subject: old\r\n\r\nhi\r\n")
	s.age(inbox+id(6), 31*24*time.Hour)
	s.file("Bad Mail/"+id(7), "Sender=[SMTP:]\r\n")
	s.file("Bad Mail/Messages/"+id(7), "Subject: old\r\n\r\nhi\r\n")
	s.age("Bad Mail/"+id(7), 40*24*time.Hour)
	s.age("Bad Mail/Messages/"+id(7), 40*24*time.Hour)
	s.file(inbox+"notes.txt", "no mail")
	s.age(out+id(1), 90*24*time.Hour) // queue folders are read whole
	v := s.read()
	got := v.Totals()
	want := diag.Totals{Files: 9, Messages: 7, Unreadable: 2, Orphans: 3, Older: 3, Waiting: 2}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var problems []string
	for _, p := range v.Problems() {
		problems = append(problems, filepath.Base(p.Path)+": "+p.What)
	}
	sort.Strings(problems)
	if w := []string{id(4) + ": empty", id(5) + ": binary, not a mail file"}; strings.Join(problems, "|") != strings.Join(w, "|") {
		t.Errorf("problems %v", problems)
	}
	for _, f := range v.Report(diag.ByDomain).Installations[0].Folders {
		if f.Name == "Queues/SMTP/Outgoing" && (f.Files != 5 || f.Unreadable != 1) {
			t.Errorf("%+v", f)
		}
	}
}

func TestOnset(t *testing.T) {
	h := func(n int) time.Time { return now.Add(time.Duration(n-12) * time.Hour) }
	s := newSite(t)
	ok := func(at time.Time, n int) string {
		return session(at, id(n), fmt.Sprint(n), "220 mx.x.example", "a@ours.example", []string{"b@x.example"}, "250 ok", "250 ok", "250 ok")
	}
	bad := func(at time.Time, n int) string {
		return session(at, id(n), fmt.Sprint(n), "220 mx.x.example", "a@ours.example", []string{"b@x.example"}, "250 ok", "550 5.7.1 no")
	}
	s.file(log, bad(h(1), 1)+ok(h(2), 2)+bad(h(3), 3)+bad(h(4), 4))
	g := s.read().Groups(diag.ByDomain)[0]
	if !g.First.Equal(h(1)) || !g.Last.Equal(h(4)) || !g.LastAccepted.Equal(h(2)) || !g.Onset.Equal(h(3)) {
		t.Errorf("first %v last %v accepted %v onset %v", g.First, g.Last, g.LastAccepted, g.Onset)
	}
	s.file(log, bad(h(1), 1)+ok(h(2), 2))
	if g := s.read().Groups(diag.ByDomain)[0]; !g.Onset.IsZero() {
		t.Errorf("onset %v after the last thing was accepted", g.Onset)
	}
	s.file(log, bad(h(1), 1))
	if g := s.read().Groups(diag.ByDomain)[0]; !g.Onset.Equal(h(1)) {
		t.Errorf("onset %v without any acceptance", g.Onset)
	}
}

func TestGroupings(t *testing.T) {
	at := now.Add(-time.Hour)
	s := newSite(t)
	s.file(inbox+id(1), header("anna@ours.example", at, "a")+perRecipient("b@x.example", "550-5.7.26 Your email has been blocked because the sender is unauthenticated. - gsmtp"))
	s.file(log, session(at, id(7), "11", "220 mx.google.com ESMTP", "", []string{"b@y.example"}, "250 ok", "550 5.1.1 user unknown"))
	v := s.read()
	for by, want := range map[diag.GroupBy]string{
		diag.BySender:   "(none) 1, anna@ours.example 1",
		diag.ByAccount:  "(unknown) 1, acme 1",
		diag.ByProvider: "gmail 2",
		diag.ByIP:       "(unknown) 1, 198.51.100.7 1",
	} {
		var got []string
		for _, g := range v.Groups(by) {
			got = append(got, fmt.Sprintf("%s %d", g.Key, g.Failures))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("by %s: %s, want %s", by, strings.Join(got, ", "), want)
		}
	}
	m := v.Members(diag.ByDomain, "x.example")
	if len(m) != 1 {
		t.Fatalf("members %v", m)
	}
	f := v.Failure(int(m[0]))
	if f.Recipient != "b@x.example" || f.Sender != "anna@ours.example" || !f.Permanent || f.Reply.Enhanced != "5.7.26" || f.Account != "acme" || f.Path == "" {
		t.Errorf("%+v", f)
	}
}

func TestReadingTwiceCountsOnce(t *testing.T) {
	s := newSite(t)
	s.file(inbox+id(1), header("anna@ours.example", now, "a")+e0193(id(9), "x.example", "554 no"))
	s.file(out+id(2), envelopeFile("x.example", "a@ours.example", "b@x.example", 0, 0))
	x := s.index(0)
	for range 2 {
		if err := x.Scan(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := x.View().Totals(), (diag.Totals{Files: 2, Messages: 2, Failures: 1, E0193: 1, Waiting: 1, Orphans: 1}); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if n := len(x.View().QueueFolders()); n != 1 {
		t.Errorf("%d queue folders", n)
	}
}

func TestCancel(t *testing.T) {
	s := newSite(t)
	for i := range 500 {
		s.file(fmt.Sprintf("%s%s", inbox, id(i)), "Subject: x\r\n\r\nhi\r\n")
	}
	x := s.index(0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := x.Scan(ctx); err == nil {
		t.Error("a cancelled scan reported no error")
	}
	x.View()
}

func TestTimeline(t *testing.T) {
	s := newSite(t)
	h := func(n int) time.Time { return now.Add(time.Duration(-n) * time.Hour) }
	one := func(at time.Time, n int, end string) string {
		return session(at, id(n), fmt.Sprint(n), "220 mx.x.example", "a@ours.example", []string{"b@x.example"}, "250 ok", "250 ok", end)
	}
	s.file("Logging/SMTP/SMTP-Activity-261123.log", one(h(20), 1, "250 ok")+one(h(15), 2, "250 ok"))
	s.file(log, one(h(8), 3, "550 no")+one(h(2), 4, "550 no")+one(h(1), 5, "451 later"))
	got := s.read().Timeline(diag.ByDomain, "x.example", now, 0, 4)
	want := Timeline{
		From: h(20), To: now, Accepted: []int{1, 1, 0, 0}, Refused: []int{0, 0, 1, 1}, Delayed: []int{0, 0, 0, 1},
		Ages: [6]int{0, 1, 1, 0, 0, 0},
	}
	if fmt.Sprint(got.Accepted, got.Refused, got.Delayed, got.Ages) != fmt.Sprint(want.Accepted, want.Refused, want.Delayed, want.Ages) || !got.From.Equal(want.From) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
