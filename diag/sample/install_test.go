package sample

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC)

func write(t testing.TB, o Options) (string, Truth) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	truth, err := Write(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, truth
}

// fingerprint is one line for every file below dir: path, size, time, contents.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&b, "%s %d %s %x\n", rel, len(data), info.ModTime().UTC().Format(time.RFC3339Nano), sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEqualOptionsGiveEqualTrees(t *testing.T) {
	for _, st := range Stories() {
		o := Options{Messages: 300, Seed: 7, Now: testNow, Story: st.Name}
		a, ta := write(t, o)
		b, tb := write(t, o)
		if fingerprint(t, a) != fingerprint(t, b) {
			t.Errorf("story %q: two trees of equal options differ", st.Name)
		}
		ja, jb := truthOf(t, ta, a), truthOf(t, tb, b)
		if ja != jb {
			t.Errorf("story %q: two truths of equal options differ", st.Name)
		}
		o.Seed = 8
		c, _ := write(t, o)
		if fingerprint(t, a) == fingerprint(t, c) {
			t.Errorf("story %q: another seed gives the same tree", st.Name)
		}
	}
}

// truthOf is the JSON of truth without its directory.
func truthOf(t *testing.T, truth Truth, dir string) string {
	t.Helper()
	b, err := truth.JSON()
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(dir)
	return string(bytes.ReplaceAll(b, quoted[1:len(quoted)-1], []byte("DIR")))
}

func TestMessagesIsWhatTheTreeHolds(t *testing.T) {
	for _, n := range []int{0, 1, 400, 777, 2000} {
		_, truth := write(t, Options{Messages: n, Seed: 3, Now: testNow})
		want := n
		if n == 0 {
			want = DefaultMessages
		}
		if n == 1 {
			if m := truth.Totals.Messages; m < 80 || m > 200 {
				t.Errorf("the smallest tree has %d messages", m)
			}
			continue
		}
		if truth.Totals.Messages != want {
			t.Errorf("%d messages asked for, %d written", n, truth.Totals.Messages)
		}
	}
}

// TestTruthCountsTheFilesOnDisk looks at names, sizes and bytes alone, so it
// shares nothing with the way in which the truth is made.
func TestTruthCountsTheFilesOnDisk(t *testing.T) {
	for seed := range uint64(4) {
		_, truth := write(t, Options{Messages: 500, Seed: seed, Now: testNow})
		files, unreadable := 0, 0
		for _, f := range truth.Installations[0].Folders {
			own := 0
			for _, sub := range []string{"", "Messages", "messages"} {
				entries, _ := os.ReadDir(filepath.Join(f.Path, sub))
				for _, e := range entries {
					if e.Type().IsRegular() && strings.EqualFold(filepath.Ext(e.Name()), ".mai") {
						own++
						data, err := os.ReadFile(filepath.Join(f.Path, sub, e.Name()))
						if err != nil {
							t.Fatal(err)
						}
						if len(data) == 0 || bytes.IndexByte(data, 0) >= 0 {
							unreadable++
						}
					}
				}
			}
			if own != f.Files || own == 0 {
				t.Errorf("seed %d, %s: %d files, the truth says %d", seed, f.Name, own, f.Files)
			}
			files += own
		}
		if files != truth.Totals.Files {
			t.Errorf("seed %d: %d files, the truth says %d", seed, files, truth.Totals.Files)
		}
		if unreadable != truth.Totals.Unreadable || unreadable != len(truth.Problems) {
			t.Errorf("seed %d: %d unreadable files, the truth says %d and names %d", seed, unreadable, truth.Totals.Unreadable, len(truth.Problems))
		}
		for _, p := range truth.Problems {
			if _, err := os.Stat(p.Path); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(context.Background(), full, Options{Now: testNow}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a directory with a file in it: %v", err)
	}
	if _, err := Write(context.Background(), t.TempDir(), Options{Story: "nonsense"}); err == nil {
		t.Error("an unknown story was written")
	}
	if _, err := Write(context.Background(), t.TempDir(), Options{Messages: -1}); err == nil {
		t.Error("-1 messages were written")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Write(ctx, t.TempDir(), Options{Now: testNow}); err == nil {
		t.Error("a cancelled context was ignored")
	}
}

func TestFolderNamesDifferInCase(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(4) {
		dir, _ := write(t, Options{Messages: 1, Seed: seed, Now: testNow})
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.EqualFold(e.Name(), "Queues") {
				seen[e.Name()] = true
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("spellings of Queues: %v", seen)
	}
}

func BenchmarkWrite10000(b *testing.B) {
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "tree")
		truth, err := Write(context.Background(), dir, Options{Messages: 10_000, Seed: 1, Now: testNow})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(truth.Totals.Files), "files/op")
		os.RemoveAll(dir)
	}
}
