package runbook

import (
	"strings"
	"testing"

	"metriage/diag"
)

// A link of somebody unknown is shown with a warning and never told to be
// opened; it is no page to look a listing up at either.
func TestLinksOfStrangers(t *testing.T) {
	b := book(t)
	known := func(l string) bool { return strings.HasPrefix(l, "https://check.spamhaus.org/") }
	step := func(urls ...string) (id, do string, all []diag.Step) {
		c := Case{Verdict: diag.Verdict{Cause: diag.CauseBlacklistIP, LookupURL: urls[0]}, Reply: diag.Reply{URLs: urls}, Failures: 1}
		all = b.For(c, Values{KnownLink: known})
		for _, s := range all {
			if strings.HasPrefix(s.ID, "read-link") {
				id, do = s.ID, strings.Join(s.Do, " ")
			}
		}
		return id, do, all
	}
	const list, evil = "https://check.spamhaus.org/query/ip/198.51.100.7", "https://evil.test/delist"
	if id, do, _ := step(evil, list); id != "read-link" || do != list {
		t.Errorf("the known one of two: %s %s", id, do)
	}
	id, do, all := step(evil)
	if id != "read-link-other" || do != evil {
		t.Errorf("an unknown one: %s %s", id, do)
	}
	for _, s := range all {
		if s.ID != id && strings.Contains(strings.Join(s.Do, " ")+s.Why, evil) {
			t.Errorf("%s sends people to %s", s.ID, evil)
		}
	}
}

// A finding about the HELO name of before tells nothing of the one in use: its
// step would name the new one and call it wrong.
func TestStaleHELOFinding(t *testing.T) {
	b := book(t)
	f := finding("helo-not-fqdn", diag.StatusFail)
	for subject, want := range map[string]bool{"mail.kunde.example": true, "win-7kq2r8v1": false} {
		f.Check, f.Subject = "helo", subject
		has := false
		for _, s := range b.For(found(caseOf(diag.CausePolicy), f), sampleValues()) {
			has = has || s.ID == "helo-full-name"
		}
		if has != want {
			t.Errorf("a finding about %s: step %v", subject, has)
		}
	}
}
