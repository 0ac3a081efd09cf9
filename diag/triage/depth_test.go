package triage

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag/sample"
)

// The queue's length is kept once an hour for two weeks; the headline says what
// is usual once three days of it are known.
func TestUsualDepth(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(t.Context(), root, sample.Options{Story: "password", Now: at}); err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	now := at
	look := func() (s *Session, headline string) {
		s = session(t, nil, Options{Roots: []string{root}, StateDir: state, Since: 30 * 24 * time.Hour})
		s.opt.Now = func() time.Time { return now }
		if errs := s.Locate(); len(errs) > 0 {
			t.Fatal(errs)
		}
		v := scan(t, s)
		s.Audit(v)
		return s, s.Headline(v).Text
	}
	s, headline := look()
	if !strings.HasPrefix(headline, "Queue ") || strings.Contains(headline, "usual") {
		t.Errorf("without history: %q", headline)
	}
	file := s.audits.depths.path
	kept := func() (out []depthAt) {
		t.Helper()
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]depthAt{}
		if err := json.Unmarshal(b, &all); err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[root]
	}
	if k := kept(); len(k) != 1 || !k[0].At.Equal(at) || k[0].N == 0 {
		t.Fatalf("%+v", k)
	}
	n := kept()[0].N
	now = at.Add(59 * time.Minute)
	look()
	if k := kept(); len(k) != 1 {
		t.Errorf("within the hour: %+v", k)
	}
	d := depths{path: file}
	for day := range 20 {
		for hour := range 24 {
			if err := d.keep(root, 12, at.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if k := kept(); len(k) > depthDays*24+1 {
		t.Errorf("%d are kept", len(k))
	}
	var past []depthAt
	for day := range 4 {
		past = append(past, depthAt{at.AddDate(0, 0, -5+day), 12})
	}
	put := func(v any) {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now = at
	put(map[string][]depthAt{root: past[:2]})
	if _, headline = look(); strings.Contains(headline, "usual") {
		t.Errorf("of two days: %q", headline)
	}
	put(map[string][]depthAt{root: past})
	if s, headline = look(); !strings.Contains(headline, " (usual 12): ") {
		t.Errorf("%q", headline)
	}
	if p := s.LastAudit()[0]; p.Usual != 12 || p.Bounces.Queued != n {
		t.Errorf("usually %d of %d", p.Usual, p.Bounces.Queued)
	}
	if err := os.WriteFile(file, []byte("[}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, headline = look(); strings.Contains(headline, "usual") || len(kept()) != 1 {
		t.Errorf("damaged: %q", headline)
	}
}
