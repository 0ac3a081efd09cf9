package index

import (
	"net/netip"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// queueRow is one message of a queue folder, Bad Mail or Quarantine.
type queueRow struct {
	folder   int32
	id       ref
	dest     ref
	rcpt     ref // the first one
	sender   ref
	account  ref
	user     ref
	client   ref
	status   ref
	command  ref
	subject  ref
	path     ref
	rcpts    uint32
	retries  uint16
	code     uint16
	acquired int64
	changed  int64
	size     int64
	envelope bool
	message  bool
	null     bool
}

// QueueMessage is one message of the Queue view.
type QueueMessage struct {
	ID          string // file name, upper case
	Destination string // domain
	Recipient   string // the first one
	Recipients  int
	Sender      string
	NullSender  bool
	Account     string
	User        string
	ClientIP    netip.Addr
	Status      string
	StatusCode  int
	Command     string
	Retries     int
	Subject     string
	// Since is when the message entered the queue, or, where the envelope does
	// not say, when its file was last changed.
	Since       time.Time
	Changed     time.Time
	Size        int64
	HasEnvelope bool
	HasMessage  bool
}

// QueueFolder is one folder of the Queue view.
type QueueFolder struct {
	Installation int
	Name         string
	Path         string
	Outgoing     bool // mail on its way to other servers
	Messages     int
	Files        int
	Unreadable   int
	Orphans      int
	Bytes        int64
	Oldest       time.Time
	Newest       time.Time
}

func (s *store) enqueue(folder int, f foundFile) {
	e := f.envelope
	r := queueRow{
		folder: int32(folder), id: s.text.ref(e.ID), sender: s.lower(e.Sender),
		account: s.text.ref(e.Account), user: s.text.ref(e.User), status: s.text.ref(e.Status),
		command: s.text.ref(e.Command), subject: s.text.ref(cut(e.Subject, maxSubject)),
		path: s.text.ref(f.path), rcpts: uint32(len(e.Recipients)), retries: clamp16(e.Retries), code: clamp16(e.StatusCode),
		changed: unix(f.modTime), acquired: unix(e.Acquired), size: f.size,
		envelope: f.hasEnvelope, message: f.hasMessage, null: e.NullSender,
	}
	if len(e.Recipients) > 0 {
		r.rcpt = s.lower(e.Recipients[0])
	}
	r.dest = s.text.ref(destination(e))
	if e.ClientIP.IsValid() {
		r.client = s.text.ref(e.ClientIP.String())
	}
	s.queue = append(s.queue, r)
}

// destination is the domain that an envelope is for.
func destination(e diag.Envelope) string {
	if e.Domain != "" {
		return diag.DomainKey(e.Domain)
	}
	if len(e.Recipients) > 0 {
		return diag.AddressDomain(e.Recipients[0])
	}
	return ""
}

// outgoing adds the delays and the waiting recipients of an envelope on its
// way to other servers.
func (s *store) outgoing(inst int, f foundFile) {
	e := f.envelope
	kind := queued
	if e.Retries > 0 || e.StatusCode > 0 {
		kind = retried
	}
	when := f.modTime
	if when.IsZero() {
		when = e.Acquired
	}
	base := event{
		kind: kind, when: unix(when), id: s.text.ref(e.ID), inst: uint16(inst),
		sender: s.lower(e.Sender), sent: e.Sender != "" || e.NullSender,
		account: s.text.ref(e.Account), subject: s.text.ref(cut(e.Subject, maxSubject)),
		path: s.text.ref(f.path), tries: clamp16(e.Retries),
	}
	to := e.Recipients
	if len(to) == 0 {
		to = []string{""}
	}
	for _, a := range to {
		v := base
		v.rcpt = s.lower(a)
		d := diag.AddressDomain(a)
		if d == "" {
			d = destination(e)
		}
		v.domain = s.text.ref(d)
		s.events = append(s.events, v)
	}
}

func clamp16(n int) uint16 {
	if n < 0 {
		return 0
	}
	if n > 65535 {
		return 65535
	}
	return uint16(n)
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func fromUnix(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// queueable reports whether the messages of a folder belong into the Queue
// view.
func queueable(f mailenable.Folder) bool { return f.Paired() }
