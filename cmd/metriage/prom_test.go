package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// TestReportForPrometheus compares the file for the textfile collector with
// the JSON report, number by number.
func TestReportForPrometheus(t *testing.T) {
	root := filepath.Join(t.TempDir(), "tree")
	if r := metriage(t, "", "demo", "--write", root, "--messages", "400"); r.code != 0 {
		t.Fatal(r.err)
	}
	out := filepath.Join(t.TempDir(), "metriage.prom")
	if r := metriage(t, "", "report", "--root", root, "--format", "prom", "--out", out); r.code != 1 || r.out != "" {
		t.Fatalf("exit %d, %q, %s", r.code, r.out, r.err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"domain", "provider", "cause"} {
		want := decode(t, metriage(t, "", "report", "--root", root, "--format", "json", "--by", by).out)
		groups := byKey(want["groups"], "key")
		for _, n := range []string{"failures", "delayed", "accepted", "waiting"} {
			for _, m := range families["metriage_"+by+"_"+n].GetMetric() {
				g, _ := groups[m.Label[0].GetValue()].(tree)
				if g == nil || g[n] != m.Gauge.GetValue() {
					t.Errorf("%s %s of %s is %v, in JSON %v", by, n, m.Label[0].GetValue(), m.Gauge.GetValue(), g[n])
				}
			}
			if got := families["metriage_"+n].GetMetric()[0].Gauge.GetValue(); got != want["totals"].(tree)[n] {
				t.Errorf("total %s is %v, in JSON %v", n, got, want["totals"].(tree)[n])
			}
		}
	}
	if len(families["metriage_domain_oldest_waiting_timestamp_seconds"].GetMetric()) == 0 {
		t.Error("nothing waits since any time")
	}

	// A reading that fails leaves the file of the last one as it was.
	if r := metriage(t, "", "report", "--root", filepath.Join(root, "no"), "--format", "prom", "--out", out); r.code != 2 {
		t.Errorf("exit %d for a root that is not there", r.code)
	}
	if again, err := os.ReadFile(out); err != nil || string(again) != string(text) {
		t.Errorf("the file changed: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(out), ".metriage-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
