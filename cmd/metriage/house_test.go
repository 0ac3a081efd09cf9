package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house says which packages of the project each package may import. Every one
// may import diag.
var house = map[string][]string{
	"metriage/diag":            {},
	"metriage/diag/mailenable": {},
	"metriage/diag/reply":      {},
	"metriage/diag/dnsq":       {},
	"metriage/diag/runbook":    {},
	"metriage/diag/report":     {},
	"metriage/diag/sample":     {},
	"metriage/diag/index":      {"mailenable", "reply"},
	"metriage/diag/check":      {"dnsq", "reply"},
	"metriage/diag/audit":      {"mailenable"},
	"metriage/diag/act":        {"mailenable"},
	"metriage/diag/triage":     {"mailenable", "reply", "index", "dnsq", "check", "audit", "act", "runbook"},
	"metriage/tui":             {"triage", "report", "runbook"},
}

func TestImportsFollowTheHouse(t *testing.T) {
	cmd := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		f := strings.Fields(l)
		pkg := f[0]
		if strings.HasPrefix(pkg, "metriage/cmd/") {
			continue // wires everything
		}
		may, known := house[pkg]
		if !known {
			t.Errorf("%s is not in the house", pkg)
			continue
		}
		for _, imp := range f[1:] {
			if !strings.HasPrefix(imp, "metriage/") || imp == "metriage/diag" {
				continue
			}
			if !slices.Contains(may, strings.TrimPrefix(imp, "metriage/diag/")) {
				t.Errorf("%s imports %s", pkg, imp)
			}
		}
	}
}

func TestTopLevelEntries(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		n := e.Name()
		if !strings.HasPrefix(n, ".") && !slices.Contains([]string{"cmd", "tui", "diag", "testdata", "go.mod", "go.sum", "README.md"}, n) {
			t.Errorf("%s does not belong at the top", n)
		}
	}
}
