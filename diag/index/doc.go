// Package index reads installations as a whole and counts them: a parallel
// scan of all folders and logs, one record for every recipient of every
// message that the same failure was seen for, and groups with their ledgers.
//
// An Index owns the scan; a View is an immutable picture of what was read so
// far, cheap to take while the scan goes on.
package index

import (
	"log/slog"
	"time"

	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// Options are what an Index works with.
type Options struct {
	FS         mailenable.FS
	Classifier *reply.Classifier
	// Location is the time zone of the logs; nil means UTC.
	Location *time.Location
	// Since is how far back failures are kept; 0 keeps all.
	Since time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Workers is how many files are read at once; 0 means a sensible number.
	Workers int
	// Rows is called with the rows of the Activity logs, of both directions, in
	// the order in which they were written: one log after the other, each once.
	// It is called by one goroutine at a time for each installation, beside the
	// one that reads, and should be quick; the rows are valid until it returns.
	// Nil costs nothing.
	Rows func(inst int, rows []mailenable.Row)
	// Marks is called, as Rows is, for the lines that the service writes when it
	// opens or closes an Activity log, and Debug for the lines of the Debug logs
	// that have a code.
	Marks func(inst int, mark mailenable.ServiceMark)
	Debug func(inst int, line mailenable.DebugLine)
	// RowState is told when rows come again, and keeps what was made of them
	// together with the cache. Where it cannot, Feed hands the rows over again.
	RowState RowState
	// Cache keeps what was read from one run to the next; nil keeps nothing.
	Cache Cache
	// Reading names whatever else decides what a file comes to: the version of
	// the program, rules and lists. A cache made with another one is not used.
	Reading string
	// Log takes what happens inside; nil drops it.
	Log *slog.Logger
	// OwnDomain says whether a domain is hosted here; nil where not known.
	OwnDomain func(domain string) (hosted, known bool)
}

// RowState is what is made of the rows of logs.
type RowState interface {
	// Reset forgets what was made of an installation's rows and marks: they come
	// again. ResetDebug does so for the lines of the Debug logs.
	Reset(inst int)
	ResetDebug(inst int)
	// Save returns what was made of an installation's rows, to be kept.
	Save(inst int) ([]byte, error)
	// Load takes that back.
	Load(inst int, data []byte) error
}

// Progress is how far a scan has come.
type Progress struct {
	Done     bool
	Files    int // looked at
	Found    int // listed so far; the number still grows while folders are listed
	Failures int
	Folder   string // the last folder that was listed or read
	LogBytes int64
}

// matchWindow is how far apart an NDR and a log row of the same failure may
// lie where their ids differ.
const matchWindow = 10 * time.Minute

// Limits of what is kept, beyond the size of the input.
const (
	batchFiles   = 128
	coarseClock  = 3 * time.Second // how coarse the times of folders may be
	maxReplies   = 50              // kinds of replies listed for a group
	maxProblems  = 1e5             // problems kept one by one
	maxSubject   = 256             // bytes
	attemptBatch = 512
	maxHELOs     = 64 // different HELO names that are counted
)
