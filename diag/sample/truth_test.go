package sample

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"metriage/diag"
)

func TestGroupsAddUpToTheTotals(t *testing.T) {
	for _, st := range Stories() {
		_, truth := write(t, Options{Messages: 700, Seed: 5, Now: testNow, Story: st.Name})
		var sum TruthTotals
		for _, g := range truth.Groups {
			sum.Failures += g.Failures
			sum.E0193 += g.E0193
			sum.Delayed += g.Delayed
			sum.Accepted += g.Accepted
			causes, senders := 0, 0
			for c, n := range g.Causes {
				if !c.Valid() {
					t.Errorf("%s: cause %q", g.Key, c)
				}
				causes += n
			}
			for _, n := range g.Senders {
				senders += n
			}
			if causes != g.Failures || senders != g.Failures {
				t.Errorf("%s: %d failures, %d by cause, %d by sender", g.Key, g.Failures, causes, senders)
			}
			if (g.First == nil) != (g.Failures == 0) || (g.LastAccepted == nil) != (g.Accepted == 0) {
				t.Errorf("%s: %d failures since %v, %d accepted until %v", g.Key, g.Failures, g.First, g.Accepted, g.LastAccepted)
			}
			if g.Onset != nil && (g.LastAccepted != nil && !g.Onset.After(*g.LastAccepted) || g.Onset.Before(*g.First) || g.Onset.After(*g.Last)) {
				t.Errorf("%s: onset %v, last accepted %v, failures from %v to %v", g.Key, g.Onset, g.LastAccepted, g.First, g.Last)
			}
			if g.Key != diag.KeyUnknown && g.Key != diag.DomainKey(g.Key) {
				t.Errorf("%q is no key", g.Key)
			}
		}
		got := truth.Totals
		if sum.Failures != got.Failures || sum.E0193 != got.E0193 || sum.Delayed != got.Delayed || sum.Accepted != got.Accepted {
			t.Errorf("story %q: groups add up to %+v, totals are %+v", st.Name, sum, got)
		}
		files := 0
		for _, f := range truth.Installations[0].Folders {
			files += f.Files
		}
		if files != got.Files {
			t.Errorf("story %q: folders hold %d files, totals say %d", st.Name, files, got.Files)
		}
	}
}

func TestTruthFileHasTheReportsNames(t *testing.T) {
	dir, truth := write(t, Options{Messages: 1, Now: testNow})
	if err := truth.WriteFile(dir + string(filepath.Separator)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(dir + ".truth.json")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"schema", "installations", "totals", "problems", "groups"} {
		if got[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	var groups []map[string]json.RawMessage
	if err := json.Unmarshal(got["groups"], &groups); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"key", "display", "failures", "me_e0193", "delayed", "accepted", "waiting", "first", "last", "last_accepted", "onset", "causes", "senders"} {
		if groups[0][name] == nil {
			t.Errorf("%s is missing in a group", name)
		}
	}
}

func TestOnset(t *testing.T) {
	for _, c := range []struct {
		name     string
		refused  []int64
		accepted int64
		want     int64
	}{
		{"nothing refused", nil, 50, 0},
		{"refused before the last acceptance", []int64{10, 20}, 50, 0},
		{"refused after it", []int64{70, 10, 60}, 50, 60},
		{"never accepted", []int64{20, 10}, 0, 10},
		{"in the same second", []int64{50}, 50, 0},
	} {
		d := &domainTally{refused: c.refused, failures: len(c.refused), lastAccepted: c.accepted}
		if c.accepted > 0 {
			d.accepted = 1
		}
		got := int64(0)
		if g := d.group("x.example"); g.Onset != nil {
			got = g.Onset.Unix()
		}
		if got != c.want {
			t.Errorf("%s: onset %d, want %d", c.name, got, c.want)
		}
	}
}
