package triage

import (
	"metriage/diag/audit"
	"metriage/diag/index"
	"metriage/diag/mailenable"
)

// The pictures of the index that the dashboard works with.
type (
	// View is an immutable picture of what was read.
	View = index.View
	// Row is one failure or delay as a list shows it.
	Row = index.Row
	// QueueFolder is one folder of the Queue view.
	QueueFolder = index.QueueFolder
	// Mail is a message opened for reading.
	Mail = mailenable.Mail
	// QueueMessage is one message of the Queue view.
	QueueMessage = index.QueueMessage
	// Progress is how far a scan has come.
	Progress = index.Progress
)

// Timeline is what a group had refused and accepted over time.
type Timeline = index.Timeline

// AgeBounds are the upper bounds of Timeline.Ages.
var AgeBounds = index.AgeBounds

// History is what the logs tell of a message: its sessions whole, the ids that it
// had, and who handed it in.
type History = mailenable.History

// What the audit says; see Session.Audit.
type (
	// SpamRun is one spam run: a predicate for messages and failures.
	SpamRun = audit.Run
	// Talker is somebody with what they sent, Talking what they are counted by.
	Talker  = audit.Talker
	Talking = audit.By
	// Delivered is one field of the matrix of own address by provider.
	Delivered = audit.Delivered
	// Observation is something that changed before deliveries began to fail.
	Observation = audit.Observation
	// Affected is a sender whose mail fails or waits though it is in no run.
	Affected = audit.Affected
	// UserNetwork is a network that a user handed mail in from.
	UserNetwork = audit.Network
	// Bounces are the notices in the outgoing queue.
	Bounces = audit.Bounces
	// DomainAges are the ages of what waits for one destination.
	DomainAges = audit.DomainAges
	// RawSetting is a value of the registry as it stands.
	RawSetting = mailenable.RawSetting
)
