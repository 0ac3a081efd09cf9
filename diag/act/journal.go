package act

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Kind is what an action does.
type Kind string

// The kinds.
const (
	KindHold    Kind = "hold"    // out of the queue, to be released later
	KindRelease Kind = "release" // from the hold back into the queue
	KindDelete  Kind = "delete"  // into the trash
	KindUndo    Kind = "undo"    // an action backwards
	KindEmpty   Kind = "empty"   // the trash of an action, for good
)

// record is one line of the journal.
type record struct {
	What   string    `json:"what"` // begin, step, done, end
	Action string    `json:"action"`
	Time   time.Time `json:"time"`

	// begin
	Kind    Kind         `json:"kind,omitempty"`
	Count   int          `json:"count,omitempty"`
	From    place        `json:"from,omitempty"`
	To      place        `json:"to,omitempty"`
	Of      string       `json:"of,omitempty"` // the action that is undone or emptied
	Folders []folderName `json:"folders,omitempty"`

	// step and done
	Step  int    `json:"step,omitempty"`
	Pairs []pair `json:"pairs,omitempty"`
	Moved []int  `json:"moved,omitempty"` // indexes into the step's pairs

	// end
	Total       int            `json:"total,omitempty"`
	Skipped     map[string]int `json:"skipped,omitempty"`
	Interrupted bool           `json:"interrupted,omitempty"`
}

// folderName is a folder as an action met it.
type folderName struct {
	Path     string `json:"path"`   // from the data directory, with slashes
	Mirror   string `json:"mirror"` // in hold and trash
	Messages string `json:"messages"`
}

// journal is the file that every action is written to ahead.
type journal struct {
	file *os.File
	root *os.Root
	path string
}

func openJournal(root *os.Root, path string) (*journal, error) {
	f, err := root.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	j := &journal{file: f, root: root, path: path}
	// A line that was cut off by a crash must not swallow the next one.
	if i, err := f.Stat(); err == nil && i.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, i.Size()-1); err == nil && last[0] != '\n' {
			if _, err := f.Write([]byte{'\n'}); err != nil {
				_ = f.Close()
				return nil, err
			}
		}
	}
	return j, nil
}

func (j *journal) close() error { return j.file.Close() }

// append writes a record and makes sure that it is on disk.
func (j *journal) append(r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// read calls visit for every whole record. Lines that are none, as a crash
// leaves them, are passed over.
func (j *journal) read(visit func(record) error) error {
	f, err := j.root.Open(j.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return readRecords(f, visit)
}

func readRecords(r io.Reader, visit func(record) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) <= maxLine {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		var rec record
		if len(line) > 1 && json.Unmarshal(line, &rec) == nil && rec.Action != "" {
			if err := visit(rec); err != nil {
				return err
			}
		}
		line = line[:0]
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
