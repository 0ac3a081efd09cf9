package sample

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
	"metriage/diag/report"
)

// read counts the tree at dir with the real reader, by way of its JSON.
func read(t testing.TB, dir string, o Options) Truth {
	t.Helper()
	class, problems, err := reply.New(reply.Options{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{dir})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	x := index.New(found, index.Options{
		FS: mailenable.Disk{}, Classifier: class, Since: 30 * 24 * time.Hour, Location: o.Zone,
		Now: func() time.Time { return o.Now.Add(time.Minute) },
	})
	if err := x.Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := report.JSON(&b, x.View().Report(diag.ByDomain), report.Style{}); err != nil {
		t.Fatal(err)
	}
	var got Truth
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// differences lists what got has otherwise than want, a line each.
func differences(got, want Truth) []string {
	var out []string
	diff := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			g, _ := json.Marshal(got)
			w, _ := json.Marshal(want)
			out = append(out, fmt.Sprintf("%s: read %s, truth %s", what, g, w))
		}
	}
	diff("totals", got.Totals, want.Totals)
	paths := func(ps []TruthProblem) (s []string) {
		for _, p := range ps {
			s = append(s, p.Path)
		}
		slices.Sort(s)
		return s
	}
	diff("problems", paths(got.Problems), paths(want.Problems))
	folders := map[string]TruthFolder{}
	for _, in := range got.Installations {
		for _, f := range in.Folders {
			folders[f.Name] = f
		}
	}
	for _, f := range want.Installations[0].Folders {
		diff("folder "+f.Name, folders[f.Name], f)
	}
	groups := map[string]TruthGroup{}
	for _, g := range got.Groups {
		groups[g.Key] = g
	}
	for _, w := range want.Groups {
		g := groups[w.Key]
		delete(groups, w.Key)
		gv, wv := reflect.ValueOf(g), reflect.ValueOf(w)
		for i := range wv.NumField() {
			diff(w.Key+" "+wv.Type().Field(i).Name, gv.Field(i).Interface(), wv.Field(i).Interface())
		}
	}
	for key, g := range groups {
		diff("group "+key, g, nil)
	}
	return out
}

// TestTheReaderCountsTheTruth compares the truth with what the program reads;
// the two share no code but package diag.
func TestTheReaderCountsTheTruth(t *testing.T) {
	for _, st := range Stories() {
		seeds, size := uint64(3), 2000
		if st.Name != "" {
			seeds, size = 1, 900
		}
		for seed := range seeds {
			o := Options{Messages: size, Seed: seed, Now: testNow, Story: st.Name}
			dir, want := write(t, o)
			b, err := want.JSON()
			if err != nil {
				t.Fatal(err)
			}
			var truth Truth
			if err := json.Unmarshal(b, &truth); err != nil {
				t.Fatal(err)
			}
			for _, d := range differences(read(t, dir, o), truth) {
				t.Errorf("story %q, seed %d: %s", st.Name, seed, d)
			}
			os.RemoveAll(dir)
		}
	}
}
