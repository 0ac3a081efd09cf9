package triage

import (
	"testing"

	"metriage/diag"
	"metriage/diag/sample"
)

// Failures of spam runs and innocent ones are counted apart and together are
// all.
func TestRunsAndCollateral(t *testing.T) {
	for _, tt := range []struct {
		story string
		runs  int
	}{{"password", 1}, {"local-relay", 1}, {"forwarding", 1}, {"quiet", 0}, {"nat-pool", 0}, {"new-server", 0}} {
		t.Run(tt.story, func(t *testing.T) {
			s, _ := story(t, sample.Options{Story: tt.story, Messages: 500, Seed: 6})
			v := scan(t, s)
			for _, by := range []diag.GroupBy{diag.ByDomain, diag.BySender, diag.ByCause} {
				r := v.Report(by)
				before := r.Groups
				s.CountRuns(&r, v, v)
				of, innocent := 0, 0
				for _, g := range r.Groups {
					of += g.OfRuns
					if g.OfRuns > g.Failures {
						t.Errorf("%s: %d of %d failures", g.Key, g.OfRuns, g.Failures)
					}
				}
				listed := map[string]bool{}
				for _, x := range r.Innocent {
					innocent += x.Failed
					if listed[x.Sender] {
						t.Errorf("%q is listed twice", x.Sender)
					}
					listed[x.Sender] = true
				}
				if len(r.Runs) != tt.runs || of != r.RunFailures || of+innocent != r.Totals.Failures || (of > 0) != (tt.runs > 0) {
					t.Errorf("%d runs, %d failures of runs (%d by group), %d innocent, %d in all", len(r.Runs), r.RunFailures, of, innocent, r.Totals.Failures)
				}
				if len(before) > 0 && before[0].OfRuns != 0 {
					t.Error("the groups of the view were changed")
				}
			}
			if tt.runs == 0 {
				return
			}
			// A filtered report counts its own failures.
			g := v.Groups(diag.ByDomain)[0]
			part := v.Filtered(g.Key, "")
			r := part.Report(diag.ByDomain)
			s.CountRuns(&r, v, part)
			innocent := 0
			for _, x := range r.Innocent {
				innocent += x.Failed
			}
			if r.RunFailures+innocent != g.Failures {
				t.Errorf("%s: %d and %d of %d", g.Key, r.RunFailures, innocent, g.Failures)
			}
			for n, all := range v.AllFailures() {
				run, ok := SpamRunOf(v, s.Audit(v), all)
				if ok != (run != nil) || n > 50 {
					break
				}
			}
		})
	}
}

func TestOwnSubject(t *testing.T) {
	for in, want := range map[string]string{
		"Message Delivery Failure": "", "message delivery failure - Your parcel 7": "Your parcel 7", "Hello": "Hello", "": "",
	} {
		if got := ownSubject(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
