package index

import (
	"cmp"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// worker looks at files and reads those that are new or have changed; each has
// its own buffers.
type worker struct {
	x     *Index
	judge judge
	head  []byte // of an envelope or the beginning of a message
	long  []byte // of a long bounce; made when the first one comes

	// events are what was found since the last batch; row is the last one made.
	events []event
	row    queueRow
	want   func(mailenable.Entry) bool // not before the window
}

func newWorker(x *Index) *worker {
	w := &worker{x: x, head: make([]byte, max(mailenable.MaxHead, mailenable.MaxEnvelope))}
	w.judge.x = x
	w.want = func(e mailenable.Entry) bool { return !x.old(e.ModTime) }
	return w
}

// run looks at the files of a job.
func (w *worker) run(j *job) batch {
	b := batch{folder: j.folder}
	w.events = nil
	for i := range j.list {
		c := &j.list[i]
		if f, changed := w.look(j, c); changed {
			b.found = append(b.found, f)
		}
		b.looked += c.halves()
	}
	b.events = w.events
	return b
}

// look reads the item of c unless it is as it was.
func (w *worker) look(j *job, c *check) (r found, changed bool) {
	if !c.must && w.same(j, c, command) && w.same(j, c, message) {
		return found{}, false
	}
	first := len(w.events)
	defer func() {
		if p := recover(); p != nil {
			w.x.tell("reading a file", cmp.Or(c.name[command], c.name[message]), diag.FaultOf(p))
			w.events = w.events[:first]
			r, changed = w.broken(c, first), true
		}
	}()
	return w.pair(j, c), true
}

// ownFault is why something is unreadable that made the program itself break
// off.
const ownFault = "a fault in metriage: reading it broke off; --debug FILE has the details, please report them"

// tell writes a fault to the debug log.
func (x *Index) tell(what, where string, f *diag.Fault) {
	x.opt.Log.Error(what, "at", where, "fault", f.Error(), "stack", string(f.Stack))
}

// broken is an item at which the reading broke off: unreadable, like any other,
// so that one file does not stop the rest.
func (w *worker) broken(c *check, first int) found {
	r := found{item: c.item, first: first, last: c.last}
	for half, name := range c.name {
		if name != "" {
			r.stamp[half], r.status[half] = c.listed[half], unreadable
			r.reason[half] = w.x.store.reasons.of(ownFault)
		}
	}
	return r
}

// same reports whether one half of an item is as it was when it was read.
func (w *worker) same(j *job, c *check, half int) bool {
	name := c.name[half]
	if name == "" {
		return true
	}
	now := c.listed[half]
	if now.zero() {
		e, err := j.dir.half(half).Stat(name)
		if err != nil || !e.Regular {
			return false
		}
		now = stampOf(e)
	}
	return now == c.stamp[half]
}

// foundFile is a message while it is read.
type foundFile struct {
	name    string
	inst    int
	account string
	modTime time.Time
	size    int64

	hasEnvelope, hasMessage bool
	envelope                diag.Envelope
	bounce                  diag.Bounce
	isBounce                bool
}

// pair reads one message with its envelope.
func (w *worker) pair(j *job, c *check) found {
	r := found{item: c.item, first: len(w.events), last: c.last}
	f := foundFile{name: cmp.Or(c.name[command], c.name[message]), inst: j.inst, account: j.meta.Account}
	paired := j.meta.Paired()
	if name := c.name[command]; name != "" {
		if content, e, ok := w.read(&r, j, name, command, mailenable.MaxEnvelope); ok {
			f.hasEnvelope = true
			f.envelope = mailenable.ParseEnvelope(name, content)
			f.modTime = e.ModTime
		}
	}
	if name := c.name[message]; name != "" {
		if content, e, ok := w.read(&r, j, name, message, mailenable.MaxHead); ok {
			f.hasMessage = true
			f.size = e.Size
			if f.modTime.IsZero() {
				f.modTime = e.ModTime
			}
			w.message(&f, j.dir.half(message), name, content)
		}
	}
	if r.busy() && !c.last {
		return r // nothing of it counts until all of it can be read
	}
	if f.envelope.ID == "" {
		f.envelope.ID = strings.ToUpper(f.name)
	}
	if f.isBounce {
		w.bounce(&f)
	}
	if f.hasEnvelope && j.meta.Outgoing {
		w.outgoing(&f)
	}
	if paired && (f.hasEnvelope || f.hasMessage) {
		row := *w.enqueue(&f)
		r.row = &row
	}
	r.events = len(w.events) - r.first
	return r
}

// read reads the beginning of a file; ok is false where there is nothing to
// understand, which is noted. The content stays valid until the next read.
func (w *worker) read(r *found, j *job, name string, half, limit int) (content []byte, e mailenable.Entry, ok bool) {
	want := w.want
	if j.meta.Whole() {
		want = nil
	}
	n, e, err := j.dir.half(half).ReadNew(name, w.head[:limit], want)
	if err == nil || !e.ModTime.IsZero() {
		r.stamp[half] = stampOf(e)
	}
	if err == nil {
		if want != nil && !want(e) {
			r.status[half] = older
			return nil, e, false
		}
		err = mailenable.CheckText(w.head[:n])
	}
	switch {
	case err == nil:
		r.status[half] = good
		return w.head[:n], e, true
	case errors.Is(err, fs.ErrNotExist):
		r.status[half] = vanished
	default:
		r.status[half] = unreadable
		if mailenable.Locked(err) {
			r.status[half] = busy
		}
		r.reason[half] = w.x.store.reasons.of(mailenable.Why(err))
	}
	return nil, e, false
}

// message looks whether a message is a bounce and reads it whole then.
func (w *worker) message(f *foundFile, dir mailenable.Dir, name string, head []byte) {
	content := head
	if len(head) == mailenable.MaxHead {
		if !mailenable.MaybeBounce(head) {
			return
		}
		if w.long == nil {
			w.long = make([]byte, mailenable.MaxBounce)
		}
		if n, err := dir.Read(name, w.long); err == nil {
			content = w.long[:n]
		}
	}
	bounce, ok := mailenable.ParseBounce(content)
	if !ok {
		return
	}
	when := bounce.Date
	if when.IsZero() {
		when = f.modTime
	}
	f.isBounce, f.bounce = !w.x.old(when), bounce
}

// bounce adds what an NDR says.
func (w *worker) bounce(f *foundFile) {
	b, s := &f.bounce, w.x.store
	id := b.ID
	if id == "" && b.MessageID != "" {
		id = "<" + b.MessageID + ">"
	}
	if id == "" {
		id = strings.ToUpper(f.name)
	}
	when := b.Date
	if when.IsZero() {
		when = f.modTime
	}
	v := event{when: moment(when), id: s.ids.of(id), subject: s.text.ref(cut(b.Subject, maxSubject))}
	c := common{inst: uint16(f.inst), sender: s.lower(b.Sender), sent: b.Sender != "", account: s.text.ref(f.account)}
	w.events = slices.Grow(w.events, len(b.Refusals))
	for _, r := range b.Refusals {
		j := w.judge.of(r.Text, reply.Context{
			Stage: r.Stage, RemoteHost: r.RemoteHost, Recipient: r.Recipient, Sender: b.Sender,
			OwnDomain: w.x.opt.OwnDomain, At: when,
		})
		v.kind = ndrFailed
		if !r.Permanent {
			v.kind = ndrDelayed
		}
		v.flags = j.stage | inMessage
		if b.Kind == diag.KindE0193 {
			v.flags |= isE0193
		}
		if r.Quoted {
			v.flags |= isQuoted
		}
		v.rcpt, v.raw, v.answer = s.lower(r.Recipient), j.raw, j.answer
		c.domain, c.host, c.own = s.text.ref(r.Domain), s.lower(r.RemoteHost), j.own
		v.common = s.commons.of(c)
		w.events = append(w.events, v)
	}
}

func (x *Index) old(t time.Time) bool { return !x.cutoff.IsZero() && t.Before(x.cutoff) }

// cut shortens s to n bytes at most, at a rune boundary.
func cut(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
