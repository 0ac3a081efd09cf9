package triage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/reply"
	"metriage/diag/runbook"
)

// Bounds of one plan: how many different refusals it treats, and how many
// destinations of each it names.
const (
	maxCases       = 40
	maxCaseDomains = 2000
)

// caseKey is what refusals of one case have in common. Where a cause lies with
// the address that mail leaves from, every own address is a case: each needs its
// own PTR record.
type caseKey struct {
	cause           diag.Cause
	named, provider string
	situation       string
	own             string
}

// caseOf is the refusals of one case: how many, the latest of them, and where
// they are refused.
type caseOf struct {
	n       int
	latest  int32
	last    time.Time
	domains map[string]bool
}

// Cases puts the refusals of records into cases: one for every cause, list,
// provider, situation and, where the cause lies with it, own address, the most
// frequent first. The latest refusal speaks for its case. Delays do not count.
func (s *Session) Cases(v *index.View, members []int32, findings []diag.Finding) []runbook.Case {
	how := s.situations()
	seen := map[caseKey]*caseOf{}
	for _, n := range members {
		c := v.Row(n)
		if !c.Failed {
			continue
		}
		k := caseKey{c.Cause, c.Named, c.Provider, how(v, n, c), ""}
		if runbook.AddressCause(c.Cause) {
			k.own = c.OwnIP
		}
		e := seen[k]
		if e == nil {
			e = &caseOf{latest: -1, domains: map[string]bool{}}
			seen[k] = e
		}
		e.n++
		e.speaks(v, n, c.Last)
		if len(e.domains) < maxCaseDomains {
			e.domains[c.Domain] = true
		}
	}
	giveAddress(seen)
	order := slices.SortedFunc(maps.Keys(seen), func(a, b caseKey) int {
		return cmp.Or(cmp.Compare(seen[b].n, seen[a].n), a.compare(b))
	})
	if len(order) > maxCases {
		order = order[:maxCases]
	}
	var out []runbook.Case
	for _, k := range order {
		e := seen[k]
		f := v.Failure(int(e.latest))
		out = append(out, runbook.Case{
			Verdict: f.Verdict, Reply: f.Reply, IP: f.OwnIP, Findings: findings, Failures: e.n, Situation: k.situation,
			Domains: slices.Sorted(maps.Keys(e.domains)),
		})
	}
	return out
}

// speaks lets record n stand for its case where it is the latest. The order of
// records differs from one reading to the next and decides nothing.
func (e *caseOf) speaks(v *index.View, n int32, last time.Time) {
	if e.latest < 0 || last.After(e.last) || last.Equal(e.last) && v.Key(n) < v.Key(e.latest) {
		e.latest, e.last = n, last
	}
}

// giveAddress counts refusals that do not say which own address they are about
// to the address that is refused most for the same.
func giveAddress(seen map[caseKey]*caseOf) {
	for k, e := range seen {
		if k.own != "" || !runbook.AddressCause(k.cause) {
			continue
		}
		var most caseKey
		for o, other := range seen {
			same := o.own != "" && o == caseKey{k.cause, k.named, k.provider, k.situation, o.own}
			if same && (most.own == "" || other.n > seen[most].n || other.n == seen[most].n && o.own < most.own) {
				most = o
			}
		}
		if most.own == "" {
			continue
		}
		to := seen[most]
		to.n += e.n
		for d := range e.domains {
			to.domains[d] = true
		}
		delete(seen, k)
	}
}

// compare orders cases of the same size.
func (k caseKey) compare(o caseKey) int {
	rank := diag.Causes()
	return cmp.Or(
		cmp.Compare(slices.Index(rank, k.cause), slices.Index(rank, o.cause)), cmp.Compare(k.named, o.named),
		cmp.Compare(k.provider, o.provider), cmp.Compare(k.situation, o.situation), cmp.Compare(k.own, o.own))
}

// situations returns what says how a refused message came about, as the audit
// sees it; "" where it does not.
func (s *Session) situations() func(v *index.View, n int32, r index.Row) string {
	if k := s.kept; k != nil {
		return func(v *index.View, n int32, _ index.Row) string { return k.situation[v.Key(n)] }
	}
	pictures := s.LastAudit()
	return func(_ *index.View, _ int32, r index.Row) string {
		if r.Installation >= len(pictures) || pictures[r.Installation].Picture == nil {
			return ""
		}
		return pictures[r.Installation].Situation(messageOf(r))
	}
}

// Plan makes the ordered plan for cases.
func (s *Session) Plan(sub Subject, cases []runbook.Case) diag.Plan {
	<-s.ready
	c := runbook.Case{}
	if len(cases) > 0 {
		c = cases[0]
	}
	return s.book.Plan(cases, s.values(sub, c))
}

// values fills in what is known of this server.
func (s *Session) values(sub Subject, c runbook.Case) runbook.Values {
	v := runbook.Values{HELO: sub.HELO, NameOf: reply.Name, KnownLink: reply.KnownLink}
	if len(sub.IPs) > 0 {
		v.IP = sub.IPs[0].Addr
	}
	if c.IP.IsValid() {
		v.IP = c.IP
	}
	if len(sub.Domains) > 0 {
		v.Domain = sub.Domains[0]
	}
	if len(c.Domains) == 1 {
		v.RefusedDomain = c.Domains[0]
	}
	if len(s.installs) > 0 && s.capsule == "" {
		v.Root = s.installs[0].Root
	}
	v.ListZone, v.SmartHost = c.Verdict.ListZone, sub.SmartHost
	s.source(&v)
	v.Reverse(c.Findings)
	return v
}

// source fills in who sends the spam, as the audit says: the biggest run.
func (s *Session) source(v *runbook.Values) {
	for _, p := range s.LastAudit() {
		for i := range p.Runs {
			run := &p.Runs[i]
			if v.Mailbox == "" && run.User != "" {
				v.Mailbox, v.Account, _ = strings.Cut(run.User, "@")
			}
			if !v.ClientIP.IsValid() && len(run.Clients) > 0 {
				v.ClientIP = run.Clients[0]
			}
		}
	}
}
