package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

// lines returns the lines of the Activity logs of a sample in their order.
func (a *audited) lines(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	for _, dir := range a.inst.Layout(mailenable.Disk{}).LogDirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if mailenable.IsActivityLog(e.Name()) {
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, bytes.Split(text, []byte("\r\n"))...)
			}
		}
	}
	return out
}

func feed(c *Collector, p *mailenable.ActivityParser, lines [][]byte) {
	for _, line := range lines {
		if r, ok := p.Parse(line); ok {
			c.Add(r)
		} else if m, ok := mailenable.ParseServiceMark(line, time.UTC); ok {
			c.AddMark(m)
		}
	}
}

// A Collector that was kept and taken back anywhere goes on as if nothing had
// happened.
func TestSaveAndLoad(t *testing.T) {
	for _, story := range []string{"password", "forwarding", "local-relay", ""} {
		t.Run("story "+story, func(t *testing.T) {
			a := write(t, sample.Options{Story: story, Messages: 500, Seed: 4})
			lines := a.lines(t)
			opt := Options{Local: a.config.Domains}
			whole := New(opt)
			feed(whole, mailenable.NewActivityParser(time.UTC, time.Time{}), lines)
			want := whole.Look(a.in)
			parts := New(opt)
			p := mailenable.NewActivityParser(time.UTC, time.Time{})
			cuts := []int{0, 1, 7}
			for i := 1; i < 12; i++ {
				cuts = append(cuts, i*len(lines)/12+i)
			}
			from := 0
			for _, to := range append(cuts, len(lines)) {
				feed(parts, p, lines[from:to])
				from = to
				kept := parts.Save()
				parts = New(opt)
				if err := parts.Load(kept); err != nil {
					t.Fatal(err)
				}
			}
			got := parts.Look(a.in)
			if !reflect.DeepEqual(want.Findings, got.Findings) || want.Headline != got.Headline {
				for i := range want.Findings {
					if !reflect.DeepEqual(want.Findings[i], got.Findings[i]) {
						t.Errorf("%+v\n%+v", want.Findings[i], got.Findings[i])
					}
				}
			}
			for what, pair := range map[string][2]any{
				"matrix":        {whole.Matrix(), parts.Matrix()},
				"senders":       {whole.Talkers(BySender, 100), parts.Talkers(BySender, 100)},
				"users":         {whole.Talkers(ByUser, 100), parts.Talkers(ByUser, 100)},
				"local domains": {want.Local, got.Local},
				"sightings":     {whole.Sightings(a.in), parts.Sightings(a.in)},
			} {
				if !reflect.DeepEqual(pair[0], pair[1]) {
					t.Errorf("%s differ:\n%+v\n%+v", what, pair[0], pair[1])
				}
			}
			if len(want.Runs) != len(got.Runs) {
				t.Errorf("%d runs, %d without a break", len(got.Runs), len(want.Runs))
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	c := New(Options{Local: []string{"a.example"}})
	kept := c.Save()
	if err := New(Options{Local: []string{"a.example"}}).Load(kept); err != nil {
		t.Error(err)
	}
	if New(Options{Local: []string{"a.example", "b.example"}}).Load(kept) == nil {
		t.Error("a domain that was not known then")
	}
	if New(Options{}).Load(kept[:len(kept)-1]) == nil || New(Options{}).Load(append(kept, 0)) == nil || New(Options{}).Load(nil) == nil {
		t.Error("damaged")
	}
	kept[0]++
	if New(Options{}).Load(kept) != errOtherState {
		t.Error("another version")
	}
}

// No bytes make Load panic or take much memory.
func FuzzLoad(f *testing.F) {
	c := New(Options{Local: []string{"a.example"}})
	c.seen = c.seen[:0:0]
	f.Add(c.Save())
	f.Fuzz(func(t *testing.T, b []byte) {
		c := New(Options{})
		if c.Load(b) == nil {
			c.Findings(Inputs{Now: testNow})
		}
	})
}
