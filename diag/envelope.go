package diag

import (
	"net/netip"
	"time"
)

// Envelope is a MailEnable command file: who a queued message is from, whom
// it is for and how its delivery stands. MailEnable writes it beside the
// message under the same name.
type Envelope struct {
	ID          string // file name, upper case
	Domain      string // DomainName, as written
	Recipients  []string
	Sender      string
	NullSender  bool // Sender is there and empty: a bounce
	Account     string
	User        string
	ClientIP    netip.Addr
	Command     string // CommandType: NDR, DELIVER, …
	Status      string // Unsent, Sending, Delivering, …
	StatusCode  int
	Retries     int
	Subject     string
	Acquired    time.Time // TimeAcquired
	Unknown     []Field   // keys that are not known, in order
	HasStatus   bool      // a StatusCode line was there
	ParseErrors []string  // lines that are not Key=Value, values of the wrong type
}

// Field is one key and its value, as written.
type Field struct{ Key, Value string }

// statusMeanings are the texts of the vendor's library for StatusCode in
// their order there; the numbering is inferred, so the screen says "probably".
var statusMeanings = []string{
	1:  "a local error: no socket",
	2:  "the remote server's address could not be found in DNS",
	3:  "the remote server could not be reached or refused the connection",
	4:  "the connection failed or was refused",
	5:  "the remote server timed out or refused the sender",
	6:  "the remote server refused the sender",
	7:  "the remote server refused all recipients",
	8:  "the remote server refused the contents",
	9:  "the transmission broke off",
	10: "the smart host settings are wrong",
}

// StatusMeaning returns what StatusCode n probably means, "" where nothing is
// known of it.
func StatusMeaning(n int) string {
	if n < 1 || n >= len(statusMeanings) {
		return ""
	}
	return statusMeanings[n]
}
