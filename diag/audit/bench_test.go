package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

// log returns the Activity logs of a big sample as one.
func activity(b *testing.B, story string, messages int) []byte {
	b.Helper()
	a := write(b, sample.Options{Story: story, Messages: messages, Seed: 1})
	var all []byte
	for _, dir := range a.inst.Layout(mailenable.Disk{}).LogDirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range entries {
			if mailenable.IsActivityLog(e.Name()) {
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, text...)
			}
		}
	}
	return all
}

// BenchmarkRows shows what the collector adds to reading a log: parse is the
// parser alone, collect both.
func BenchmarkRows(b *testing.B) {
	for _, story := range []string{"quiet", "password", "local-relay"} {
		text := activity(b, story, 20_000)
		lines := bytes.Count(text, []byte{'\n'})
		for _, how := range []string{"parse", "collect"} {
			b.Run(story+"/"+how, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					c := New(Options{Local: []string{"harbourline.example"}})
					take := func(mailenable.Row) {}
					if how == "collect" {
						take = c.Add
					}
					p := mailenable.NewActivityParser(time.UTC, time.Time{})
					rows := 0
					_, err := mailenable.ReadLines(bytes.NewReader(text), func(line []byte) bool {
						if r, ok := p.Parse(line); ok {
							rows++
							take(r)
						}
						return true
					})
					if err != nil || rows < lines/2 {
						b.Fatal(rows, err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/row")
			})
		}
	}
}

// BenchmarkFindings asks for the findings of a queue of 200,000 messages.
func BenchmarkFindings(b *testing.B) {
	a := write(b, sample.Options{Story: "password", Messages: 20_000, Seed: 1})
	rows := a.rows
	for len(rows) < 200_000 {
		rows = append(rows, a.rows...)
	}
	a.in.Queue = slices.Values(rows)
	for b.Loop() {
		if len(a.c.Findings(a.in)) != len(Codes()) {
			b.Fatal("not all findings")
		}
	}
}
