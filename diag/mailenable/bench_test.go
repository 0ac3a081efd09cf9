package mailenable

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkParseBounce reads one NDR in each dress that it can come in.
func BenchmarkParseBounce(b *testing.B) {
	all := forms(e0193Text + quotedPart)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		content := []byte(all[name])
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := ParseBounce(content); !ok {
					b.Fatal("not a bounce")
				}
			}
		})
	}
}

// BenchmarkMailByPersons looks at mail that is no bounce, which most files are.
func BenchmarkMailByPersons(b *testing.B) {
	mail := []byte(crlf("Received: from pc ([192.0.2.10]) by mail.sender.example with MailEnable ESMTPA; Tue, 15 Jan 2019 12:20:04 +0100\nFrom: \"Anna\" <anna@sender.example>\nTo: <bob@kunde.example>\nSubject: Quote\nMIME-Version: 1.0\nContent-Type: text/plain\n\n" + strings.Repeat("Hello Bob, how are you?\n", 30)))
	b.SetBytes(int64(len(mail)))
	for b.Loop() {
		if err := CheckText(mail); err != nil || MaybeBounce(mail) {
			b.Fatal("a bounce", err)
		}
	}
}

// BenchmarkSessions reads an Activity log: rows taken apart and put together
// to sessions.
func BenchmarkSessions(b *testing.B) {
	var log strings.Builder
	for i := range 500 {
		id := fmt.Sprintf("%032X.MAI", i)
		row := func(cmd, detail, reply string) {
			fmt.Fprintln(&log, ou("01:48:01", id, fmt.Sprint(1000+i%50), "192.0.2.9", cmd, detail, reply))
		}
		row("CONN", "", "220 mx.google.com ESMTP x - gsmtp")
		row("EHLO", "EHLO mail.ours.example", "250-mx.google.com at your service, [203.0.113.106]")
		row("MAIL", "MAIL FROM:<a@ours.example> SIZE=50121", "250 2.1.0 OK")
		row("RCPT", "RCPT TO:<b@x.example>", "250 OK")
		row("DATA", "DATA", "354 Go ahead")
		row("DATE", ".", "250 2.0.0 OK")
		row("QUIT", "QUIT", "221 bye")
	}
	b.SetBytes(int64(log.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s := NewSessions(func(Attempt) {})
		p := NewActivityParser(time.UTC, time.Time{})
		_, _ = ReadLines(strings.NewReader(log.String()), func(l []byte) bool {
			if r, ok := p.Parse(l); ok {
				s.Add(r)
			}
			return true
		})
	}
}
