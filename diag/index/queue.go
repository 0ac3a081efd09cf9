package index

import (
	"net/netip"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// queueRow is one message of a queue folder, Bad Mail or Quarantine.
type queueRow struct {
	item     uint32
	folder   uint32
	id       idref
	dest     ref
	rcpt     ref // the first one
	sender   ref
	account  ref
	user     ref
	client   ref
	status   ref
	command  ref
	subject  ref
	rcpts    uint32
	acquired uint32
	changed  uint32
	size     uint32
	retries  uint16
	code     uint16
	flags    uint8
}

// Flags of a queue row.
const (
	hasEnvelope uint8 = 1 << iota
	hasMessage
	nullSender
)

// QueueMessage is one message of the Queue view.
type QueueMessage struct {
	Installation int
	Outgoing     bool   // lies in a folder of mail on its way to other servers
	ID           string // file name, upper case
	Destination  string // domain
	Recipient    string // the first one
	Recipients   int
	Sender       string
	NullSender   bool
	Account      string
	User         string
	ClientIP     netip.Addr
	Status       string
	StatusCode   int
	Command      string
	Retries      int
	Subject      string
	// Since is when the message entered the queue, or, where the envelope does
	// not say, when its file was last changed.
	Since       time.Time
	Changed     time.Time
	Size        int64
	HasEnvelope bool
	HasMessage  bool
}

// Busy reports whether MailEnable was working on the message when it was read.
func (q QueueMessage) Busy() bool {
	return strings.EqualFold(q.Status, "Sending") || strings.EqualFold(q.Status, "Delivering")
}

// QueueFolder is one folder of the Queue view.
type QueueFolder struct {
	Installation int
	Name         string
	Path         string
	Outgoing     bool // mail on its way to other servers
	BadMail      bool
	Held, Trash  bool // what metriage holds, and what it deleted
	Messages     int
	Files        int
	Unreadable   int
	Orphans      int
	Bytes        int64
	Oldest       time.Time
	Newest       time.Time
}

// enqueue makes the queue row of a message.
func (w *worker) enqueue(f *foundFile) *queueRow {
	e, s := &f.envelope, w.x.store
	w.row = queueRow{
		id:     s.ids.of(e.ID),
		sender: s.lower(e.Sender), account: s.text.ref(e.Account), user: s.text.ref(e.User), status: s.text.ref(e.Status),
		command: s.text.ref(e.Command), subject: s.text.ref(cut(e.Subject, maxSubject)),
		rcpts: uint32(len(e.Recipients)), retries: clamp16(e.Retries), code: clamp16(e.StatusCode),
		changed: moment(f.modTime), acquired: moment(e.Acquired), size: uint32(min(f.size, 1<<32-1)),
	}
	r := &w.row
	if f.hasEnvelope {
		r.flags |= hasEnvelope
	}
	if f.hasMessage {
		r.flags |= hasMessage
	}
	if e.NullSender {
		r.flags |= nullSender
	}
	if len(e.Recipients) > 0 {
		r.rcpt = s.lower(e.Recipients[0])
	}
	r.dest = s.text.ref(destination(e))
	if e.ClientIP.IsValid() {
		r.client = s.text.ref(e.ClientIP.String())
	}
	return r
}

// destination is the domain that an envelope is for.
func destination(e *diag.Envelope) string {
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
func (w *worker) outgoing(f *foundFile) {
	e, s := &f.envelope, w.x.store
	v := event{
		kind: queued, when: moment(f.modTime), id: s.ids.of(e.ID),
		subject: s.text.ref(cut(e.Subject, maxSubject)), tries: clamp16(e.Retries),
	}
	if e.Retries > 0 || e.StatusCode > 0 {
		v.kind = retried
	}
	if f.modTime.IsZero() {
		v.when = moment(e.Acquired)
	}
	if f.hasMessage {
		v.flags = inMessage
	}
	c := common{
		inst: uint16(f.inst), sender: s.lower(e.Sender), sent: e.Sender != "" || e.NullSender, account: s.text.ref(e.Account),
	}
	to := e.Recipients
	if len(to) == 0 {
		to = []string{""}
	}
	for _, a := range to {
		v.rcpt = s.lower(a)
		d := diag.AddressDomain(a)
		if d == "" {
			d = destination(e)
		}
		c.domain = s.text.ref(d)
		v.common = s.commons.of(c)
		w.events = append(w.events, v)
	}
}

func clamp16(n int) uint16 { return uint16(min(max(n, 0), 1<<16-1)) }

func fromUnix(n uint32) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// queueable reports whether the messages of a folder belong into the Queue
// view.
func queueable(f mailenable.Folder) bool { return f.Paired() }
