package diag

import (
	"net/netip"
	"time"
)

// Source says where a failure was seen; a failure may have several.
type Source uint8

// The sources.
const (
	SourceNDR Source = 1 << iota
	SourceQueue
	SourceLog
)

// Names returns the sources as words: NDR, queue, log.
func (s Source) Names() []string {
	var out []string
	for i, name := range []string{"NDR", "queue", "log"} {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// Failure is one recipient of one message, or one domain where no recipient
// is named, that was refused for good, or, where Permanent is false, a delay:
// refused for now. It counts once however often it was tried.
type Failure struct {
	// Key tells failures of one installation apart and stays the same from
	// one reading to the next.
	Key       uint64
	Permanent bool
	// E0193 is set where an NDR reports it under ME-E0193.
	E0193     bool
	ID        string // queue file of the message, else the NDR's Message-ID
	Recipient string
	Domain    string // key form
	Sender    string // "" for the null sender where SenderKnown
	// SenderKnown is false where no source names the sender.
	SenderKnown bool
	Account     string
	Subject     string
	OwnIP       netip.Addr // our address as the remote server named it
	RemoteIP    netip.Addr
	Attempts    int
	First, Last time.Time // first and last time it was refused
	Sources     Source
	Reply       Reply
	Verdict     Verdict
	Path        string // the file that reports it best, "" where only a log does
}

// Totals are counts over all installations.
//
// Files are regular *.MAI files in any case; a message is a pair of command
// file and message file, or a single file. Unreadable files are there but
// locked, forbidden, empty or binary; vanished ones were gone before they were
// read; orphans are command files without message and the reverse. Older
// files lie before the window and were not read.
type Totals struct {
	Files, Messages                      int
	Failures, E0193, Delayed, Accepted   int
	Waiting                              int
	Unreadable, Vanished, Orphans, Older int
	LogFiles, LogLines, LogLinesSkipped  int
	// Unlisted are folders and logs that could not be opened or listed.
	Unlisted int
}

// Blind reports whether there was something to read and nothing of it could
// be: every file unreadable, or folders and logs that refused and nothing else.
func (t Totals) Blind() bool {
	if t.LogLines > t.LogLinesSkipped {
		return false
	}
	if t.Files == 0 {
		return t.Unlisted > 0
	}
	return t.Unreadable == t.Files
}

// GroupBy is what failures are grouped by.
type GroupBy string

// The groupings.
const (
	ByDomain   GroupBy = "domain"
	ByProvider GroupBy = "provider"
	ByCause    GroupBy = "cause"
	BySender   GroupBy = "sender"
	ByAccount  GroupBy = "account"
	ByIP       GroupBy = "ip" // own address
)

// Keys of groups whose value is not known, or is known to be empty.
const (
	KeyUnknown = "(unknown)"
	KeyNone    = "(none)"
)

// Group is the ledger of one domain, provider, cause, sender, account or own
// address. Accepted, delayed, failed and waiting count recipients of messages;
// a failure and a waiting message are never summed.
type Group struct {
	Key     string
	Display string // Key for people: internationalised names decoded where that is harmless

	Failures, E0193, Delayed, Accepted, Waiting int
	// OfRuns are the failures that belong to a spam run; see Report.Counted.
	OfRuns int

	First, Last  time.Time // of the failures
	LastAccepted time.Time
	// OldestWaiting is when the oldest waiting message entered the queue, and
	// WaitingSince the same of each installation, zero where none waits there.
	OldestWaiting time.Time
	WaitingSince  []time.Time
	// Onset is the first refusal after the last accepted delivery, zero where
	// the last thing that happened was an acceptance.
	Onset   time.Time
	Causes  map[Cause]int
	Senders map[string]int
	Replies []ReplyCount // most frequent first
}

// ReplyCount is one kind of reply within a group.
type ReplyCount struct {
	Text      string
	Count     int
	Cause     Cause
	Named     string
	LookupURL string
}

// Problem is something that was not read, and why.
type Problem struct{ Path, What string }

// FolderCount is one folder of an installation as it was read.
type FolderCount struct {
	Name       string // path below the root with slashes: "Queues/SMTP/Outgoing"
	Path       string
	Files      int
	Unreadable int
}

// FoundBy says how an installation was found.
type FoundBy string

// The ways.
const (
	FoundByFlag     FoundBy = "flag"
	FoundByRegistry FoundBy = "registry"
	FoundByRegFile  FoundBy = "reg-file"
	FoundByDefault  FoundBy = "default-path"
	FoundByPlesk    FoundBy = "plesk-path"
)

// InstallationCount is one installation as it was read.
type InstallationCount struct {
	Root    string
	FoundBy FoundBy
	Folders []FolderCount
}

// Report is everything that was read, counted and grouped.
type Report struct {
	Installations []InstallationCount
	Totals        Totals
	Problems      []Problem
	By            GroupBy
	Groups        []Group
	// Counted is set where failures of spam runs were told from the others: then
	// Runs are the runs, RunFailures the failures that belong to them, and
	// Innocent the senders of the rest.
	Counted     bool
	Runs        []SpamRun
	RunFailures int
	Innocent    []Innocent
}
