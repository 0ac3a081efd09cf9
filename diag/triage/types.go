package triage

import "metriage/diag/index"

// The pictures of the index that the dashboard works with.
type (
	// View is an immutable picture of what was read.
	View = index.View
	// Row is one failure or delay as a list shows it.
	Row = index.Row
	// QueueFolder is one folder of the Queue view.
	QueueFolder = index.QueueFolder
	// QueueMessage is one message of the Queue view.
	QueueMessage = index.QueueMessage
	// Progress is how far a scan has come.
	Progress = index.Progress
)

// Timeline is what a group had refused and accepted over time.
type Timeline = index.Timeline

// AgeBounds are the upper bounds of Timeline.Ages.
var AgeBounds = index.AgeBounds
