package runbook

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"metriage/diag"
)

func sampleLetter() LetterData {
	c := named(diag.CauseBlacklistIP, "spamhaus-css")
	c.Reply.Raw = "550 5.7.1 <anna.berg@fabrikam.example>: Service unavailable; client host [198.51.100.11] blocked using zen.spamhaus.org\n550 https://check.spamhaus.org/query/ip/198.51.100.11"
	at := time.Date(2026, 11, 24, 2, 31, 0, 0, time.FixedZone("", 3600))
	return LetterData{
		Values: sampleValues(), Case: c, When: at,
		Recipient: "anna.berg@fabrikam.example", Sender: "info@kunde.example", Current: "NXDOMAIN, no such name",
		Evidence: []string{"PTR of 198.51.100.11 is mail.kunde.example and leads back.", "Relay closed, tested from 10.0.0.7."},
		Changed:  []string{"Password of info@kunde.example changed at 02:50.", "Run of 4,210 messages held."},
		Rows: []LetterRow{
			{at, "anna.berg@fabrikam.example", "Angebot für Frau Berg", diag.CauseBlacklistIP},
			{at.Add(time.Hour), "bo@contoso.example", "", diag.CauseRecipient},
		},
	}
}

func TestLettersMatchGoldens(t *testing.T) {
	b := book(t)
	for _, info := range b.Letters() {
		for name, d := range map[string]LetterData{"": sampleLetter(), "-empty": {}} {
			l, err := b.Write(info.ID, d)
			if err != nil {
				t.Fatal(err)
			}
			got := "To: " + l.To + "\nSubject: " + l.Subject + "\n\n" + l.Body
			path := filepath.Join("testdata", "letters", info.ID+name+".txt")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ReplaceAll(string(want), "\r\n", "\n") != got {
				t.Errorf("%s%s:\n%s\nwant:\n%s", info.ID, name, got, want)
			}
			for _, line := range strings.Split(got, "\n") {
				if utf8.RuneCountInString(line) > 78 {
					t.Errorf("%s%s: line of %d columns: %s", info.ID, name, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
}

func TestLettersThatLeaveAreRedacted(t *testing.T) {
	b := book(t)
	secrets := []string{"anna.berg", "info@kunde", "Angebot", "10.0.0.7", "203.0.113.9"}
	for _, info := range b.Letters() {
		for _, mode := range []Redaction{RedactDefault, RedactYes, RedactNo} {
			d := sampleLetter()
			d.Redact = mode
			l, err := b.Write(info.ID, d)
			if err != nil {
				t.Fatal(err)
			}
			want := mode == RedactYes || mode == RedactDefault && info.Leaves
			if l.Redacted != want {
				t.Errorf("%s, mode %d: redacted %v", info.ID, mode, l.Redacted)
			}
			text := l.To + l.Subject + l.Body
			for _, s := range secrets {
				if want && strings.Contains(text, s) {
					t.Errorf("%s, mode %d: %q is not redacted:\n%s", info.ID, mode, s, text)
				}
			}
			if info.ID == "postmaster-note" && (!strings.Contains(text, "@fabrikam.example") || !strings.Contains(text, "198.51.100.11")) {
				t.Errorf("the note lost what it is about:\n%s", text)
			}
		}
	}
	d := sampleLetter()
	d.Redact = RedactNo
	if l, _ := b.Write("postmaster-note", d); !strings.Contains(l.Body, "anna.berg@fabrikam.example") {
		t.Errorf("redacted though it was not asked for:\n%s", l.Body)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"<Jörg.Müller+x@kunde.example>":            "<***@kunde.example>",
		"postmaster@kunde.example":                 "postmaster@kunde.example",
		"Abuse@kunde.example":                      "Abuse@kunde.example",
		"from 192.168.1.7 and 10.1.2.3":            "from (inside address) and (inside address)",
		"198.51.100.11 and 999.1.1.1":              "198.51.100.11 and 999.1.1.1",
		"a@b@c.example":                            "***@c.example",
		"[SMTP:kim@k.example]":                     "[SMTP:***@k.example]",
		"https://a.example/?e=kim%40k.example&x=1": "https://a.example/?e=***%40k.example&x=1",
		"no address @ all":                         "no address @ all",
		"x@[198.51.100.11]":                        "***@[198.51.100.11]",
		"\"first last\"@kunde.example":             "***@kunde.example",
		"SRS0=ab=cd=bank.example=kim@k.example":    "***@k.example",
	} {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLetterOfHostileFacts(t *testing.T) {
	d := LetterData{
		Values: sampleValues(), Redact: RedactNo, Recipient: "a@b\r\nBcc: all@example.com", Sender: "\x1b[2J",
		Current: "{ip}{rows}", Evidence: []string{"\u202egnp.exe", ""}, Rows: []LetterRow{{Subject: "x\r\n.\r\n{row-to}"}},
	}
	d.Case.Reply.Raw = "550 {evidence}\r\n\x1b]0;owned\a " + strings.Repeat("x", 300)
	for _, info := range book(t).Letters() {
		l, err := book(t).Write(info.ID, d)
		if err != nil {
			t.Fatal(err)
		}
		if diag.CleanLines(l.Body) != l.Body || diag.Clean(l.To) != l.To || diag.Clean(l.Subject) != l.Subject {
			t.Errorf("%s is not harmless: %q", info.ID, l.Body)
		}
		if strings.Contains(l.Body, "\nBcc:") {
			t.Errorf("%s: a header line was smuggled in:\n%s", info.ID, l.Body)
		}
	}
}

func TestLetterBounds(t *testing.T) {
	d := sampleLetter()
	d.Rows = make([]LetterRow, 1000)
	l, err := book(t).Write("sender-answer", d)
	if err != nil || !strings.Contains(l.Body, "and 800 more") {
		t.Errorf("%v: %d bytes", err, len(l.Body))
	}
	if _, err := book(t).Write("no-such", d); err == nil {
		t.Error("a letter that does not exist was written")
	}
}

func FuzzLetter(f *testing.F) {
	f.Add("550 no", "a@b.example", "Subject")
	b := book(f)
	f.Fuzz(func(t *testing.T, reply, recipient, subject string) {
		d := LetterData{Recipient: recipient, Evidence: []string{subject}, Rows: []LetterRow{{Subject: subject, Recipient: recipient}}}
		d.Case.Reply.Raw = reply
		d.Values.IP = netip.MustParseAddr("192.0.2.1")
		for _, id := range []string{"postmaster-note", "sender-answer"} {
			l, err := b.Write(id, d)
			if err != nil {
				t.Fatal(err)
			}
			if diag.CleanLines(l.Body) != l.Body {
				t.Errorf("%q", l.Body)
			}
		}
	})
}
