package runbook

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Limits of a journal. A line that is longer is cut, a file that is larger is
// read up to there.
const (
	maxJournal   = 32 << 20
	maxEntryText = 4 << 10
)

// ErrReadOnly says that another program writes the journal: this one only
// reads it.
var ErrReadOnly = errors.New("another metriage writes the journal; this one only reads it")

// EntryKind says what an entry of the journal is.
type EntryKind string

// The kinds.
const (
	EntryProven EntryKind = "proven" // a check or the ledger proved the step
	EntryOpen   EntryKind = "open"   // the proof no longer holds
	EntryTicked EntryKind = "ticked" // an admin says it is done
	EntryUndone EntryKind = "undone" // an admin takes that back
	EntryNote   EntryKind = "note"
	// EntryFailing says of Steps that their checks failed: a later proof tells
	// from it when the repair came at the earliest.
	EntryFailing EntryKind = "failing"
	EntryOnset   EntryKind = "onset" // refusals began
	EntryCured   EntryKind = "cured" // the first delivery was accepted again
)

// Entry is one line of the journal.
type Entry struct {
	At       time.Time `json:"at"`
	Kind     EntryKind `json:"kind"`
	Step     string    `json:"step,omitempty"`   // Step.Key
	Title    string    `json:"title,omitempty"`  // of the step
	Phase    string    `json:"phase,omitempty"`  // of the step
	Domain   string    `json:"domain,omitempty"` // for onset and cured
	Text     string    `json:"text,omitempty"`   // note or proof, one sentence
	Evidence []string  `json:"evidence,omitempty"`
	// Before is when a step that is proven was last seen open; zero where that
	// is not known.
	Before time.Time `json:"before,omitzero"`
	// Steps are those of EntryFailing, by Step.Key.
	Steps []string `json:"steps,omitempty"`
}

// Journal is what was done about an incident: an append-only file, one entry a
// line. One program writes it at a time; others read.
type Journal struct {
	path    string
	file    *os.File
	lock    *os.File
	entries []Entry
	unended bool // the last line of the file has no end
}

// OpenJournal reads the journal at path, which is made with its folder where it
// is not there, and takes the right to write it if nobody has it. A damaged
// file is set aside under another name and its good entries are kept; the
// messages say so.
func OpenJournal(path string, now time.Time) (j *Journal, messages []string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("the journal's folder: %w", err)
	}
	j = &Journal{path: path}
	if j.lock, err = TakeLock(path + ".lock"); err != nil {
		j.lock = nil
		messages = append(messages, ErrReadOnly.Error())
	}
	damaged, err := j.read()
	if err != nil {
		j.release()
		return nil, messages, fmt.Errorf("the journal %s: %w", path, err)
	}
	if j.lock == nil {
		return j, messages, nil
	}
	if damaged > 0 {
		aside := path + ".damaged-" + now.Format("20060102-150405")
		if err := os.Rename(path, aside); err != nil {
			j.release()
			return nil, messages, fmt.Errorf("the damaged journal cannot be set aside: %w", err)
		}
		messages = append(messages, fmt.Sprintf("%d lines of the journal were damaged; the file is kept as %s and the other entries go on", damaged, aside))
		if err := j.rewrite(); err != nil {
			j.release()
			return nil, messages, err
		}
	}
	j.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		j.release()
		return nil, messages, fmt.Errorf("the journal %s: %w", path, err)
	}
	if j.unended && damaged == 0 {
		// The next entry must not be glued to the last one.
		if _, err := j.file.WriteString("\n"); err != nil {
			_ = j.Close()
			return nil, messages, fmt.Errorf("the journal %s: %w", path, err)
		}
	}
	return j, messages, nil
}

// read takes the entries in and returns how many lines are damaged. A last
// line without end was cut off while it was written and does not count.
func (j *Journal) read() (damaged int, err error) {
	f, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r := bufio.NewReader(io.LimitReader(f, maxJournal))
	for {
		line, err := r.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var e Entry
			switch jerr := json.Unmarshal(line, &e); {
			case jerr == nil && e.Kind != "" && !e.At.IsZero():
				j.entries = append(j.entries, e)
			case errors.Is(err, io.EOF):
				damaged++ // cut off: the next entry must not be glued to it
			default:
				damaged++
			}
		}
		if errors.Is(err, io.EOF) {
			j.unended = len(line) > 0
			return damaged, nil
		}
		if err != nil {
			return damaged, err
		}
	}
}

// rewrite writes all entries to a new file.
func (j *Journal) rewrite() error {
	var b bytes.Buffer
	for _, e := range j.entries {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		b.Write(append(line, '\n'))
	}
	return os.WriteFile(j.path, b.Bytes(), 0o600)
}

// Add appends an entry and sees to it that it is on the disk.
func (j *Journal) Add(e Entry) error {
	if j.file == nil {
		return ErrReadOnly
	}
	if len(e.Text) > maxEntryText {
		e.Text = e.Text[:maxEntryText]
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("the journal %s: %w", j.path, err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("the journal %s: %w", j.path, err)
	}
	j.entries = append(j.entries, e)
	return nil
}

// Writable reports whether Add works.
func (j *Journal) Writable() bool { return j.file != nil }

// Path returns where the journal lies.
func (j *Journal) Path() string { return j.path }

// Entries returns the entries, oldest first.
func (j *Journal) Entries() []Entry { return append([]Entry(nil), j.entries...) }

// Close gives the right to write back.
func (j *Journal) Close() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
		j.file = nil
	}
	j.release()
	return err
}

func (j *Journal) release() {
	if j.lock != nil {
		_ = j.lock.Close() // the system drops the lock with the file
		j.lock = nil
	}
}

// StepState is how a step stands.
type StepState struct {
	Done bool
	// ByHand is set where an admin ticked it rather than a check.
	ByHand   bool
	At       time.Time
	Text     string // proof or note
	Evidence []string
	// Before is when a step that a check proved was last seen open.
	Before time.Time
	// Failing is when a check last found the step open, zero where none did.
	Failing time.Time
	Notes   []Entry
}

// States returns how the steps stand, by Step.Key, after the entries in their
// order.
func States(entries []Entry) map[string]StepState {
	out := map[string]StepState{}
	for _, e := range entries {
		if e.Kind == EntryFailing {
			for _, k := range e.Steps {
				s := out[k]
				s.Failing = e.At
				out[k] = s
			}
		}
		if e.Step == "" {
			continue
		}
		s := out[e.Step]
		switch e.Kind {
		case EntryProven, EntryTicked:
			s.Done, s.ByHand, s.At, s.Text, s.Evidence, s.Before = true, e.Kind == EntryTicked, e.At, e.Text, e.Evidence, e.Before
		case EntryOpen, EntryUndone:
			s.Done, s.ByHand, s.At, s.Text, s.Evidence, s.Before = false, false, e.At, e.Text, e.Evidence, time.Time{}
		case EntryNote:
			s.Notes = append(s.Notes, e)
		}
		out[e.Step] = s
	}
	return out
}
