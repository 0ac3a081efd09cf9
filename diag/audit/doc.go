// Package audit finds in logs, settings and queues what the server itself does
// wrong: who sends spam through it, for whom it relays, what it passes on, who
// guesses passwords, and what changed before deliveries began to fail.
//
// A Collector takes the rows of the logs one by one and keeps counts, never the
// rows, in bounded memory. Findings puts them together with settings, TAB files
// and the queue; every code is always there, as pass, warn, fail or unknown with
// the reason. What a file or a log does not say is not guessed.
package audit

// Check is the check word of every finding of this package.
const Check = "audit"

// Codes of the findings, in the order in which they are listed.
const (
	SpamUser       = "spam-source-user"     // a mailbox whose password is known to others
	SpamWeb        = "spam-source-web"      // a script on this machine or an own address
	SpamWebmail    = "spam-source-webmail"  // a mailbox that is used from webmail
	SpamRedirect   = "spam-source-redirect" // redirections that pass spam on
	CatchAll       = "catch-all-external"   // a catch-all that leads outside
	RedirectOut    = "redirect-external"    // mailboxes redirected outside
	RelayLocal     = "relay-local-senders"  // relays for whoever names a local sender
	RelayAnyone    = "relay-anyone"         // relays for everybody
	RelayIP        = "relay-granted-ip"     // relays for addresses without sign-in
	SourceNAT      = "source-nat"           // all clients seem to come from one private address
	Backscatter    = "backscatter"          // notices to strangers
	AuthGuessing   = "auth-guessing"        // passwords are being guessed
	QueueGrowing   = "queue-growing"        // more comes in than goes out
	QueueOrphans   = "queue-orphans"        // halves of messages
	SelfBanned     = "self-banned"          // own addresses or users on the deny list
	maxSummaryList = 5                      // names in a sentence
)

// Codes returns every code, in order.
func Codes() []string {
	return []string{
		SpamUser, SpamWeb, SpamWebmail, SpamRedirect, CatchAll, RedirectOut, RelayLocal, RelayAnyone, RelayIP,
		SourceNAT, Backscatter, AuthGuessing, QueueGrowing, QueueOrphans, SelfBanned,
	}
}

// Limits of what is kept, however long the logs are.
const (
	maxTalkers   = 20_000  // users, accounts, clients, networks, senders: each
	maxHours     = 96      // newest hours of a talker
	maxDays      = 62      // newest days of a talker
	maxNetworks  = 512     // of one user
	maxAllNets   = 200_000 // of all users together
	maxGrants    = 20_000  // recipient domains of sessions without sign-in
	maxGrantees  = 32      // addresses of one of them
	maxSessions  = 20_000  // open at once
	maxRecent    = 8192    // inbound messages that an outgoing one can follow
	maxSeen      = 1 << 18 // message ids
	maxDeferred  = 100_000 // messages whose attempts are timed
	maxPatterns  = 50_000  // kinds of subjects
	maxForwards  = 20_000  // mailboxes whose mail is passed on
	maxOutside   = 32      // destinations of one of them
	maxFailing   = 50_000  // networks with failed sign-ins
	maxHosts     = 5_000   // pairs of recipient domain and remote host
	maxProviders = 50_000  // banner hosts whose provider is known
	maxHELOs     = 64
	maxOwn       = 256 // own addresses by provider
	maxDenied    = 4096
)
