package triage

import (
	"fmt"
	"time"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/index"
)

// Estimated says when a queued message is tried next and given up. Both are
// estimated: no file tells.
type Estimated = audit.Estimate

// EstimateFor estimates for a message of a queue folder. lifetime is how long
// messages are tried as far as the logs show it, 0 where they do not.
func EstimateFor(q QueueMessage, now time.Time, lifetime time.Duration) Estimated {
	return audit.QueueRow{Outgoing: q.Outgoing, Retries: q.Retries, Since: q.Since, Changed: q.Changed}.Estimate(now, lifetime)
}

// FirstGivesUp estimates when the first waiting message of a group is given up,
// zero where nothing waits or the logs do not show how long messages are tried.
// Each installation has its own lifetime; one whose logs show none is left out.
func FirstGivesUp(g diag.Group, all []AuditPicture, now time.Time) (first time.Time) {
	for inst, since := range g.WaitingSince[:min(len(g.WaitingSince), len(all))] {
		up := audit.QueueRow{Outgoing: true, Since: since}.Estimate(now, all[inst].Lifetime).GiveUp
		if !up.IsZero() && (first.IsZero() || up.Before(first)) {
			first = up
		}
	}
	return first
}

// firstOfAll is FirstGivesUp over everything that waits.
func (s *Session) firstOfAll(v *index.View) (first time.Time) {
	all, now := s.lastAuditOf(v), s.Now()
	for _, g := range v.Groups(diag.ByDomain) {
		if t := FirstGivesUp(g, all, now); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// SoonWords writes an estimated moment, "~14:10" or "now" where it is due; "~"
// says that it is estimated.
func (s *Session) SoonWords(t time.Time) string {
	if !t.After(s.Now()) {
		return "now"
	}
	return fmt.Sprintf("~%s", s.Clock(t))
}
