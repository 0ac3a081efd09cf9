package mailenable

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"metriage/diag"
)

func TestParseEnvelope(t *testing.T) {
	inbound := "Recipients=[SMTP:admin@z.example.com]\r\nServer=Z\r\nSender=[SMTP:sender@example.org]\r\nTimeAcquired=1673752669\r\nClientIP=192.0.2.49\r\n" +
		"AuthenticationStatus=0\r\nUser=\r\nAccount =z\r\nStatus= Delivering\r\nCommandType=\r\nSubject==?UTF-8?B?R3LDvMOfZQ==?=\r\n"
	got := ParseEnvelope("fce5e48d.mai", []byte(inbound))
	want := diag.Envelope{
		ID: "FCE5E48D.MAI", Recipients: []string{"admin@z.example.com"}, Sender: "sender@example.org", Account: "z", Status: "Delivering",
		ClientIP: netip.MustParseAddr("192.0.2.49"), Acquired: time.Unix(1673752669, 0).UTC(), Subject: "Grüße",
		Unknown: []diag.Field{{Key: "Server", Value: "Z"}, {Key: "AuthenticationStatus", Value: "0"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseEnvelopeOutgoing(t *testing.T) {
	tests := []struct {
		name, content string
		check         func(diag.Envelope) bool
	}{
		{"keys in any case, LF", "DOMAINNAME=foo.example\nstatuscode=4\nRETRIES=3\nStatus=Unsent\n", func(e diag.Envelope) bool {
			return e.Domain == "foo.example" && e.StatusCode == 4 && e.HasStatus && e.Retries == 3 && e.Status == "Unsent"
		}},
		{"several recipients, semicolon", "Recipients=[SMTP:a@x.example];[SMTP:b@x.example]\r\n", func(e diag.Envelope) bool {
			return reflect.DeepEqual(e.Recipients, []string{"a@x.example", "b@x.example"})
		}},
		{"several recipients, nothing between", "Recipients=[SMTP:a@x.example][smtp:b@x.example]", func(e diag.Envelope) bool {
			return reflect.DeepEqual(e.Recipients, []string{"a@x.example", "b@x.example"})
		}},
		{"no brackets", "Recipients=a@x.example, b@x.example", func(e diag.Envelope) bool { return len(e.Recipients) == 2 }},
		{"null sender", "Sender=[SMTP:]\r\nCommandType=NDR\r\n", func(e diag.Envelope) bool {
			return e.NullSender && e.Sender == "" && e.Command == "NDR"
		}},
		{"other connector", "Recipients=[SF:acme/anna]", func(e diag.Envelope) bool {
			return reflect.DeepEqual(e.Recipients, []string{"SF:acme/anna"})
		}},
		{"wrong types", "Retries=many\nClientIP=here\nnonsense\nStatusCode=-1\n", func(e diag.Envelope) bool {
			return len(e.ParseErrors) == 4 && e.Retries == 0 && e.StatusCode == 0
		}},
		{"ANSI bytes", "Subject=Gr\xFC\xDFe\r\n", func(e diag.Envelope) bool { return e.Subject == "Grüße" }},
		{"value with equal signs", "Subject=a=b=c\n", func(e diag.Envelope) bool { return e.Subject == "a=b=c" }},
		{"unclosed bracket", "Recipients=[SMTP:a@x.example", func(e diag.Envelope) bool { return len(e.Recipients) == 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if e := ParseEnvelope("A.MAI", []byte(tt.content)); !tt.check(e) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func FuzzParseEnvelope(f *testing.F) {
	for _, s := range []string{
		"Recipients=[SMTP:a@x];[SMTP:b@y]\r\nRetries=3\r\n", "DomainName=X.example\nstatuscode=4\nStatus=Unsent\nTimeAcquired=1543000000\nClientIP=192.0.2.7\n",
		"Sender=[SMTP:]\r\nCommandType=NDR\r\nRecipients=[SF:acme/anna]\r\n", "Recipients=[SMTP:a@x][smtp:b@y];c@z, d@z;[\r\n", "Retries=many\nClientIP=[::1\nnonsense\nStatusCode=-1\nTimeAcquired=99999999999999999999\n",
		"Subject=Gr\xFC\xDFe=a\r\nRecipients=[SMTP:<a@x>]\r\n\r\nRecipients=[SMTP:b@x]", "\xef\xbb\xbfStatus=Sent\r\n=\r\n==\r\n", "\xff\xfeS\x00t\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e := ParseEnvelope("x.mai", b); len(e.Recipients) > maxRecipients {
			t.Error("too many recipients")
		}
	})
}
