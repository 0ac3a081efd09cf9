package triage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

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

// Cases puts the refusals of records into cases: one for every cause, list,
// provider, identity and own address, the most frequent first. Delays do not
// count, and a refusal that names no own address counts with those that do.
func (s *Session) Cases(v *index.View, members []int32, findings []diag.Finding) []runbook.Case {
	type key struct {
		cause           diag.Cause
		named, provider string
		situation       string
		ip              string // own address, where the cause lies in it
	}
	how := s.situations()
	type entry struct {
		n       int
		first   int32
		domains map[string]bool
	}
	seen := map[key]*entry{}
	var order []key
	for _, n := range members {
		c := v.Row(n)
		if !c.Failed {
			continue
		}
		k := key{c.Cause, c.Named, c.Provider, how(v, n, c), ""}
		if c.Cause.AboutAddress() {
			k.ip = c.OwnIP
		}
		e := seen[k]
		if e == nil {
			e = &entry{first: n, domains: map[string]bool{}}
			seen[k] = e
			order = append(order, k)
		}
		e.n++
		if len(e.domains) < maxCaseDomains {
			e.domains[c.Domain] = true
		}
	}
	// What names no address joins the most frequent one that the same was said of.
	most := map[key]key{}
	for _, k := range order {
		bare := k
		bare.ip = ""
		if m, ok := most[bare]; k.ip != "" && (!ok || seen[k].n > seen[m].n) {
			most[bare] = k
		}
	}
	order = slices.DeleteFunc(order, func(k key) bool {
		m, ok := most[k]
		if ok {
			seen[m].n += seen[k].n
			maps.Copy(seen[m].domains, seen[k].domains)
		}
		return ok
	})
	slices.SortStableFunc(order, func(a, b key) int { return cmp.Compare(seen[b].n, seen[a].n) })
	if len(order) > maxCases {
		order = order[:maxCases]
	}
	var out []runbook.Case
	for _, k := range order {
		e := seen[k]
		f := v.Failure(int(e.first))
		c := runbook.Case{Verdict: f.Verdict, Reply: f.Reply, IP: f.OwnIP, Findings: findings, Failures: e.n, Situation: k.situation}
		for d := range e.domains {
			c.Domains = append(c.Domains, d)
		}
		slices.Sort(c.Domains)
		out = append(out, c)
	}
	return out
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
