package index

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestAfter tells acceptances and refusals after a moment apart.
func TestAfter(t *testing.T) {
	s := newSite(t)
	var log strings.Builder
	n := 0
	session := func(at, domain, answer string) {
		n++
		row := func(verb, detail, said string) {
			fmt.Fprintf(&log, "11/24/26 %s\tSMTP-OU\t%032X.MAI\t%d\t192.0.2.5\t%s\t%s\t%s\t9\t9\t\tx\r\n", at, n, n, verb, detail, said)
		}
		row("CONN", "", "220 mx."+domain+" ESMTP")
		row("EHLO", "EHLO mail.ours.example", "250 mx."+domain)
		row("MAIL", "MAIL FROM:<a@ours.example>", "250 ok")
		row("RCPT", "RCPT TO:<b@"+domain+">", answer)
		if answer[0] == '2' {
			row("DATA", "DATA", "354 go on")
			row("DATE", ".", "250 taken")
		}
	}
	const refused = "550 5.7.1 listed at zen.spamhaus.org"
	session("08:00:00", "back.example", refused)
	session("09:00:00", "back.example", "250 ok")
	session("10:00:00", "back.example", "250 ok")
	session("08:00:00", "again.example", refused)
	session("09:00:00", "again.example", "250 ok")
	session("10:00:00", "again.example", refused)
	session("07:00:00", "still.example", "250 ok")
	session("08:00:00", "still.example", refused)
	session("09:00:00", "unknown-user.example", "250 ok")
	session("10:00:00", "unknown-user.example", "550 5.1.1 user unknown")
	s.file("Logging/SMTP/SMTP-Activity-261124.log", log.String())
	from := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	since := map[string]time.Time{}
	for _, d := range []string{"back.example", "again.example", "still.example", "unknown-user.example", "nobody.example"} {
		since[d] = from
	}
	at := func(h int) time.Time { return time.Date(2026, 11, 24, h, 0, 0, 0, time.UTC) }
	got := s.read().After(since)
	for d, want := range map[string]Recovery{
		"back.example":         {First: at(9), Accepted: 2},
		"again.example":        {First: at(9), Accepted: 1, Refused: at(10)},
		"still.example":        {},
		"unknown-user.example": {First: at(9), Accepted: 1},
		"nobody.example":       {},
	} {
		if g := got[d]; !g.First.Equal(want.First) || g.Accepted != want.Accepted || !g.Refused.Equal(want.Refused) {
			t.Errorf("%s: %+v, want %+v", d, g, want)
		}
	}
}
