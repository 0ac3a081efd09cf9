package index

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"metriage/diag/mailenable"
)

// w3c is one row of a W3C log with columns in another order than usual.
func w3c(second int, agent, ip, method, stem, answer, user string) string {
	plus := func(s string) string {
		if s == "" {
			return "-"
		}
		return strings.ReplaceAll(s, " ", "+")
	}
	return fmt.Sprintf("%s 2026-11-23 08:00:%02d %s ours.example 203.0.113.1 25 %s %s %s HOST1 43 36 %s\r\n",
		ip, second, agent, method, plus(stem), plus(answer), plus(user))
}

const w3cHead = "#Software: MailEnable SMTP Server Version 1.0a\r\n#Version: 1.0\r\n#Date: 11/23/26 00:00:01\r\n" +
	"#Fields: c-ip date time agent account s-ip s-port cs-method cs-uristem cs-uriquery s-computername sc-bytes cs-bytes cs-username\r\n"

func w3cSession(second int, ip, to, answer string) string {
	return w3c(second, "SMTP-OU", ip, "CONN", "", "220 mx.there.example ESMTP", "") +
		w3c(second, "SMTP-OU", ip, "EHLO", "EHLO mail.ours.example", "250-mx.there.example Hello [203.0.113.1]", "") +
		w3c(second, "SMTP-OU", ip, "MAIL", "MAIL FROM:<a@ours.example>", "250 ok", "") +
		w3c(second, "SMTP-OU", ip, "RCPT", "RCPT TO:<"+to+">", answer, "") +
		w3c(second, "SMTP-OU", ip, "QUIT", "QUIT", "221 bye", "")
}

// Where the Activity log is off its W3C replica speaks; it is read on like the
// other, and leaves the word to an Activity log of the same day.
func TestW3CLog(t *testing.T) {
	s := newSite(t)
	const name, secret = "Logging/SMTP/ex261123.log", "c2VjcmV0LXBhc3N3b3Jk"
	text := w3cHead + w3c(1, "SMTP-IN", "198.18.0.9", "AUTH", secret, "235 Authenticated", "u@ours.example") +
		w3cSession(2, "192.0.2.1", "x@there.example", "550 5.7.1 blocked")
	s.file(name, text)
	s.file("Logging/SMTP/exnot.log", "nothing\r\n")
	var rows []string
	x := s.index(0)
	x.opt.Rows = func(_ int, batch []mailenable.Row) {
		for _, r := range batch {
			rows = append(rows, fmt.Sprintf("%v %s %s %s %s", r.Out, r.Command, r.Detail, r.Response, r.User))
		}
	}
	if err := x.Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := x.View().Totals(); got.Failures != 1 || got.LogFiles != 1 || got.LogLinesSkipped != 0 {
		t.Errorf("%+v", got)
	}
	if len(rows) != 6 || rows[0] != "false AUTH  235 Authenticated u@ours.example" || rows[4] != "true RCPT RCPT TO:<x@there.example> 550 5.7.1 blocked " {
		t.Errorf("rows %q", rows)
	}
	s.file(name, text+w3cSession(9, "192.0.2.1", "y@there.example", "550 5.7.1 blocked"))
	if _, err := x.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := x.View().Totals(); got.Failures != 2 || len(rows) != 11 {
		t.Errorf("%d failures, %d rows: %q", got.Failures, len(rows), rows)
	}
	if strings.Contains(strings.Join(rows, ""), secret) {
		t.Error("a credential is handed on")
	}
	s.file("Logging/SMTP/SMTP-Activity-261123.log", "11/23/26 08:00:02\tSMTP-IN\tA.MAI\t1\t198.18.0.9\t\t\t220 hello\t0\t0\t\t\r\n")
	if _, err := x.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := x.View().Totals(); got.Failures != 0 || got.LogFiles != 1 {
		t.Errorf("beside an Activity log of the day: %+v", got)
	}
}
