package index

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// QueueFolders returns the folders of the Queue view, those of outgoing mail
// first.
func (v *View) QueueFolders() []QueueFolder {
	out := make([]QueueFolder, 0, 8)
	at := map[int32]int{}
	for i, f := range v.folders {
		if queueable(f.Folder) {
			at[int32(i)] = len(out)
			out = append(out, QueueFolder{
				Installation: f.inst, Name: f.Name, Path: f.Path, Messages: f.messages,
				Files: f.files, Unreadable: f.unreadable, Orphans: f.orphans, Outgoing: f.Outgoing,
			})
		}
	}
	for i := range v.snap.queue {
		q := &v.snap.queue[i]
		f := &out[at[q.folder]]
		f.Bytes += q.size
		t := q.since()
		if t.IsZero() {
			continue
		}
		if f.Oldest.IsZero() || t.Before(f.Oldest) {
			f.Oldest = t
		}
		if t.After(f.Newest) {
			f.Newest = t
		}
	}
	slices.SortStableFunc(out, func(a, b QueueFolder) int {
		switch {
		case a.Outgoing == b.Outgoing:
			return 0
		case a.Outgoing:
			return -1
		}
		return 1
	})
	return out
}

func (q *queueRow) since() time.Time {
	if q.acquired != 0 {
		return fromUnix(q.acquired)
	}
	return fromUnix(q.changed)
}

// QueueRows returns the numbers of the messages of a queue folder, oldest
// first.
func (v *View) QueueRows(path string) []int32 {
	var out []int32
	for i := range v.snap.queue {
		if v.folders[v.snap.queue[i].folder].Path == path {
			out = append(out, int32(i))
		}
	}
	slices.SortStableFunc(out, func(a, b int32) int {
		x, y := &v.snap.queue[a], &v.snap.queue[b]
		return cmp.Or(x.since().Compare(y.since()), cmp.Compare(v.snap.text[x.id], v.snap.text[y.id]))
	})
	return out
}

// QueueMessage returns message n as QueueRows numbers them.
func (v *View) QueueMessage(n int32) QueueMessage {
	q, text := &v.snap.queue[n], v.snap.text
	m := QueueMessage{
		ID: text[q.id], Destination: text[q.dest], Recipient: text[q.rcpt], Recipients: int(q.rcpts),
		Sender: text[q.sender], NullSender: q.null, Account: text[q.account], User: text[q.user],
		Status: text[q.status], StatusCode: int(q.code), Command: text[q.command], Retries: int(q.retries),
		Subject: text[q.subject], Since: q.since(), Changed: fromUnix(q.changed), Size: q.size,
		HasEnvelope: q.envelope, HasMessage: q.message,
	}
	m.ClientIP, _ = netip.ParseAddr(text[q.client])
	return m
}

// QueueFile returns the path of message n, or of its command file where the
// message is missing.
func (v *View) QueueFile(n int32) string { return v.snap.text[v.snap.queue[n].path] }

// queuedSince returns when the message of a waiting record entered the queue.
// The caller holds v.mu.
func (v *View) queuedSince(r *record) time.Time {
	if v.since == nil {
		v.since = make(map[waitKey]int64, len(v.snap.queue))
		for i := range v.snap.queue {
			q := &v.snap.queue[i]
			f := &v.folders[q.folder]
			if !f.Outgoing {
				continue
			}
			k := waitKey{uint16(f.inst), q.id}
			t := unix(q.since())
			if have, ok := v.since[k]; !ok || t < have {
				v.since[k] = t
			}
		}
	}
	return fromUnix(v.since[waitKey{r.inst, r.id}])
}
