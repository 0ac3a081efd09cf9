package triage

import (
	"strings"
	"testing"

	"metriage/diag"
	"metriage/diag/sample"
)

// Behind a pool every address that is refused has its own case, its own PTR
// step and its own onset, however few of the refusals are its own.
func TestEveryAddressOfAPoolHasItsCase(t *testing.T) {
	for seed := range uint64(3) {
		s, _ := story(t, sample.Options{Story: "nat-pool", Seed: seed})
		v := scan(t, s)
		plan := s.ServerPlan(v, s.Subject(v), nil)
		onsets := addressOnsets(v)
		for _, ip := range []string{"198.51.100.26", "198.51.100.27"} {
			n := 0
			for _, c := range s.Cases(v, v.AllFailures(), nil) {
				if c.Verdict.Cause == diag.CauseNoPTR && c.IP.String() == ip {
					n += c.Failures
				}
			}
			refused, began := 0, 0
			for _, m := range v.AllFailures() {
				if r := v.Row(m); r.Cause == diag.CauseNoPTR && r.OwnIP == ip {
					refused++
				}
			}
			for _, e := range onsets {
				if strings.HasPrefix(e.Text, ip+" at ") && !e.At.IsZero() {
					began++
				}
			}
			request := 0
			for _, step := range plan.Steps {
				if step.ID == "ptr-request" && step.Subject == ip && strings.Contains(step.Title, ip) {
					request++
				}
			}
			if refused == 0 || n < refused || began == 0 || request != 1 {
				t.Errorf("seed %d, %s: %d refusals, %d in its cases, %d onsets, %d PTR steps", seed, ip, refused, n, began, request)
			}
		}
	}
}
