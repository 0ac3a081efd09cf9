package triage

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/index"
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
	if dir == "" {
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
	return s.note(JournalEntry{At: s.Now(), Kind: kind, Step: step.Key(), Title: step.Title, Text: note})
}

// Note keeps a note to a step.
func (s *Session) Note(step diag.Step, text string) error {
	return s.note(JournalEntry{At: s.Now(), Kind: runbook.EntryNote, Step: step.Key(), Title: step.Title, Text: text})
}

// Verify compares the steps of a plan with the findings: a step that its check
// proves is ticked with the evidence, one that is no longer proven is opened
// again. It returns how many steps changed.
func (s *Session) Verify(plan diag.Plan, findings []diag.Finding) (changed int, err error) {
	states := runbook.States(s.Journal())
	var entries []JournalEntry
	for _, step := range plan.Steps {
		p := ProveStep(step, findings)
		was := states[step.Key()]
		e := JournalEntry{At: s.Now(), Step: step.Key(), Title: step.Title, Text: p.Text, Evidence: p.Evidence}
		switch {
		case p.State == Proven && !was.Done:
			e.Kind = runbook.EntryProven
		case p.State == RuledOut && was.Done && !was.ByHand:
			e.Kind = runbook.EntryOpen
		default:
			continue
		}
		entries = append(entries, e)
	}
	return len(entries), s.note(entries...)
}

// StepProof is what the findings say of a step: Proven when it is done,
// RuledOut when it is not, open where they do not tell.
type StepProof struct {
	State    ProofState
	Text     string
	Evidence []string
}

// ProveStep looks for the findings of the check that proves a step.
func ProveStep(step diag.Step, findings []diag.Finding) StepProof {
	if step.Check == "" {
		return StepProof{}
	}
	var bad, unknown []diag.Finding
	good := 0
	var p StepProof
	for _, f := range findings {
		if f.Check != step.Check || !concerns(step, f) {
			continue
		}
		switch f.Status {
		case diag.StatusFail, diag.StatusWarn:
			bad = append(bad, f)
		case diag.StatusPass:
			good++
			p.Text = f.Summary
			p.Evidence = append(p.Evidence, f.Summary)
		case diag.StatusUnknown:
			unknown = append(unknown, f)
		}
	}
	switch {
	case len(bad) > 0:
		return StepProof{State: RuledOut, Text: worst(bad).Summary}
	case good == 0:
		return StepProof{}
	case step.Check == check.DNSBL && step.Subject == "":
		p.Text = fmt.Sprintf("None of the %d lists that answered lists us.", good)
		if len(unknown) > 0 {
			p.Text += fmt.Sprintf(" %d could not be checked.", len(unknown))
		}
		p.Evidence = nil
	case len(unknown) > 0:
		return StepProof{}
	}
	p.State = Proven
	return p
}

// concerns reports whether a finding is about the list, address or domain of a
// step, where it has one.
func concerns(step diag.Step, f diag.Finding) bool {
	if step.Subject == "" {
		return true
	}
	return sameList(f.List, step.Subject) || strings.EqualFold(f.Subject, step.Subject)
}

// Observe notes in the journal where refusals began and where the first
// delivery was accepted again: the ledger is the proof that a fix worked. It
// returns what is news.
func (s *Session) Observe(v *index.View) (news []JournalEntry, err error) {
	began := map[string]JournalEntry{}
	for _, e := range s.Journal() {
		switch e.Kind {
		case runbook.EntryOnset:
			began[e.Domain] = e
		case runbook.EntryCured:
			delete(began, e.Domain)
		}
	}
	for _, g := range v.Groups(diag.ByDomain) {
		open, waiting := began[g.Key]
		switch {
		case !waiting && !g.Onset.IsZero() && v.RefusedSince(diag.ByDomain, g.Key, g.Onset) >= 2:
			news = append(news, JournalEntry{At: g.Onset, Kind: runbook.EntryOnset, Domain: g.Key, Text: "nothing accepted since"})
		case waiting && g.LastAccepted.After(open.At):
			news = append(news, JournalEntry{At: g.LastAccepted, Kind: runbook.EntryCured, Domain: g.Key, Text: "a delivery was accepted"})
		}
	}
	return news, s.note(news...)
}
