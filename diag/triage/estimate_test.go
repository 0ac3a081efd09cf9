package triage

import (
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// The headline says when the first of what waits is given up, where the logs
// show how long messages are tried.
func TestHeadlineSaysWhenGivenUp(t *testing.T) {
	s, _ := story(t, sample.Options{Story: "new-server", Seed: 3})
	v := scan(t, s)
	s.Audit(v)
	all := s.LastAudit()
	all[0].Lifetime = 0
	before := s.Headline(v)
	g := diag.Group{}
	for _, x := range v.Groups(before.By) {
		if x.Key == before.Key {
			g = x
		}
	}
	if strings.Contains(before.Text, "gives up") || g.Waiting == 0 {
		t.Fatalf("%+v, %d waiting", before, g.Waiting)
	}
	all[0].Lifetime = at.Sub(g.OldestWaiting) + 3*time.Hour
	want := "; of " + diag.Thousands(g.Waiting) + " waiting the first gives up ~" + s.Clock(at.Add(3*time.Hour))
	if got := s.Headline(v); got.Text != before.Text+want || got.Status != diag.StatusFail {
		t.Errorf("%q, want %q", got.Text, before.Text+want)
	}
	all[0].Lifetime = time.Minute
	if got := s.Headline(v); !strings.HasSuffix(got.Text, "the first gives up now") {
		t.Errorf("overdue: %q", got.Text)
	}
	// Each installation has its own lifetime; nothing waits in the last one.
	many := []AuditPicture{{Lifetime: 0}, {Lifetime: 5 * time.Hour}, {Lifetime: 7 * time.Hour}, {Lifetime: 2 * time.Hour}}
	waits := []time.Time{at.Add(-10 * time.Hour), at, at.Add(-time.Hour)}
	if up := FirstGivesUp(diag.Group{WaitingSince: waits}, many, at); !up.Equal(at.Add(5 * time.Hour)) {
		t.Errorf("of several installations: %v", up)
	}
	if up := FirstGivesUp(diag.Group{WaitingSince: waits[:1]}, many, at); !up.IsZero() {
		t.Errorf("where the lifetime is not known: %v", up)
	}
	if up := FirstGivesUp(diag.Group{}, many, at); !up.IsZero() {
		t.Errorf("nothing waits: %v", up)
	}
}
