package runbook

import (
	"net/netip"
	"strings"
	"testing"

	"metriage/diag"
)

func TestUnknownValuesShowAsPlaceholders(t *testing.T) {
	b := book(t)
	for _, s := range slots {
		if s.name == "record" { // A unless the address is IPv6
			continue
		}
		got := fill("x {"+s.name+"} y", &Values{})
		if got != "x "+s.unknown+" y" || !strings.Contains(got, "<") && s.name != "reverse-name" {
			t.Errorf("{%s} without a value reads %q", s.name, got)
		}
		if Unknown(s.name) != s.unknown {
			t.Errorf("Unknown(%q) = %q", s.name, Unknown(s.name))
		}
	}
	for _, c := range diag.Causes() {
		for _, s := range b.For(Case{Verdict: diag.Verdict{Cause: c}}, Values{}) {
			for _, bad := range []string{"  ", " . ", "--ip --", "\"\"", "@\"", "..", "{", "}", ": ,", "<>", "invalid IP"} {
				if strings.Contains(strings.ReplaceAll(said(s), "…", ""), bad) {
					t.Errorf("%s: step %s has a hole (%q):\n%s", c, s.ID, bad, said(s))
				}
			}
		}
	}
	st, _ := stepByID(b.For(caseOf(diag.CauseNoPTR), Values{}), "ptr-request")
	if want := "<reverse name of your address>. IN PTR <your host name>."; st.Do[0] != want {
		t.Errorf("PTR record reads %q, want %q", st.Do[0], want)
	}
}

func TestRecordsAreExact(t *testing.T) {
	b := book(t)
	v4 := sampleValues()
	v6 := v4
	v6.IP = netip.MustParseAddr("2001:db8::25")
	mapped := v4
	mapped.IP = netip.MustParseAddr("::ffff:198.51.100.11")
	for _, row := range []struct {
		cause diag.Cause
		step  string
		v     Values
		want  string
	}{
		{diag.CauseNoPTR, "ptr-request", v4, "11.100.51.198.in-addr.arpa. IN PTR mail.kunde.example."},
		{diag.CauseNoPTR, "ptr-request", mapped, "11.100.51.198.in-addr.arpa. IN PTR mail.kunde.example."},
		{diag.CauseNoPTR, "ptr-request", v6, "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. IN PTR mail.kunde.example."},
		{diag.CauseNoPTR, "ptr-forward", v4, "mail.kunde.example. IN A 198.51.100.11"},
		{diag.CauseNoPTR, "ptr-forward", v6, "mail.kunde.example. IN AAAA 2001:db8::25"},
		{diag.CauseSPF, "spf-add", v4, "ip4:198.51.100.11"},
		{diag.CauseSPF, "spf-add", mapped, "ip4:198.51.100.11"},
		{diag.CauseSPF, "spf-add", v6, "ip6:2001:db8::25"},
		{diag.CauseDKIM, "dkim-publish", v4, `mail._domainkey.kunde.example. IN TXT "v=DKIM1; k=rsa; p=<the key MailEnable shows>"`},
		{diag.CauseSenderAddress, "sender-mx", v4, "kunde.example. IN MX 10 mail.kunde.example."},
		{diag.CauseOpenRelay, "relay-who", v4, `findstr "ME-I0106 ME-I0107 ME-I0110" "C:\Program Files (x86)\Mail Enable\Logging\SMTP\SMTP-Debug-*.log"`},
	} {
		s, ok := stepByID(b.For(caseOf(row.cause), row.v), row.step)
		if !ok || s.Do[0] != row.want {
			t.Errorf("%s: %q, want %q", row.step, s.Do, row.want)
		}
	}
}

func TestCaseFillsValues(t *testing.T) {
	c := caseOf(diag.CauseSPF)
	c.Reply = diag.Reply{OwnIP: netip.MustParseAddr("203.0.113.7"), URLs: []string{"javascript:alert(1)", "https://why.example/?ip=203.0.113.7"}}
	c.Verdict.Identity, c.Verdict.IdentityDomain = diag.IdentityOurs, "shop.example"
	c.Domains = []string{"(unknown)", "web.de"}
	v := Values{Domain: "kunde.example"}.with(c)
	if v.IP.String() != "203.0.113.7" || v.Domain != "shop.example" || v.RefusedDomain != "web.de" || v.LookupURL != "https://why.example/?ip=203.0.113.7" {
		t.Errorf("got %+v", v)
	}
	// The address that the session knows goes before the reply's word, the
	// refused domain of the case before that of the session.
	v = Values{IP: netip.MustParseAddr("198.51.100.11"), RefusedDomain: "gmx.net"}.with(c)
	if v.IP.String() != "198.51.100.11" || v.RefusedDomain != "web.de" {
		t.Errorf("got %+v", v)
	}
	// A foreign domain is never taken for ours.
	c.Verdict.Identity = diag.IdentityForeign
	v = Values{Domain: "kunde.example"}.with(c)
	if v.Domain != "kunde.example" || v.ForeignDomain != "shop.example" {
		t.Errorf("got %+v", v)
	}
}

// Values come from mail, logs and DNS: what could act in a command or on a
// terminal is not shown.
func TestHostileValues(t *testing.T) {
	v := Values{
		HELO: "mail.example\" & calc.exe", HostName: "a.example;reboot", Domain: "x.example\x1b[2J", PTRName: "$(id).example",
		ReverseName: "a b", ReverseZone: "`id`", ISP: "Evil\u202e\x1b]0;t\a ISP", LookupURL: "https://a.example/\"&calc", ReplyLink: "ftp://a.example/",
		RefusedDomain: "gmail.com|del", RemoteHost: "-rf", SmartHost: "%COMSPEC%", ForeignDomain: "<b>",
		Mailbox: "info\" /c calc", Account: "--root", ListName: "list\r\nX: y", ListZone: "zen.example;", Selector: "a'b", Root: `C:\x" & calc`,
	}
	for _, s := range slots {
		got := s.value(&v)
		switch s.name {
		case "isp":
			if got != "Evil??]0;t? ISP" {
				t.Errorf("{isp} reads %q", got)
			}
		case "list":
			if got != "list X: y" && got != "list  X: y" {
				t.Errorf("{list} reads %q", got)
			}
		default:
			if got != "" {
				t.Errorf("{%s} shows the hostile value %q", s.name, got)
			}
		}
	}
	// A brace in a value is not taken for a place.
	v = Values{ISP: "{ip}", IP: netip.MustParseAddr("192.0.2.1")}
	if got := fill("{isp} at {ip}", &v); got != "{ip} at 192.0.2.1" {
		t.Errorf("got %q", got)
	}
	for _, u := range []string{"https://user:pw@a.example/", "https:///x", "//a.example/", "data:text/html,x", "https://a.example/" + strings.Repeat("x", 500), "https://ä.example/"} {
		if linkText(u) != "" {
			t.Errorf("%q is shown as a link", u)
		}
	}
}

func TestHostStandsInOnlyIfUsable(t *testing.T) {
	for helo, want := range map[string]string{
		"mail.kunde.example":  "mail.kunde.example",
		"MAIL.Kunde.Example.": "mail.kunde.example",
		"server":              "",
		"WIN-AB12CD.corp":     "",
		"WIN-AB12CD.kunde.de": "",
		"mail.kunde.local":    "",
		"mail.kunde.lan":      "",
		"[198.51.100.11]":     "",
		"198.51.100.11":       "",
		"":                    "",
	} {
		if got := hostText(&Values{HELO: helo}); got != want {
			t.Errorf("HELO %q: host name %q, want %q", helo, got, want)
		}
	}
	if got := hostText(&Values{HELO: "a.example", HostName: "mail.b.example"}); got != "mail.b.example" {
		t.Errorf("host name %q", got)
	}
}

func FuzzFill(f *testing.F) {
	f.Add("{ip} {x} {{ip}} { $_ } {", "mail.kunde.example", "info")
	f.Add("{domain}{mailbox}", "\x1b[2J\u202e", "a\"b")
	f.Fuzz(func(t *testing.T, text, name, account string) {
		v := Values{HELO: name, HostName: name, Domain: name, RefusedDomain: name, Mailbox: account, Account: account, ISP: name, Root: account, LookupURL: name}
		fill(text, &v)
		for _, s := range slots {
			got := s.value(&v)
			if diag.Clean(got) != got {
				t.Errorf("{%s} of %q, %q is not harmless: %q", s.name, name, account, got)
			}
			if s.name != "isp" && s.name != "root" && strings.ContainsAny(got, "\"'`$|<>;^*\r\n") {
				t.Errorf("{%s} of %q, %q could act in a command: %q", s.name, name, account, got)
			}
		}
	})
}
