package index

import (
	"iter"
	"slices"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// QueueFolders returns the folders of the Queue view, those of outgoing mail
// first.
func (v *View) QueueFolders() []QueueFolder {
	out := make([]QueueFolder, 0, 8)
	at := map[uint32]int{}
	for i := range v.snap.folders {
		f := &v.snap.folders[i]
		if f.present && queueable(f.Folder) && (f.files > 0 || !f.Ours()) {
			at[uint32(i)] = len(out)
			out = append(out, QueueFolder{
				Installation: f.inst, Name: f.Name, Path: f.Path, Messages: f.messages,
				Files: f.files, Unreadable: f.unreadable, Orphans: f.orphans, Outgoing: f.Outgoing,
				Held: f.Kind == mailenable.KindHeld, Trash: f.Kind == mailenable.KindTrash, BadMail: f.Kind == mailenable.KindBadMail,
			})
		}
	}
	v.snap.rows.each(func(n uint32, q *queueRow) {
		if v.snap.deadRows.has(n) {
			return
		}
		i, ok := at[q.folder]
		if !ok {
			return
		}
		f := &out[i]
		f.Bytes += int64(q.size)
		t := q.since()
		if t.IsZero() {
			return
		}
		if f.Oldest.IsZero() || t.Before(f.Oldest) {
			f.Oldest = t
		}
		if t.After(f.Newest) {
			f.Newest = t
		}
	})
	slices.SortStableFunc(out, func(a, b QueueFolder) int { return a.rank() - b.rank() })
	return out
}

// rank is the place of a folder in the Queue view: outgoing mail, then the
// other queues, then what was taken out of them.
func (f *QueueFolder) rank() int {
	switch {
	case f.Outgoing:
		return 0
	case f.Held:
		return 2
	case f.Trash:
		return 3
	}
	return 1
}

func (q *queueRow) since() time.Time { return fromUnix(q.moment()) }

func (q *queueRow) moment() uint32 {
	if q.acquired != 0 {
		return q.acquired
	}
	return q.changed
}

// QueueRows returns the numbers of the messages of a queue folder, oldest
// first.
func (v *View) QueueRows(path string) []int32 {
	number := uint32(len(v.snap.folders))
	for i := range v.snap.folders {
		if f := &v.snap.folders[i]; f.present && f.Path == path {
			number = uint32(i)
		}
	}
	var out []int32
	v.snap.rows.each(func(n uint32, q *queueRow) {
		if q.folder == number && !v.snap.deadRows.has(n) {
			out = append(out, int32(n))
		}
	})
	slices.SortFunc(out, func(a, b int32) int {
		x, y := v.snap.rows.at(uint32(a)), v.snap.rows.at(uint32(b))
		if c := x.since().Compare(y.since()); c != 0 {
			return c
		}
		return v.snap.comparePaths(x.item, y.item)
	})
	return out
}

// Queued yields the number of every message of the queue folders, in no order,
// with the path of its folder.
func (v *View) Queued() iter.Seq2[int32, string] {
	return func(yield func(int32, string) bool) {
		for n := range uint32(v.snap.rows.len()) {
			if !v.snap.deadRows.has(n) && !yield(int32(n), v.snap.folders[v.snap.rows.at(n).folder].Path) {
				return
			}
		}
	}
}

// QueueMessage returns message n as QueueRows numbers them.
func (v *View) QueueMessage(n int32) QueueMessage {
	q := v.snap.rows.at(uint32(n))
	f := &v.snap.folders[q.folder]
	return QueueMessage{
		Installation: f.inst, Outgoing: f.Outgoing, ID: v.snap.items.at(q.item).id(v.text), Destination: v.text(q.dest), Recipient: v.text(q.rcpt), Recipients: int(q.rcpts),
		Sender: v.text(q.sender), NullSender: q.flags&nullSender != 0, Account: v.text(q.account), User: v.text(q.user),
		Status: v.text(q.status), StatusCode: int(q.code), Command: v.text(q.command), Retries: int(q.retries),
		Subject: v.text(q.subject), Since: q.since(), Changed: fromUnix(q.changed), Size: int64(q.size),
		HasEnvelope: q.flags&hasEnvelope != 0, HasMessage: q.flags&hasMessage != 0,
		ClientIP: v.address(q.client),
	}
}

// QueueFile returns the path of message n, or of its command file where the
// message is missing.
func (v *View) QueueFile(n int32) string {
	q := v.snap.rows.at(uint32(n))
	return v.snap.path(q.item, q.flags&hasMessage != 0)
}

// QueueFiles returns the paths of message n and of its command file, as far as
// they are there.
func (v *View) QueueFiles(n int32) (out []string) {
	q := v.snap.rows.at(uint32(n))
	if q.flags&hasMessage != 0 {
		out = append(out, v.snap.path(q.item, true))
	}
	if q.flags&hasEnvelope != 0 {
		out = append(out, v.snap.path(q.item, false))
	}
	return out
}

// waitKey is a message that waits in an installation.
type waitKey struct {
	inst uint16
	id   idref
}

// queuedSince returns when the message of a waiting record entered the queue,
// 0 where that is not known. p.mu is held.
func (p *picture) queuedSince(r *record) uint32 {
	if p.since == nil {
		p.since = make(map[waitKey]uint32, p.snap.rows.len()-p.snap.deadRows.count())
		p.snap.rows.each(func(n uint32, q *queueRow) {
			f := &p.snap.folders[q.folder]
			if !f.Outgoing || p.snap.deadRows.has(n) {
				return
			}
			k, t := waitKey{uint16(f.inst), q.id}, q.moment()
			if have, ok := p.since[k]; !ok || t < have {
				p.since[k] = t
			}
		})
	}
	if t := p.since[waitKey{r.inst, r.id}]; t != 0 {
		return t
	}
	return p.since[waitKey{r.inst, r.logged}]
}

// QueuedOf returns the numbers of the messages in a queue folder of outgoing
// mail that wait for a recipient of a group, in no order.
func (v *View) QueuedOf(by diag.GroupBy, key, path string) (out []int32) {
	mine := map[waitKey]bool{}
	for i := range v.merged.records {
		if r := &v.merged.records[i]; r.is(recWaiting) && v.keyOf(r, by) == key {
			mine[waitKey{r.inst, r.id}] = true
			mine[waitKey{r.inst, r.logged}] = true
		}
	}
	if len(mine) == 0 {
		return nil
	}
	v.snap.rows.each(func(n uint32, q *queueRow) {
		f := &v.snap.folders[q.folder]
		if f.Path == path && f.Outgoing && f.present && !v.snap.deadRows.has(n) && mine[waitKey{uint16(f.inst), q.id}] {
			out = append(out, int32(n))
		}
	})
	return out
}
