package index

import (
	"slices"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// logDir is one folder of SMTP logs and what was read of it so far. Logs only
// grow, so each is read on from where it ended; where one was replaced or has
// gone, everything from there on is read anew.
type logDir struct {
	inst     int
	path     string
	mta      bool      // logs of the MTA; they are read as debug logs are
	activity []logFile // in the order of their days
	debug    []logFile
	events   chunks[event]
	accepted chunks[acceptance]
	targets  chunks[target]
	problems []diag.Problem
	// fed and fedDebug are set where all that was read was handed to
	// Options.Rows and Debug too; after a cache was loaded it was not.
	fed, fedDebug bool

	// parser is that of the log that was read last, to go on with.
	parser   *mailenable.ActivityParser
	parserOf string

	// sessions are those that are open behind the last whole line, and sure is
	// how much of the lists comes from before it. The rest is what the log says
	// as it stands: with a line that is still being written, and with sessions
	// that may still go on.
	sessions []mailenable.OpenSession
	sure     lengths
	// lines and skipped are what that line adds to the counts.
	lines, skipped int
}

// lengths are how long the lists of a logDir are.
type lengths struct{ events, accepted, targets uint32 }

func (l *logDir) lengths() lengths { return lengths{l.events.n, l.accepted.n, l.targets.n} }

// logFile is one log.
type logFile struct {
	name string
	day  time.Time
	last time.Time // what it holds is not younger
	size int64     // what was read
	when stamp     // size and time when it was read
	// head and end are checksums of the first and last bytes that were read: a
	// log that was replaced does not go on from there.
	head, end uint32
	lines     int
	skipped   int
	// tail is a last line without its end: 1 where it counts as it stands until
	// there is more of it, 2 where the next day's log ended it.
	tail    uint8
	from    lengths // of the lists, before it
	open    []mailenable.OpenSession
	hasOpen bool // open is known: the sessions that go on from the log before
	problem string
	tries   uint8 // how often reading it failed
}

const (
	tailNone uint8 = iota
	tailGrows
	tailEnded
)

// target is what a line of a Debug or MTA log says of a message id.
type target struct {
	id     idref
	from   idref // the id before it was requeued, noID for none
	domain ref   // that it is for, 0 for not known
	sender ref   // of one that the MTA routed to another server
	routed bool
}

// placeLogs returns the log folders of an installation and forgets those that
// are no longer there.
func (s *store) placeLogs(inst int, smtp, mta []string) (out []*logDir) {
	keep := s.logs[:0:0]
	for _, l := range s.logs {
		if l.inst != inst {
			keep = append(keep, l)
		}
	}
	for i, p := range slices.Concat(smtp, mta) {
		l := &logDir{inst: inst, path: p, fed: true, fedDebug: true}
		for _, have := range s.logs {
			if have.inst == inst && have.path == p {
				l = have
			}
		}
		l.mta = i >= len(smtp)
		keep, out = append(keep, l), append(out, l)
	}
	if len(keep) != len(s.logs) {
		s.edits++
	}
	s.logs = keep
	return out
}

// counts are the totals of logs.
func (l *logDir) counts() (files, lines, skipped int) {
	lines, skipped = l.lines, l.skipped
	for _, f := range l.activity {
		if f.problem == "" {
			files++
		}
		lines += f.lines
		skipped += f.skipped
	}
	for _, f := range l.debug {
		if f.problem == "" {
			files++
		}
	}
	return files, lines, skipped
}
