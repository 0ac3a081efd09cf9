package triage

import (
	"slices"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/index"
)

// collateral counts the failures and waiting messages of each run of an
// installation, and those of the innocent.
func collateral(v *index.View, inst int, p *AuditPicture) (runs []diag.SpamRun, innocent []diag.Innocent) {
	if p.kept != nil {
		runs = slices.Clone(p.kept.Runs)
		for i := range runs {
			runs[i].Failures = 0
		}
		for _, n := range v.AllFailures() {
			if i, ok := p.runs[v.Key(n)]; ok && i < len(runs) && v.Row(n).Installation == inst {
				runs[i].Failures++
			}
		}
		return runs, p.kept.Innocent
	}
	for _, r := range p.Runs {
		runs = append(runs, diag.SpamRun{
			ID: r.ID, Code: r.Code, Title: r.Title, User: r.User, First: r.First, Last: r.Last,
			Messages: r.Messages, Recipients: r.Recipients, Refused: r.Refused, Networks: r.Networks,
		})
	}
	if len(runs) > 0 {
		for f := range failedOf(v, inst) {
			if i := audit.RunOf(p.Runs, f.Message); i >= 0 {
				runs[i].Failures++
			}
		}
		for r := range queued(v, inst) {
			if !r.Outgoing {
				continue
			}
			if i := audit.RunOf(p.Runs, r.Message()); i >= 0 {
				runs[i].Waiting++
			}
		}
	}
	for _, x := range p.Innocents() {
		innocent = append(innocent, diag.Innocent{Sender: x.Sender, Account: x.Account, Failed: x.Failed, Waiting: x.Waiting, GivesUp: x.GivesUp})
	}
	return runs, innocent
}

// SpamRunOf returns the spam run that failure or delay n of a view belongs to,
// among the pictures of that view; ok is false for ordinary mail.
func SpamRunOf(v *index.View, all []AuditPicture, n int32) (run *SpamRun, ok bool) {
	r := v.Row(n)
	if i := runOf(v, all, n, r); i >= 0 {
		return &all[r.Installation].Runs[i], true
	}
	return nil, false
}

// runOf is the number of the run that record n, whose row is r, belongs to; -1
// for none.
func runOf(v *index.View, all []AuditPicture, n int32, r index.Row) int {
	if r.Installation >= len(all) {
		return -1
	}
	p := &all[r.Installation]
	if p.kept == nil {
		return audit.RunOf(p.Runs, messageOf(r))
	}
	if i, ok := p.runs[v.Key(n)]; ok {
		return i
	}
	return -1
}

// RunFailures counts the failures of each group that belong to a spam run; the
// others are ordinary mail. Groups without any are left out.
func RunFailures(v *index.View, all []AuditPicture, by diag.GroupBy) map[string]int {
	out := map[string]int{}
	for _, p := range all {
		if len(p.Runs) == 0 {
			continue
		}
		for _, g := range v.Groups(by) {
			for _, n := range v.Members(by, g.Key) {
				if r := v.Row(n); !r.Failed {
					break // delays come behind the failures
				} else if runOf(v, all, n, r) >= 0 {
					out[g.Key]++
				}
			}
		}
		break
	}
	return out
}

// CountRuns tells the failures of spam runs in a report of a view from those of
// ordinary mail. whole is the view of everything, which the runs are found in.
func (s *Session) CountRuns(r *diag.Report, whole, v *index.View) {
	all := s.Audit(whole)
	r.Counted = true
	for i := range all {
		// The innocent of a filtered view are those of its failures.
		p := all[i]
		p.innocents = func() []Affected { return p.Picture.Innocent(failedOf(v, i), queued(v, i), p.Lifetime) }
		runs, innocent := collateral(v, i, &p)
		r.Runs, r.Innocent = append(r.Runs, runs...), append(r.Innocent, innocent...)
		for _, x := range runs {
			r.RunFailures += x.Failures
		}
	}
	of := RunFailures(v, all, r.By)
	groups := append([]diag.Group(nil), r.Groups...) // the view's are shared
	for i := range groups {
		groups[i].OfRuns = of[groups[i].Key]
	}
	r.Groups = groups
}
