package audit

import (
	"iter"
	"net/netip"
	"time"

	"metriage/diag/mailenable"
)

// Inputs are what is known beside the logs when findings are asked for.
type Inputs struct {
	Now time.Time
	// Settings are from the registry; nil where none could be read.
	Settings *mailenable.Settings
	// Config is what the TAB files say; nil where none could be read.
	Config *mailenable.Config
	// Local are further domains hosted here, such as those the admin named.
	Local []string
	// Own are further own addresses: those the admin named and those of this
	// machine's adapters. Those in the logs are known already.
	Own []netip.Addr
	// Queue are the messages of the queue folders and of Bad Mail; nil where
	// they were not read.
	Queue iter.Seq[QueueRow]
	// Unread is how many folders and files of them this account may not read.
	Unread int
	// Orphans are halves of messages; see diag.Totals.
	Orphans int
	// Traces are what the beginnings of some queued messages say; see
	// TraceSample.
	Traces []QueueTrace
	// Depths are earlier lengths of the outgoing queue, oldest first, where
	// somebody kept them.
	Depths []Depth
}

// QueueRow is one message of a queue folder.
type QueueRow struct {
	ID       string
	Outgoing bool // on its way to other servers
	BadMail  bool
	// Destination is the domain it is for, in key form.
	Destination string
	Recipients  int
	Sender      string
	Null        bool // the null sender
	Account     string
	User        string
	Client      netip.Addr
	Status      string
	StatusCode  int
	Retries     int
	Subject     string
	Since       time.Time // it entered the queue
	Changed     time.Time // its command file was changed last
	Size        int64
	// Link is the domain of a link in the message, "" where it was not read.
	Link string
}

// QueueTrace is the trace of one queued message.
type QueueTrace struct {
	Row   QueueRow
	Trace mailenable.Trace
}

// Depth is how long the outgoing queue was at a time.
type Depth struct {
	Time     time.Time
	Messages int
}

// TraceSample chooses up to n messages whose beginnings are worth reading: of
// each client and sender the newest, those without user first.
func TraceSample(rows iter.Seq[QueueRow], n int) []QueueRow {
	type who struct{ user, client, sender string }
	best := map[who]QueueRow{}
	for r := range rows {
		if !r.Outgoing {
			continue
		}
		k := who{r.User, r.Client.String(), ""}
		if r.User == "" {
			k.sender = r.Sender
		}
		have, ok := best[k]
		if !ok && len(best) >= 16*n {
			continue
		}
		if !ok || r.Since.After(have.Since) {
			best[k] = r
		}
	}
	out := make([]QueueRow, 0, len(best))
	for _, r := range best {
		out = append(out, r)
	}
	sortRows(out)
	return out[:min(n, len(out))]
}
