package runbook

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"metriage/diag"
)

func loadOwn(t testing.TB, text string) (*Book, []string) {
	t.Helper()
	b, problems, err := Load([]byte(text), "own.toml")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range problems {
		var own *Problem
		if !errors.As(p, &own) {
			t.Errorf("%v is no *Problem", p)
		}
		out = append(out, p.Error())
	}
	return b, out
}

const goodStep = `[[step]]
id = "x-ask-boss"
phase = "tell"
title = "Ask {isp} about {domain}"
why = "He knows."
where = ["Office"]
check = "ptr"
articles = ["ME020206"]
`

func TestOwnRunbooks(t *testing.T) {
	b, problems := loadOwn(t, "\xef\xbb\xbf"+strings.ReplaceAll(`# our own
`+goodStep+`
[[step]]
id = "ptr-request"
phase = "cure"
title = "Open a ticket at our data centre for {ip}"
do = ["Get-Thing | % { $_.Name }"]
check = "ptr"

[[runbook]]
id = "x-no-ptr"
causes = ["no-ptr"]
named = ["gmail"]
steps = ["x-ask-boss"]
without = ["tell-senders"]

[[runbook]]
id = "recipient"
causes = ["recipient"]
steps = ["x-ask-boss"]
[runbook.not_needed]
cure = "Ours."

[[runbook]]
id = "x-by-rule"
steps = ["x-ask-boss"]

[[meaning]]
cause = "size"
plain = "Too big."
next = "Use the share."
`, "\n", "\r\n"))
	if problems != nil {
		t.Fatal(problems)
	}
	c := named(diag.CauseNoPTR, "gmail")
	steps := b.For(c, sampleValues())
	if s, ok := stepByID(steps, "x-ask-boss"); !ok || s.Title != "Ask Example Hosting about kunde.example" {
		t.Errorf("own step: %+v", s)
	}
	if s, _ := stepByID(steps, "ptr-request"); s.Title != "Open a ticket at our data centre for 198.51.100.11" || s.Do[0] != "Get-Thing | % { $_.Name }" {
		t.Errorf("the own step does not replace the built-in one: %+v", s)
	}
	if slices.Contains(ids(steps), "tell-senders") {
		t.Error("without has no effect")
	}
	if got := ids(b.For(caseOf(diag.CauseRecipient), Values{})); !slices.Equal(got, []string{"x-ask-boss"}) {
		t.Errorf("the own runbook does not replace the built-in one: %v", got)
	}
	c = caseOf(diag.CauseTLS)
	c.Verdict.Runbook = "x-by-rule"
	if got := ids(b.For(c, Values{})); !slices.Contains(got, "x-ask-boss") || !slices.Contains(got, "tls-on") {
		t.Errorf("a rule's runbook is not used: %v", got)
	}
	if plain, next := b.Meaning(diag.CauseSize); plain != "Too big." || next != "Use the share." {
		t.Errorf("meaning %q %q", plain, next)
	}
}

// Each error names file and line, and the rest of the file is used.
func TestOwnProblems(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []string
	}{
		{"unknown check", goodStep[:strings.Index(goodStep, "check")] + "check = \"pt\"\n", []string{`own.toml:7: step "x-ask-boss": unknown check "pt"; it is left out`}},
		{"unknown phase of a built-in step", "[[step]]\nid = \"ptr-look\"\ntitle = \"x\"\nphase = \"cures\"\ncheck = \"ptr\"\n", []string{`own.toml:4: step "ptr-look": unknown phase "cures"; the built-in one is used`}},
		{"unknown cause", "\n\n[[runbook]]\nid = \"no-ptr\"\ncauses = [\"no-ptr\",\n  \"noptr\"]\nsteps = []\n", []string{`own.toml:5: runbook "no-ptr": unknown cause "noptr"; the built-in one is used`}},
		{"unknown step", "[[runbook]]\nid = \"x-a\"\ncauses = [\"spf\"]\nsteps = [\"nope\"]\n", []string{`own.toml:4: runbook "x-a": there is no step "nope"; it is left out`}},
		{"unknown key", "[[runbook]]\nid = \"x-a\"\ncause = [\"spf\"]\n", []string{`own.toml:3: unknown key "runbook.cause"; this table is left out`}},
		{"unknown value", "[[step]]\nid = \"x-a\"\nphase = \"cure\"\ntitle = \"Set {hostname}\"\ncheck = \"ptr\"\n", []string{`own.toml:4: step "x-a": title: there is no value {hostname}; it is left out`}},
		{"nothing proves it", "[[step]]\nid = \"x-a\"\nphase = \"cure\"\ntitle = \"Set\"\n", []string{`own.toml:1: step "x-a": neither check nor proof says how to see that it worked; it is left out`}},
		{"wrong type", "[[step]]\nid = \"x-a\"\nphase = 3\n", []string{`own.toml:3: cannot decode TOML integer into struct field runbook.stepData.Phase of type string; this table is left out`}},
		{"delisting where it is wrong", "[[runbook]]\nid = \"x-a\"\ncauses = [\"recipient\"]\nsteps = [\"delist-list\"]\n", []string{`own.toml:4: runbook "x-a": step "delist-list" asks for delisting, which is wrong for recipient; it is left out`}},
		{"outside a table", "causes = 1\n" + goodStep, []string{`own.toml:1: unknown key "causes"; this table is left out`}},
		{"the same id twice", goodStep + goodStep, []string{`own.toml:10: step "x-ask-boss" stands on line 1 already; this one is left out`}},
		{"upper case words", "[[runbook]]\nid = \"x-a\"\ncauses = [\"spf\"]\nwords = [\"NOWL\"]\n", []string{`own.toml:4: runbook "x-a": "NOWL": words are compared in lower case; it is left out`}},
		{"unknown letter", strings.Replace(goodStep, "check", "letter = \"x-none\"\ncheck", 1), []string{`own.toml:7: step "x-ask-boss": there is no letter "x-none"; it is left out`}},
	} {
		_, got := loadOwn(t, row.text)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestOwnSyntaxErrorLosesOneTable(t *testing.T) {
	for name, broken := range map[string]string{
		"no value":          "[[step]]\nid = \nphase = \"cure\"\n",
		"open string":       "[[step]]\nid = \"x-b\ntitle = \"\"\n",
		"open long string":  "[[step]]\nid = \"x-b\"\ntitle = \"\"\"never closed\n",
		"broken table name": "[[step]\nid = \"x-b\"\n",
	} {
		b, problems := loadOwn(t, "# a comment\n"+broken+goodStep+"[[runbook]]\nid = \"x-r\"\ncauses = [\"tls\"]\nsteps = [\"x-ask-boss\"]\n")
		if len(problems) != 1 || !strings.HasPrefix(problems[0], "own.toml:") {
			t.Errorf("%s: problems %q", name, problems)
		}
		if got := ids(b.For(caseOf(diag.CauseTLS), Values{})); !slices.Contains(got, "x-ask-boss") {
			t.Errorf("%s: the tables after it are lost: %v", name, got)
		}
	}
}

func TestOwnLongStringMayHoldTableLines(t *testing.T) {
	b, problems := loadOwn(t, `[[letter]]
id = "x-l"
title = "T"
body = """
[[step]]
is not a table here, {domain}
"""
`)
	if problems != nil {
		t.Fatal(problems)
	}
	l, err := b.Write("x-l", LetterData{Values: sampleValues()})
	if err != nil || l.Body != "[[step]]\nis not a table here, kunde.example\n" {
		t.Errorf("%q, %v", l.Body, err)
	}
}

func TestOwnTextsAreMadeHarmless(t *testing.T) {
	b, problems := loadOwn(t, "[[step]]\nid = \"tls-on\"\nphase = \"cure\"\ntitle = \"a\\u001b[2Jb\\u202e\"\ndo = [\"x\\ny\"]\ncheck = \"remote\"\n")
	s, _ := stepByID(b.For(caseOf(diag.CauseTLS), Values{}), "tls-on")
	if problems != nil || s.Title != "a?[2Jb?" || s.Do[0] != "x y" {
		t.Errorf("%q %q %v", s.Title, s.Do, problems)
	}
}

func TestOwnBounds(t *testing.T) {
	if _, got := loadOwn(t, strings.Repeat("#", maxOwnBytes+1)); len(got) != 1 || !strings.Contains(got[0], "larger than") {
		t.Errorf("%q", got)
	}
	if _, got := loadOwn(t, strings.Repeat("[[meaning]]\n", maxOwnTables+10)); len(got) != maxOwnProblems+1 || !strings.Contains(got[0], "more than 500 tables") || !strings.Contains(got[maxOwnProblems], "more problems") {
		t.Errorf("%d problems, first %q", len(got), got[0])
	}
}

func FuzzLoadOwn(f *testing.F) {
	f.Add(goodStep)
	f.Add("[[runbook]]\nid=\"no-ptr\"\ncauses=[\"no-ptr\"]\nsteps=[\"ptr-look\"]\n[runbook.not_needed]\ncure=\"x\"\n")
	f.Add("[[letter]]\nid='x'\nbody='''\n[[step]]\n'''\n[[step]\n\"\"\"")
	f.Fuzz(func(t *testing.T, text string) {
		b, problems := loadOwn(t, text)
		for _, p := range problems {
			if strings.Contains(p, "\n") {
				t.Errorf("problem on several lines: %q", p)
			}
		}
		for _, c := range []diag.Cause{diag.CauseNoPTR, diag.CauseRecipient, diag.CauseBlacklistIP} {
			for _, s := range b.For(caseOf(c), sampleValues()) {
				if s.Phase == diag.PhaseDelist && noDelist(c) {
					t.Errorf("delisting for %s", c)
				}
				if diag.Clean(s.Title) != s.Title {
					t.Errorf("title %q", s.Title)
				}
			}
		}
	})
}

// What an own file says, nobody is told to ask for delisting before the source
// is stopped, nor where the fault lies elsewhere.
func TestOwnCannotLiftTheRules(t *testing.T) {
	b, problems := loadOwn(t, `[[step]]
id = "receiver-retry"
phase = "delist"
title = "Ask the list"
check = "dnsbl"

[[runbook]]
id = "tls"
causes = ["tls"]
steps = ["delist-list", "ledger-first"]
`)
	if problems != nil {
		t.Fatal(problems)
	}
	for _, c := range []diag.Cause{diag.CauseReceiverFault, diag.CauseTLS} {
		for _, s := range b.For(caseOf(c), Values{}) {
			if s.Phase == diag.PhaseDelist {
				t.Errorf("%s: step %s asks for delisting", c, s.ID)
			}
		}
	}
}
