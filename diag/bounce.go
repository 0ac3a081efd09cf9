package diag

import "time"

// Kind says what an input turned out to be.
type Kind string

// The kinds. The first four are MailEnable's own.
const (
	KindE0193      Kind = "mailenable-e0193"      // a domain refused the connection or the message for good
	KindRecipients Kind = "mailenable-recipients" // recipients that could not be reached, each with its reason
	KindDelay      Kind = "mailenable-delay"      // still trying
	KindOther      Kind = "mailenable-other"      // an NDR of MailEnable in words that are not known
	KindDSN        Kind = "dsn"                   // a delivery status notification (RFC 3464)
	KindForeign    Kind = "foreign"               // the plain text bounce of another mail server
	KindReply      Kind = "reply"                 // a bare reply
	KindNotABounce Kind = "not-a-bounce"
)

// Bounce is one NDR: who could not be reached and what the remote server said.
type Bounce struct {
	Kind Kind
	// ID is the queue file that the text names in brackets
	// ("C84C7EE0EE8140999E6AF9DB164CC8CC.MAI"), upper case, "" where none.
	ID string
	// MessageID is the NDR's own Message-ID without angle brackets.
	MessageID string
	// Code is the MailEnable code of the text, as in "ME-E0193".
	Code string
	// Sender is the envelope sender of the returned message.
	Sender string
	// Date is the NDR's Date field, zero where it has none.
	Date time.Time
	// Subject is that of the returned message where the NDR quotes it, else
	// the NDR's own.
	Subject string
	// Refusals are what it reports. A text of KindOther may have none.
	Refusals []Refusal
}

// Refusal is one recipient, or one domain where no recipient is named, that
// an NDR reports.
type Refusal struct {
	Recipient string
	// Quoted says that Recipient is from the To or Cc field of the returned
	// message: the envelope may have named somebody else.
	Quoted bool
	Domain string // key form, see DomainKey
	// Text is the remote server's words, or MailEnable's own reason, with
	// line breaks kept.
	Text      string
	Stage     Stage
	Permanent bool
	// RemoteHost is the server that spoke, where the NDR says.
	RemoteHost string
}
