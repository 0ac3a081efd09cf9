package mailenable

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zone has to be there on every machine
)

// A log in forms that the sample installation does not write, from what
// reference and real logs show or leave open.
func TestActivityLogForms(t *testing.T) {
	row := func(clock, direction, id, socket, remote, cmd, detail, reply string, more ...string) string {
		return strings.Join(append([]string{"09/05/18 " + clock, direction, id, socket, remote, cmd, detail, reply, "0", "55"}, more...), "\t")
	}
	rowOf := func(clock, id, socket, remote, cmd, detail, reply string) string {
		return row(clock, "SMTP-OU", id, socket, remote, cmd, detail, reply, "", "Subject")
	}
	// delivery is a whole session whose contents get the reply.
	delivery := func(clock, id, socket, remote, to, reply string) []string {
		return []string{
			rowOf(clock, id, socket, remote, "CONN", "", "220 mx.x.example ESMTP"),
			rowOf(clock, id, socket, remote, "EHLO", "EHLO mail.ours.example", "250-mx.x.example"),
			rowOf(clock, id, socket, remote, "MAIL", "MAIL FROM:<a@ours.example>", "250 ok"),
			rowOf(clock, id, socket, remote, "RCPT", "RCPT TO:<"+to+">", "250 ok"),
			rowOf(clock, id, socket, remote, "DATA", "DATA", "354 go"),
			rowOf(clock, id, socket, remote, "DATE", ".", reply),
			rowOf(clock, id, socket, remote, "QUIT", "QUIT", "221 bye"),
		}
	}
	one := delivery("01:00:00", idA, "1416", "192.0.2.9", "b@x.example", "250 ok")
	two := delivery("01:00:01", idB, "1420", "192.0.2.9", "c@y.example", "550 no")
	both := []string{"01:00:00 accepted end-of-data from a@ours.example to b@x.example: ", "01:00:01 refused end-of-data from a@ours.example to c@y.example: 550 no"}
	change := func(lines []string, from, to string) []string {
		out := make([]string, len(lines))
		for i, l := range lines {
			out[i] = strings.ReplaceAll(l, from, to)
		}
		return out
	}
	without := func(lines []string, cmd string) (out []string) {
		for _, l := range lines {
			if !strings.Contains(l, "\t"+cmd+"\t") {
				out = append(out, l)
			}
		}
		return out
	}
	shuffled := func(a, b []string) (out []string) {
		for i := range a {
			out = append(out, a[i], b[i])
		}
		return out
	}
	accepted := both[:1]
	tests := []struct {
		name    string
		lines   []string
		want    []string
		skipped int
	}{
		{"ten columns", change(one, "\t\tSubject", ""), accepted, 0},
		{"eleven columns", change(one, "\tSubject", ""), accepted, 0},
		{"a tab in the subject", change(one, "Subject", "Sub\tject\there"), accepted, 0},
		{"nine columns", change(one, "\t55\t\tSubject", ""), nil, len(one)},
		{"directions in lower case", change(one, "SMTP-OU", "smtp-ou"), accepted, 0},
		{"commands in lower case", change(change(change(change(one, "\tCONN\t", "\tconn\t"), "\tMAIL\t", "\tmail\t"), "\tRCPT\t", "\trcpt\t"), "\tDATE\t", "\tdate\t"), accepted, 0},
		{"ids in lower case", change(one, idA, strings.ToLower(idA)), accepted, 0},
		{"blanks around columns", change(change(one, "\t192.0.2.9\t", "\t 192.0.2.9 \t"), "\tRCPT\t", "\tRCPT \t"), accepted, 0},
		{"Windows-1252", change(one, "Subject", "Gr\xFC\xDFe"), accepted, 0},
		{"control characters", change(one, "Subject", "\x1b[2J\x00\u202e"), accepted, 0},
		{"end of data as a dot", change(one, "\tDATE\t", "\t.\t"), accepted, 0},
		{"no row for the end of data", without(one, "DATE"), nil, 0},
		{"no QUIT", without(one, "QUIT"), accepted, 0},
		{"no DATA", without(one, "DATA"), accepted, 0},
		{"the log begins in the middle", one[2:], accepted, 0},
		{"the log begins behind RCPT", one[4:], nil, 0},
		{"interleaved", shuffled(one, two), both, 0},
		{"interleaved with one remote, the second first", shuffled(two, one), []string{both[1], both[0]}, 0},
		{"the socket goes to another remote without QUIT", append(without(one, "QUIT"), change(change(two, "1420", "1416"), "192.0.2.9", "192.0.2.77")...), both, 0},
		{"the same socket and remote again without QUIT", append(without(one, "QUIT"), change(two, "1420", "1416")...), both, 0},
		{"no message ids", change(one, idA, ""), accepted, 0},
		{"no sockets", change(one, "\t1416\t", "\t\t"), accepted, 0},
		{"no remote", change(one, "\t192.0.2.9\t", "\t\t"), accepted, 0},
		{"an IPv6 remote", change(one, "\t192.0.2.9\t", "\t2001:db8::9\t"), accepted, 0},
		{"no reply to RCPT", change(one, "\t250 ok\t", "\t\t"), nil, 0},
		{"further lines of a reply", append(append([]string{}, one[:6]...), "250-second line", "250 third line", one[6]), accepted, 2},
		{"a reply with hyphen", change(one, "\t250 ok\t", "\t250-ok\t"), accepted, 0},
		{"a bare code", change(one, "\t250 ok\t", "\t250\t"), accepted, 0},
		{"a row cut in its middle", append([]string{one[0][:40]}, one...), accepted, 1},
		{"a row cut in its id, the next one glued to it", append([]string{one[0][:40] + one[0]}, one...), accepted, 1},
		{"a row cut in its remote, the next one glued to it", append([]string{one[0][:70] + one[0]}, one...), accepted, 1},
		{"a row cut in its reply, the next one glued to it", append([]string{one[0][:85] + one[0]}, one...), accepted, 1},
		{"empty lines and marks", append([]string{"", "[09/05/18 00:00:20]*** LOG FILE STARTED ***", "#Software: x"}, one...), accepted, 0},
		{"the clock goes back", append(append([]string{}, one[:4]...), change(one[4:], "01:00:00", "00:59:58")...), change(accepted, "01:00:00", "00:59:58"), 0},
		{"two hours between two rows of a socket", append(append([]string{}, one[:4]...), change(one[4:], "01:00:00", "04:00:00")...), nil, 0},
		{"a second that does not exist", change(one, "01:00:00", "01:00:61"), nil, len(one)},
		{"leap second", change(one, "01:00:00", "00:59:60"), accepted, 0},
		{"a month that does not exist", change(one, "09/05/18", "13/32/18"), nil, len(one)},
		{"year of four digits", change(one, "09/05/18", "09/05/2018"), accepted, 0},
		{"ISO date", change(one, "09/05/18", "2018-09-05"), accepted, 0},
		{"ISO date with T", change(one, "09/05/18 ", "2018-09-05T"), accepted, 0},
		{"German date", change(one, "09/05/18", "05.09.2018"), accepted, 0},
		{"British date, told by the log's name", change(one, "09/05/18", "05/09/18"), accepted, 0},
		{"thousandths", change(one, "01:00:00", "01:00:00.123"), accepted, 0},
		{"AM and PM", append(change(one, "01:00:00", "01:00:00 AM"), change(two, "01:00:01", "01:00:01 PM")...), []string{both[0], strings.Replace(both[1], "01:", "13:", 1)}, 0},
		{"noon and midnight", append(change(one, "01:00:00", "12:00:00 AM"), change(two, "01:00:01", "12:00:01 PM")...), []string{strings.Replace(both[0], "01:", "00:", 1), strings.Replace(both[1], "01:", "12:", 1)}, 0},
		{"something else behind the time", change(one, "01:00:00", "01:00:00 o'clock"), nil, len(one)},
		{"a date in no known form", change(one, "09/05/18", "5 Sep 2018"), nil, len(one)},
		{"another direction", change(one, "SMTP-OU", "POP-IN"), nil, len(one)},
	}
	day, _ := LogDate("SMTP-Activity-180905.log", time.UTC)
	for _, tt := range tests {
		for _, end := range []string{"\r\n", "\n"} {
			var got []string
			skipped := 0
			s := NewSessions(func(a Attempt) { got = append(got, brief(a)) })
			p := NewActivityParser(time.UTC, day)
			var row Row
			_, err := ReadLines(strings.NewReader(strings.Join(tt.lines, end)+end), func(l []byte) bool {
				if p.ParseInto(l, &row) {
					s.AddRow(&row)
					if row.Time.Year() != 2018 || row.Time.Month() != 9 || row.Time.Day() != 5 {
						t.Errorf("%s: a row of %v", tt.name, row.Time)
					}
				} else if len(l) > 0 && l[0] != '[' && l[0] != '#' {
					skipped++
				}
				return true
			})
			if err != nil {
				t.Fatal(err)
			}
			s.Flush()
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") || skipped != tt.skipped {
				t.Errorf("%s: %d lines skipped, want %d; got\n%s\nwant\n%s", tt.name, skipped, tt.skipped, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		}
	}
}

// The hour in which clocks are put back comes twice, the one in which they are
// put forward not at all: neither loses a session.
func TestActivityLogOfTheHourThatComesTwice(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ day, last, next string }{
		{"10/28/18", "02:59:59", "02:00:01"},
		{"03/25/18", "01:59:59", "03:00:01"},
	} {
		var got []Attempt
		s := NewSessions(func(a Attempt) { got = append(got, a) })
		p := NewActivityParser(berlin, time.Time{})
		for i, cmd := range []string{"CONN|220 x", "MAIL|250 ok", "RCPT|250 ok", "DATA|354 go", "DATE|250 ok"} {
			cmd, reply, _ := strings.Cut(cmd, "|")
			clock := c.last
			if i > 2 {
				clock = c.next
			}
			line := strings.Replace(ou(clock, idA, "1", "192.0.2.9", cmd, map[string]string{"MAIL": "MAIL FROM:<a@b.example>", "RCPT": "RCPT TO:<c@d.example>"}[cmd], reply), "09/05/18", c.day, 1)
			r, ok := p.Parse([]byte(line))
			if !ok {
				t.Fatalf("%q is no row", line)
			}
			s.Add(r)
		}
		if len(got) != 1 || got[0].Outcome != Accepted || got[0].Recipient != "c@d.example" {
			t.Errorf("%s: %+v", c.day, got)
		}
	}
}

// Credentials leave a row before anybody sees it, also where a client's answer
// is logged as a command of its own.
func TestRowsHoldNoCredentials(t *testing.T) {
	const secret = "SW5kaWEyMEAyMjI="
	in := func(cmd, detail, reply string) string {
		return strings.Replace(ou("01:00:00", idA, "1", "192.0.2.9", cmd, detail, reply), "SMTP-OU", "SMTP-IN", 1)
	}
	for _, c := range []struct{ line, cmd string }{
		{in("AUTH", secret, "535 Invalid Username or Password"), "AUTH"},
		{in("auth", "AUTH PLAIN "+secret, "235 Authenticated"), "auth"},
		{in(" AUTH ", secret, "334 VXNlcm5hbWU6"), "AUTH"},
		{in("AUTH", secret, ""), "AUTH"},
		{in(secret, secret, "235 Authenticated"), "AUTH"},
		{in(secret, "", "535 Invalid"), "AUTH"},
		{in("PASS", secret, "334 more"), "AUTH"},
	} {
		r, ok := NewActivityParser(time.UTC, time.Time{}).Parse([]byte(c.line))
		if all := fmt.Sprintf("%s", [][]byte{r.ID, r.Socket, r.Remote, r.Command, r.Detail, r.Response, r.User, r.Subject}); !ok || strings.Contains(all, secret) || string(r.Command) != c.cmd {
			t.Errorf("%q: %s", c.line, all)
		}
	}
	// A remote server's 535 is a refusal like others.
	r, _ := NewActivityParser(time.UTC, time.Time{}).Parse([]byte(ou("01:00:00", idA, "1", "192.0.2.9", "MAIL", "MAIL FROM:<a@b.example>", "535 5.7.8 sign in first")))
	if string(r.Command) != "MAIL" || len(r.Detail) == 0 {
		t.Errorf("%s %s", r.Command, r.Detail)
	}
	w := NewW3CParser(time.UTC, time.Time{})
	for _, method := range []string{"AUTH", secret} {
		r, ok := w.Parse([]byte("2026-01-01 00:00:00 192.0.2.4 SMTP-IN d.example 192.0.2.5 25 " + method + " " + secret + " 235+Authenticated HOST1 43 36 u@d.example"))
		if !ok || string(r.Command) != "AUTH" || len(r.Detail) != 0 {
			t.Errorf("%s %s", r.Command, r.Detail)
		}
	}
}

// A log is written in order: where its clock goes back in the hour that comes
// twice, the second pass has begun. A few seconds mean nothing.
func TestSecondPassOfAnHour(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"10/28/18", "2018-10-28", "10/28/18 "} {
		p := NewActivityParser(berlin, time.Time{})
		for _, c := range []struct{ clock, utc string }{
			{"01:59:58", "23:59:58"}, {"02:00:01", "00:00:01"}, {"01:59:59", "23:59:59"}, {"02:40:00", "00:40:00"}, {"02:39:55", "00:39:55"},
			{"02:59:59", "00:59:59"}, {"02:00:02", "01:00:02"}, {"02:00:00", "01:00:00"}, {"02:30:00", "01:30:00"}, {"03:00:01", "02:00:01"},
			{"02:59:59", "01:59:59"}, {"03:00:02", "02:00:02"},
		} {
			line := strings.Replace(ou(c.clock, idA, "1", "192.0.2.9", "CONN", "", "220 x"), "09/05/18 "+c.clock, strings.TrimSpace(form)+" "+c.clock+map[bool]string{true: ".5"}[form[len(form)-1] == ' '], 1)
			r, ok := p.GoOn().Parse([]byte(line))
			if got := r.Time.UTC().Format("15:04:05"); !ok || got != c.utc {
				t.Errorf("%s %s: %s, want %s", form, c.clock, got, c.utc)
			}
			p.Parse([]byte(line))
		}
	}
}
