// Package act changes queues: it holds, releases and deletes messages and
// undoes that again. It is the only package that writes below a root, and only
// where the admin allowed it.
//
// Every action moves pairs of command file and message between three places:
// the queue folder, the hold (DATA\metriage\hold) and the trash
// (DATA\metriage\trash\ACTION). Files are renamed, never copied, so an action
// stays on one volume. On the way out of a queue the command file goes first
// and on the way in it comes last, so MailEnable never meets a command file
// whose message is missing.
//
// A journal (DATA\metriage\journal.jsonl) is written ahead: what is about to be
// moved, then what was moved. From it every action can be undone, and the next
// start finishes what was interrupted half-way. A lock in the hold folder keeps
// a second process out; MailEnable's own files are never locked.
package act

import "metriage/diag/mailenable"

// Limits of an action.
const (
	// MaxItems is the largest selection.
	MaxItems = 1_000_000
	// RecommendStop is above how many files stopping the service first is
	// recommended. A message has two.
	RecommendStop = 100

	batchItems = 256 // pairs whose intent is written ahead at once
	maxSkips   = 1000
	maxLine    = 4 << 20 // of the journal
)

// Names below the data directory.
const (
	homeFolder  = "metriage"
	holdFolder  = mailenable.HoldFolder
	trashFolder = mailenable.TrashFolder
	lockFile    = holdFolder + "/lock"
	journalFile = homeFolder + "/journal.jsonl"
)
