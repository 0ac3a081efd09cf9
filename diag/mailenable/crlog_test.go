package mailenable

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rewrite changes the text of all files below root.
func rewrite(t *testing.T, root string, change func(string) string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(change(string(b))), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// otherForms are files as other programs save them.
var otherForms = map[string]func(string) string{
	"LF":        func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") },
	"CR":        func(s string) string { return strings.ReplaceAll(s, "\r\n", "\r") },
	"with mark": func(s string) string { return utf8BOM + s },
}

// Settings files say the same whatever their lines end with, and behind a mark
// of UTF-8.
func TestReadConfigInOtherForms(t *testing.T) {
	says := func(c Config) string {
		for i := range c.Problems {
			c.Problems[i].Path = filepath.Base(c.Problems[i].Path)
		}
		return fmt.Sprintln(c.Postoffices, c.Domains, c.Mailboxes, c.Addresses, c.CatchAlls, c.Outside, c.Redirects, c.Denied, c.Relaying, c.Whitelist, c.NotUnderstood, c.Problems)
	}
	want := says(configTree(t).ReadConfig(context.Background(), Disk{}))
	for name, change := range otherForms {
		in := configTree(t)
		rewrite(t, in.Root, change)
		if got := says(in.ReadConfig(context.Background(), Disk{})); got != want {
			t.Errorf("%s:\n%swant\n%s", name, got, want)
		}
	}
}

// So do logs where the history of a message is looked up.
func TestHistoryInOtherForms(t *testing.T) {
	at := time.Date(2026, 11, 24, 7, 10, 4, 0, time.UTC)
	says := func(in Installation) string {
		h, err := in.History(context.Background(), Disk{}, time.UTC, HistoryQuery{IDs: []string{outID}, From: at, To: at})
		if err != nil || h.HandedIn == nil {
			t.Fatal(err, h.HandedIn)
		}
		return fmt.Sprintln(h.Lines, h.Links, *h.HandedIn, h.Attempts, h.IDs, h.Truncated, h.Problems)
	}
	want := says(historyTree(t))
	for name, change := range otherForms {
		in := historyTree(t)
		rewrite(t, in.Root, change)
		if got := says(in); got != want {
			t.Errorf("%s:\n%swant\n%s", name, got, want)
		}
	}
}
