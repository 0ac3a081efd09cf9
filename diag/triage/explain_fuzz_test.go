package triage

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// FuzzExplain explains whatever people paste or pipe in. A line is one reply or
// nothing; every cause, link and step is valid.
func FuzzExplain(f *testing.F) {
	for _, s := range []string{
		"", " ", "550 5.1.1 <a@b.example>: user unknown", `554-mx 554 a\r\nb\nc`, "451 4.7.1 Greylisted", "user unknown", "\xff\xfe550 x",
		"550 5.7.1 Service unavailable; Client host [198.51.100.25] blocked using zen.spamhaus.org; https://check.spamhaus.org/query/ip/198.51.100.25",
		"MailEnable: Message Delivery Failure.\r\n\r\nReason: ME-E0193: [A.MAI] Message Delivery Failure.\r\n\r\nYour message addressed to the target domain (b.example) could not\r\n\r\nThe server returned:\r\n\r\n554 no\r\n",
		"From: a@b.example\r\nSubject: x\r\n\r\n550 no", "Hi,\n\n> 550 5.7.1 blocked\n", "11/24/26 02:31:01\tSMTP-OU\tA.MAI\t1\t192.0.2.1\tRCPT\tRCPT TO:<a@b.example>\t550 no\t1\t1\t\t",
	} {
		f.Add([]byte(s))
	}
	s := New(Options{Machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }}})
	if _, err := s.Ready(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		line := s.ExplainLine("x:1", in)
		blank := strings.TrimSpace(strings.NewReplacer(`\r\n`, "\n", `\n`, "\n").Replace(decode(in[:min(len(in), MaxLine)]))) == ""
		if blank != (line.Bounce.Kind == diag.KindNotABounce) || !blank && (line.Bounce.Kind != diag.KindReply || len(line.Failures) != 1) {
			t.Errorf("kind %q with %d failures", line.Bounce.Kind, len(line.Failures))
		}
		if line.Truncated != (len(in) > MaxLine) {
			t.Errorf("%d bytes, truncated %v", len(in), line.Truncated)
		}
		for _, e := range []diag.Explanation{line, s.Explain("x", in)} {
			if e.Bounce.Kind == "" || (e.Bounce.Kind == diag.KindNotABounce) && len(e.Failures) > 0 {
				t.Errorf("%q with %d failures", e.Bounce.Kind, len(e.Failures))
			}
			for _, x := range e.Failures {
				v := x.Verdict
				if !v.Cause.Valid() || !utf8.ValidString(x.Reply.Text) {
					t.Errorf("%+v", v)
				}
				for _, l := range append(x.Reply.URLs, v.LookupURL) {
					u, err := url.Parse(l)
					if l != "" && (err == nil && (u.Scheme != "http" && u.Scheme != "https" || u.User != nil) || diag.Clean(l) != l) {
						t.Errorf("the link %q", l)
					}
				}
				for _, st := range x.Steps {
					if st.ID == "" || st.Title == "" || diag.Clean(st.Title) != st.Title {
						t.Errorf("the step %+v", st)
					}
				}
			}
		}
	})
}
