package index

import (
	"metriage/diag"
)

// eventKind says where an event comes from and what it says.
type eventKind uint8

const (
	ndrFailed eventKind = iota
	ndrDelayed
	logAccepted
	logDeferred
	logRefused
	queued  // an envelope on its way out that was not tried yet
	retried // an envelope on its way out that was refused at least once
	kinds
)

// event is one thing that one source says about one recipient of one message,
// or about the message where no recipient is named.
type event struct {
	when    uint32 // Unix seconds
	id      idref  // message id
	rcpt    ref
	common  uint32
	subject ref
	raw     ref    // the reply as it was found
	answer  uint32 // index of the answer kind
	item    uint32 // the file that says it; 0 for a log
	tries   uint16 // of an envelope
	kind    eventKind
	flags   uint8
}

// Flags of an event: the stage in the lowest bits, then these.
const (
	stageMask   uint8 = 7
	isE0193     uint8 = 1 << 3
	inMessage   uint8 = 1 << 4 // the message says it, else the command file
	isQuoted    uint8 = 1 << 5 // rcpt is from a quoted header, not from an envelope
	flagsInUse  uint8 = 1<<6 - 1
	maxInstalls       = 1 << 15
)

// acceptance is an event of the kind logAccepted. There are more of them than
// of all others, and little is to be known of them.
type acceptance struct {
	when   uint32
	id     idref
	rcpt   ref
	common uint32
}

var stages = []diag.Stage{
	diag.StageUnknown, diag.StageConnect, diag.StageHELO, diag.StageMail,
	diag.StageRcpt, diag.StageData, diag.StageEndOfData,
}

func stageIndex(s diag.Stage) uint8 {
	for i, v := range stages {
		if v == s {
			return uint8(i)
		}
	}
	return 0
}

// answer is what all replies of one kind have in common: they differ only in
// addresses, ids, times and hosts.
type answer struct {
	cause    diag.Cause
	named    string
	provider string
	print    uint64 // fingerprint
}
