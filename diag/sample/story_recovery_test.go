package sample

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRecoverEveryStory does all repairs of each story, one after the other: in
// the end every destination that refused for them takes mail again.
func TestRecoverEveryStory(t *testing.T) {
	for story, want := range map[string]int{
		"": 11, "password": 5, "new-server": 5, "forwarding": 2, "local-relay": 4,
		"receiver-fault": 2, "smart-host": 6, "nat-pool": 3, "quiet": 0,
	} {
		t.Run(story, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "site")
			o := Options{Story: story, Seed: 1, Now: testNow}
			if _, err := Write(context.Background(), root, o); err != nil {
				t.Fatal(err)
			}
			sc, err := o.Scene()
			if err != nil {
				t.Fatal(err)
			}
			log := filepath.Join(root, "Logging", "SMTP", "SMTP-Activity-"+testNow.Format("060102")+".log")
			before, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			var done, domains []string
			for i, r := range sc.Repairs {
				done = append(done, r.ID)
				if domains, err = o.Recover(root, done, testNow.Add(time.Duration(i+1)*time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			if len(domains) != want {
				t.Errorf("%v: %d destinations recover, not %d", domains, len(domains), want)
			}
			after, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			more, ok := strings.CutPrefix(string(after), string(before))
			if !ok {
				t.Fatal("what was in the log changed")
			}
			for _, d := range domains {
				if !strings.Contains(more, "@"+d+">") && !strings.Contains(d, "xn--") {
					t.Errorf("no row for %s", d)
				}
			}
			if slices.ContainsFunc(strings.Split(more, "\r\n"), func(l string) bool { return strings.Contains(l, "\t55") }) {
				t.Errorf("something is refused:\n%s", more)
			}
		})
	}
}

// TestRecoverBeginsTheLogOfANewDay covers a demo that is left open overnight.
func TestRecoverBeginsTheLogOfANewDay(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	o := Options{Story: "receiver-fault", Seed: 1, Now: testNow}
	if _, err := Write(context.Background(), root, o); err != nil {
		t.Fatal(err)
	}
	at := testNow.Add(24 * time.Hour)
	if _, err := o.Recover(root, []string{"receivers"}, at); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "Logging", "SMTP", "SMTP-Activity-"+at.Format("060102")+".log"))
	if err != nil || !strings.HasPrefix(string(b), at.Format("[01/02/06 15:04:05]")+"***") {
		t.Errorf("%v: %.80q", err, b)
	}
}
