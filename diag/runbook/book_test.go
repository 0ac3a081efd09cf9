package runbook

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"metriage/diag"
)

func sampleValues() Values {
	return Values{
		IP: netip.MustParseAddr("198.51.100.11"), HELO: "mail.kunde.example", Domain: "kunde.example",
		ISP: "Example Hosting", ReverseZone: "100.51.198.in-addr.arpa", RefusedDomain: "gmail.com", RemoteHost: "mx.gmail.example",
		Mailbox: "info", Account: "kunde.example", SmartHost: "relay.example", ForeignDomain: "bank.example",
		ClientIP: netip.MustParseAddr("203.0.113.9"), Selector: "mail", Root: `C:\Program Files (x86)\Mail Enable`,
	}
}

// everyCase is every cause with every identity and situation, with and
// without findings, for every list and provider that a runbook names.
func everyCase(b *Book) []Case {
	named := []string{"", "x-unheard-of"}
	for n := range b.variants {
		if !strings.HasPrefix(n, "(") {
			named = append(named, n)
		}
	}
	slices.Sort(named)
	var out []Case
	for _, cause := range diag.Causes() {
		for _, id := range []diag.Identity{"", diag.IdentityOurs, diag.IdentityForeign, diag.IdentityRelay} {
			for _, sit := range append(Situations(), "") {
				c := caseOf(cause)
				c.Verdict.Identity, c.Situation = id, sit
				out = append(out, c)
			}
			for _, n := range named {
				c := caseOf(cause)
				c.Verdict.Identity, c.Verdict.Named = id, n
				out = append(out, c)
			}
			for _, code := range findingCodes {
				c := caseOf(cause, code)
				c.Verdict.Identity = id
				c.Findings[0].List = "spamhaus-zen"
				out = append(out, c)
			}
		}
	}
	return out
}

func (c Case) label() string {
	code := ""
	for _, f := range c.Findings {
		code += " " + f.Code
	}
	return fmt.Sprintf("%s identity=%q situation=%q named=%q%s", c.Verdict.Cause, c.Verdict.Identity, c.Situation, c.Verdict.Named, code)
}

func TestEveryCaseHasSteps(t *testing.T) {
	b := book(t)
	phases := diag.Phases()
	leftover := regexp.MustCompile(`\{[a-z-]+\}`)
	for _, c := range everyCase(b) {
		steps := b.For(c, sampleValues())
		if len(steps) == 0 {
			t.Errorf("%s: no step", c.label())
			continue
		}
		last, stopped := 0, false
		seen := map[string]bool{}
		for _, s := range steps {
			phase := slices.Index(phases, s.Phase)
			if phase < last {
				t.Errorf("%s: phase %q of step %s comes too late", c.label(), s.Phase, s.ID)
			}
			last = max(last, phase)
			if seen[s.Key()] {
				t.Errorf("%s: step %s twice", c.label(), s.Key())
			}
			seen[s.Key()] = true
			if m := leftover.FindString(said(s)); m != "" {
				t.Errorf("%s: step %s shows %s", c.label(), s.ID, m)
			}
			if s.Check == "" && s.Proof == "" {
				t.Errorf("%s: nothing proves step %s", c.label(), s.ID)
			}
			if s.Failures != 3 || !slices.Equal(s.Domains, []string{"gmail.com"}) {
				t.Errorf("%s: step %s frees %d %v", c.label(), s.ID, s.Failures, s.Domains)
			}
			switch s.Phase {
			case diag.PhaseContain, diag.PhaseCure:
				stopped = true
			case diag.PhaseDelist:
				if !stopped {
					t.Errorf("%s: step %s asks for delisting before the source is stopped", c.label(), s.ID)
				}
				if noDelist(c.Verdict.Cause) {
					t.Errorf("%s: step %s asks for delisting", c.label(), s.ID)
				}
				if c.Verdict.Identity == diag.IdentityForeign || c.Verdict.Identity == diag.IdentityRelay {
					t.Errorf("%s: step %s asks for delisting of what is not ours", c.label(), s.ID)
				}
			}
			changes := b.steps[s.ID].Changes
			if c.Verdict.Identity == diag.IdentityForeign && changes == "domain" || c.Verdict.Identity == diag.IdentityRelay && changes == "address" {
				t.Errorf("%s: step %s changes what is not ours", c.label(), s.ID)
			}
		}
	}
}

// Where delisting is advised, a step against the very source stands before it:
// a list takes nobody off for a PTR alone. PBL and T-Online's (NOWL) are no
// accusation, so they need none.
func TestDelistingNamesTheSource(t *testing.T) {
	b := book(t)
	source := []string{"source-find", "relay-local-off", "mailbox-limit", "script-stop", "catchalls-off", "content-run", "rate-run",
		"domain-which", "ms-banned-domain", "xbl-machine"}
	for _, c := range everyCase(b) {
		steps := b.For(c, sampleValues())
		at := slices.IndexFunc(steps, func(s diag.Step) bool { return s.Phase == diag.PhaseDelist && s.ID != "delist-pbl" })
		if at >= 0 && !slices.ContainsFunc(steps[:at], func(s diag.Step) bool { return slices.Contains(source, s.ID) }) {
			t.Errorf("%s: step %s, but nothing against the source in %v", c.label(), steps[at].ID, ids(steps))
		}
	}
}

// Phases without a step say why, for every cause alone.
func TestEmptyPhasesSayWhy(t *testing.T) {
	b := book(t)
	for _, cause := range diag.Causes() {
		p := b.Plan([]Case{caseOf(cause)}, sampleValues())
		noted := map[diag.Phase]bool{}
		for _, n := range p.NotNeeded {
			noted[n.Phase] = true
			if n.Text == "" {
				t.Errorf("%s: empty note for %q", cause, n.Phase)
			}
		}
		for _, phase := range []diag.Phase{diag.PhaseContain, diag.PhaseCure, diag.PhaseDelist, diag.PhaseRetest, diag.PhaseTell} {
			has := slices.ContainsFunc(p.Steps, func(s diag.Step) bool { return s.Phase == phase })
			if has == noted[phase] {
				t.Errorf("%s: phase %q has steps: %v, a note: %v", cause, phase, has, noted[phase])
			}
		}
	}
}

// These causes have a step that their own check proves.
func TestProvenByTheirCheck(t *testing.T) {
	b := book(t)
	for cause, check := range map[diag.Cause]string{
		diag.CauseNoPTR: "ptr", diag.CausePTRGeneric: "ptr", diag.CauseHELO: "helo", diag.CauseBlacklistIP: "dnsbl",
		diag.CauseBlacklistDomain: "dnsbl", diag.CauseOpenRelay: "relay", diag.CauseSPF: "spf", diag.CauseDKIM: "dkim",
		diag.CauseDMARC: "dmarc", diag.CauseSenderAddress: "sender", diag.CauseDNSFailure: "sender",
	} {
		if !slices.ContainsFunc(b.For(caseOf(cause), Values{}), func(s diag.Step) bool { return s.Check == check }) {
			t.Errorf("%s: no step is proven by %s", cause, check)
		}
	}
}

func TestForIsTheSameEveryTime(t *testing.T) {
	c := caseOf(diag.CauseBlacklistIP, "relay-open", "ptr-missing")
	c.Findings = append(c.Findings, listed("spamhaus-zen", "127.0.0.2 SBL", "127.0.0.4 XBL"), listed("barracuda", "127.0.0.2"))
	want := book(t).For(c, sampleValues())
	for range 20 {
		if got := book(t).For(c, sampleValues()); !reflect.DeepEqual(got, want) {
			t.Fatalf("steps differ:\n%v\n%v", ids(got), ids(want))
		}
	}
}

func ids(steps []diag.Step) []string {
	out := make([]string, len(steps))
	for i, s := range steps {
		out[i] = s.ID
	}
	return out
}

func listed(list string, codes ...string) diag.Finding {
	return diag.Finding{Check: "dnsbl", Code: "dnsbl-listed", Status: diag.StatusFail, Subject: "198.51.100.11", List: list, Codes: codes, LookupURL: "https://" + list + ".example/lookup"}
}

func TestPlanMergesCases(t *testing.T) {
	b := book(t)
	a := caseOf(diag.CauseNoPTR)
	a.Failures, a.Domains = 5, []string{"web.de", "gmail.com"}
	l := caseOf(diag.CauseBlacklistIP)
	l.Verdict.Named = "spamhaus-css"
	l.Failures, l.Domains = 40, []string{"outlook.com"}
	o := caseOf(diag.CauseOpenRelay, "relay-open")
	o.Failures, o.Domains = 1, []string{"yahoo.com"}
	r := caseOf(diag.CauseRecipient)
	r.Failures, r.Domains = 100, []string{"fabrikam.example"}
	p := b.Plan([]Case{a, l, o, r}, sampleValues())

	if want := []diag.Cause{diag.CauseRecipient, diag.CauseBlacklistIP, diag.CauseNoPTR, diag.CauseOpenRelay}; !slices.Equal(p.Causes, want) {
		t.Errorf("causes %v, want %v", p.Causes, want)
	}
	seen := map[string]int{}
	for i, s := range p.Steps {
		if _, ok := seen[s.Key()]; ok {
			t.Errorf("step %s twice", s.Key())
		}
		seen[s.Key()] = i + 1
		if i > 0 && slices.Index(diag.Phases(), s.Phase) < slices.Index(diag.Phases(), p.Steps[i-1].Phase) {
			t.Errorf("step %s is out of order", s.ID)
		}
	}
	ledger := p.Steps[seen["ledger-first"]-1]
	if ledger.Failures != 46 || !slices.Equal(ledger.Domains, []string{"gmail.com", "outlook.com", "web.de", "yahoo.com"}) {
		t.Errorf("the shared step frees %d %v", ledger.Failures, ledger.Domains)
	}
	ptr := p.Steps[seen["ptr-request:198.51.100.11"]-1]
	if ptr.Failures != 5 || !slices.Equal(ptr.Domains, []string{"gmail.com", "web.de"}) {
		t.Errorf("the PTR step frees %d %v", ptr.Failures, ptr.Domains)
	}
	for _, source := range []string{"relay-local-off", "source-find", "ptr-request:198.51.100.11"} {
		if seen[source] == 0 || seen[source] > seen["delist-css:198.51.100.11"] {
			t.Errorf("step %d %s does not come before delisting, step %d", seen[source], source, seen["delist-css:198.51.100.11"])
		}
	}
}

// What a check proves comes first, however few failures it has.
func TestPlanPutsProvenFirst(t *testing.T) {
	b := book(t)
	many := caseOf(diag.CauseContentSpam)
	many.Failures = 500
	few := caseOf(diag.CauseReputationIP, "relay-open")
	few.Failures = 2
	p := b.Plan([]Case{many, few}, sampleValues())
	if p.Causes[0] != diag.CauseReputationIP || p.Steps[0].ID != "relay-local-off" {
		t.Errorf("causes %v, first step %s", p.Causes, p.Steps[0].ID)
	}
}

// One step for each own address, list and domain.
func TestPlanKeepsSubjectsApart(t *testing.T) {
	b := book(t)
	one, two := caseOf(diag.CauseNoPTR), caseOf(diag.CauseNoPTR)
	two.IP = netip.MustParseAddr("198.51.100.12")
	missing := func(ip, owner string) diag.Finding {
		return diag.Finding{Check: "ptr", Code: "ptr-missing", Status: diag.StatusFail, Subject: ip, Owner: owner}
	}
	one.Findings = []diag.Finding{missing("198.51.100.11", "Example Hosting"), missing("198.51.100.12", "Second Hosting")}
	two.Findings = one.Findings
	p := b.Plan([]Case{one, two}, sampleValues())
	var got []string
	for _, s := range p.Steps {
		if s.ID == "ptr-request" {
			got = append(got, s.Subject+" "+s.Do[0])
			if owner := map[string]string{"198.51.100.11": "Example Hosting", "198.51.100.12": "Second Hosting"}[s.Subject]; !strings.Contains(said(s), owner) {
				t.Errorf("%s: the owner is not %s: %q", s.Subject, owner, s.Where)
			}
		}
	}
	want := []string{
		"198.51.100.11 11.100.51.198.in-addr.arpa. IN PTR mail.kunde.example.",
		"198.51.100.12 12.100.51.198.in-addr.arpa. IN PTR mail.kunde.example.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What is known of one refusal does not stand in the steps of another.
func TestPlanKeepsRefusalsApart(t *testing.T) {
	b := book(t)
	one := named(diag.CauseBlacklistIP, "x-one")
	one.Verdict.LookupURL = "https://one.example/"
	two := named(diag.CauseBlacklistIP, "x-two")
	v := sampleValues()
	v.LookupURL, v.ListName = "https://one.example/", "One"
	var got []string
	for _, s := range b.Plan([]Case{one, two}, v).Steps {
		if s.ID == "delist-list" {
			got = append(got, s.Title+" "+s.Do[0])
		}
	}
	want := []string{"Ask x-one for removal, once https://one.example/", "Ask x-two for removal, once <the link in the reply>"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlanOfNothing(t *testing.T) {
	if p := book(t).Plan(nil, Values{}); p.Steps != nil || p.Causes != nil || p.NotNeeded != nil {
		t.Errorf("a plan without cases: %+v", p)
	}
	p := book(t).Plan([]Case{{Verdict: diag.Verdict{Cause: "no such cause"}}}, Values{})
	if len(p.Steps) == 0 || p.Causes[0] != diag.CauseUnknown {
		t.Errorf("a cause that does not exist: %v", p.Causes)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, _, err := Load(nil, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	bk := book(b)
	var cases []Case
	for _, c := range diag.Causes() {
		cases = append(cases, caseOf(c, "relay-open"))
	}
	v := sampleValues()
	for b.Loop() {
		bk.Plan(cases, v)
	}
}

// A step that several cases need is told of all of them: no destination stands
// for the others, and what to do comes once for each.
func TestPlanMergesWhatCasesSay(t *testing.T) {
	b := book(t)
	one, two := caseOf(diag.CauseNoPTR), caseOf(diag.CauseBlacklistIP)
	one.Domains, two.Domains = []string{"gmail.com"}, []string{"web.example", "post.example"}
	p := b.Plan([]Case{one, two}, sampleValues())
	s, ok := stepByID(p.Steps, "route-domain")
	if !ok || s.Failures != 6 || len(s.Domains) != 3 {
		t.Fatalf("%+v", s)
	}
	if strings.Contains(s.Title, "gmail.com") || !strings.Contains(s.Title, "each refused domain") {
		t.Errorf("title %q", s.Title)
	}
	for _, d := range []string{"gmail.com", "web.example", "post.example"} {
		if !slices.Contains(s.Do, d) {
			t.Errorf("%s is not among %v", d, s.Do)
		}
	}
	r, _ := stepByID(p.Steps, "remote-again")
	if len(r.Do) != 3 || !slices.Contains(r.Do, "metriage check remote --remote web.example") {
		t.Errorf("%v", r.Do)
	}
	alone, _ := stepByID(b.Plan([]Case{one}, sampleValues()).Steps, "route-domain")
	if !strings.Contains(alone.Title, "gmail.com") {
		t.Errorf("of one domain: %q", alone.Title)
	}
}

// A known source is stopped before anybody looks for one: however many failures
// are of unknown origin, the stolen password and the open relay come first.
func TestPlanStopsKnownSourcesFirst(t *testing.T) {
	b := book(t)
	many := withLink(diag.CauseBlacklistIP)
	many.Failures = 500
	stolen := situated(diag.CauseReputationIP, SituationStolenPassword)
	p := b.Plan([]Case{many, stolen}, sampleValues())
	if got := ids(p.Steps)[:6]; !slices.Equal(got, []string{"mailbox-limit", "password-change", "smtp-restart", "hold-run", "read-link", "source-find"}) {
		t.Errorf("the plan begins with %v", got)
	}
	few := caseOf(diag.CauseRate, "relay-forged-local")
	few.Failures = 2
	p = b.Plan([]Case{many, few}, sampleValues())
	if got := ids(p.Steps)[0]; got != "relay-local-off" {
		t.Errorf("the plan begins with %s", got)
	}
}
