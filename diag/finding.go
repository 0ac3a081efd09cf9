package diag

import (
	"net/netip"
	"time"
)

// Status is how a finding stands. Unknown is neither a pass nor a fail.
type Status string

// The statuses.
const (
	StatusPass    Status = "pass"
	StatusWarn    Status = "warn"
	StatusFail    Status = "fail"
	StatusUnknown Status = "unknown"
	StatusSkipped Status = "skipped"
)

// Word returns the word that the screen shows.
func (s Status) Word() string {
	switch s {
	case StatusPass:
		return "PASS"
	case StatusWarn:
		return "WARN"
	case StatusFail:
		return "FAIL"
	case StatusSkipped:
		return "SKIP"
	}
	return "UNKNOWN"
}

// Evidence is one question a check asked and what came back.
type Evidence struct {
	Query  string // "11.100.51.198.in-addr.arpa PTR", "RCPT TO:<relaytest@example.com>"
	Answer string // the records or the reply line; "" where nothing came
	Rcode  string // DNS: NXDOMAIN, NOERROR, …, or "timeout"; SMTP: the code
	Server string // host and port that was asked
	Took   time.Duration
}

// Finding is the result of one check of one subject.
type Finding struct {
	Check   string // check word: ptr, dnsbl, relay, …
	Subject string // address, name or domain that was checked
	Status  Status
	// Code is one of the finding codes of the design, as in "ptr-missing".
	Code string
	// List is the id of the block list, for dnsbl.
	List string
	// Codes are the list's answers in words or numbers ("127.0.0.3 CSS").
	Codes []string
	// Zone is the zone that holds the name asked for and Owner the mail address
	// of whoever runs it, from its SOA record; "" where that is not known.
	Zone, Owner string
	// Summary is one sentence: what was found.
	Summary string
	// Notes are further sentences: what could not be seen, what to keep in mind.
	Notes    []string
	Evidence []Evidence
	// Critical is set where an unknown result must not be overlooked: a list
	// of weight critical, ptr and helo.
	Critical bool
	// LookupURL is where the operator of a list explains the listing.
	LookupURL string
	Asked     time.Time // when the answer came
	Took      time.Duration
}

// Target is what a check run looks at.
type Target struct {
	IPs     []netip.Addr // own sending addresses
	HELO    string       // own HELO name
	Domains []string     // own sender domains
	Relay   string       // HOST:PORT of the own server, for the relay check
	Remote  string       // destination domain
}

// Vantage is from where a run looked.
type Vantage struct {
	SourceIP  netip.Addr // address that outgoing SMTP connections came from
	SeenAs    netip.Addr // address that remote servers saw
	Resolvers []string
}

// Run is a finished or running set of checks.
type Run struct {
	Target   Target
	Vantage  Vantage
	Complete bool // every check that was asked for ended by itself
	Findings []Finding
	// Notes are sentences about the run as a whole, such as how many lists
	// could not be checked.
	Notes []string
}
