package runbook

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var journalAt = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

func openAt(t *testing.T, path string) (*Journal, []string) {
	t.Helper()
	j, messages, err := OpenJournal(path, journalAt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j, messages
}

func TestJournalSurvivesARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "journal.jsonl")
	j, messages := openAt(t, path)
	if len(messages) > 0 || !j.Writable() {
		t.Fatal(messages)
	}
	for _, e := range []Entry{
		{At: journalAt, Kind: EntryTicked, Step: "source-find", Text: "it was the shop"},
		{At: journalAt.Add(time.Minute), Kind: EntryProven, Step: "ptr-ask", Text: "198.51.100.7 has a PTR record.", Evidence: []string{"PTR -> mail"}},
		{At: journalAt.Add(2 * time.Minute), Kind: EntryNote, Step: "ptr-ask", Text: "ticket 17"},
		{At: journalAt.Add(3 * time.Minute), Kind: EntryUndone, Step: "source-find"},
	} {
		if err := j.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again, _ := openAt(t, path)
	s := States(again.Entries())
	if s["source-find"].Done || !s["ptr-ask"].Done || s["ptr-ask"].ByHand || len(s["ptr-ask"].Notes) != 1 || len(s["ptr-ask"].Evidence) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestSecondProgramOnlyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	first, _ := openAt(t, path)
	if err := first.Add(Entry{At: journalAt, Kind: EntryTicked, Step: "a"}); err != nil {
		t.Fatal(err)
	}
	second, messages := openAt(t, path)
	if second.Writable() || len(messages) != 1 || len(second.Entries()) != 1 {
		t.Fatalf("writable %v, %v, %d entries", second.Writable(), messages, len(second.Entries()))
	}
	if err := second.Add(Entry{At: journalAt, Kind: EntryTicked, Step: "b"}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("%v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, _ := openAt(t, path)
	if !third.Writable() || len(third.Entries()) != 1 {
		t.Error("the right to write was not given back")
	}
}

func TestDamagedJournalIsSetAside(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.jsonl")
	good := `{"at":"2026-11-24T09:30:00Z","kind":"ticked","step":"a"}` + "\n"
	if err := os.WriteFile(path, []byte(good+"\x00\x01garbage\n"+strings.Replace(good, `"a"`, `"b"`, 1)+`{"at":"2026-11-24T`), 0o600); err != nil {
		t.Fatal(err)
	}
	j, messages := openAt(t, path)
	if len(messages) != 1 || !strings.Contains(messages[0], "2 lines") || len(j.Entries()) != 2 {
		t.Errorf("%v, %d entries", messages, len(j.Entries()))
	}
	if err := j.Add(Entry{At: journalAt, Kind: EntryTicked, Step: "c"}); err != nil {
		t.Fatal(err)
	}
	_ = j.Close()
	kept, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(kept) != 1 {
		t.Errorf("set aside: %v %v", kept, err)
	}
	again, messages := openAt(t, path)
	if len(messages) != 0 || len(again.Entries()) != 3 {
		t.Errorf("%v, %d entries", messages, len(again.Entries()))
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"at":"2026-11-24T09:30:00Z","kind":"ticked","step":"a"}` + "\n"))
	f.Add([]byte(`{"at":"2026-11-24T09:30:00Z","kind":"ticked","step":"a"}`)) // cut off right before the line's end
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "journal.jsonl")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, _, err := OpenJournal(path, journalAt)
		if err != nil {
			t.Fatal(err)
		}
		n := len(j.Entries())
		if err := j.Add(Entry{At: journalAt, Kind: EntryNote, Step: "x", Text: "y"}); err != nil {
			t.Fatal(err)
		}
		_ = j.Close()
		again, messages, err := OpenJournal(path, journalAt)
		if err != nil || len(again.Entries()) != n+1 || len(messages) > 0 {
			t.Fatalf("%d entries after %d, %v, %v", len(again.Entries()), n, messages, err)
		}
		_ = again.Close()
	})
}
