package runbook

import "testing"

func book(t testing.TB) *Book {
	t.Helper()
	b, problems, err := Load(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if problems != nil {
		t.Fatal(problems)
	}
	return b
}

func TestBuiltinLoads(t *testing.T) { book(t) }
