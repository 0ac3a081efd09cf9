package triage

import (
	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/index"
)

// Audits returns the pictures of a view as reports write them.
func (s *Session) Audits(v *index.View) []diag.Audit {
	var out []diag.Audit
	for i, p := range s.Audit(v) {
		if p.kept != nil {
			out = append(out, *p.kept)
			continue
		}
		runs, innocent := collateral(v, i, &p)
		a := diag.Audit{
			Installation: p.Root, Headline: p.Headline, Findings: p.Findings, Runs: runs, Innocent: innocent,
			Onset: p.Onset, SettingsFrom: p.SettingsFrom, Problems: p.Problems,
		}
		for _, d := range p.Matrix {
			a.Matrix = append(a.Matrix, diag.OwnDelivery{
				Addr: d.Addr, Provider: d.Provider, Accepted: d.Accepted, Refused: d.Refused, Deferred: d.Deferred,
				LastAccepted: d.LastAccepted, Onset: d.Onset,
			})
		}
		for _, c := range p.Changes {
			a.Changes = append(a.Changes, diag.Event{At: c.Time, Text: c.Text})
		}
		for _, l := range []struct {
			by   audit.By
			list []Talker
		}{{audit.ByUser, p.Users}, {audit.ByAccount, p.Accounts}, {audit.ByClient, p.Clients}, {audit.BySender, p.Senders}, {audit.ByAnon, p.Anonymous}} {
			for _, t := range l.list {
				a.Senders = append(a.Senders, diag.SenderCount{
					By: string(l.by), Key: t.Key, Messages: t.Messages, Recipients: t.Recipients, Refused: t.Refused, Bad: t.Bad,
					Day: t.Day, Usual: t.Usual, Known: t.Known, Networks: t.Networks, First: t.First, Last: t.Last,
				})
			}
		}
		if len(s.installs) == 1 {
			a.Headline = s.Headline(v).Text // the ledger has a say too
		}
		out = append(out, a)
	}
	return out
}
