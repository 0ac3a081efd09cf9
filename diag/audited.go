package diag

import (
	"net/netip"
	"time"
)

// Audit is what one installation's own logs, settings and queues say of it.
type Audit struct {
	Installation string // root
	// Headline is the worst true thing; of several installations the worst that
	// this one's own audit says, "" where nothing is worth one.
	Headline string
	Findings []Finding // one for every code, see the design
	Runs     []SpamRun // the biggest first
	Innocent []Innocent
	// Matrix is what became of deliveries by own address and provider.
	Matrix []OwnDelivery
	// Onset is when refusals began, zero where there is none, and Changes what
	// changed in the day before: observations, not causes.
	Onset   time.Time
	Changes []Event
	Senders []SenderCount
	// SettingsFrom says where the settings were read, "" where nowhere.
	SettingsFrom string
	Problems     []Problem
}

// SpamRun is one spam run with what it cost.
type SpamRun struct {
	ID, Code, Title, User string
	First, Last           time.Time
	Messages, Recipients  int // in the logs
	Refused               int // recipients, in the logs
	Networks              int
	Failures, Waiting     int // failures of the ledger; messages in the queue
}

// Innocent is a sender whose mail fails or waits though it is in no spam run.
type Innocent struct {
	Sender, Account string
	Failed, Waiting int
	// GivesUp is when the first of those that wait is given up, estimated; zero
	// where that is not known.
	GivesUp time.Time
}

// OwnDelivery is what one provider did with mail from one own address, in
// recipients.
type OwnDelivery struct {
	Addr                        netip.Addr // the zero Addr where no server showed it
	Provider                    string     // id, "" for nobody known
	Accepted, Refused, Deferred int
	LastAccepted, Onset         time.Time
}

// SenderCount is somebody with what they sent.
type SenderCount struct {
	By                                 string // user, account, client, sender or anonymous
	Key                                string
	Messages, Recipients, Refused, Bad int // Bad: refused at RCPT
	// Day is the recipients of the busiest day of the newest two, Usual those of
	// the median day before, where Known.
	Day, Networks int
	Usual         float64
	Known         bool
	First, Last   time.Time
}
