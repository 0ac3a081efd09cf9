package triage

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

// keeping makes a session that keeps its state in a folder.
func keeping(t *testing.T, root, state string, log *bytes.Buffer) *Session {
	t.Helper()
	s := New(Options{
		Machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }}, Roots: []string{root},
		Since: 30 * 24 * time.Hour, Now: func() time.Time { return at }, DNS: dnsq.New(dnsq.Options{}), StateDir: state,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if _, err := s.Ready(); err != nil {
		t.Fatal(err)
	}
	if errs := s.Locate(); len(errs) > 0 {
		t.Fatal(errs)
	}
	if err := s.Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

func caches(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "installation-*", "index-*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCacheHasOneWriterAndManyReaders(t *testing.T) {
	root, state := filepath.Join(t.TempDir(), "site"), t.TempDir()
	if _, err := sample.Write(context.Background(), root, sample.Options{Seed: 1, Now: at, Messages: 60}); err != nil {
		t.Fatal(err)
	}
	var log, log2 bytes.Buffer
	first := keeping(t, root, state, &log)
	first.Keep()
	files := caches(t, state)
	if len(files) != 1 || !strings.HasSuffix(files[0], ".cache") {
		t.Fatalf("files %v", files)
	}
	before, _ := os.Stat(files[0])

	// A second session reads it, and changes nothing of it.
	second := keeping(t, root, state, &log2)
	if !strings.Contains(log2.String(), "items=") {
		t.Errorf("the second session did not use the cache: %s", log2.String())
	}
	if err := os.WriteFile(filepath.Join(root, "Queues", "SMTP", "Outgoing", strings.Repeat("0", 32)+".MAI"), []byte("Sender=[SMTP:a@b.example]\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Compare(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(files[0]); !after.ModTime().Equal(before.ModTime()) || after.Size() != before.Size() || !strings.Contains(log2.String(), "another metriage") {
		t.Errorf("the second session wrote it: %s", log2.String())
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	// Once the first has ended another may write.
	third := keeping(t, root, state, &log)
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(files[0]); after.Size() == before.Size() {
		t.Error("the third session did not write what had changed")
	}
	if got := caches(t, state); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
	want, got := second.View().Report(diag.ByDomain).Totals, third.View().Report(diag.ByDomain).Totals
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestNothingIsKeptBelowARoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	if _, err := sample.Write(context.Background(), root, sample.Options{Seed: 1, Now: at, Messages: 20}); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(root, link); err != nil {
		t.Log("no links here:", err)
		link = root
	}
	for _, state := range []string{root, filepath.Join(root, "Config", "metriage"), filepath.Join(link, "new", "deep")} {
		var log bytes.Buffer
		s := keeping(t, root, state, &log)
		if messages, err := s.OpenState(); err != nil || len(messages) > 0 {
			t.Error(messages, err)
		}
		if err := s.Tick(diag.Step{ID: "x", Title: "x"}, true, ""); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := caches(t, state); len(got) != 0 {
			t.Errorf("%s: %v", state, got)
		}
		if _, err := os.Stat(filepath.Join(root, "new")); err == nil {
			t.Error("a folder was made below the root")
		}
	}
}

func TestOldCachesGo(t *testing.T) {
	root, state := filepath.Join(t.TempDir(), "site"), t.TempDir()
	if _, err := sample.Write(context.Background(), root, sample.Options{Seed: 1, Now: at, Messages: 20}); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s := keeping(t, root, state, &log)
	s.Keep()
	dir := filepath.Dir(caches(t, state)[0])
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"index-1h0m0s.cache", "index-2h0m0s.cache", "index-3h0m0s.cache", "index-4h0m0s.cache", "index-5.tmp"} {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, at, at.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "Queues", "SMTP", "Outgoing", strings.Repeat("0", 32)+".MAI"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = keeping(t, root, state, &log)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range caches(t, state) {
		names = append(names, filepath.Base(f))
	}
	if got := strings.Join(names, " "); got != "index-2h0m0s.cache index-3h0m0s.cache index-4h0m0s.cache index-720h0m0s.cache" {
		t.Error(got)
	}
}
