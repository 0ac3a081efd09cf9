package mailenable

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"metriage/diag"
)

const (
	idA = "2F1B849D1D1A4560A67A63FD73DB8C03.MAI"
	idB = "3F1B849D1D1A4560A67A63FD73DB8C03.MAI"
)

// ou is one SMTP-OU row in the 12 columns of MailEnable.
func ou(clock, id, socket, remote, cmd, detail, reply string) string {
	return strings.Join([]string{"09/05/18 " + clock, "SMTP-OU", id, socket, remote, cmd, detail, reply, "0", "55", "", "Subject"}, "\t")
}

func attempts(t *testing.T, lines ...string) []Attempt {
	t.Helper()
	var out []Attempt
	s := NewSessions(func(a Attempt) { out = append(out, a) })
	p := NewActivityParser(time.UTC, time.Time{})
	_, err := ReadLines(strings.NewReader(strings.Join(lines, "\r\n")+"\r\n"), func(l []byte) bool {
		if r, ok := p.Parse(l); ok {
			s.Add(r)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Flush()
	return out
}

// brief writes an attempt in short for comparing.
func brief(a Attempt) string {
	o := map[Outcome]string{Accepted: "accepted", Deferred: "deferred", Refused: "refused"}[a.Outcome]
	return fmt.Sprintf("%s %s %s from %s to %s: %s", a.Time.Format("15:04:05"), o, a.Stage, a.Sender, a.Recipient, a.Reply)
}

func TestSessions(t *testing.T) {
	conn := func(reply string) string { return ou("01:48:01", idA, "1416", "192.0.2.9", "CONN", "", reply) }
	ehlo := ou("01:48:01", idA, "1416", "192.0.2.9", "EHLO", "EHLO mail.ours.example", "250-mx.google.com at your service, [203.0.113.106]")
	mail := ou("01:48:01", idA, "1416", "192.0.2.9", "MAIL", "MAIL FROM:<a@ours.example> SIZE=50121", "250 2.1.0 OK")
	rcpt := func(to, reply string) string {
		return ou("01:48:02", idA, "1416", "192.0.2.9", "RCPT", "RCPT TO:<"+to+">", reply)
	}
	data := ou("01:48:03", idA, "1416", "192.0.2.9", "DATA", "DATA", "354 Go ahead")
	end := func(reply string) string { return ou("01:48:04", idA, "1416", "192.0.2.9", "DATE", ".", reply) }
	quit := ou("01:48:05", idA, "1416", "192.0.2.9", "QUIT", "QUIT", "221 bye")
	hello := conn("220 mx.google.com ESMTP x - gsmtp")

	tests := []struct {
		name  string
		lines []string
		want  []string
	}{
		{"accepted", []string{hello, ehlo, mail, rcpt("b@x.example", "250 OK"), data, end("250 2.0.0 OK"), quit},
			[]string{"01:48:04 accepted end-of-data from a@ours.example to b@x.example: "}},
		{"refused at connect", []string{conn("554 5.7.1 mx.x.example rejected")},
			[]string{"01:48:01 refused connect from  to : 554 5.7.1 mx.x.example rejected"}},
		{"deferred at connect", []string{conn("421 busy"), quit}, []string{"01:48:01 deferred connect from  to : 421 busy"}},
		{"refused at RCPT, the other accepted", []string{hello, ehlo, mail, rcpt("b@x.example", "550 5.1.1 no"), rcpt("c@x.example", "250 OK"), data, end("250 OK"), quit},
			[]string{"01:48:02 refused rcpt from a@ours.example to b@x.example: 550 5.1.1 no", "01:48:04 accepted end-of-data from a@ours.example to c@x.example: "}},
		{"refused after data, both", []string{hello, ehlo, mail, rcpt("b@x.example", "250 OK"), rcpt("c@x.example", "250 OK"), data, end("550-5.7.26 no"), quit},
			[]string{"01:48:04 refused end-of-data from a@ours.example to b@x.example: 550-5.7.26 no", "01:48:04 refused end-of-data from a@ours.example to c@x.example: 550-5.7.26 no"}},
		{"refused at MAIL", []string{hello, ehlo, ou("01:48:01", idA, "1416", "192.0.2.9", "MAIL", "MAIL FROM:<>", "553 5.1.8 no"), quit},
			[]string{"01:48:01 refused mail from  to : 553 5.1.8 no"}},
		{"EHLO refused, HELO works", []string{hello, ou("01:48:01", idA, "1416", "192.0.2.9", "EHLO", "EHLO me", "502 what"), ou("01:48:01", idA, "1416", "192.0.2.9", "HELO", "HELO me", "250 ok"), mail, rcpt("b@x.example", "250 OK"), data, end("250 OK"), quit},
			[]string{"01:48:04 accepted end-of-data from a@ours.example to b@x.example: "}},
		{"HELO refused too", []string{hello, ou("01:48:01", idA, "1416", "192.0.2.9", "EHLO", "EHLO me", "550 bad name"), ou("01:48:02", idA, "1416", "192.0.2.9", "HELO", "HELO me", "550 bad name"), quit},
			[]string{"01:48:02 refused helo from  to : 550 bad name"}},
		{"HELO refused, the log ends", []string{hello, ou("01:48:01", idA, "1416", "192.0.2.9", "EHLO", "EHLO me", "550 bad name")},
			[]string{"01:48:01 refused helo from  to : 550 bad name"}},
		{"broken off", []string{hello, ehlo, mail, rcpt("b@x.example", "250 OK"), data}, nil},
		{"two messages on one connection", []string{
			hello, ehlo, mail, rcpt("b@x.example", "250 OK"), data, end("250 OK"),
			ou("01:48:06", idB, "1416", "192.0.2.9", "MAIL", "MAIL FROM:<z@ours.example>", "250 OK"),
			ou("01:48:07", idB, "1416", "192.0.2.9", "RCPT", "RCPT TO:<c@x.example>", "450 4.2.0 later")},
			[]string{"01:48:04 accepted end-of-data from a@ours.example to b@x.example: ", "01:48:07 deferred rcpt from z@ours.example to c@x.example: 450 4.2.0 later"}},
		{"interleaved sessions", []string{
			hello, ou("01:48:01", idB, "1420", "192.0.2.8", "CONN", "", "220 mx2"), mail,
			ou("01:48:02", idB, "1420", "192.0.2.8", "MAIL", "MAIL FROM:<z@ours.example>", "250 OK"),
			rcpt("b@x.example", "550 no"), ou("01:48:02", idB, "1420", "192.0.2.8", "RCPT", "RCPT TO:<q@y.example>", "551 no")},
			[]string{"01:48:02 refused rcpt from a@ours.example to b@x.example: 550 no", "01:48:02 refused rcpt from z@ours.example to q@y.example: 551 no"}},
		{"incoming rows and banners of the log are no deliveries", []string{
			"[09/05/18 00:00:20]****************** LOG FILE STARTED *******************",
			strings.Replace(conn("554 no"), "SMTP-OU", "SMTP-IN", 1), "truncated\tline", ""}, nil},
		{"eleven columns", []string{strings.TrimSuffix(conn("554 no"), "\tSubject")}, []string{"01:48:01 refused connect from  to : 554 no"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := attempts(t, tt.lines...)
			var s []string
			for _, a := range got {
				s = append(s, brief(a))
			}
			if strings.Join(s, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(s, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}

	a := attempts(t, hello, ehlo, mail, rcpt("b@x.example", "550 no"))[0]
	if a.Banner != "mx.google.com" || a.SeenAs != netip.MustParseAddr("203.0.113.106") || a.HELO != "mail.ours.example" || a.ID != idA || a.Subject != "Subject" || !a.SenderKnown {
		t.Errorf("%+v", a)
	}
}

func TestActivityTimeInZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p := NewActivityParser(berlin, time.Time{})
	r, ok := p.Parse([]byte(ou("23:59:59", idA, "1", "192.0.2.9", "CONN", "", "220 x")))
	if want := time.Date(2018, 9, 5, 21, 59, 59, 0, time.UTC); !ok || !r.Time.Equal(want) {
		t.Errorf("got %v, want %v", r.Time, want)
	}
}

func TestAuthRowsLoseTheirDetail(t *testing.T) {
	line := strings.Replace(ou("01:00:00", idA, "1", "192.0.2.9", "AUTH", "SW5kaWEyMEAyMjI=", "535 Invalid"), "SMTP-OU", "SMTP-IN", 1)
	r, ok := NewActivityParser(time.UTC, time.Time{}).Parse([]byte(line))
	if !ok || len(r.Detail) != 0 {
		t.Errorf("detail %q", r.Detail)
	}
}

func TestReadLinesLongAndUnfinished(t *testing.T) {
	in := "one\r\n" + strings.Repeat("x", 600<<10) + "\nthree\nfour"
	var got []int
	n, err := ReadLines(strings.NewReader(in), func(l []byte) bool { got = append(got, len(l)); return true })
	if err != nil || n != int64(len(in)-len("four")) {
		t.Errorf("consumed %d of %d, %v", n, len(in), err)
	}
	if len(got) != 4 || got[0] != 3 || got[1] > 256<<10 || got[2] != 5 || got[3] != 4 {
		t.Errorf("lines %v", got)
	}
}

func TestBannerHost(t *testing.T) {
	for in, want := range map[string]string{
		"220 mx.google.com ESMTP j14 - gsmtp":        "mx.google.com",
		"554-mail.example.com 554 Your access":       "mail.example.com",
		"220-GMX.net (mxgmx016) Nemesis ESMTP":       "gmx.net",
		"554 5.7.1 Service unavailable":              "",
		"421 4.7.0 mx":                               "",
		"220 ****************":                       "",
		"220 [192.0.2.1] ESMTP":                      "",
		"220 AMS0EPF0.mail.protection.outlook.com M": "ams0epf0.mail.protection.outlook.com",
	} {
		if got := string(bannerHost(nil, []byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestLinkOf(t *testing.T) {
	for in, want := range map[string]string{
		"09/05/18 01:00:00\tME-I0018: [" + idA + "] was requeued as [" + idB + "] for target domain [x.example]":                                                  idA + " " + idB + " x.example",
		"09/05/18 01:00:00\t[" + idA + "] from (SMTP) requeued as [" + idB + "]":                                                                                  idA + " " + idB + " ",
		"09/05/18 01:00:00\tQueued: Message ID [" + idA + "] queued for delivery to the domain [X.example] Outbound Queue with a new Message ID of [" + idB + "]": idA + " " + idB + " x.example",
		"09/05/18 01:00:00\tME-E0193: [" + idA + "] The server for the target domain (X.example) returned 554 no":                                                 " " + idA + " x.example",
		"09/05/18 01:00:00\trequeued as [" + idB + "] for target domain [x.example]":                                                                              " " + idB + " x.example",
		"09/05/18 01:00:00\t[" + idA + "] requeued as [" + idA + "]":                                                                                              "",
		"09/05/18 01:00:00\t[" + idA + "] requeued as":                                                                                                            "",
		"09/05/18 01:00:00\tME-I0074: [" + idA + "] something else":                                                                                               "",
		"requeued as target domain [x.example]":                                                                                                                   "",
	} {
		got := ""
		if l, ok := LinkOf([]byte(in)); ok {
			got = l.From + " " + l.To + " " + l.Domain
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzSessions(f *testing.F) {
	row := func(cmd, detail, reply string) string {
		return ou("01:48:01", idA, "1416", "192.0.2.9", cmd, detail, reply)
	}
	open := []string{row("CONN", "", "220 mx.b.example ESMTP"), row("EHLO", "EHLO mail.a.example", "250-mx.b.example at your service, [198.51.100.7]"), row("MAIL", "MAIL FROM:<a@a.example> SIZE=9", "250 ok")}
	for _, seed := range [][]string{
		{row("CONN", "", "554 no")}, // refused at the door
		append(open[:3:3], row("RCPT", "RCPT TO:<b@b.example>", "250 ok"), row("DATA", "DATA", "354 go on"), row("DATE", "", "250 queued"), row("QUIT", "QUIT", "221 bye")),
		append(open[:3:3], row("RCPT", "RCPT TO:<b@b.example>", "250 ok"), row("RCPT", "RCPT TO:<c@b.example>", "550 5.1.1 unknown"), row("RCPT", "RCPT TO:<d@b.example>", "450 4.2.1 later"), row("DATA", "DATA", "354 go on"), row("DATE", "", "554 5.7.1 spam")),
		append(open[:2:2], row("STARTTLS", "STARTTLS", "220 go on"), row("EHLO", "EHLO x", "250 ok"), row("MAIL", "MAIL FROM:<>", "421 busy")),
		append(open[:3:3], row("RSET", "RSET", "250 ok"), row("MAIL", "MAIL FROM:<z@a.example>", "530 5.7.0 must issue STARTTLS")),
		{row("CONN", "", "220 one"), ou("01:48:02", idB, "1416", "192.0.2.10", "CONN", "", "220 two"), row("EHLO", "EHLO x", "501 what"), ou("23:59:59", idB, "1417", "::1", "RCPT", "RCPT TO:<b", "")}, // interleaved, cut off
		{"09/05/18 25:61:00\tSMTP-OU\t\t\t\t\t\t\t\t\t\t", "\t\t\t\t\t\t\t\t\t\t\t", row("AUTH", "AUTH PLAIN AGFuAHg=", "535 no"), row("NONSENSE", "\x00\xff", "999 \xfc")},
	} {
		f.Add([]byte(strings.Join(seed, "\r\n") + "\r\n"))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewSessions(func(a Attempt) {
			if a.Stage == "" || a.Outcome != Accepted && a.Outcome != Deferred && a.Outcome != Refused {
				t.Errorf("%+v", a)
			}
		})
		p := NewActivityParser(time.UTC, time.Time{})
		_, _ = ReadLines(strings.NewReader(string(b)), func(l []byte) bool {
			if r, ok := p.Parse(l); ok {
				s.Add(r)
			}
			return true
		})
		s.Flush()
	})
}

var _ = diag.StageRcpt
