package runbook

import (
	"strings"
	"testing"

	"metriage/diag"
)

// The instructions of the vendor's article about ME-E0193 (ME020517), one a
// row in the order of the article: the cases whose steps must hold it, the
// step, and words that the step must say.
var article = []struct {
	says  string
	cases []Case
	step  string
	words []string
}{
	{"the mail server refused the connection for good: check that a valid PTR record is returned",
		[]Case{caseOf(diag.CauseNoPTR)}, "ptr-look", []string{"PTR", "nslookup -type=PTR", "ptr"}},
	{"how to get a valid PTR record: the two linked articles",
		[]Case{caseOf(diag.CauseNoPTR), caseOf(diag.CausePTRGeneric, "ptr-missing")}, "ptr-request",
		[]string{"PTR", "owner", "ME020206", "ME020115", "mailenable.com/kb/content/article.asp?ID=ME020206", "mailenable.com/kb/content/article.asp?ID=ME020115"}},
	{"what a PTR record is: ME020206",
		[]Case{caseOf(diag.CauseNoPTR)}, "ptr-look", []string{"ME020206"}},
	{"most replies hold a link: open it for the reason",
		[]Case{withLink(diag.CauseNoPTR), withLink(diag.CauseReputationIP), withLink(diag.CauseBlacklistIP), withLink(diag.CauseOpenRelay), withLink(diag.CausePolicy), withLink(diag.CauseUnknown)},
		"read-link", []string{"link", "https://postmaster.example/why"}},
	{"redirected spam is the usual reason of a listing",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "source-find", []string{"redirected spam", "usual"}},
	{"mailboxes that get much spam and redirect it outside cause it",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "redirect-review", []string{"redirect", "spam", "listing"}},
	{"most often catch-alls redirected to Yahoo, Hotmail and Gmail",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "redirect-catchall-remove", []string{"catch-all", "Yahoo", "Hotmail", "Gmail"}},
	{"no redirections to outside addresses on catch-all mailboxes",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "redirect-catchall-remove", []string{"Remove outside redirections from catch-all mailboxes"}},
	{"and none again",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "no-outside-redirects", []string{"catch-all", "outside"}},
	{"find where the incoming spam comes from",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "spam-filter", []string{"where the incoming spam comes from"}},
	{"use the security and filter options: ME020391",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "spam-filter", []string{"filter", "Security", "ME020391"}},
	{"where redirections stay, redirect the message as an attachment",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "redirect-handling", []string{"Redirect as an attachment", "Content filters"}},
	{"marked as weak, with the other option beside it",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "redirect-handling", []string{"(weak)", "Remail from mailbox address", "only delay"}},
	{"where the setting is",
		[]Case{caseOf(diag.CauseReputationIP), caseOf(diag.CauseBlacklistIP)}, "redirect-handling",
		[]string{"Servers > localhost > Connectors > Postoffice", "right click", "Properties > General > Redirection handling"}},
	{"\"Allow relay for local senders\" off, always",
		[]Case{caseOf(diag.CauseOpenRelay), caseOf(diag.CauseBlacklistIP, "relay-forged-local"), caseOf(diag.CauseReputationIP, "relay-open")},
		"relay-local-off", []string{"Switch off \"Allow relay for local senders\"", "Servers > localhost > Connectors > SMTP > Properties > Relay", "without a password", "open relay"}},
	{"\"Allow relay for authenticated senders\" on",
		[]Case{caseOf(diag.CauseOpenRelay), caseOf(diag.CauseBlacklistIP, "relay-forged-local"), caseOf(diag.CauseReputationIP, "relay-open")},
		"relay-auth-on", []string{"Switch on \"Allow relay for authenticated senders\"", "SMTP > Properties > Relay"}},
	{"more about relay settings: ME020001",
		[]Case{caseOf(diag.CauseOpenRelay)}, "relay-auth-on", []string{"ME020001"}},
	{"find out whether a spammer relays through the server: ME020280",
		[]Case{caseOf(diag.CauseOpenRelay), caseOf(diag.CauseBlacklistIP, "relay-open")}, "relay-who", []string{"spammer relays through the server", "ME020280", "findstr"}},
	{"how MailEnable decides who may relay: ME020034",
		[]Case{caseOf(diag.CauseOpenRelay), caseOf(diag.CauseBlacklistIP, "relay-open")}, "relay-rules", []string{"how MailEnable decides who may relay", "ME020034"}},
	{"an open relay gets listed: whether it is one is tested where a list is the cause",
		[]Case{caseOf(diag.CauseBlacklistIP), caseOf(diag.CauseReputationIP)}, "relay-test", []string{"relay", "listed again"}},
}

// caseOf is a case of one cause with failed checks.
func caseOf(c diag.Cause, failed ...string) Case {
	out := Case{Verdict: diag.Verdict{Cause: c}, Failures: 3, Domains: []string{"gmail.com"}}
	for _, code := range failed {
		check, _, _ := strings.Cut(code, "-")
		out.Findings = append(out.Findings, diag.Finding{Check: check, Code: code, Status: diag.StatusFail})
	}
	return out
}

func withLink(c diag.Cause) Case {
	out := caseOf(c)
	out.Reply.URLs = []string{"https://postmaster.example/why"}
	return out
}

// said is everything that a step shows.
func said(s diag.Step) string {
	parts := []string{s.Title, s.Why, s.Effect, s.Check, s.Proof}
	parts = append(parts, s.Where...)
	parts = append(parts, s.Do...)
	for _, a := range s.Articles {
		parts = append(parts, a.ID, a.URL)
	}
	return strings.Join(parts, "\n")
}

func stepByID(steps []diag.Step, id string) (diag.Step, bool) {
	for _, s := range steps {
		if s.ID == id {
			return s, true
		}
	}
	return diag.Step{}, false
}

func TestArticleStandsInSteps(t *testing.T) {
	b := book(t)
	for _, row := range article {
		for _, c := range row.cases {
			s, ok := stepByID(b.For(c, sampleValues()), row.step)
			if !ok {
				t.Errorf("%s: no step %s for %s %v", row.says, row.step, c.Verdict.Cause, c.Findings)
				continue
			}
			for _, w := range row.words {
				if !strings.Contains(strings.ToLower(said(s)), strings.ToLower(w)) {
					t.Errorf("%s: step %s does not say %q:\n%s", row.says, row.step, w, said(s))
				}
			}
		}
	}
}

// The source is stopped before anybody asks for delisting, and the steps of
// the cause found stand before those that only watch or tell.
func TestArticleOrder(t *testing.T) {
	b := book(t)
	for _, row := range []struct {
		c             Case
		before, after string
	}{
		{caseOf(diag.CauseOpenRelay), "relay-local-off", "delist-when-clean"},
		{caseOf(diag.CauseOpenRelay), "relay-auth-on", "relay-outside"},
		{caseOf(diag.CauseBlacklistIP), "source-find", "delist-when-clean"},
		{caseOf(diag.CauseBlacklistIP), "redirect-catchall-remove", "delist-when-clean"},
		{caseOf(diag.CauseBlacklistIP, "relay-open"), "relay-local-off", "source-find"},
		{caseOf(diag.CauseReputationIP, "relay-open"), "relay-local-off", "catchalls-off"},
		{caseOf(diag.CauseReputationIP, "ptr-missing"), "ptr-request", "identity-check"},
		{withLink(diag.CauseBlacklistIP), "read-link", "source-find"},
		{caseOf(diag.CauseNoPTR), "ptr-look", "ptr-request"},
		{caseOf(diag.CauseNoPTR), "ptr-request", "ledger-first"},
	} {
		order := map[string]int{}
		for i, s := range b.For(row.c, sampleValues()) {
			order[s.ID] = i + 1
		}
		if order[row.before] == 0 || order[row.after] == 0 || order[row.before] > order[row.after] {
			t.Errorf("%s %v: %s is step %d, %s step %d", row.c.Verdict.Cause, row.c.Findings, row.before, order[row.before], row.after, order[row.after])
		}
	}
}
