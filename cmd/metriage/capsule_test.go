package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A capsule that the program writes is read by every command that takes a root.
func TestCapsule(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	if r := metriage(t, "", "demo", "--write", root); r.code != 0 {
		t.Fatal(r.err)
	}
	dir := filepath.Join(t.TempDir(), "capsule")
	r := metriage(t, "", "report", "--root", root, "--format", "capsule", "--out", dir)
	if r.code != 1 || !strings.Contains(r.out, dir) {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	md, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil || !strings.Contains(string(md), "# Refused mail") || strings.Contains(string(md), "info@brandt") {
		t.Errorf("%v: %.200s", err, md)
	}
	for _, by := range []string{"domain", "cause", "provider"} {
		a := decode(t, metriage(t, "", "report", "--root", root, "--format", "json", "--by", by).out)
		b := decode(t, metriage(t, "", "report", "--root", dir, "--format", "json", "--by", by).out)
		if !reflect.DeepEqual(a["totals"], b["totals"]) || len(a["groups"].([]any)) != len(b["groups"].([]any)) {
			t.Errorf("by %s: totals %v, the original has %v", by, b["totals"], a["totals"])
		}
		if in := b["installations"].([]any)[0].(tree); in["root"] != dir || in["found_by"] != "flag" {
			t.Errorf("installation %v", in)
		}
	}
	// The facts are the same, apart from where they lie, and so is the audit.
	for _, args := range [][]string{{"report", "--format", "json", "--runs"}, {"audit", "--format", "json"}} {
		var out [2]string
		for i, r := range []string{root, dir} {
			full := append(slices.Clone(args), "--root", r)
			if r == root {
				full = append(full, "--redact") // as the capsule is
			}
			text := metriage(t, "", full...).out
			text = strings.NewReplacer(r+"/", "", r, "").Replace(text)
			out[i] = regexp.MustCompile(`"(found_by|path|name)": *"[^"]*"|"title":.*|"age_s": *\d+|user-[0-9a-f]{4}@`).ReplaceAllString(text, "")
		}
		if a, b := strings.Split(out[0], "\n"), strings.Split(out[1], "\n"); len(a) != len(b) || len(out[1]) < 1000 {
			t.Errorf("%v: %d lines, the original has %d", args, len(b), len(a))
		} else {
			for i := range a {
				if a[i] != b[i] {
					t.Errorf("%v: line %d is %.200s, in the original %.200s", args, i, b[i], a[i])
				}
			}
		}
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"report", "--root", root, "--format", "capsule"}, "needs --out DIR"},
		{[]string{"report", "--root", root, "--format", "capsule", "--out", dir}, "not empty"},
		{[]string{"report", "--root", dir, "--root", root}, "open it alone"},
	} {
		if r := metriage(t, "", c.args...); r.code != 2 || !strings.Contains(r.err, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "capsule.jsonl"), []byte("{\"capsule\":{\"version\":1}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := metriage(t, "", "report", "--root", dir); r.code != 2 || !strings.Contains(r.err, "was cut off") {
		t.Errorf("a damaged capsule: exit %d, %s", r.code, r.err)
	}
}
