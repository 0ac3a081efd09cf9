package reply

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"metriage/diag"
)

// TestParse goes through the shapes in which replies are found.
func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name, raw string
		text      string // "" where only the rest is compared
		code      int
		enhanced  string
		outer     int
		stage     diag.Stage
		ip        string
		url       string // the first
		host      string // one of them
		firstLine bool
	}{
		{name: "several lines, no enhanced code",
			raw:  "554-gmx.net (mxgmx000) Nemesis ESMTP Service not available\n554-No SMTP service\n554-IP address is block listed.\n554 For explanation visit https://postmaster.gmx.net/en/case?c=r0201&i=ip&v=192.0.2.10",
			text: "554 gmx.net (mxgmx000) Nemesis ESMTP Service not available No SMTP service IP address is block listed. For explanation visit https://postmaster.gmx.net/en/case?c=r0201&i=ip&v=192.0.2.10",
			code: 554, ip: "192.0.2.10", url: "https://postmaster.gmx.net/en/case?c=r0201&i=ip&v=192.0.2.10", host: "gmx.net"},
		{name: "host and rest on the first line",
			raw:  "554-mail.example.com 554 Your access to this mail system has been rejected",
			text: "554 mail.example.com Your access to this mail system has been rejected", code: 554, host: "mail.example.com"},
		{name: "enhanced code on every line",
			raw:  "550-5.7.25 [192.0.2.10] The IP address sending this message does not have a\r\n550-5.7.25 PTR record setup.\r\n550 5.7.25 https://support.google.com/mail/answer/81126 x1.2 - gsmtp",
			text: "550 5.7.25 [192.0.2.10] The IP address sending this message does not have a PTR record setup. https://support.google.com/mail/answer/81126 x1.2 - gsmtp",
			code: 550, enhanced: "5.7.25", ip: "192.0.2.10", url: "https://support.google.com/mail/answer/81126"},
		{name: "codes within the line after wrapping",
			raw:  "550-5.7.1 [192.0.2.10 12] likely 550-5.7.1 unsolicited mail. Please visit for more 550\n    5.7.1 information. x - gsmtp",
			text: "550 5.7.1 [192.0.2.10 12] likely unsolicited mail. Please visit for more information. x - gsmtp", code: 550, enhanced: "5.7.1", ip: "192.0.2.10"},
		{name: "link alone on a line",
			raw:  "554 For explanation visit\nhttps://help.1and1.com/smtp-error-messages?ip=192.0.2.58&c=sp",
			text: "554 For explanation visit https://help.1and1.com/smtp-error-messages?ip=192.0.2.58&c=sp", code: 554,
			ip: "192.0.2.58", url: "https://help.1and1.com/smtp-error-messages?ip=192.0.2.58&c=sp"},
		{name: "scheme broken", raw: "550 see htt\np://mail.live.com/mail/troubleshooting.aspx#errors", code: 550, url: "http://mail.live.com/mail/troubleshooting.aspx#errors"},
		{name: "scheme broken by a blank", raw: "550 see htt p://mail.live.com/x", code: 550, url: "http://mail.live.com/x"},
		{name: "path broken by a blank", raw: "553 see https://help.yahoo.com/kb/postmas ter/SLN3436.html now", code: 553, url: "https://help.yahoo.com/kb/postmaster/SLN3436.html"},
		{name: "literal line breaks", raw: `550-5.7.1 does not have a PTR\n550-5.7.1 record setup\n550 5.7.1 now`, text: "550 5.7.1 does not have a PTR record setup now", code: 550, enhanced: "5.7.1"},
		{name: "other backslashes stay", raw: `550 C:\temp\x refused`, text: `550 C:\temp\x refused`, code: 550},
		{name: "Sendmail transcript", raw: "   ----- Transcript of session follows -----\n... while talking to mx.example.com.:\n>>> MAIL From:<info@sender.example>\n<<< 250 ok\n>>> RCPT To:<user@example.com>\n<<< 550-5.1.1 no such\n<<< 550 5.1.1 user here\n550 5.1.1 <user@example.com>... User unknown\n>>> DATA\n<<< 503 5.5.1 need RCPT",
			text: "550 5.1.1 no such user here", code: 550, enhanced: "5.1.1", stage: diag.StageRcpt},
		{name: "Sendmail reason", raw: "<user@example.com>\n    (reason: 550 5.7.1 Access denied)", text: "550 5.7.1 Access denied)", code: 550, enhanced: "5.7.1"},
		{name: "Postfix", raw: "<user@example.com>: host mx.example.com[192.0.2.25] said: 550 5.1.1\n    <user@example.com>: Recipient address rejected: User unknown (in reply to RCPT TO\n    command)",
			text: "550 5.1.1 <user@example.com>: Recipient address rejected: User unknown", code: 550, enhanced: "5.1.1", stage: diag.StageRcpt, host: "mx.example.com"},
		{name: "Postfix at the greeting", raw: "host mx.example.com[192.0.2.25] refused to talk to me: 554 5.7.1 192.0.2.10 is blocked", text: "554 5.7.1 192.0.2.10 is blocked", code: 554, enhanced: "5.7.1", stage: diag.StageConnect, ip: "192.0.2.10"},
		{name: "Exim", raw: "SMTP error from remote mail server after RCPT TO:<user@example.com>: host mx.example.com [192.0.2.25]: 550 No Such User Here", text: "550 No Such User Here", code: 550, stage: diag.StageRcpt, host: "mx.example.com"},
		{name: "qmail", raw: "Connected to 192.0.2.25 but sender was rejected.\nRemote host said: 550 5.7.1 Access denied", text: "550 5.7.1 Access denied", code: 550, enhanced: "5.7.1", stage: diag.StageMail},
		{name: "qmail, recipient", raw: "192.0.2.25 does not like recipient.\nRemote host said: 554 5.7.1 <user@example.com>: Relay access denied\nGiving up on 192.0.2.25.", text: "554 5.7.1 <user@example.com>: Relay access denied", code: 554, enhanced: "5.7.1", stage: diag.StageRcpt},
		{name: "Exchange", raw: "Remote Server returned '554 5.7.1 <gw.example.com #5.7.1 smtp;550 5.7.1 Service unavailable, Client host [192.0.2.10] blocked using Spamhaus (AS16012611)>'",
			code: 550, enhanced: "5.7.1", outer: 554, ip: "192.0.2.10", host: "gw.example.com"},
		{name: "Exchange with hash marks", raw: "mx.example.com #550 5.7.1 Message rejected ##", text: "550 5.7.1 Message rejected", code: 550, enhanced: "5.7.1"},
		{name: "HTML entities", raw: "550 5.1.1 &lt;user@example.com&gt; doesn&#39;t exist", text: "550 5.1.1 <user@example.com> doesn't exist", code: 550, enhanced: "5.1.1"},
		{name: "relay around a reply", raw: "450 4.7.1 [EAB] 554 IP=192.0.2.10 - A problem occurred. (BL)", text: "554 IP=192.0.2.10 - A problem occurred. (BL)", code: 554, outer: 450, ip: "192.0.2.10"},
		{name: "reply in a reply", raw: "554 5.1.1 <user@example.com>: Recipient address rejected: undeliverable address: host mx.example.net[192.0.2.26] said: 550 No Such User Here (in reply to RCPT TO command)",
			text: "550 No Such User Here", code: 550, outer: 554, stage: diag.StageRcpt},
		{name: "delivery report", raw: "Diagnostic-Code: smtp; 550-5.7.26 Unauthenticated\n    email from sender.example", text: "550 5.7.26 Unauthenticated email from sender.example", code: 550, enhanced: "5.7.26", host: "sender.example"},
		{name: "prefixes", raw: "x-pmta;bounce-queue;reply: 550 no", text: "550 no", code: 550},
		{name: "quoted-printable", raw: "554 IP=3D192.0.2.10 - contact tobr@rx.t-onlin=\ne.de", text: "554 IP=192.0.2.10 - contact tobr@rx.t-online.de", code: 554, ip: "192.0.2.10"},
		{name: "no quoted-printable: a link's parameter", raw: "554 see http://x.example/?ip=20.0.2.58&c=sp", code: 554, ip: "20.0.2.58", url: "http://x.example/?ip=20.0.2.58&c=sp"},
		{name: "written twice", raw: "553 http://www.spamhaus.org/query/bl?ip=192.0.2.10 553 http://www.spamhaus.org/query/bl?ip=192.0.2.10", text: "553 http://www.spamhaus.org/query/bl?ip=192.0.2.10", code: 553, ip: "192.0.2.10"},
		{name: "own address in odd brackets", raw: "553 5.3.0 flph1 DNSBL:RBL 521< 192.0.2.10 >_is_blocked", code: 553, enhanced: "5.3.0", ip: "192.0.2.10"},
		{name: "link's address before another", raw: "550 mx 198.51.100.7 says see https://x.example/?pr=1&ip=192.0.2.10", code: 550, ip: "192.0.2.10"},
		{name: "IPv6", raw: "550-5.7.1 [2001:db8::10      12] Our system has detected", code: 550, enhanced: "5.7.1", ip: "2001:db8::10", firstLine: true},
		{name: "list codes are no address", raw: "550 5.7.1 zen.spamhaus.org=127.0.0.4", code: 550, enhanced: "5.7.1", host: "zen.spamhaus.org"},
		{name: "first line only", raw: "550-5.1.1 The email account that you tried to reach does not exist.", text: "550 5.1.1 The email account that you tried to reach does not exist.", code: 550, enhanced: "5.1.1", firstLine: true},
		{name: "enhanced code at the end", raw: "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", text: "553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts", code: 553, enhanced: "5.7.1"},
		{name: "enhanced code in the middle", raw: "550 cuda_nsu 5.1.1 <user@example.com>... User unknown", text: "550 5.1.1 cuda_nsu <user@example.com>... User unknown", code: 550, enhanced: "5.1.1"},
		{name: "MailEnable's own prefix", raw: "Remote SMTP Server Returned: 550 SPF: 192.0.2.10 is not allowed to send mail from mails.example.org", text: "550 SPF: 192.0.2.10 is not allowed to send mail from mails.example.org", code: 550, ip: "192.0.2.10"},
		{name: "no code", raw: "The message could not be delivered because the domain name (nosuch.example) does not appear to be registered.\n\nReason Code: Invalid Domain Name\nError Number: 9003",
			text: "The message could not be delivered because the domain name (nosuch.example) does not appear to be registered. Reason Code: Invalid Domain Name Error Number: 9003"},
		{name: "only the first of two replies", raw: "550 5.1.1 User unknown\n554 5.5.1 Error: no valid recipients", text: "550 5.1.1 User unknown", code: 550, enhanced: "5.1.1"},
		{name: "Windows-1252", raw: "550 Empf\xe4nger unbekannt", text: "550 Empfänger unbekannt", code: 550},
		{name: "empty", raw: "", text: ""},
		{name: "a code alone", raw: "550", text: "550", code: 550},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Parse(tc.raw)
			if r.Raw != tc.raw {
				t.Errorf("raw is %q", r.Raw)
			}
			if tc.text != "" && r.Text != tc.text {
				t.Errorf("text is %q\nwant    %q", r.Text, tc.text)
			}
			stage := tc.stage
			if stage == "" {
				stage = diag.StageUnknown
			}
			if r.Code != tc.code || r.Enhanced != tc.enhanced || r.OuterCode != tc.outer || r.Stage != stage || r.FirstLineOnly != tc.firstLine {
				t.Errorf("code %d %q, outer %d, stage %s, first line %t; want %d %q, %d, %s, %t", r.Code, r.Enhanced, r.OuterCode, r.Stage, r.FirstLineOnly, tc.code, tc.enhanced, tc.outer, stage, tc.firstLine)
			}
			if ip := (netip.Addr{}); tc.ip != "" {
				ip = netip.MustParseAddr(tc.ip)
				if r.OwnIP != ip {
					t.Errorf("own address %v, want %v", r.OwnIP, ip)
				}
			} else if strings.Contains(tc.name, "no address") && r.OwnIP.IsValid() {
				t.Errorf("own address %v", r.OwnIP)
			}
			if tc.url != "" && (len(r.URLs) == 0 || r.URLs[0] != tc.url) {
				t.Errorf("links %q, want %q", r.URLs, tc.url)
			}
			if tc.host != "" && !contains(r.Hosts, tc.host) {
				t.Errorf("hosts %q, want %q among them", r.Hosts, tc.host)
			}
		})
	}
}

func TestParseBounds(t *testing.T) {
	for name, raw := range map[string]string{
		"long line":    "550 " + strings.Repeat("a ", 200_000),
		"many lines":   strings.Repeat("550-5.7.1 x\n", 50_000),
		"many links":   "550 " + strings.Repeat("http://a.example/b c/d ", 10_000),
		"many said":    strings.Repeat("host x said: 550 ", 10_000),
		"one word":     "550 " + strings.Repeat("x", 1<<20),
		"cut in rune":  "550 " + strings.Repeat("ä", 1<<17),
		"brackets":     strings.Repeat("[(<", 100_000),
		"many stages":  strings.Repeat("(in reply to DATA command) ", 10_000),
		"digits":       strings.Repeat("1.2.3.4.", 50_000),
		"colons":       strings.Repeat("a:b:", 50_000),
		"entities":     strings.Repeat("&lt;", 50_000),
		"equals":       strings.Repeat("=3D", 50_000),
		"angle":        "<a href=\"" + strings.Repeat("<a href=\"", 10_000),
		"control":      strings.Repeat("\x00\x1b[31m", 20_000),
		"bidi":         "550 \u202eevil\u202c",
		"encoded word": "550 =?utf-8?B?" + strings.Repeat("QUJD", 10_000) + "?=",
	} {
		r := Parse(raw)
		if len(r.Raw) > maxInput || len(r.Text) > 4*maxInput || len(r.URLs) > maxLinks || len(r.Hosts) > maxHosts || !utf8.ValidString(r.Text) {
			t.Errorf("%s: %d bytes of text, %d links, %d hosts", name, len(r.Text), len(r.URLs), len(r.Hosts))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s)
	}
	f.Add("550-5.7.1 a\n550 5.7.1 b")
	f.Add("=?utf-8?q?550_x?=")
	c, _, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r := Parse(raw)
		if len(r.Text) > 4*maxInput || len(r.URLs) > maxLinks || len(r.Hosts) > maxHosts || !utf8.ValidString(r.Text) {
			t.Fatalf("out of bounds: %d bytes", len(r.Text))
		}
		v := c.Classify(r, Context{})
		if !v.Cause.Valid() || (v.Rule == "") != (v.Cause == diag.CauseUnknown) {
			t.Fatalf("verdict %+v", v)
		}
		for _, u := range append(r.URLs, v.LookupURL) {
			if u != "" && schemeLen(u) == 0 {
				t.Fatalf("link %q", u)
			}
		}
		if noLookup(v.Cause) && v.LookupURL != "" {
			t.Fatalf("link %q for %s", v.LookupURL, v.Cause)
		}
		if Fingerprint(r) != Fingerprint(Parse(raw)) {
			t.Fatal("fingerprint differs from itself")
		}
		if !Agree(r, r) {
			t.Fatal("a reply does not agree with itself")
		}
	})
}

// A link is what was written or nothing: not what stands before a control
// character, and none that reads as another site.
func TestLinksThatLeadElsewhere(t *testing.T) {
	for text, want := range map[string]string{
		"see https://a.example/x":                         "https://a.example/x",
		"see https://a.example/x.":                        "https://a.example/x",
		"see https://a.example/?m=b@c.example":            "https://a.example/?m=b@c.example",
		"see https://a.example\tand more":                 "https://a.example",
		"see https://a.example\x1b[0m.b.example/":         "",
		"see https://a.example.\x1b[0mb.example/":         "",
		"see https://a.example\x00b.example/":             "",
		"see https://a.example\x7f.b.example/":            "",
		"see https://a.example\u009b0m.b.example/":        "",
		"see https://a.example/\u202egpj.b.example":       "",
		"see https://a.example\u200b.b.example/":          "",
		"see https://a.example@b.example/":                "",
		"see https://user:word@b.example/":                "",
		"see javascript://a.example/%0aalert(1)":          "",
		"see https://a.example/\x07 and http://b.example": "http://b.example",
	} {
		if got := strings.Join(Parse("550 5.7.1 "+text).URLs, " "); got != want {
			t.Errorf("%q offers %q, want %q", text, got, want)
		}
	}
}
