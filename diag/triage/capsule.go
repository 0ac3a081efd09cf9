package triage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"metriage/diag"
	"metriage/diag/index"
	"metriage/diag/mailenable"
	"metriage/diag/runbook"
)

// A capsule is a folder with the facts of an incident, for another machine to
// open with --root: what was read, what the audit made of it, the journal, and
// the report for people.
const (
	CapsuleFacts   = "capsule.jsonl"
	CapsuleJournal = "journal.jsonl"
	CapsuleReport  = "report.md"
)

// maxCapsuleJournal bounds the journal of a capsule.
const maxCapsuleJournal = 32 << 20

// ErrCapsule says that a capsule is only read.
var ErrCapsule = errors.New("this is a capsule: it can be looked at, not changed")

// CapsuleError says why a capsule cannot be opened.
type CapsuleError struct {
	Root string
	Err  error
}

func (e *CapsuleError) Error() string {
	var f *index.FactsError
	if errors.As(e.Err, &f) {
		return fmt.Sprintf("%s, %s; ask for the capsule again", filepath.Join(e.Root, CapsuleFacts), f.Error())
	}
	return fmt.Sprintf("%s: %v", e.Root, e.Err)
}

func (e *CapsuleError) Unwrap() error { return e.Err }

// isCapsule reports whether a folder holds a capsule.
func isCapsule(root string) bool {
	i, err := os.Stat(filepath.Join(root, CapsuleFacts))
	return err == nil && i.Mode().IsRegular()
}

// OfCapsule reports whether the session looks at a capsule, which stays as it
// was when it was made.
func (s *Session) OfCapsule() bool { return s.capsule != "" }

// locateCapsule takes the one root that is a capsule; ok is false where none is.
func (s *Session) locateCapsule() (errs []error, ok bool) {
	for _, root := range s.opt.Roots {
		if !isCapsule(root) {
			continue
		}
		if len(s.opt.Roots) > 1 {
			return []error{&CapsuleError{root, errors.New("is a capsule; open it alone, with one --root")}}, true
		}
		s.installs = []mailenable.Installation{{Root: root, FoundBy: diag.FoundByFlag}}
		s.capsule = root
		if err := s.openCapsule(); err != nil {
			s.installs, s.capsule = nil, ""
			return []error{&CapsuleError{root, err}}, true
		}
		return nil, true
	}
	return nil, false
}

// openCapsule reads the facts and the journal of a capsule.
func (s *Session) openCapsule() error {
	if err := s.openFacts(); err != nil {
		return err
	}
	if err := s.openAudit(); err != nil {
		return err
	}
	return s.openJournal()
}

func (s *Session) openFacts() error {
	f, err := os.Open(filepath.Join(s.capsule, CapsuleFacts))
	if err != nil {
		return err
	}
	defer f.Close()
	return s.reader().OpenFacts(f, s.capsule)
}

func (s *Session) openJournal() error {
	j, err := os.Open(filepath.Join(s.capsule, CapsuleJournal))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer j.Close()
	dec := json.NewDecoder(io.LimitReader(j, maxCapsuleJournal))
	var entries []JournalEntry
	for {
		var e JournalEntry
		switch err := dec.Decode(&e); {
		case errors.Is(err, io.EOF):
			s.mu.Lock()
			s.memory = entries
			s.mu.Unlock()
			return nil
		case err != nil:
			return fmt.Errorf("its journal is damaged: %w", err)
		}
		entries = append(entries, e)
	}
}

// WriteCapsule writes the capsule of a view to the folder dir, which must not be
// there or be empty, whole or not at all. report is the text for people, checks
// what the live checks have found. Where
// redact is not nil, it hides the local parts of addresses; subjects, names of
// mailboxes and paths above the installation are left out then.
func (s *Session) WriteCapsule(dir string, v *index.View, report []byte, checks []diag.Finding, redact func(string) string) error {
	switch list, err := os.ReadDir(dir); {
	case err == nil && len(list) > 0:
		return fmt.Errorf("%s is not empty; name a folder that is not there yet", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".metriage-capsule-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := s.fillCapsule(tmp, v, report, checks, redact); err != nil {
		return err
	}
	_ = os.Remove(dir) // an empty one makes room
	return os.Rename(tmp, dir)
}

func (s *Session) fillCapsule(dir string, v *index.View, report []byte, checks []diag.Finding, redact func(string) string) error {
	var hide *index.Redaction
	text := func(t string) string { return t }
	if redact != nil {
		text = func(t string) string { return hideText(t, redact) }
		hide = &index.Redaction{Text: text, Folder: func(name string) string { return hideMailbox(name, text) }}
	}
	facts, err := os.OpenFile(filepath.Join(dir, CapsuleFacts), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(v.WriteFacts(facts, s.Now(), hide), facts.Close()); err != nil {
		return err
	}
	if err := s.writeAudit(dir, v, checks, redact); err != nil {
		return err
	}
	var journal bytes.Buffer
	enc := json.NewEncoder(&journal)
	for _, e := range s.Journal() {
		if redact != nil && e.Kind == runbook.EntryNote {
			continue // what an admin wrote for themselves
		}
		e.Title, e.Text = text(e.Title), text(e.Text)
		for i := range e.Evidence {
			e.Evidence[i] = text(e.Evidence[i])
		}
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, CapsuleJournal), journal.Bytes(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, CapsuleReport), report, 0o600)
}

// insideAddress is an IPv4 address in a text.
var insideAddress = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)

// hideText hides local parts, in links too, and addresses inside the network.
func hideText(t string, redact func(string) string) string {
	t = redact(strings.ReplaceAll(t, "%40", "@"))
	return insideAddress.ReplaceAllStringFunc(t, func(a string) string {
		if ip, err := netip.ParseAddr(a); err == nil && insider(ip) && !ip.IsLoopback() { // 127.0.0.3 is what a list answers
			return "(inside address)"
		}
		return a
	})
}

// hideMailbox takes the name of the mailbox out of a path below a root, such as
// Postoffices/ours.example/MAILROOT/anna/Inbox.
func hideMailbox(name string, redact func(string) string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '\\' })
	for i, p := range parts {
		if i > 0 && (strings.EqualFold(parts[i-1], "mailroot") || strings.EqualFold(parts[i-1], "mailboxes")) {
			hidden, _, _ := strings.Cut(redact(p+"@x.example"), "@")
			parts[i] = hidden
		} else {
			parts[i] = redact(p)
		}
	}
	return strings.Join(parts, "/")
}
