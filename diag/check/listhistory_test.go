package check

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/sample"
)

// A list that fails its self-test for a week is probably gone; once it passes
// again the week begins anew. What is remembered outlives the process.
func TestAListThatFailsForAWeek(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "lists.json")
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	file := "only = true\n[[list]]\nid = \"x\"\nzone = \"x.test\"\nlisted = { \"127.0.0.2\" = \"bad\" }\n"
	for _, step := range []struct {
		after time.Duration
		kind  sample.ListKind
		code  string
		gone  string
	}{
		{0, sample.ListEmpty, "dnsbl-unhealthy", ""},
		{6 * 24 * time.Hour, sample.ListWorld, "dnsbl-unhealthy", ""},
		{7 * 24 * time.Hour, sample.ListEmpty, "dnsbl-unhealthy", "since 1 Nov 2026: it is probably gone"},
		{8 * 24 * time.Hour, sample.ListHealthy, "dnsbl-clear", ""},
		{9 * 24 * time.Hour, sample.ListEmpty, "dnsbl-unhealthy", ""},
		{16 * 24 * time.Hour, sample.ListEmpty, "dnsbl-unhealthy", "since 10 Nov 2026"},
	} {
		d := labDNS(t)
		d.List("x.test", step.kind, nil)
		at := now.Add(step.after)
		o := Options{Lists: lists(t, file), Now: func() time.Time { return at }, ListHistory: ListHistoryFile(path)}
		run := runner(t, o, d.Addr()).Run(t.Context(), Request{Words: []string{DNSBL},
			Target: diag.Target{IPs: []netip.Addr{netip.MustParseAddr("198.51.100.99")}}}, nil)
		f := find1(t, run, DNSBL, "", "x")
		if notes := notesOf(f); f.Code != step.code || !strings.Contains(notes, step.gone) || step.gone == "" && strings.Contains(notes, "probably gone") {
			t.Errorf("after %s: %s with notes %q, want %s with %q", step.after, f.Code, notes, step.code, step.gone)
		}
	}
}
