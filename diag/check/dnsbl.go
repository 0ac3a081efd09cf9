package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// listRun is a list within one run: its zone with the key filled in, and the
// outcome of its self-test, made once for each family.
type listRun struct {
	List
	zone   string // to ask
	key    string
	tests  [3]sync.Once
	tested [3]health
}

// subject is what a list is asked about: an address or a domain.
type subject struct {
	ip     netip.Addr
	domain string
}

func (s subject) String() string {
	if s.ip.IsValid() {
		return s.ip.String()
	}
	return s.domain
}

func (s subject) labels() string {
	if s.ip.IsValid() {
		return dnsq.Labels(s.ip)
	}
	return s.domain
}

// family picks the self-test that belongs to a subject.
func (s subject) family() int {
	switch {
	case !s.ip.IsValid():
		return familyDomain
	case s.ip.Is4():
		return familyIPv4
	}
	return familyIPv6
}

// takes reports whether the list lists subjects of this kind.
func (l *listRun) takes(s subject) bool {
	switch s.family() {
	case familyDomain:
		return l.Kind == KindDomain
	case familyIPv4:
		return l.Kind != KindDomain && l.IPv4
	}
	return l.Kind != KindDomain && l.IPv6
}

// selectLists returns the lists to ask, those that replies name first: open
// lists that are on by default, named, or whose key is there. A list with a key
// takes the place of one with the same id that needs none.
func (j *job) selectLists() []*listRun {
	keyed := map[string]bool{}
	for _, l := range j.Lists {
		if l.Key != "" && j.Keys[l.Key] != "" && !l.closedAt(j.Now()) {
			keyed[l.ID] = true
		}
	}
	var first, rest []*listRun
	for _, l := range j.Lists {
		if len(j.req.OnlyLists) > 0 && !slices.Contains(j.req.OnlyLists, l.ID) {
			continue
		}
		named := j.named(&l)
		run := &listRun{List: l, zone: l.Zone, key: j.Keys[l.Key]}
		if l.Key != "" {
			run.zone = strings.Replace(l.Zone, "{key}", run.key, 1)
		}
		switch {
		case named && (l.Key == "" || run.key != "") && (l.Key != "" || !keyed[l.ID]):
			first = append(first, run)
		case named && l.Key != "" && !j.hasOpen(l.ID):
			first = append(first, run) // needs a key: said once, not asked
		case named, l.closedAt(j.Now()):
		case l.Key != "" && run.key != "", l.Key == "" && l.Default && !keyed[l.ID]:
			rest = append(rest, run)
		case l.Key != "" && l.Default:
			rest = append(rest, run)
		}
	}
	return append(first, rest...)
}

// named reports whether a reply names the list.
func (j *job) named(l *List) bool {
	return slices.ContainsFunc(j.req.NamedLists, func(n string) bool {
		n = strings.ToLower(strings.TrimSuffix(n, "."))
		return n == l.ID || n == strings.TrimPrefix(l.Zone, "{key}.")
	})
}

// hasOpen reports whether there is a list of that id that needs no key.
func (j *job) hasOpen(id string) bool {
	return slices.ContainsFunc(j.Lists, func(l List) bool { return l.ID == id && l.Key == "" && !l.closedAt(j.Now()) })
}

// dnsbl asks one list about one subject and judges the answer together with
// the list's self-test.
func (j *job) dnsbl(ctx context.Context, l *listRun, s subject) []diag.Finding {
	r := j.result(DNSBL, s.String())
	r.List, r.Critical = l.ID, l.Weight == WeightCritical
	if l.Lookup != "" {
		r.LookupURL = link(l.Lookup, s.String())
	}
	if l.closedAt(j.Now()) {
		if l.Note != "" {
			r.note("%s", l.Note)
		}
		return r.end("dnsbl-skipped", "%s closed in %s, so it was not asked; whoever still refuses by it has to take it out.", l.Name, l.Closed)
	}
	if l.Key != "" && l.key == "" {
		return r.end("dnsbl-needs-key", "%s answers only with a key of your own; put it into the configuration as %q.", l.Name, l.Key)
	}
	var h health
	var a dnsq.Answer
	together(
		func() { a = j.DNS.Ask(ctx, s.labels()+"."+l.zone, dns.TypeA) },
		func() { h = j.health(ctx, l, s.family()) })
	v := l.judge(s, a, h)
	if v.code == "dnsbl-refused" {
		if k := j.resolverKind(ctx); k != "" {
			v.notes = append(v.notes, k)
		}
	}
	v, own := j.direct(ctx, l, s, v, h)
	madeUp := ""
	if v.code == "dnsbl-unhealthy" || v.code == "dnsbl-invalid-answer" {
		if madeUp = j.rewriting(ctx, a, h); madeUp != "" {
			r.note("%s", madeUp)
		}
	}
	l.age(j, r, v, h, madeUp != "")
	var text dnsq.Answer
	if v.code == "dnsbl-listed" && len(own) == 0 {
		text = j.DNS.Ask(ctx, s.labels()+"."+l.zone, dns.TypeTXT)
	}
	l.saw(r, own...)
	l.saw(r, a, text)
	if h.kept {
		r.note("The list passed its self-test at %s.", h.at.Format("15:04"))
	} else {
		l.saw(r, h.test, h.not)
	}
	l.tell(r, v, s, text)
	return r.end(v.code, v.format, v.args...)
}

// saw keeps answers as evidence, the key left out.
func (l *listRun) saw(r *result, answers ...dnsq.Answer) {
	from := len(r.Evidence)
	r.saw(answers...)
	if l.key == "" {
		return
	}
	for i := from; i < len(r.Evidence); i++ {
		e := &r.Evidence[i]
		e.Query = strings.Replace(e.Query, strings.ToLower(l.key)+".", "(key).", 1)
		e.Answer = strings.ReplaceAll(e.Answer, l.key, "(key)")
	}
}

// tell fills in what the verdict means for this subject.
func (l *listRun) tell(r *result, v listVerdict, s subject, text dnsq.Answer) {
	r.Codes = v.codes
	switch v.code {
	case "dnsbl-listed":
		r.Status = l.listedStatus()
		if r.Status == diag.StatusPass {
			r.note("Few receivers act on this list, so the listing counts as a hint.")
		}
		for _, t := range text.Texts() {
			r.note("The list says: %s", cut(t, 300))
		}
		if l.Delist != "" {
			r.note("Removal is asked for at %s, once the cause is gone.", link(l.Delist, s.String()))
		}
		if l.Expires != "" {
			r.note("It ends: %s.", strings.TrimSuffix(l.Expires, "."))
		}
		if slices.ContainsFunc(v.codes, func(c string) bool { return strings.HasPrefix(c, "127.0.0.3 CSS") }) {
			r.note("A bad HELO name or PTR record is itself a reason for CSS: see those checks first. IPv6 addresses are listed by /64.")
		}
		if l.Note != "" {
			r.note("%s", l.Note)
		}
	case "dnsbl-refused", "dnsbl-servfail", "dnsbl-timeout":
		if l.Note != "" {
			r.note("%s", l.Note)
		}
	}
	for _, n := range v.notes {
		r.note("%s", n)
	}
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// coverage says for every subject how many lists could not be checked.
func coverage(findings []diag.Finding) []string {
	type tally struct {
		all  int
		lost []string
	}
	var order []string
	by := map[string]*tally{}
	for _, f := range findings {
		if f.Check != DNSBL || f.Status == diag.StatusSkipped {
			continue
		}
		t := by[f.Subject]
		if t == nil {
			t = &tally{}
			by[f.Subject] = t
			order = append(order, f.Subject)
		}
		t.all++
		if f.Status == diag.StatusUnknown {
			t.lost = append(t.lost, f.List+" ("+strings.TrimPrefix(f.Code, "dnsbl-")+")")
		}
	}
	slices.Sort(order)
	var out []string
	for _, s := range order {
		t := by[s]
		if len(t.lost) == 0 {
			out = append(out, fmt.Sprintf("All %s answered for %s.", count(t.all, "list"), s))
			continue
		}
		if same := sameFault(t.lost); len(t.lost) == t.all && t.all > 2 && same != "" {
			out = append(out, fmt.Sprintf("None of %s could be checked for %s, all for the same reason (%s): that is the resolver or the network, not the lists.", count(t.all, "list"), s, same))
			continue
		}
		slices.Sort(t.lost)
		out = append(out, fmt.Sprintf("%d of %s could not be checked for %s: %s.", len(t.lost), count(t.all, "list"), s, and(t.lost)))
	}
	return out
}

// sameFault returns the reason that all have in common, where it is one that a
// resolver without a way out has.
func sameFault(lost []string) string {
	reason := ""
	for _, l := range lost {
		_, r, _ := strings.Cut(l, " (")
		r = strings.TrimSuffix(r, ")")
		if r != "servfail" && r != "timeout" || reason != "" && r != reason {
			return ""
		}
		reason = r
	}
	return reason
}
