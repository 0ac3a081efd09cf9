package triage

import (
	"errors"
	"path/filepath"
	"slices"

	"metriage/diag"
	"metriage/diag/runbook"
)

// StepState is how a step stands, from the journal.
type StepState = runbook.StepState

// JournalEntry is one line of the journal.
type JournalEntry = runbook.Entry

// OpenState opens the journal of the installations, where the session has a
// folder for it. The messages are for the admin: another program writes it, or
// it was damaged and set aside.
func (s *Session) OpenState() (messages []string, err error) {
	dir := s.stateFolder()
	if dir == "" || s.capsule != "" {
		return nil, nil
	}
	path := filepath.Join(dir, "journal.jsonl")
	j, messages, err := runbook.OpenJournal(path, s.Now())
	if err != nil {
		return messages, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = j
	return messages, nil
}

// CloseState gives the rights to write the journal and to change the
// installations back. It waits for an action that is under way.
func (s *Session) CloseState() error {
	err := s.closeDesks()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal == nil {
		return err
	}
	j := s.journal
	s.journal = nil
	return errors.Join(err, j.Close())
}

// Journal returns what was done so far, oldest first.
func (s *Session) Journal() []JournalEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal == nil {
		return slices.Clone(s.memory)
	}
	return s.journal.Entries()
}

// StepStates returns how the steps stand, by Step.Key.
func (s *Session) StepStates() map[string]StepState { return runbook.States(s.Journal()) }

// ErrReadOnly says that another program writes the journal.
var ErrReadOnly = runbook.ErrReadOnly

// EntryCured is the kind of entry for a destination that accepts mail again.
const EntryCured = runbook.EntryCured

// note appends entries; without a journal they live as long as the session.
func (s *Session) note(entries ...JournalEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.capsule != "" && len(entries) > 0 {
		return ErrCapsule
	}
	for _, e := range entries {
		if s.journal == nil {
			s.memory = append(s.memory, e)
			continue
		}
		if err := s.journal.Add(e); err != nil {
			return err
		}
	}
	return nil
}

// Tick says that a step is done, or no longer, by the admin's word.
func (s *Session) Tick(step diag.Step, done bool, note string) error {
	kind := runbook.EntryTicked
	if !done {
		kind = runbook.EntryUndone
	}
	return s.note(JournalEntry{At: s.Now(), Kind: kind, Step: step.Key(), Title: step.Title, Phase: string(step.Phase), Text: note})
}

// Note keeps a note to a step.
func (s *Session) Note(step diag.Step, text string) error {
	return s.note(JournalEntry{At: s.Now(), Kind: runbook.EntryNote, Step: step.Key(), Title: step.Title, Phase: string(step.Phase), Text: text})
}

// Verify compares the steps of a plan with what is known: a step that is proven
// is ticked with the evidence, one that is no longer proven is opened again. It
// returns how many steps changed.
func (s *Session) Verify(plan diag.Plan, known Known) (changed int, err error) {
	states := runbook.States(s.Journal())
	var entries []JournalEntry
	failing := JournalEntry{Kind: runbook.EntryFailing}
	for _, step := range plan.Steps {
		p := known.Prove(step)
		was := states[step.Key()]
		if p.State == RuledOut && p.At.After(was.Failing) {
			failing.Steps = append(failing.Steps, step.Key())
			if p.At.After(failing.At) {
				failing.At = p.At
			}
		}
		e := JournalEntry{At: s.Now(), Step: step.Key(), Title: step.Title, Phase: string(step.Phase), Text: p.Text, Evidence: p.Evidence}
		switch {
		case p.State == Proven && !was.Done:
			e.Kind, e.Before = runbook.EntryProven, was.Failing
		case p.State == RuledOut && was.Done && !was.ByHand:
			e.Kind = runbook.EntryOpen
		default:
			continue
		}
		entries = append(entries, e)
	}
	changed = len(entries)
	if len(failing.Steps) > 0 {
		entries = append(entries, failing)
	}
	return changed, s.note(entries...)
}
