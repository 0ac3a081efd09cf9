package reply

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"metriage/diag"
)

// benchReplies is a mixture as a small server meets it.
var benchReplies = []string{
	"550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\n550-5.7.26\n550-5.7.26 Authentication results:\n550-5.7.26 DKIM = did not pass\n550-5.7.26 SPF [sender.example] with ip: [192.0.2.10] = did not pass\n550 5.7.26 https://support.google.com/mail/answer/81126 a1-20020a05si12.3 - gsmtp",
	"550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140). You can also refer your provider to http://mail.live.com/mail/troubleshooting.aspx#errors. [XX1EUR01FT001.eop-EUR01.prod.protection.outlook.com]",
	"554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10",
	"554-gmx.net (mxgmx000) Nemesis ESMTP Service not available\n554-No SMTP service\n554-Reject due to policy restrictions.\n554 For explanation visit https://postmaster.gmx.net/en/error-messages?ip=192.0.2.9&c=sp",
	"554-mail.example.com 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means.",
	"550 5.1.1 <user@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
	"450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.10]",
	"552 5.2.2 <user@example.com>: Recipient address rejected: Mailbox quota exceeded",
	"421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes",
	"554 5.7.1 <user@example.com>: Relay access denied",
}

func benchClassifier(b *testing.B) *Classifier {
	b.Helper()
	c, problems, err := New(Options{})
	if err != nil || len(problems) > 0 {
		b.Fatal(err, problems)
	}
	return c
}

// median runs f in batches and reports, beside the mean, the median over the
// batches per call: the goals are medians.
func median(b *testing.B, f func(i int)) {
	const batch = 100
	var took []time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		for range batch {
			f(n)
			n++
		}
		if len(took) < 1<<16 {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/batch, "ns/call-median")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkNormalised is a normalised reply to its verdict: goal 5 microseconds.
func BenchmarkNormalised(b *testing.B) {
	c := benchClassifier(b)
	var replies []diag.Reply
	for _, s := range benchReplies {
		replies = append(replies, Parse(s))
	}
	b.ReportAllocs()
	median(b, func(i int) { c.Classify(replies[i%len(replies)], Context{}) })
}

// BenchmarkRaw is a raw text to its verdict: goal 25 microseconds.
func BenchmarkRaw(b *testing.B) {
	c := benchClassifier(b)
	b.ReportAllocs()
	median(b, func(i int) { c.Classify(Parse(benchReplies[i%len(benchReplies)]), Context{}) })
}

// BenchmarkSeen is a text seen before: goal 1 microsecond.
func BenchmarkSeen(b *testing.B) {
	c := benchClassifier(b)
	b.ReportAllocs()
	median(b, func(i int) { c.Text(benchReplies[i%len(benchReplies)], Context{}) })
}

// BenchmarkParse is the normaliser alone.
func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Parse(benchReplies[i%len(benchReplies)])
	}
}

// BenchmarkRegexpsInTurn is the peer: every rule's literals as one
// case-insensitive regular expression, one after another until one hits, as
// most bounce libraries do it.
func BenchmarkRegexpsInTurn(b *testing.B) {
	c := benchClassifier(b)
	var exprs []*regexp.Regexp
	for i := range c.rules {
		alt := ""
		for _, l := range append(append([]string{}, c.rules[i].Any...), c.rules[i].Link...) {
			if alt != "" {
				alt += "|"
			}
			alt += regexp.QuoteMeta(l)
		}
		if alt != "" {
			exprs = append(exprs, regexp.MustCompile("(?i)"+alt))
		}
	}
	var texts []string
	for _, s := range benchReplies {
		texts = append(texts, Parse(s).Text)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		for _, e := range exprs {
			if e.MatchString(texts[i%len(texts)]) {
				break
			}
		}
	}
}

// BenchmarkNew is how long the rules take to compile.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		benchClassifier(b)
	}
}

func BenchmarkFingerprint(b *testing.B) {
	r := Parse(benchReplies[0])
	for b.Loop() {
		Fingerprint(r)
	}
}
