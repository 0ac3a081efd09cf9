package mailenable

import (
	"encoding/base64"
	"mime/quotedprintable"
	"strings"
	"testing"

	"metriage/diag"
)

const (
	testID = "C84C7EE0EE8140999E6AF9DB164CC8CC.MAI"

	e0193Text = `MailEnable: Message Delivery Failure.

Reason: ME-E0193: [` + testID + `] Message Delivery Failure.

Your message addressed to the target domain (kunde.example) could not be delivered because the mail server responsible for this domain returned a permanent error.

The server returned:

554-mx.kunde.example
554 Your access to this mail system has been rejected.
`
	quotedPart = `
Message headers follow:

Received: from pc ([192.0.2.10]) by mail.sender.example with MailEnable ESMTPA; Tue, 15 Jan 2019 12:20:04 +0100
From: "Anna" <anna@sender.example>
To: "Bob" <bob@kunde.example>
Subject: Quote 2019
Return-Path: <anna@sender.example>
`
	recipientsText = `MailEnable: Message could not be delivered to some recipients.
The following recipient(s) could not be reached:

	Recipient: [SMTP:to@rcpt.example]
	Reason: Remote SMTP Server Returned: 550-5.1.1 The email account that you tried to reach does not exist.

	Recipient: [SMTP:cc@rcpt.example]
	Reason: 554 delivery error: dd This user doesn't have an account
 (cc@rcpt.example) [0] - mta.rcpt.example

`
	systemHeader = `From: "Delivery Subsystem" <postmaster@sender.example>
To: <anna@sender.example>
Subject: Message Delivery Failure - Quote 2019
Date: Tue, 15 Jan 2019 12:20:12 +0100
Message-ID: <058FE1C74E6D4EEB8D0A8B711329631C.MAI@sender.example>
X-MEFilter: 1
Precedence: bulk
Return-Path: <>
`
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func qp(s string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// forms returns one text in every dress that a bounce can come in.
func forms(text string) map[string]string {
	b64 := base64.StdEncoding.EncodeToString([]byte(text))
	mime := "MIME-Version: 1.0\n"
	return map[string]string{
		"without header":      text,
		"without header CRLF": crlf(text),
		"leading empty lines": "\n\n" + text,
		"byte order mark":     "\xEF\xBB\xBF" + text,
		"header LF":           systemHeader + "\n" + text,
		"header CRLF":         crlf(systemHeader + "\n" + text),
		"quoted-printable":    systemHeader + mime + "Content-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: quoted-printable\n\n" + qp(text),
		"base64":              crlf(systemHeader + mime + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + b64 + "\n"),
		"multipart": crlf(systemHeader + mime + "Content-Type: multipart/mixed; boundary=\"b1\"\n\n--b1\nContent-Type: text/plain\n\n" + text +
			"\n--b1\nContent-Type: message/rfc822\n\nFrom: anna@sender.example\nTo: bob@kunde.example\nSubject: Quote 2019\n\nHello\n--b1--\n"),
		"multipart/report": systemHeader + mime + "Content-Type: multipart/report; report-type=delivery-status; boundary=b2\n\n--b2\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: quoted-printable\n\n" + qp(text) +
			"\n--b2\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.sender.example\n\nFinal-Recipient: rfc822; someone@else.example\nAction: failed\nStatus: 5.0.0\n\n--b2--\n",
		"html beside text": systemHeader + mime + "Content-Type: multipart/alternative; boundary=b3\n\n--b3\nContent-Type: text/plain\n\n" + text +
			"\n--b3\nContent-Type: text/html\n\n<p>MailEnable</p>\n--b3--\n",
	}
}

func parse(t *testing.T, content string) diag.Bounce {
	t.Helper()
	if !MaybeBounce([]byte(content)) {
		t.Fatalf("MaybeBounce says no to a bounce:\n%s", content)
	}
	b, ok := ParseBounce([]byte(content))
	if !ok {
		t.Fatalf("ParseBounce says no to a bounce:\n%s", content)
	}
	return b
}

func TestE0193InEveryDress(t *testing.T) {
	for name, content := range forms(e0193Text + quotedPart) {
		t.Run(name, func(t *testing.T) {
			b := parse(t, content)
			if b.Kind != diag.KindE0193 || b.ID != testID || b.Code != "ME-E0193" {
				t.Errorf("kind %q, id %q, code %q", b.Kind, b.ID, b.Code)
			}
			if b.Sender != "anna@sender.example" || b.Subject != "Quote 2019" {
				t.Errorf("sender %q, subject %q", b.Sender, b.Subject)
			}
			if len(b.Refusals) != 1 {
				t.Fatalf("%d refusals, want 1", len(b.Refusals))
			}
			r := b.Refusals[0]
			want := diag.Refusal{
				Recipient: "bob@kunde.example", Quoted: true, Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect,
				Text: "554-mx.kunde.example\n554 Your access to this mail system has been rejected.",
			}
			if r != want {
				t.Errorf("got  %+v\nwant %+v", r, want)
			}
		})
	}
}

func TestRecipientsInEveryDress(t *testing.T) {
	for name, content := range forms(recipientsText + strings.Replace(quotedPart, "headers", "contents", 1)) {
		t.Run(name, func(t *testing.T) {
			b := parse(t, content)
			if b.Kind != diag.KindRecipients || b.ID != "" || len(b.Refusals) != 2 {
				t.Fatalf("kind %q, id %q, %d refusals", b.Kind, b.ID, len(b.Refusals))
			}
			want := []diag.Refusal{
				{Recipient: "to@rcpt.example", Domain: "rcpt.example", Permanent: true, Stage: diag.StageUnknown,
					Text: "550-5.1.1 The email account that you tried to reach does not exist."},
				{Recipient: "cc@rcpt.example", Domain: "rcpt.example", Permanent: true, Stage: diag.StageUnknown,
					Text: "554 delivery error: dd This user doesn't have an account\n(cc@rcpt.example) [0] - mta.rcpt.example"},
			}
			for i, r := range b.Refusals {
				if r != want[i] {
					t.Errorf("refusal %d\ngot  %+v\nwant %+v", i, r, want[i])
				}
			}
		})
	}
}

// TestTwoRecipientsOnOneLine reads both addresses of one Recipient line.
func TestTwoRecipientsOnOneLine(t *testing.T) {
	b := parse(t, "MailEnable: Message could not be delivered to some recipients.\n\n\tRecipient: [SMTP:a@x.example];[SMTP:b@x.example]\n\tReason: 550 no\n")
	if len(b.Refusals) != 2 || b.Refusals[0].Recipient != "a@x.example" || b.Refusals[1].Recipient != "b@x.example" || b.Refusals[1].Text != "550 no" {
		t.Errorf("%+v", b.Refusals)
	}
}

func TestMoreForms(t *testing.T) {
	reply := "554 no"
	tests := []struct {
		name, content string
		kind          diag.Kind
		want          diag.Refusal
	}{
		{
			"reply on the same line",
			strings.Replace(e0193Text, "The server returned:\n\n554-mx.kunde.example\n554 Your access to this mail system has been rejected.\n", "The server returned: 554 no\n", 1),
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: reply},
		},
		{
			"link alone on the next line",
			strings.Replace(e0193Text, "554-mx.kunde.example\n554 Your access to this mail system has been rejected.\n", "554 For explanation visit\nhttps://kunde.example/why?ip=192.0.2.58&c=sp\n", 1),
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: "554 For explanation visit\nhttps://kunde.example/why?ip=192.0.2.58&c=sp"},
		},
		{
			"link after an empty line",
			strings.Replace(e0193Text, "554-mx.kunde.example\n554 Your access to this mail system has been rejected.\n", "554 For explanation visit\n\nhttps://kunde.example/why\n", 1),
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: "554 For explanation visit\nhttps://kunde.example/why"},
		},
		{
			"domain in another case with a trailing dot",
			strings.Replace(e0193Text, "kunde.example)", "Kunde.Example.)", 1),
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: "554-mx.kunde.example\n554 Your access to this mail system has been rejected."},
		},
		{
			"another language, header",
			systemHeader + "\nMailEnable: Nachricht nicht zustellbar.\n\nGrund: ME-E0193: [" + testID + "] Zustellung fehlgeschlagen.\n\nIhre Nachricht an die Domain (kunde.example) wurde abgewiesen.\n\nDer Server antwortete:\n\n554 no\n",
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: reply},
		},
		{
			"another language, no header",
			"MailEnable: Nachricht nicht zustellbar.\n\nGrund: ME-E0193: [" + testID + "] Zustellung fehlgeschlagen.\n\nIhre Nachricht an die Domain (kunde.example) wurde abgewiesen.\n\nDer Server antwortete:\n\n554 no\n",
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: reply},
		},
		{
			"domain not registered",
			"MailEnable: Message could not be delivered to some recipients.\nThe following recipient(s) could not be reached:\n\n\tRecipient: [SMTP:u@nosuch.example]\n\tReason: The message could not be delivered because the domain name (nosuch.example) does not appear to be registered.\n\nReason Code: Invalid Domain Name\nError Number: 9003\n",
			diag.KindRecipients, diag.Refusal{Recipient: "u@nosuch.example", Domain: "nosuch.example", Permanent: true, Stage: diag.StageUnknown,
				Text: "The message could not be delivered because the domain name (nosuch.example) does not appear to be registered.\nReason Code: Invalid Domain Name\nError Number: 9003"},
		},
		{
			"delay notice",
			strings.Replace(systemHeader, "Message Delivery Failure - Quote 2019", "Message delivery has been delayed", 1) + "\nMailEnable: Message delivery has been delayed\n\nMessage is waiting at mail.sender.example for delivery to slow.example.\n",
			diag.KindDelay, diag.Refusal{Domain: "slow.example", Stage: diag.StageUnknown},
		},
		{
			"recipients in another language",
			systemHeader + "\nMailEnable: Nachricht nicht zustellbar.\n\n\tEmpfänger: [SMTP:u@kunde.example]\n\tGrund: 550 5.1.1 unbekannt\n",
			diag.KindRecipients, diag.Refusal{Recipient: "u@kunde.example", Domain: "kunde.example", Permanent: true, Stage: diag.StageUnknown, Text: "550 5.1.1 unbekannt"},
		},
		{
			"postmaster with MailEnable's filter mark, unknown heading",
			"From: postmaster@sender.example\nX-MEFilter: 1\nReturn-Path: <>\n\nNachricht nicht zustellbar.\n\nGrund: me-e0193: [" + testID + "] Zustellung fehlgeschlagen.\n\nDomain (kunde.example)\n\n554 no\n",
			diag.KindE0193, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: reply},
		},
		{
			"another code under the same heading",
			"MailEnable: Message Delivery Failure.\n\nReason: ME-E0124: [" + testID + "] Message Delivery Failure.\n\nYour message addressed to the target domain (kunde.example) could not be delivered.\n\nThe server returned: 554 no\n",
			diag.KindOther, diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageUnknown, Text: reply},
		},
		{
			"delay notice with recipient and reason",
			"MailEnable: Message delivery has been delayed.\n\n\tRecipient: [SMTP:u@slow.example]\n\tReason: 451 4.7.1 try later\n",
			diag.KindDelay, diag.Refusal{Recipient: "u@slow.example", Domain: "slow.example", Stage: diag.StageUnknown, Text: "451 4.7.1 try later"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := parse(t, tt.content)
			if b.Kind != tt.kind {
				t.Errorf("kind %q, want %q", b.Kind, tt.kind)
			}
			if len(b.Refusals) != 1 || b.Refusals[0] != tt.want {
				t.Errorf("got  %+v\nwant %+v", b.Refusals, tt.want)
			}
			b2, ok := ParseBounce([]byte(crlf(tt.content)))
			if !ok || len(b2.Refusals) != 1 || b2.Refusals[0] != tt.want {
				t.Errorf("with CRLF: %+v", b2.Refusals)
			}
		})
	}
}

func TestNoBounce(t *testing.T) {
	person := "From: Bob <bob@kunde.example>\nTo: support@sender.example\nSubject: Fwd: Message Delivery Failure\nMessage-ID: <1@kunde.example>\nX-Mailer: Outlook\n\n"
	tests := map[string]string{
		"mentions the code":                      person + "What does ME-E0193 mean?\n",
		"forwards the text inline":               person + "Please help.\n\n-----Original Message-----\n" + e0193Text,
		"begins with the heading":                person + e0193Text,
		"quotes with marks":                      person + "> " + strings.ReplaceAll(e0193Text, "\n", "\n> "),
		"reason line by a person":                person + "Reason: ME-E0193: [" + testID + "] Message Delivery Failure.\n",
		"from postmaster, no NDR":                "From: postmaster@sender.example\nSubject: Maintenance\n\nWe saw ME-E0193 today, please check your mail.\n",
		"newsletter":                             "From: news@shop.example\nPrecedence: bulk\nSubject: Hi\n\nBuy.\n",
		"text file":                              "We had an ME-E0193 yesterday: [" + testID + "].\n",
		"empty":                                  "",
		"help desk answers from the null sender": "From: Help <help@x.example>\nAuto-Submitted: auto-replied\nReturn-Path: <>\nSubject: Re: x\n\nThank you. You wrote:\n\n" + e0193Text,
		"ticket from the null sender":            "From: Tickets <t@x.example>\nReturn-Path: <>\nSubject: 12\n\nTicket 12 opened:\n\nReason: ME-E0193: [" + testID + "] Message Delivery Failure.\n",
		"a human postmaster":                     "From: Postmaster <postmaster@x.example>\nX-MEFilter: 1\nSubject: look\n\nHello Anna, I got this:\n\n" + e0193Text,
		"a person through the filter":            "From: Bob <bob@x.example>\nX-MEFilter: 1\nReturn-Path: <bob@x.example>\nSubject: Fwd\n\nFYI:\n\n" + e0193Text,
		"a mail without From":                    "Subject: x\nDate: Tue, 15 Jan 2019 12:20:12 +0100\n\nlook\nReason: ME-E0193: [" + testID + "] Message Delivery Failure.\n",
		"a notice of arrival":                    systemHeader + "\nMailEnable: Your message was delivered.\n",
		"a read receipt":                         strings.Replace(systemHeader, "Message Delivery Failure - Quote 2019", "Return receipt", 1) + "\nYour message was read.\n",
		"attached bounce": "From: Bob <bob@kunde.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nsee attached\n--b\nContent-Type: message/rfc822\n\n" +
			systemHeader + "\n" + e0193Text + "\n--b--\n",
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			if b, ok := ParseBounce([]byte(content)); ok {
				t.Errorf("taken for a bounce: %+v", b)
			}
		})
	}
}

func TestDSN(t *testing.T) {
	content := "From: MAILER-DAEMON@relay.example (Mail Delivery System)\nTo: anna@sender.example\nSubject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=\"x\"\nMessage-Id: <2@relay.example>\n\n--x\nContent-Type: text/plain\n\nThis is the mail system.\n\n--x\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; bob@kunde.example\nAction: failed\nStatus: 5.7.1\nRemote-MTA: dns; mx.kunde.example\nDiagnostic-Code: smtp; 554 5.7.1 Service unavailable;\n    Client host [192.0.2.1] blocked\n\n" +
		"Final-Recipient: rfc822; ok@kunde.example\nAction: delivered\nStatus: 2.0.0\n\n--x\nContent-Type: text/rfc822-headers\n\nReturn-Path: <anna@sender.example>\nSubject: Quote\n\n--x--\n"
	b := parse(t, content)
	want := diag.Refusal{Recipient: "bob@kunde.example", Domain: "kunde.example", Permanent: true, Stage: diag.StageUnknown,
		RemoteHost: "mx.kunde.example", Text: "554 5.7.1 Service unavailable;\nClient host [192.0.2.1] blocked"}
	if b.Kind != diag.KindDSN || len(b.Refusals) != 1 || b.Refusals[0] != want {
		t.Errorf("kind %q\ngot  %+v\nwant %+v", b.Kind, b.Refusals, want)
	}
	if b.Sender != "anna@sender.example" || b.Subject != "Quote" {
		t.Errorf("sender %q, subject %q", b.Sender, b.Subject)
	}
}

func FuzzParseBounce(f *testing.F) {
	for _, c := range forms(e0193Text + quotedPart) {
		f.Add([]byte(c))
	}
	f.Add([]byte(recipientsText))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, ok := ParseBounce(data)
		if !ok {
			return
		}
		if !MaybeBounce(data) {
			t.Errorf("a bounce that MaybeBounce rules out")
		}
		for _, r := range b.Refusals {
			if len(r.Text) > MaxReply+1024 {
				t.Errorf("a reply of %d bytes", len(r.Text))
			}
		}
	})
}
