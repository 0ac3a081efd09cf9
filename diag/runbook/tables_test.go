package runbook

import (
	"strings"
	"testing"
)

// Runbooks stand in the configuration beside other things; what is wrong in
// them is named with the line of that file.
func TestTablesOfAConfiguration(t *testing.T) {
	config := `since = "7d"

[[rule]]
id = "x-ours"
any = ["blocked by ours"]
cause = "policy"

[[step]]
id = "x-call"
phase = "contain"
title = "Call Bert"
proof = "Nothing can prove it."

[keys]
spamhaus = "secret"

[[runbook]]
id = "x-policy"
causes = ["policy"]
steps = ["x-call"]
[runbook.not_needed]
delist = "Bert does it."

[[step]]
id = "x-bad"
phase = "sometimes"
title = "Never"
proof = "Nothing."
`
	text := Tables([]byte(config))
	if strings.Contains(string(text), "secret") || strings.Contains(string(text), "since") {
		t.Errorf("others' business is left in:\n%s", text)
	}
	b, problems, err := Load(text, "metriage.toml")
	if err != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), "metriage.toml:26: ") {
		t.Fatalf("%v %v", err, problems)
	}
	if _, ok := stepByID(b.For(caseOf("policy"), sampleValues()), "x-call"); !ok {
		t.Error("the own step is not used")
	}
	if Tables([]byte("since = \"7d\"\n[[list]]\nid = \"a\"\n")) != nil {
		t.Error("something is left of a configuration without runbooks")
	}
}
