package triage

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/index"
)

// maxRemoteTest is how many destinations one test asks; the others wait for
// the next.
const maxRemoteTest = 5

// RemoteTest is what a test of the servers of some destinations is going to
// do. Nothing is sent until it is handed to TestRemote.
type RemoteTest struct {
	Asks []RemoteAsk // at most maxRemoteTest
	Left int         // destinations that wait for the next test
	HELO string
}

// RemoteAsk is the test of one destination. From and Rcpt are of its latest
// refusal that belongs to no spam run, "" where there is none: a recipient of
// spam is never asked for.
type RemoteAsk struct {
	Domain, From, Rcpt string
}

// RemoteTest prepares a test of domains. Those that the ledger shows to accept
// mail again are left out; those that were not tested yet come first, then the
// ones with more refusals.
func (s *Session) RemoteTest(v *index.View, sub Subject, domains []string, known Known) RemoteTest {
	tested := map[string]bool{}
	for _, f := range known.Findings {
		if f.Check == check.Remote {
			tested[strings.ToLower(f.Subject)] = true
		}
	}
	type candidate struct {
		RemoteAsk
		n    int
		last int32 // the latest refusal with a recipient, -1 for none
	}
	all := map[string]*candidate{}
	for _, d := range domains {
		if d != "" && d[0] != '(' && !known.Recovered[d].Recovered() {
			all[d] = &candidate{RemoteAsk: RemoteAsk{Domain: d}, last: -1}
		}
	}
	pictures := s.LastAudit()
	for _, n := range v.AllFailures() {
		r := v.Row(n)
		c := all[r.Domain]
		if c == nil {
			continue
		}
		c.n++
		if !r.Failed || r.Recipient == "" || c.last >= 0 && !r.Last.After(v.Row(c.last).Last) {
			continue
		}
		if harmless(v, pictures, n, r) {
			c.last = n
		}
	}
	list := make([]*candidate, 0, len(all))
	for _, c := range all {
		if c.last >= 0 {
			r := v.Row(c.last)
			c.From, c.Rcpt = senderOf(r.Sender), r.Recipient
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *candidate) int {
		if tested[a.Domain] != tested[b.Domain] {
			if tested[a.Domain] {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.Domain, b.Domain))
	})
	t := RemoteTest{HELO: sub.HELO, Left: max(0, len(list)-maxRemoteTest)}
	for _, c := range list[:min(len(list), maxRemoteTest)] {
		t.Asks = append(t.Asks, c.RemoteAsk)
	}
	return t
}

// harmless reports whether sender and recipient of a refusal may be named to
// the recipient's server: neither it nor its sender is part of a spam run. As
// long as the audit has not looked, none may.
func harmless(v *index.View, pictures []AuditPicture, n int32, r index.Row) bool {
	if r.Installation >= len(pictures) {
		return false
	}
	if _, spam := SpamRunOf(v, pictures, n); spam {
		return false
	}
	return !slices.ContainsFunc(pictures[r.Installation].Runs, func(run SpamRun) bool {
		return run.User != "" && (strings.EqualFold(run.User, r.Sender) || strings.EqualFold(run.User, r.Account))
	})
}

// senderOf is a sender as MAIL FROM takes it: "<>" for the null sender, "" where
// it is not known.
func senderOf(key string) string {
	switch key {
	case diag.KeyNone:
		return "<>"
	case diag.KeyUnknown:
		return ""
	}
	return key
}

// CanGoOn reports whether the test can go on to MAIL and RCPT somewhere.
func (t RemoteTest) CanGoOn() bool {
	return slices.ContainsFunc(t.Asks, func(a RemoteAsk) bool { return a.From != "" && a.Rcpt != "" })
}

// TestRemote asks the servers of the destinations one after the other. The
// sessions end after EHLO or, where toRCPT is set and a recipient is known,
// after RCPT. The cooldown of the check counts.
func (s *Session) TestRemote(ctx context.Context, sub Subject, t RemoteTest, toRCPT bool, emit func(diag.Finding)) diag.Run {
	out := diag.Run{Complete: true}
	for _, a := range t.Asks {
		req := s.Request(sub, []string{check.Remote}, nil, true)
		req.Target.Remote = a.Domain
		if toRCPT && a.From != "" && a.Rcpt != "" {
			req.From, req.Rcpt = a.From, a.Rcpt
			if req.Validate() != nil { // an address that cannot be written into a command
				req.From, req.Rcpt = "", ""
			}
		}
		run := s.Check(ctx, req, emit)
		out.Findings = append(out.Findings, run.Findings...)
		out.Vantage = run.Vantage
		if out.Complete = out.Complete && run.Complete; ctx.Err() != nil {
			break
		}
	}
	return out
}

// lateRefusals returns of the destinations of the steps that a remote test
// proves at which stage each was refused last, where that was behind the
// greeting: a test that ends there proves nothing of it.
func lateRefusals(v *index.View, steps []diag.Step) map[string]diag.Stage {
	want := map[string]bool{}
	for _, step := range steps {
		if step.Check == check.Remote {
			for _, d := range step.Domains {
				want[d] = true
			}
		}
	}
	if len(want) == 0 {
		return nil
	}
	last := map[string]index.Row{}
	for _, n := range v.AllFailures() {
		if r := v.Row(n); r.Failed && want[r.Domain] && !r.Last.Before(last[r.Domain].Last) {
			last[r.Domain] = r
		}
	}
	out := map[string]diag.Stage{}
	for d, r := range last {
		switch r.Stage {
		case diag.StageMail, diag.StageRcpt, diag.StageData, diag.StageEndOfData:
			out[d] = r.Stage
		}
	}
	return out
}
