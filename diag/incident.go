package diag

import "time"

// Incident is an incident as a ticket wants to read it: what happened when,
// why, what was done about it and what is open.
type Incident struct {
	Report
	Headline string
	Timeline []Event
	Causes   []CauseState
	Steps    []StepRecord
	Findings []Finding
	// Notes are sentences of the admin.
	Notes []Event
}

// Event is one thing that happened.
type Event struct {
	At   time.Time
	Text string
}

// CauseState is one cause of an incident and what the live checks make of it.
type CauseState struct {
	Cause Cause
	Named string // list or provider, in words
	// Situation is how the messages came about (stolen-password, forwarded, …),
	// "" where that is not known.
	Situation string
	Failures  int
	Domains   []string
	State     string // proven, not now, open
	Text      string
}

// StepRecord is one step of the plan and how it stands.
type StepRecord struct {
	Phase    Phase
	Title    string
	Done     bool
	ByHand   bool
	At       time.Time
	Text     string // proof or note
	Evidence []string
}
