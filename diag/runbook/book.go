package runbook

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"

	"metriage/diag"
)

// articleURL is the address of an article in the vendor's knowledge base,
// without its id.
const articleURL = "http://www.mailenable.com/kb/content/article.asp?ID="

// For returns the steps for one case in the order of the phases (diag.Phases).
// Inside a phase the steps of what a check proved come first, then those of
// the situation, of the list or provider, and of the cause itself.
//
// Every step carries the failures and domains of the case. An unknown cause is
// treated as diag.CauseUnknown.
func (b *Book) For(c Case, v Values) []diag.Step {
	steps, _, _ := b.forCase(c, v, nil)
	return steps
}

// general is v without what is known of a single refusal.
func (v Values) general() Values {
	v.RefusedDomain, v.RemoteHost, v.ForeignDomain = "", "", ""
	v.LookupURL, v.ReplyLink = "", ""
	v.domains, v.each = nil, true
	return v
}

// forCase also returns why phases have no step, and whether a failed check
// proves the cause. Where generic is not nil, it takes every step as it reads
// without what is known of this case alone, by key.
func (b *Book) forCase(c Case, v Values, generic map[string]diag.Step) (steps []diag.Step, notes map[diag.Phase]string, proven bool) {
	v = v.with(c)
	f := b.newFacts(c, &v)
	picks := b.match(f, c.Verdict.Runbook)

	without := excluded(picks)
	notes = map[diag.Phase]string{}
	for _, p := range picks {
		proven = proven || p.proven || f.listed
		for phase, why := range p.book.NotNeeded {
			if notes[diag.Phase(phase)] == "" {
				notes[diag.Phase(phase)] = fill(why, &v)
			}
		}
	}
	seen := map[string]bool{}
	for _, phase := range diag.Phases() {
		// The source first: without a step against it nobody asks for delisting.
		if phase == diag.PhaseDelist && !slices.ContainsFunc(steps, stopsSource) {
			continue
		}
		for _, p := range picks {
			for _, id := range p.book.Steps {
				s := b.steps[id]
				if s.Phase != string(phase) || without[id] || !f.allowed(s) {
					continue
				}
				st := render(s, p.list, v)
				if generic != nil {
					generic[st.Key()] = render(s, p.list, v.general())
				}
				if seen[st.Key()] {
					continue
				}
				seen[st.Key()] = true
				st.Failures = c.Failures
				st.Domains = sortedDomains(c.Domains)
				steps = append(steps, st)
			}
		}
	}
	return steps, notes, proven
}

// excluded are the steps that the picked runbooks take out. What the runbook of
// one list takes out stays where another list that holds us needs it: PBL asks
// for no source, but SBL beside it does.
func excluded(picks []pick) map[string]bool {
	out := map[string]bool{}
	lists := map[listing]bool{}
	byLists := map[string]map[listing]bool{}
	for _, p := range picks {
		if p.list != (listing{}) {
			lists[p.list] = true
		}
		for _, id := range p.book.Without {
			if p.list == (listing{}) {
				out[id] = true
				continue
			}
			if byLists[id] == nil {
				byLists[id] = map[listing]bool{}
			}
			byLists[id][p.list] = true
		}
	}
	for id, by := range byLists {
		if len(by) == len(lists) {
			out[id] = true
		}
	}
	return out
}

func stopsSource(s diag.Step) bool {
	return s.Phase == diag.PhaseContain || s.Phase == diag.PhaseCure
}

// with fills what the case itself knows into v. What the case knows of its
// refusal goes before what v says.
func (v Values) with(c Case) Values {
	set := func(p *string, s string) {
		if s != "" {
			*p = s
		}
	}
	switch {
	case c.IP.IsValid() && c.IP != v.IP:
		v.IP, v.ReverseZone, v.ISP, v.PTRName = c.IP, "", "", ""
		v.Reverse(c.Findings)
	case !v.IP.IsValid():
		v.IP = c.Reply.OwnIP
	}
	switch c.Verdict.Identity {
	case diag.IdentityOurs:
		if c.Verdict.IdentityDomain != "" {
			v.Domain = c.Verdict.IdentityDomain
		}
	case diag.IdentityForeign:
		set(&v.ForeignDomain, c.Verdict.IdentityDomain)
	}
	var domains []string
	for _, d := range c.Domains {
		if nameText(d) != "" {
			domains = append(domains, d)
		}
	}
	switch {
	case len(domains) == 1:
		v.RefusedDomain = domains[0]
	case len(domains) > 1:
		// No one of them stands for the others.
		v.RefusedDomain, v.domains, v.each = "", domains, true
	}
	known := slices.IndexFunc(c.Reply.URLs, v.knownLink)
	if i := cmp.Or(known+1, 1+slices.IndexFunc(c.Reply.URLs, func(u string) bool { return linkText(u) != "" })); i > 0 {
		v.ReplyLink = c.Reply.URLs[i-1]
	}
	// The form of an admin's own rule is the admin's word.
	ownForm := strings.HasPrefix(c.Verdict.Rule, "x-") && !slices.Contains(c.Reply.URLs, c.Verdict.LookupURL)
	if ownForm || v.knownLink(c.Verdict.LookupURL) {
		set(&v.LookupURL, c.Verdict.LookupURL)
	}
	if v.LookupURL == "" && v.knownLink(v.ReplyLink) {
		v.LookupURL = v.ReplyLink
	}
	if v.ReplyLink == "" {
		v.ReplyLink = v.LookupURL
	}
	set(&v.ListZone, c.Verdict.ListZone)
	switch {
	case c.Verdict.Named != "":
		v.ListName = v.name(c.Verdict.Named)
	case c.Verdict.ListZone != "":
		v.ListName = c.Verdict.ListZone
	}
	return v
}

// Reverse fills in what the PTR check of the address found out.
func (v *Values) Reverse(findings []diag.Finding) {
	for _, f := range findings {
		if f.Check != "ptr" || f.Subject != v.IP.String() {
			continue
		}
		v.ReverseZone, v.ISP = f.Zone, f.Owner
		if len(f.Evidence) > 0 && f.Evidence[0].Answer != "" {
			v.PTRName, _, _ = strings.Cut(f.Evidence[0].Answer, ",")
		}
		return
	}
}

// render fills the values into a step. For a list that a check found, name and
// link are those of that list.
func render(s *stepData, l listing, v Values) diag.Step {
	if l.found {
		v.ListName, v.ListZone, v.LookupURL = v.name(l.real), "", l.url
	}
	if l.domain != "" {
		v.Domain = l.domain
	}
	st := diag.Step{
		ID:     s.ID,
		Phase:  diag.Phase(s.Phase),
		Title:  fill(s.Title, &v),
		Why:    fill(s.Why, &v),
		Where:  fillAll(s.Where, &v),
		Do:     commands(s.Do, v),
		Effect: fill(s.Effect, &v),
		Check:  s.Check,
		Proof:  fill(s.Proof, &v),
		Ledger: s.Ledger,
		Closes: s.Closes,
		Letter: s.Letter,
	}
	switch s.Per {
	case "ip":
		st.Subject = addrText(v.IP)
	case "domain":
		st.Subject = nameText(v.Domain)
	case "list":
		st.Subject = l.real
	}
	for _, a := range s.Articles {
		st.Articles = append(st.Articles, diag.Article{ID: a, URL: articleURL + a})
	}
	return st
}

func fillAll(in []string, v *Values) []string {
	var out []string
	for _, s := range in {
		out = append(out, fill(s, v))
	}
	return out
}

// maxCommands bounds what a step writes out for each of several destinations.
const maxCommands = 6

// commands fills in what to do; a line about the destination comes once for
// each of them.
func commands(in []string, v Values) []string {
	var out []string
	for _, s := range in {
		if len(v.domains) == 0 || !slices.Contains(places(s), "refused-domain") {
			out = append(out, fill(s, &v))
			continue
		}
		for i, d := range v.domains {
			if i == maxCommands {
				out = append(out, fmt.Sprintf("(and for %d more domains)", len(v.domains)-i))
				break
			}
			one := v
			one.RefusedDomain = d
			out = append(out, fill(s, &one))
		}
	}
	return out
}

func sortedDomains(in []string) []string {
	out := slices.Clone(in)
	sort.Strings(out)
	return slices.Compact(out)
}

// Meaning returns a cause in plain words for somebody who just wrote a mail:
// what happened and what to do; "" for a cause without.
func (b *Book) Meaning(c diag.Cause) (plain, next string) {
	m := b.meanings[c]
	return m.Plain, m.Next
}

// Names returns the ids of the lists, providers and filters that have a
// runbook of their own, sorted.
func (b *Book) Names() []string {
	seen := map[string]bool{}
	for _, r := range b.books {
		for _, n := range slices.Concat(r.Named, r.Providers) {
			seen[n] = n[0] != '('
		}
	}
	var out []string
	for n, ok := range seen {
		if ok {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}
