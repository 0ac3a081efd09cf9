package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
)

var update = flag.Bool("update", false, "write the goldens anew")

var at = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

func example() diag.Report {
	h := func(n int) time.Time { return at.Add(time.Duration(n) * time.Hour) }
	return diag.Report{
		By: diag.ByDomain,
		Installations: []diag.InstallationCount{{Root: `C:\Mail Enable`, FoundBy: diag.FoundByRegistry, Folders: []diag.FolderCount{
			{Name: "Bad Mail", Path: `C:\Mail Enable\Bad Mail`, Files: 4, Unreadable: 1},
		}}},
		Totals:   diag.Totals{Files: 12345, Messages: 9876, Failures: 42, E0193: 40, Delayed: 3, Accepted: 1234, Waiting: 5, Unreadable: 1, Orphans: 2, LogFiles: 3},
		Problems: []diag.Problem{{Path: `C:\Mail Enable\Bad Mail\A.MAI`, What: "empty"}},
		Groups: []diag.Group{
			{
				Key: "x.example", Display: "x.example", Failures: 41, E0193: 40, Accepted: 1234, Delayed: 3, Waiting: 5,
				First: h(-9), Last: h(-1), LastAccepted: h(-10), Onset: h(-9),
				Causes: map[diag.Cause]int{diag.CauseNoPTR: 40, diag.CauseRecipient: 1}, Senders: map[string]int{"anna@ours.example": 40, "(none)": 1},
				Replies: []diag.ReplyCount{
					{Text: "550 5.7.25 no PTR | for [198.51.100.7], anna@ours.example", Count: 40, Cause: diag.CauseNoPTR, Named: "gmail", LookupURL: "https://support.google.com/mail/answer/81126?a=1&b=2"},
					{Text: "550 5.1.1 =cmd\x1b[2J \u202euser unknown", Count: 1, Cause: diag.CauseRecipient},
				},
			},
			{Key: "=evil.example", Display: "=evil.example", Failures: 1, Causes: map[diag.Cause]int{diag.CauseUnknown: 1}, Senders: map[string]int{}},
			{Key: "quiet.example", Display: "quiet.example", Accepted: 7, LastAccepted: h(-2), Causes: map[diag.Cause]int{}, Senders: map[string]int{}},
		},
	}
}

func incident() diag.Incident {
	return diag.Incident{
		Report: example(), Headline: "x.example: 0 of 41 accepted since 00:30",
		Timeline: []diag.Event{{At: at.Add(-9 * time.Hour), Text: "x.example: refused from here on, 41 in all"}, {At: at, Text: "step proven: Ask for it (it is there)"}},
		Causes:   []diag.CauseState{{Cause: diag.CauseNoPTR, Failures: 40, Domains: []string{"a.example", "b.example", "c.example", "d.example", "e.example"}, State: "proven", Text: "198.51.100.7 has no PTR record."}},
		Steps: []diag.StepRecord{
			{Phase: diag.PhaseCure, Title: "Ask for a PTR record", Done: true, At: at, Text: "it is there"},
			{Phase: diag.PhaseContain, Title: "Find the source", Done: true, ByHand: true, At: at, Text: "the shop"},
			{Phase: diag.PhaseTell, Title: "Tell the senders"},
		},
		Findings: []diag.Finding{{Check: "ptr", Status: diag.StatusFail, Summary: "198.51.100.7 has no PTR record."}},
		Notes:    []diag.Event{{At: at, Text: "Ask for a PTR record: ticket 17"}},
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")), bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))) {
		t.Errorf("differs from testdata/%s (-update writes it anew):\n%s", name, got)
	}
	for _, r := range string(got) {
		if r < 0x20 && r != '\n' && r != '\r' || r >= 0x7F && r < 0xA0 || r == 0x202E {
			t.Errorf("%U in %s", r, name)
		}
	}
}

func TestReportFormats(t *testing.T) {
	s := Style{Now: at}
	for name, f := range map[string]func(*bytes.Buffer) error{
		"report.txt":        func(b *bytes.Buffer) error { return Text(b, example(), s) },
		"report.json":       func(b *bytes.Buffer) error { return JSON(b, example(), s) },
		"report.csv":        func(b *bytes.Buffer) error { return CSV(b, example(), s) },
		"report.md":         func(b *bytes.Buffer) error { return Incident(b, incident(), s) },
		"report-redact.txt": func(b *bytes.Buffer) error { return Text(b, example(), Style{Now: at, Redact: true}) },
		"report-empty.txt":  func(b *bytes.Buffer) error { return Text(b, diag.Report{By: diag.ByCause}, s) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := f(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			if strings.Contains(name, "redact") && strings.Contains(b.String(), "anna@") {
				t.Error("an address was not redacted")
			}
		})
	}
}

func TestJSONKeepsHostileTextAsEscapes(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, example(), Style{}); err != nil {
		t.Fatal(err)
	}
	var v jsonReport
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	if got := v.Groups[0].Replies[1].Text; got != example().Groups[0].Replies[1].Text {
		t.Errorf("the text changed: %q", got)
	}
}

func TestFinding(t *testing.T) {
	run := diag.Run{
		Target:  diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.7")}, HELO: "mail.ours.example"},
		Vantage: diag.Vantage{SourceIP: netip.MustParseAddr("192.0.2.1"), Resolvers: []string{"127.0.0.1:53"}}, Complete: true,
		Findings: []diag.Finding{
			{
				Check: "ptr", Subject: "198.51.100.7", Status: diag.StatusFail, Code: "ptr-missing", Summary: "198.51.100.7 has no PTR record.",
				Notes: []string{"Ask the owner of the address."}, Asked: at.Add(-90 * time.Second), Took: 1500 * time.Millisecond,
				Evidence: []diag.Evidence{{Query: "7.100.51.198.in-addr.arpa PTR", Rcode: "NXDOMAIN", Server: "127.0.0.1:53", Took: 12 * time.Millisecond}},
			},
			{Check: "dnsbl", Subject: "198.51.100.7", Status: diag.StatusPass, Code: "dnsbl-clear", List: "psbl", Summary: "PSBL does not list it."},
		},
	}
	var b bytes.Buffer
	if err := RunJSON(&b, run, Style{Now: at}); err != nil {
		t.Fatal(err)
	}
	golden(t, "run.json", b.Bytes())
	b.Reset()
	for _, f := range run.Findings {
		if err := FindingText(&b, f, Style{}); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "run.txt", b.Bytes())
}

func TestExplanation(t *testing.T) {
	e := diag.Explanation{
		Input:  "a.MAI",
		Bounce: diag.Bounce{Kind: diag.KindE0193, ID: "A1.MAI", Code: "ME-E0193", Sender: "anna@ours.example", Date: at},
		Failures: []diag.ExplainedFailure{{
			Refusal: diag.Refusal{Domain: "x.example", Permanent: true},
			Reply:   diag.Reply{Text: "554 5.7.1 listed", Code: 554, Enhanced: "5.7.1", Stage: diag.StageConnect, OwnIP: netip.MustParseAddr("198.51.100.7"), URLs: []string{"https://list.example/"}},
			Verdict: diag.Verdict{Cause: diag.CauseBlacklistIP, Rule: "r", Named: "psbl", Confidence: diag.ConfidenceHigh, Because: []string{"listed"}, Checks: []string{"dnsbl"}, LookupURL: "https://list.example/"},
			Steps:   []diag.Step{{ID: "one", Title: "Do it", Why: "Because it helps.", Where: []string{"Servers > localhost"}, Do: []string{"a command"}, Effect: "At once.", Check: "dnsbl", Articles: []diag.Article{{ID: "ME020517", URL: "http://www.mailenable.com/kb/content/article.asp?ID=ME020517"}}}},
		}},
	}
	var b bytes.Buffer
	if err := ExplainJSON(&b, e, Style{}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "\n") != 1 {
		t.Error("not one line")
	}
	golden(t, "explain.json", b.Bytes())
	b.Reset()
	if err := ExplainText(&b, e, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain.txt", b.Bytes())
	b.Reset()
	if err := ExplainJSON(&b, diag.Explanation{Input: "x", Bounce: diag.Bounce{Kind: diag.KindNotABounce}}, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain-none.json", b.Bytes())
}

func TestRedactAddresses(t *testing.T) {
	a, b := RedactAddresses("to <anna@x.example>, ANNA@y.example; bob@x.example"), RedactAddresses("anna@z.example")
	if strings.Contains(strings.ToLower(a), "anna") || strings.Contains(a, "bob") || !strings.Contains(a, "@x.example") {
		t.Error(a)
	}
	if a[4:13] != b[:9] {
		t.Errorf("the same local part reads differently: %s and %s", a, b)
	}
	for in, want := range map[string]string{"no address": "no address", "a @ b": "a @ b", "@x.example": "@x.example"} {
		if got := RedactAddresses(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// What is redacted already stays as it is, and quoted local parts are hidden
// too.
func TestRedactingTwice(t *testing.T) {
	for _, in := range []string{
		"to <anna@x.example>, ANNA@y.example; bob@x.example", "***@x.example", `"anna smith"@x.example`, `x"anna"@x.example`, `"a""anna"@x.example`,
		"anna@anna@x.example", "anna@@x.example", "SRS0=ab=cd=x.example=anna@y.example", "b=anna@x.example/anna@[192.0.2.1]", "ännä-anna@x.example", "user-anna@x.example",
	} {
		once := RedactAddresses(in)
		if twice := RedactAddresses(once); twice != once {
			t.Errorf("%q becomes %q, and that %q", in, once, twice)
		}
		if in != "anna@@x.example" && strings.Contains(strings.ToLower(once), "anna") {
			t.Errorf("%q becomes %q", in, once)
		}
	}
	if got := RedactAddresses(`said "no" to "b c"@x.example "d"`); !strings.HasPrefix(got, `said "no" to user-`) || !strings.HasSuffix(got, `@x.example "d"`) {
		t.Error(got)
	}
}

func TestCell(t *testing.T) {
	for in, want := range map[string]string{"=1": "'=1", " +1": "' +1", "@x": "'@x", "-1": "'-1", "plain": "plain", "": "", "|x": "'|x"} {
		if got := Cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
