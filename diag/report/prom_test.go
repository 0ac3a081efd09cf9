package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"metriage/diag"
)

// TestPrometheus reads the output with Prometheus' own parser and compares
// every number.
func TestPrometheus(t *testing.T) {
	at := time.Date(2026, 11, 24, 2, 31, 0, 0, time.UTC)
	r := diag.Report{By: diag.ByDomain, Totals: diag.Totals{Failures: 7, Accepted: 4310, Waiting: 3}}
	for i := range maxSeries + 20 {
		r.Groups = append(r.Groups, diag.Group{Key: fmt.Sprintf("d%03d.example", i), Failures: 1000 - i, Accepted: 2, Waiting: 1})
	}
	r.Groups[0].Onset, r.Groups[0].OldestWaiting, r.Groups[0].LastAccepted = at, at.Add(-time.Hour), at.Add(-time.Minute)
	r.Groups[1].Key = "quote\" back\\slash \n\x1b[2J\u202e.example"
	r.Groups[2].Key = strings.Repeat("ä", 400)
	var b bytes.Buffer
	if err := Prometheus(&b, r, []diag.Report{r, {By: diag.ByCause, Groups: []diag.Group{{Key: "no-ptr", Failures: 7}}}}, Style{Now: at}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") {
		t.Errorf("a control character got through")
	}
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(&b)
	if err != nil {
		t.Fatal(err)
	}
	value := func(name, label string) float64 {
		t.Helper()
		f := families[name]
		if f == nil {
			t.Fatalf("no family %s", name)
		}
		for _, m := range f.Metric {
			if len(m.Label) == 0 && label == "" || len(m.Label) == 1 && m.Label[0].GetValue() == label {
				return m.Gauge.GetValue()
			}
		}
		t.Fatalf("%s has no value for %q", name, label)
		return 0
	}
	for _, c := range []struct {
		name, label string
		want        float64
	}{
		{"metriage_failures", "", 7},
		{"metriage_accepted", "", 4310},
		{"metriage_waiting", "", 3},
		{"metriage_read_timestamp_seconds", "", float64(at.Unix())},
		{"metriage_domain_failures", "d000.example", 1000},
		{"metriage_domain_onset_timestamp_seconds", "d000.example", float64(at.Unix())},
		{"metriage_domain_oldest_waiting_timestamp_seconds", "d000.example", float64(at.Add(-time.Hour).Unix())},
		{"metriage_domain_last_accepted_timestamp_seconds", "d000.example", float64(at.Add(-time.Minute).Unix())},
		{"metriage_domain_accepted", KeyOther, 40},
		{"metriage_cause_failures", "no-ptr", 7},
	} {
		if got := value(c.name, c.label); got != c.want {
			t.Errorf("%s{%s} = %v, want %v", c.name, c.label, got, c.want)
		}
	}
	if n := len(families["metriage_domain_failures"].Metric); n != maxSeries+1 {
		t.Errorf("%d series, want %d", n, maxSeries+1)
	}
	sum := 0.0
	for _, m := range families["metriage_domain_failures"].Metric {
		sum += m.Gauge.GetValue()
		if l := m.Label[0].GetValue(); len(l) > maxLabel {
			t.Errorf("a label of %d bytes", len(l))
		}
	}
	want := 0
	for _, g := range r.Groups {
		want += g.Failures
	}
	if sum != float64(want) {
		t.Errorf("the series sum to %v, want %d", sum, want)
	}
}
