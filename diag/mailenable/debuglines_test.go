package mailenable

import (
	"strings"
	"testing"
	"time"
)

func TestLogTimes(t *testing.T) {
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		line, want string
		day        time.Time
	}{
		{"11/24/26 07:30:01\tx", "2026-11-24 07:30:01", time.Time{}},
		{"[11/24/26 07:30:01]***", "2026-11-24 07:30:01", time.Time{}},
		{"11/24/2026 07:30:01 x", "2026-11-24 07:30:01", time.Time{}},
		{"2026-11-24 07:30:01 x", "2026-11-24 07:30:01", time.Time{}},
		{"2026-11-24T07:30:01Z", "2026-11-24 07:30:01", time.Time{}},
		{"24.11.26 07:30:01 x", "2026-11-24 07:30:01", time.Time{}},
		{"24.11.2026 07:30:01 x", "2026-11-24 07:30:01", time.Time{}},
		{"24/11/26 07:30:01 x", "2026-11-24 07:30:01", time.Time{}}, // no month 24
		{"02/11/26 07:30:01 x", "2026-02-11 07:30:01", time.Time{}}, // as MailEnable writes it
		{"02/11/26 07:30:01 x", "2026-11-02 07:30:01", day},         // the file's name knows better
		{"11/03/26 07:30:01 x", "2026-11-03 07:30:01", day},
		{"13/13/26 07:30:01 x", "", time.Time{}},
		{"02/30/26 07:30:01 x", "", time.Time{}},
		{"11/24/26 25:30:01 x", "", time.Time{}},
		{"11/24/26", "", time.Time{}},
		{"nothing", "", time.Time{}},
	} {
		clock := logClock{loc: time.UTC, day: c.day}
		for range 2 { // the second time from what was kept
			got := ""
			if at, _, ok := clock.split([]byte(c.line)); ok {
				got = at.Format(time.DateTime)
			}
			if got != c.want {
				t.Errorf("%q: %q, want %q", c.line, got, c.want)
			}
		}
	}
}

func TestDebugLines(t *testing.T) {
	const a, b = "2F1B849D1D1A4560A67A63FD73DB8C03.MAI", "59769876.MAI"
	for _, c := range []struct{ line, code, id, next, address, ip, text string }{
		{"11/24/26 07:30:01\tME-I0106: [" + a + "] Relay Granted: [anna@ours.example] is in local address map", "ME-I0106", a, "", "anna@ours.example", "", "ME-I0106: [" + a + "] Relay Granted: [anna@ours.example] is in local address map"},
		{"ME-I0107 Relay Granted: Sender IP (192.0.2.7) is within an authorized IP range", "ME-I0107", "", "", "", "192.0.2.7", ""},
		{"11/24/26 07:30:01 ME-I0073 IP Address 192.0.2.66 banned.", "ME-I0073", "", "", "", "192.0.2.66", ""},
		{"x ME-I0018: [" + a + "] Message was requeued as [" + b + "] for target domain [x.example]", "ME-I0018", a, b, "", "", ""},
		{"ME-I0102: Address ([SMTP:x@ours.example]) is to be delivered to Catch-All address", "ME-I0102", "", "", "x@ours.example", "", ""},
		{"11/24/26 07:30:01 sending " + b + " to 2001:db8::7", "", b, "", "", "2001:db8::7", ""},
	} {
		d, ok := NewDebugParser(time.UTC, time.Time{}).Parse([]byte(c.line))
		got := ""
		if ip := d.IP(); ip.IsValid() {
			got = ip.String()
		}
		if !ok || string(d.Code) != c.code || string(d.ID) != c.id || string(d.NewID) != c.next || d.Address() != c.address || got != c.ip {
			t.Errorf("%q: %v %q %q %q %q %q", c.line, ok, d.Code, d.ID, d.NewID, d.Address(), got)
		}
		if c.text != "" && string(d.Text) != c.text {
			t.Errorf("%q: text %q", c.line, d.Text)
		}
		if d.Time.IsZero() != !strings.HasPrefix(c.line, "11/") {
			t.Errorf("%q: time %v", c.line, d.Time)
		}
	}
	for _, l := range []string{"", "ME-", "ME-I01", "me-i0106 lower case", "file.MAIL", ".MAI"} {
		if d, ok := NewDebugParser(time.UTC, time.Time{}).Parse([]byte(l)); ok && len(d.ID) != len("file.MAI") {
			t.Errorf("%q: %+v", l, d)
		}
	}
	if CodeMeaning("ME-I0110") == "" || CodeMeaning("ME-E0024") != "" {
		t.Error("meanings are made up or missing")
	}
}

func TestMTALines(t *testing.T) {
	p := NewMTAParser(time.UTC, time.Time{})
	r, ok := p.Parse([]byte("11/24/26 07:30:01\t[2f1b849d1d1a4560a67a63fd73db8c03.MAI] from (SMTP) [SMTP:a@b.example]->[SF:acme/anna] Mapped Literal"))
	if !ok || r.ID != "2F1B849D1D1A4560A67A63FD73DB8C03.MAI" || r.From != "SMTP" || r.Sender != "a@b.example" || r.To != "SF:acme/anna" || r.How != "Mapped Literal" {
		t.Errorf("%+v %v", r, ok)
	}
	if r, ok = p.Parse([]byte("11/24/26 07:30:01\t[59769876.MAI] was routed")); !ok || r.To != "" || !strings.Contains(r.Text, "routed") {
		t.Errorf("%+v %v", r, ok)
	}
	for _, l := range []string{"", "11/24/26 07:30:01\tno id", "[59769876.MAI] no time"} {
		if _, ok := p.Parse([]byte(l)); ok {
			t.Errorf("%q", l)
		}
	}
}

func TestW3C(t *testing.T) {
	p := NewW3CParser(time.UTC, time.Time{})
	lines := []string{
		"#Software: MailEnable SMTP Server Version 1.0a", "#Version: 1.0", "#Date: 01/01/26 00:00:01",
		"#Fields: date time c-ip agent account s-ip s-port cs-method cs-uristem cs-uriquery s-computername sc-bytes cs-bytes cs-username",
		"2026-01-01 00:00:00 1.2.3.4 SMTP-IN dom.tld 5.6.7.8 25 MAIL MAIL+FROM:<a+b@dom> 250+Requested+mail+action+okay,+completed HOST1 43 36 a@dom",
		"2026-01-01 00:00:01 1.2.3.4 SMTP-IN - 5.6.7.8 25 AUTH SW5kaWEyMEAyMjI= 535+Invalid+Username+or+Password HOST1 43 36 -",
		"2026-01-01 00:00:02 9.9.9.9 SMTP-OU - 5.6.7.8 25 CONN - 554+5.7.1+no HOST1 43 36 -",
		"cut off", "",
	}
	var rows []string
	for _, l := range lines {
		if r, ok := p.Parse([]byte(l)); ok {
			rows = append(rows, strings.Join([]string{r.Time.Format(time.DateTime), string(r.Remote), string(r.Command), string(r.Detail), string(r.Response), string(r.User)}, "|"))
		}
	}
	want := []string{
		"2026-01-01 00:00:00|1.2.3.4|MAIL|MAIL FROM:<a+b@dom>|250 Requested mail action okay, completed|a@dom",
		"2026-01-01 00:00:01|1.2.3.4|AUTH||535 Invalid Username or Password|",
		"2026-01-01 00:00:02|9.9.9.9|CONN||554 5.7.1 no|",
	}
	if strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	// Other columns.
	p.Parse([]byte("#Fields: time date agent c-ip cs-method cs-uri-stem cs-uri-query"))
	if r, ok := p.Parse([]byte("00:00:03 2026-01-01 SMTP-OU 9.9.9.9 RCPT RCPT+TO:<x@y> 250+ok")); !ok || string(r.Detail) != "RCPT TO:<x@y>" || r.Time.Second() != 3 {
		t.Errorf("%+v %v", r, ok)
	}
	for name, want := range map[string]bool{"ex260101.log": true, "EX260101.LOG": true, "ex269901.log": false, "SMTP-Activity-260101.log": false, "": false} {
		if IsW3CLog(name) != want {
			t.Errorf("%q", name)
		}
	}
}

func FuzzLogLines(f *testing.F) {
	for _, s := range []string{
		"11/24/26 07:30:01\tME-I0106: [2F1B849D1D1A4560A67A63FD73DB8C03.MAI] Relay Granted: [anna@ours.example] is in local address map",
		"ME-I0018: [59769876.MAI] requeued as [2F1B849D1D1A4560A67A63FD73DB8C03.MAI] target domain [x]", "[24.11.2026 07:30:01]LOG FILE STARTED",
		"11/24/26 07:30:01\t[59769876.MAI] from (SMTP) [SMTP:a@b]->[SF:x/y] z", "#Fields: date time c-ip agent", "2026-01-01 00:00:00 1.2.3.4 SMTP-IN - - - AUTH x 535",
		"09/05/18 09:46:44\tSMTP-IN\t1E94.MAI\t1632\t192.0.2.10\tAUTH\tSW5kaWEyMEAyMjI=\t535 no\t19\t30\tx\t",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		d, ok := NewDebugParser(time.UTC, time.Time{}).Parse(line)
		if ok && d.Code == nil && d.ID == nil {
			t.Error("a line of nothing")
		}
		_, _ = d.Address(), d.IP()
		NewMTAParser(time.UTC, time.Time{}).Parse(line)
		p := NewW3CParser(time.UTC, time.Time{})
		if r, ok := p.Parse(line); ok && strings.EqualFold(string(r.Command), "AUTH") && r.Detail != nil {
			t.Error("credentials came through")
		}
		p.Parse(append([]byte("#Fields: "), line...))
		p.Parse(line)
		ParseServiceMark(line, time.UTC)
		RedactLogLine(line)
	})
}
