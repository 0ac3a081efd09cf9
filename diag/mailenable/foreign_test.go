package mailenable

import (
	"strings"
	"testing"

	"metriage/diag"
)

const daemon = "From: MAILER-DAEMON@relay.example\nTo: anna@ours.example\nSubject: Undelivered\nDate: Tue, 24 Nov 2026 09:00:00 +0000\nMessage-ID: <9@relay.example>\nReturn-Path: <>\n\n"

func TestForeignBounces(t *testing.T) {
	tests := []struct {
		name, text string
		want       []diag.Refusal
	}{
		{"Postfix", "This is the mail system at host relay.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n" +
			"<bob@x.example>: host mx.x.example[192.0.2.9] said: 550 5.1.1 <bob@x.example>:\n    Recipient address rejected: User unknown (in reply to RCPT TO command)\n\n<c@y.example>: connect to mx.y.example[192.0.2.8]:25: Connection timed out\n",
			[]diag.Refusal{
				{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, RemoteHost: "mx.x.example",
					Text: "host mx.x.example[192.0.2.9] said: 550 5.1.1 <bob@x.example>:\nRecipient address rejected: User unknown (in reply to RCPT TO command)"},
				{Recipient: "c@y.example", Domain: "y.example", Permanent: true, Stage: diag.StageUnknown, Text: "connect to mx.y.example[192.0.2.8]:25: Connection timed out"},
			}},
		{"Postfix, delayed", "This is the mail system at host relay.example.\n\n####################\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n####################\n\n<bob@x.example>: host mx.x.example[192.0.2.9] said: 451 4.7.1 later\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Stage: diag.StageUnknown, RemoteHost: "mx.x.example", Text: "host mx.x.example[192.0.2.9] said: 451 4.7.1 later"}}},
		{"Exim", "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  bob@x.example\n    host mx.x.example [192.0.2.9]\n    SMTP error from remote mail server after RCPT TO:<bob@x.example>:\n    550-Verification failed\n    550 5.1.1 User unknown\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <anna@ours.example>\nSubject: Quote\n\nhi bob@z.example\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageRcpt, RemoteHost: "mx.x.example", Text: "550-Verification failed\n550 5.1.1 User unknown"}}},
		{"Exim, older", "This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  bob@x.example\n    SMTP error from remote mail server after end of data:\n    host mx.x.example [192.0.2.9]: 554 5.7.1 spam\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageEndOfData, RemoteHost: "mx.x.example", Text: "554 5.7.1 spam"}}},
		{"qmail", "Hi. This is the qmail-send program at relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<bob@x.example>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.1.1 user unknown\nGiving up on 192.0.2.9.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <anna@ours.example>\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, Text: "550 5.1.1 user unknown"}}},
		{"Sendmail", "The original message was received at Tue, 24 Nov 2026 08:59:00 GMT\nfrom ours.example [198.51.100.7]\n\n   ----- The following addresses had permanent fatal errors -----\n<bob@x.example>\n    (reason: 550 5.7.1 Mail from 198.51.100.7 refused by bla)\n\n   ----- Transcript of session follows -----\n... while talking to mx.x.example.:\n>>> RCPT To:<bob@x.example>\n<<< 550 5.7.1 Mail from 198.51.100.7 refused by blackhole site bl.example\n550 5.1.1 <bob@x.example>... User unknown\n<<< 503 5.0.0 Need RCPT (recipient)\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, RemoteHost: "mx.x.example", Text: "550 5.7.1 Mail from 198.51.100.7 refused by blackhole site bl.example"}}},
		{"Exchange", "Delivery has failed to these recipients or groups:\n\nBob (bob@x.example)\nThe e-mail address you entered couldn't be found.\n\nDiagnostic information for administrators:\n\nGenerating server: ex.relay.example\n\nbob@x.example\nmx.x.example\nRemote Server returned '550 5.1.1 RESOLVER.ADR.RecipNotFound; not found'\n\nOriginal message headers:\n\nFrom: anna@ours.example\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, Text: "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"}}},
		{"Microsoft 365", "Your message to bob@x.example couldn't be delivered.\n\nError Details\nReported error:\t550 5.7.708 Service unavailable. Access denied, traffic not\naccepted from this IP.\n\nMessage Details\nRecipient Address:\tbob@x.example\n\nReported error: 550 5.7.708 Service unavailable.\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, Text: "550 5.7.708 Service unavailable."}}},
		{"Exchange 2003", "Your message\n\n  To:      bob@x.example\n  Subject: Quote\n\ndid not reach the following recipient(s):\n\nbob@x.example on Tue, 24 Nov 2026 09:00:00 +0000\n    The e-mail system was unable to deliver the message.\n    <relay.example #5.5.0 smtp;550 5.7.1 no>\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, Text: "The e-mail system was unable to deliver the message.\n<relay.example #5.5.0 smtp;550 5.7.1 no>"}}},
		{"hMailServer", "Your message did not reach some or all of the intended recipients.\n\n   Sent: Tue, 24 Nov 2026\n   Subject: Quote\n\nThe following recipient(s) could not be reached:\n\nbob@x.example\n   Error Type: SMTP\n   Remote server (192.0.2.9) issued an error.\n   hMailServer sent: RCPT TO:<bob@x.example>\n   Remote server replied: 550 5.1.1 no such user\n",
			[]diag.Refusal{{Recipient: "bob@x.example", Domain: "x.example", Permanent: true, Stage: diag.StageUnknown, Text: "550 5.1.1 no such user"}}},
	}
	for _, tt := range tests {
		for dress, content := range map[string]string{
			"header": daemon + tt.text, "no header": tt.text, "CRLF": crlf(daemon + tt.text),
			"quoted-printable": strings.Replace(daemon, "\n\n", "\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n", 1) + qp(tt.text),
		} {
			t.Run(tt.name+", "+dress, func(t *testing.T) {
				b := parse(t, content)
				if b.Kind != diag.KindForeign {
					t.Errorf("kind %q", b.Kind)
				}
				if len(b.Refusals) != len(tt.want) {
					t.Fatalf("%d refusals, want %d: %+v", len(b.Refusals), len(tt.want), b.Refusals)
				}
				for i, r := range b.Refusals {
					if r != tt.want[i] {
						t.Errorf("got  %+v\nwant %+v", r, tt.want[i])
					}
				}
				if dress != "no header" && b.Sender != "anna@ours.example" {
					t.Errorf("sender %q", b.Sender)
				}
			})
		}
	}
}

func TestForeignBounceQuotedByAPerson(t *testing.T) {
	c := "From: Bob <bob@x.example>\nSubject: help\n\nThis is the mail system at host relay.example.\n\n<c@y.example>: host a[192.0.2.1] said: 550 no\n"
	if b, ok := ParseBounce([]byte(c)); ok {
		t.Errorf("taken for a bounce: %+v", b)
	}
}
