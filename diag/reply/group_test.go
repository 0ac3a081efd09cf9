package reply

import (
	"strings"
	"testing"
)

func TestFingerprint(t *testing.T) {
	same := [][]string{
		{
			"550-5.1.1 The email account that you tried to reach does not exist. https://support.google.com/mail/?p=NoSuchUser v11-20020a170906564b00b009fd6f428f93si881612ejr.222 - gsmtp",
			"550 5.1.1 The email account that you tried to reach does not exist. https://support.google.com/mail/?p=NoSuchUser az10-29348239488si99.1 - gsmtp",
		},
		{
			"554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10",
			"554 5.7.1 Service unavailable; Client host [mx.sender.example] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/198.51.100.7",
			"554 5.7.1 Service unavailable; Client host [2001:db8::10] blocked using\n zen.spamhaus.org; https://www.spamhaus.org/query/ip/2001:db8::10",
		},
		{"550 5.1.1 <a@example.com>: User unknown", "550 5.1.1 <b.c@example.net>: User unknown"},
		{"550 5.4.1 Recipient address rejected: Access denied. [AM4PEPF43952F9C.EURPRD83.prod.outlook.com 2023-01-01T01:01:01.001Z 08DBEC564562FCD2]", "550 5.4.1 Recipient address rejected: Access denied. [DB5EUR03FT012.eop-EUR03.prod.protection.outlook.com 2024-05-06T07:08:09.123Z 08DC1234567890AB]"},
		{"530 mail.example.org ESMTP MailEnable Service, Version: 10.20-- denied access at 09/01/15 06:32:55", "530 mx.example.net ESMTP MailEnable Service, Version: 10.20-- denied access at 10/11/24 16:02:05"},
	}
	prints := map[uint64]int{}
	for i, group := range same {
		want := Fingerprint(Parse(group[0]))
		for _, s := range group[1:] {
			if got := Fingerprint(Parse(s)); got != want {
				t.Errorf("%q\n%q\nfingerprints differ: %q, %q", group[0], s, Representative(Parse(group[0])), Representative(Parse(s)))
			}
		}
		if other, twice := prints[want]; twice {
			t.Errorf("groups %d and %d share a fingerprint", i, other)
		}
		prints[want] = i
	}
	different := [][2]string{
		{"550 5.7.1 refused (S3140)", "550 5.7.1 refused (S3150)"},
		{"554 blocked using zen.spamhaus.org", "554 blocked using bl.spamcop.net"},
		{"550 5.7.1 no", "450 4.7.1 no"},
		{"554 [PH01] refused", "554 [TSS04] refused"},
	}
	for _, d := range different {
		if Fingerprint(Parse(d[0])) == Fingerprint(Parse(d[1])) {
			t.Errorf("%q and %q share a fingerprint", d[0], d[1])
		}
	}
}

func TestRepresentative(t *testing.T) {
	for raw, want := range map[string]string{
		"554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10": "554 5.7.1 Service unavailable; Client host [<ip>] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/<ip>",
		"550 5.1.1 <user@example.com>: User unknown":                   "550 5.1.1 <address>: User unknown",
		"554 mx1.example.com refused id 4Sbnd53EO2z1LKLct at 12:20:18": "554 <host> refused id <id> at <time>",
		"550 \x1b[31mred\u202e":                                        "550 ?[31mred?",
	} {
		if got := Representative(Parse(raw)); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	if got := Representative(Parse("550 " + strings.Repeat("word ", 5000))); len(got) > maxRepresentative+10 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestAgree(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"550-5.1.1 The email account that you tried to reach does not exist.", "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 5.1.1 again - gsmtp", true},
		{"554-mail.example.com", "554-mail.example.com 554 Your access to this mail system has been rejected", true},
		{"554-gmx.net (mxgmx000) Nemesis ESMTP Service not available", "554-gmx.net (mxgmx000) Nemesis ESMTP Service not available\n554-No SMTP service\n554 Reject", true},
		{"550 5.1.1 User unknown", "550 5.1.1 User unknown", true},
		{"550 5.1.1 User", "550 5.1.1 User unknown", false}, // short, and not known to be a first line
		{"550 5.1.1 User unknown", "450 5.1.1 User unknown", false},
		{"550 5.1.1 User unknown", "550 5.1.1 Mailbox full", false},
		{"550 5.7.1 Message rejected due to local policy", "550 5.7.1 Message rejected due to local policy, see https://x.example/", true},
		{"550 5.7.1 Message rejected", "550 5.7.26 Message rejected", false},
		{"550 No such user (#5.1.1)", "550 No such user", true}, // the code stands behind the first line
		{"", "550 x", false},
	} {
		a, b := Parse(tc.a), Parse(tc.b)
		if Agree(a, b) != tc.want || Agree(b, a) != tc.want {
			t.Errorf("%q and %q: want %t", tc.a, tc.b, tc.want)
		}
	}
}
