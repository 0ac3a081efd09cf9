package runbook_test

import (
	"testing"

	"metriage/diag/reply"
	"metriage/diag/runbook"
)

// Every list and provider that a runbook is for is one that a verdict can
// name.
func TestNamesAreKnown(t *testing.T) {
	b, _, err := runbook.Load(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	names := b.Names()
	if len(names) < 40 {
		t.Errorf("only %d names: %v", len(names), names)
	}
	for _, id := range names {
		if reply.Name(id) == id && id != "invaluement" { // which is called by its id
			t.Errorf("no verdict can name %q", id)
		}
	}
}
