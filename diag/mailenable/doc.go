// Package mailenable reads a MailEnable installation: where it lies, which
// folders it has, its envelopes (command files), NDRs and logs. It is the only
// package that reads files below a root, and it never writes there.
//
// The formats are known from the vendor's manual and knowledge base and from
// files that others published; what is unsure is parsed tolerantly and kept
// as it was found. Names on disk compare without case.
package mailenable

// Limits of what is read. They bound memory and time for any input.
const (
	MaxHead     = 16 << 10 // of a message, enough to tell a bounce from other mail
	MaxBounce   = 1 << 20  // of a message that looks like a bounce
	MaxEnvelope = 64 << 10 // of a command file
	MaxReply    = 16 << 10 // of one reply within a bounce

	maxHeaderLines = 2000
	maxRefusals    = 10000 // recipients of one NDR
	maxRecipients  = 10000 // recipients of one envelope
	maxLogLine     = 64 << 10
	maxSessions    = 20000 // sessions of a log that are open at once
)
