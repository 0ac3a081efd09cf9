package runbook

import (
	"slices"
	"strings"

	"metriage/diag"
)

// pick is a runbook whose conditions hold for a case.
type pick struct {
	book  *bookData
	list  listing // the list or provider it was picked for, zero where for none
	score int     // how much its conditions ask: steps of narrower ones come first
	// proven is set where a failed check is among the conditions.
	proven bool
}

// Points for a condition. What a check proved goes before the situation, that
// before the words of the reply, those before the name of a list.
const (
	pointsLink     = 1
	pointsIdentity = 2
	pointsNamed    = 4
	pointsWords    = 8
	pointsSituated = 16
	pointsFinding  = 32
	pointsRule     = 64
)

// match returns the runbooks for a case, narrowest first; those of the same
// width in the order of the lists they are for, then of the files.
func (b *Book) match(f *facts, extra string) []pick {
	var out []pick
	order := map[listing]int{}
	for _, r := range b.books {
		p := pick{book: r, score: 0}
		if r.ID == extra && extra != "" {
			p.score = pointsRule
		} else if !p.conditions(f) {
			continue
		}
		if len(r.Named) == 0 {
			out = append(out, p)
			continue
		}
		for _, l := range f.named {
			if slices.Contains(r.Named, l.id) && !(l.found && l.id == namedOther && !wantsOther(f.cause)) {
				q := p
				q.list = l
				q.score += pointsNamed
				out = append(out, q)
			}
		}
	}
	for i, l := range f.named {
		order[l] = i
	}
	slices.SortStableFunc(out, func(a, b pick) int {
		if a.score != b.score {
			return b.score - a.score
		}
		return order[a.list] - order[b.list]
	})
	return out
}

// wantsOther reports whether a list without a runbook of its own, found by a
// check, matters to cause.
func wantsOther(c diag.Cause) bool {
	return c == diag.CauseBlacklistIP || c == diag.CauseBlacklistDomain || c == diag.CauseReputationIP
}

// conditions reports whether every condition but the name holds, and counts
// the points.
func (p *pick) conditions(f *facts) bool {
	r := p.book
	if !slices.Contains(r.Causes, string(f.cause)) {
		return false
	}
	test := func(given []string, points int, holds func(string) bool) bool {
		if len(given) == 0 {
			return true
		}
		p.score += points
		return slices.ContainsFunc(given, holds)
	}
	finding := func(code string) bool {
		status, ok := f.codes[code]
		p.proven = p.proven || status == diag.StatusFail
		return ok
	}
	if r.Link || r.LinkOther {
		p.score += pointsLink
	}
	return (!r.Link || f.link) && (!r.LinkOther || f.linkOther) &&
		test(r.Identities, pointsIdentity, func(s string) bool { return s == string(f.identity) }) &&
		test(r.Providers, pointsNamed, func(s string) bool { return s == f.provider }) &&
		test(r.Situations, pointsSituated, func(s string) bool { return s == f.situation }) &&
		test(r.Words, pointsWords, func(s string) bool { return strings.Contains(f.reply, s) }) &&
		test(r.Enhanced, pointsWords, func(s string) bool { return s == f.enhanced }) &&
		test(r.Findings, pointsFinding, finding) &&
		!slices.ContainsFunc(r.NotFindings, func(s string) bool { _, ok := f.codes[s]; return ok })
}

// allowed keeps the three promises of the package whatever the data say; the
// third, delisting after stopping the source, is kept by For.
func (f *facts) allowed(s *stepData) bool {
	delist := s.Phase == string(diag.PhaseDelist)
	switch f.identity {
	case diag.IdentityForeign:
		if delist || s.Changes == "domain" {
			return false
		}
	case diag.IdentityRelay:
		if delist || s.Changes == "address" {
			return false
		}
	}
	return !delist || !noDelist(f.cause)
}
