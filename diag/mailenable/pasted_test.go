package mailenable

import (
	"strings"
	"testing"

	"metriage/diag"
)

func TestParsePasted(t *testing.T) {
	e0193 := strings.Replace(e0193Text, "554-mx.kunde.example\n554 Your access to this mail system has been rejected.", "554 no", 1)
	row := func(verb, detail, answer string) string {
		return strings.Join([]string{"11/24/26 10:37:45", "SMTP-OU", testID, "12", "192.0.2.9", verb, detail, answer, "10", "20", "", "Hi"}, "\t") + "\r\n"
	}
	tests := []struct {
		name, text string
		kind       diag.Kind
		want       diag.Refusal
	}{
		{"after a greeting", "Hi,\nwe got this:\n\n" + e0193, diag.KindE0193,
			diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: "554 no"}},
		{"quoted", "Hi,\n\n> " + strings.ReplaceAll(e0193, "\n", "\n> "), diag.KindE0193,
			diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: "554 no"}},
		{"quoted twice, CRLF", crlf("> > " + strings.ReplaceAll(e0193, "\n", "\n> > ")), diag.KindE0193,
			diag.Refusal{Domain: "kunde.example", Permanent: true, Stage: diag.StageConnect, Text: "554 no"}},
		{"a row of the log", row("CONN", "", "554 5.7.1 no"), diag.KindReply,
			diag.Refusal{Permanent: true, Stage: diag.StageConnect, Text: "554 5.7.1 no"}},
		{"a session of the log", row("CONN", "", "220 mx.kunde.example ESMTP") + row("MAIL", "MAIL FROM:<a@x.example>", "250 ok") +
			row("RCPT", "RCPT TO:<u@kunde.example>", "450 later") + row("QUIT", "QUIT", "221 bye"), diag.KindReply,
			diag.Refusal{Recipient: "u@kunde.example", Domain: "kunde.example", RemoteHost: "mx.kunde.example", Stage: diag.StageRcpt, Text: "450 later"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if HasHeader([]byte(tt.text)) {
				t.Fatal("taken for a mail")
			}
			b, ok := ParsePasted([]byte(tt.text))
			if !ok || b.Kind != tt.kind || len(b.Refusals) != 1 || b.Refusals[0] != tt.want {
				t.Errorf("kind %q\ngot  %+v\nwant %+v", b.Kind, b.Refusals, tt.want)
			}
		})
	}
	for _, text := range []string{"", "Hello\nworld\n", "We had an ME-E0193 yesterday.\n", row("CONN", "", "220 mx.kunde.example ESMTP")} {
		if b, ok := ParsePasted([]byte(text)); ok {
			t.Errorf("%q is taken for %+v", text, b)
		}
	}
}

func TestHasHeader(t *testing.T) {
	for text, want := range map[string]bool{
		"From: Bob <b@x.example>\r\nSubject: invoice\r\n\r\nPlease pay\r\n": true,
		"Subject: x\nDate: now\n\nx\n":                                      true,
		"550 5.7.1 no\n":                                                    false,
		"Reason: 550 no\n":                                                  false,
		"Hello: this is it\n\n550 no\n":                                     false,
		"":                                                                  false,
	} {
		if got := HasHeader([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func FuzzParsePasted(f *testing.F) {
	f.Add([]byte("Hi\n\n> " + strings.ReplaceAll(e0193Text, "\n", "\n> ")))
	f.Add([]byte("11/24/26 10:37:45\tSMTP-OU\tA.MAI\t12\t192.0.2.9\tCONN\t\t554 no\t1\t2\t\tHi\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, _ := ParsePasted(data)
		if len(b.Refusals) > maxRefusals {
			t.Errorf("%d refusals", len(b.Refusals))
		}
		HasHeader(data)
	})
}
