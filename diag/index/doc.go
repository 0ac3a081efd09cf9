// Package index reads installations as a whole and counts them: a parallel
// scan of all folders and logs, one record for every recipient of every
// message that the same failure was seen for, and groups with their ledgers.
//
// An Index owns the scan; a View is an immutable picture of what was read so
// far, cheap to take while the scan goes on.
package index

import (
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
	// OwnDomain says whether a domain is hosted here; nil where not known.
	OwnDomain func(domain string) (hosted, known bool)
}

// Progress is how far a scan has come.
type Progress struct {
	Done     bool
	Files    int // looked at
	Found    int // listed so far; the number still grows while folders are listed
	Failures int
	Folder   string // the last folder that was begun
	LogBytes int64
}

// matchWindow is how far apart an NDR and a log row of the same failure may
// lie where their ids differ.
const matchWindow = 10 * time.Minute

// Limits of what is kept, beyond the size of the input.
const (
	batchFiles   = 128
	maxReplies   = 50  // kinds of replies listed for a group
	maxProblems  = 1e5 // problems kept one by one
	maxSubject   = 256 // bytes
	maxRetryList = 1e5 // locked files that are tried again
	attemptBatch = 512
	maxHELOs     = 64 // different HELO names that are counted
)
