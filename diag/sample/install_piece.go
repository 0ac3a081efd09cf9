package sample

import (
	"time"

	"metriage/diag"
)

// piece is one thing that happened on the server with every trace it left: its
// files, its sessions in the log, and what a right reader counts for it.
type piece struct {
	files    []file
	sessions []logSession
	lines    []logLine
	marks    []mark
}

// file is one *.MAI file. A file that is the second half of a pair does not
// count as a message of its own.
type file struct {
	folder string // as in the folder constants, or a mailbox Inbox
	// sub is the folder below it that the file lies in, "" or messages.
	sub        string
	name       string
	at         time.Time             // modification time
	body       func(b []byte) []byte // appends the contents; nil: empty
	half       bool                  // second half of a pair
	orphan     bool                  // first half without a second
	unreadable bool                  // empty or binary
	older      bool                  // before the window: not read
	uncounted  bool                  // no reader looks here
}

// Folders below the root, as the vendor writes them.
const (
	outgoing   = "Queues/SMTP/Outgoing"
	campaign   = "Queues/SMTP/Outgoing/Campaign"
	inbound    = "Queues/SMTP/Inbound"
	storeQueue = "Queues/SF/Inbound"
	listQueue  = "Queues/LS/Inbound"
	badMail    = "Bad Mail"
	quarantine = "Quarantine"
	messages   = "Messages"
)

// inbox returns the Inbox folder of m.
func (m *mailbox) inbox() string {
	return "Postoffices/" + m.domain + "/MAILROOT/" + m.name + "/Inbox"
}

// mark is what one piece counts in the ledger of one domain, in recipients of
// messages.
type mark struct {
	domain                             string // key, "" where none can be known
	failed, delayed, accepted, waiting int
	e0193                              int // of failed, those an NDR reports under ME-E0193
	cause                              diag.Cause
	sender                             string // "" with known: the null sender
	known                              bool
	refusedAt                          []time.Time // when the failures were refused: log and NDR
	acceptedAt                         time.Time
}

// pair returns a command file and its message.
func pair(folder, id string, at, acquired time.Time, env envelopeText, message func([]byte) []byte) []file {
	return []file{
		{folder: folder, name: id, at: at, body: env.append},
		{folder: folder, sub: messages, name: id, at: acquired, body: message, half: true},
	}
}
