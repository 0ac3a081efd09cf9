package mailenable

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// W3C logs have no message ids: sessions are found by time, client and
// addresses, said to be so, and without credentials.
func TestHistoryOfW3C(t *testing.T) {
	root := tree(t, "Queues/SMTP/Outgoing/")
	var b strings.Builder
	b.WriteString("#Software: MailEnable SMTP Server Version 1.0a\r\n#Fields: date time c-ip agent account s-ip s-port cs-method cs-uristem cs-uriquery s-computername sc-bytes cs-bytes cs-username\r\n")
	row := func(clock, ip, agent, method, stem, answer, user string) {
		plus := func(s string) string {
			if s == "" {
				return "-"
			}
			return strings.ReplaceAll(s, " ", "+")
		}
		fmt.Fprintf(&b, "2026-11-24 %s %s %s ours.example 203.0.113.1 25 %s %s %s HOST1 43 36 %s\r\n", clock, ip, agent, plus(method), plus(stem), plus(answer), plus(user))
	}
	in := func(clock, ip, from, to string) {
		row(clock, ip, "SMTP-IN", "", "", "220 hello", "")
		row(clock, ip, "SMTP-IN", "EHLO", "EHLO pc", "250 hello", "")
		row(clock, ip, "SMTP-IN", "AUTH", "YW5uYTpzZWNyZXQ=", "235 Authenticated", "anna@ours.example")
		row(clock, ip, "SMTP-IN", "c2VjcmV0", "c2VjcmV0", "535 no", "")
		row(clock, ip, "SMTP-IN", "MAIL", "MAIL FROM:<"+from+">", "250 ok", "anna@ours.example")
		row(clock, ip, "SMTP-IN", "RCPT", "RCPT TO:<"+to+">", "250 ok", "anna@ours.example")
		row(clock, ip, "SMTP-IN", "DATA", "DATA", "354 go", "anna@ours.example")
		row(clock, ip, "SMTP-IN", "QUIT", "QUIT", "221 bye", "")
	}
	out := func(clock, ip, from, to, answer string) {
		row(clock, ip, "SMTP-OU", "CONN", "", "220 mx.x.example ESMTP", "")
		row(clock, ip, "SMTP-OU", "MAIL", "MAIL FROM:<"+from+">", "250 ok", "")
		row(clock, ip, "SMTP-OU", "RCPT", "RCPT TO:<"+to+">", answer, "")
		row(clock, ip, "SMTP-OU", "QUIT", "QUIT", "221 bye", "")
	}
	in("07:10:00", "203.0.113.17", "anna@ours.example", "b@x.example")
	in("07:10:01", "203.0.113.18", "other@ours.example", "b@x.example")
	in("03:10:01", "203.0.113.17", "anna@ours.example", "b@x.example") // hours before
	out("07:10:05", "192.0.2.9", "anna@ours.example", "b@x.example", "451 4.7.1 later")
	out("07:40:05", "192.0.2.9", "anna@ours.example", "b@x.example", "550 5.7.1 no")
	out("07:11:05", "192.0.2.9", "anna@ours.example", "c@x.example", "550 5.7.1 c not")
	out("07:12:05", "192.0.2.9", "zoe@ours.example", "b@x.example", "550 5.7.1 zoe not")
	row("07:13:05", "192.0.2.9", "SMTP-OU", "CONN", "", "421 busy", "")
	row("07:14:05", "192.0.2.77", "SMTP-OU", "CONN", "", "421 elsewhere", "")
	put(t, root, "Logging/SMTP/ex261124.log", b.String())
	at := time.Date(2026, 11, 24, 7, 10, 0, 0, time.UTC)
	q := HistoryQuery{
		IDs: []string{outID}, From: at, To: at.Add(time.Hour), Sender: "Anna@ours.example", SenderKnown: true, Recipient: "B@x.example",
		Client: "203.0.113.17", Remote: "192.0.2.9",
	}
	h, err := Installation{Root: root}.History(context.Background(), Disk{}, time.UTC, q)
	if err != nil || !h.ByTime {
		t.Fatalf("%+v %v", h, err)
	}
	var said []string
	for _, a := range h.Attempts {
		said = append(said, a.Reply)
	}
	if got := strings.Join(said, "|"); got != "451 4.7.1 later|421 busy|550 5.7.1 no" {
		t.Errorf("attempts %s", got)
	}
	if x := h.HandedIn; x == nil || x.Client != "203.0.113.17" || x.User != "anna@ours.example" || !x.Time.Equal(at) {
		t.Errorf("%+v", x)
	}
	for _, l := range h.Lines {
		if l.Source != "W3C" || strings.Contains(l.Text, "c2Vj") || strings.Contains(l.Text, "YW5u") || strings.Contains(l.Text, "elsewhere") {
			t.Errorf("%+v", l)
		}
	}
	// Of a failure that was refused at once only the other side is known.
	h, err = Installation{Root: root}.History(context.Background(), Disk{}, time.UTC, HistoryQuery{IDs: []string{"session with"}, From: at.Add(4 * time.Minute), To: at.Add(4 * time.Minute), Remote: "192.0.2.77"})
	if err != nil || len(h.Attempts) != 1 || h.Attempts[0].Reply != "421 elsewhere" || !h.ByTime {
		t.Errorf("%+v %v", h, err)
	}
	// Where the Activity log knows the ids, time decides nothing.
	put(t, root, "Logging/SMTP/SMTP-Activity-261124.log", strings.Join([]string{"11/24/26 07:10:05", "SMTP-OU", outID, "7", "192.0.2.9", "CONN", "", "554 5.7.1 no", "0", "0", "", ""}, "\t")+"\r\n")
	if h, err = (Installation{Root: root}).History(context.Background(), Disk{}, time.UTC, q); err != nil || h.ByTime || len(h.Attempts) != 1 {
		t.Errorf("%+v %v", h, err)
	}
}
