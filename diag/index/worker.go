package index

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// worker reads files; each has its own buffer.
type worker struct {
	x    *Index
	head []byte // of an envelope or the beginning of a message
	long []byte // of a long bounce; made when the first one comes
}

func newWorker(x *Index) *worker {
	return &worker{x: x, head: make([]byte, max(mailenable.MaxHead, mailenable.MaxEnvelope))}
}

func (w *worker) run(j job) batch {
	b := batch{folder: j.folder, inst: j.inst}
	for _, p := range j.pairs {
		w.pair(&b, j.meta, j.dir.top, j.dir.messages, p, false)
	}
	return b
}

// pair reads one message with its envelope. Where a file is in use, nothing
// is counted and the pair is left for a second try.
func (w *worker) pair(b *batch, meta mailenable.Folder, top, sub mailenable.Dir, p pair, again bool) {
	f := foundFile{name: firstOf(p.command, p.message), account: meta.Account, queue: queueable(meta)}
	var t tally
	if p.command != "" && meta.Paired() {
		if content, e, ok := w.read(&t, top, meta, "", p.command, mailenable.MaxEnvelope); ok {
			f.hasEnvelope = true
			f.envelope = mailenable.ParseEnvelope(p.command, content)
			f.modTime = e.ModTime
			f.path = filepath.Join(meta.Path, p.command)
		}
	}
	if p.message != "" {
		dir, rel := top, ""
		if meta.Paired() {
			dir, rel = sub, meta.Messages
		}
		if content, e, ok := w.read(&t, dir, meta, rel, p.message, mailenable.MaxHead); ok {
			f.hasMessage = true
			f.size = e.Size
			f.path = filepath.Join(meta.Path, rel, p.message)
			if f.modTime.IsZero() {
				f.modTime = e.ModTime
			}
			w.message(&f, dir, p.message, content)
		}
	}
	if t.busy != nil {
		if !again {
			b.locked = append(b.locked, retry{b.folder, b.inst, meta, p})
			return
		}
		t.problems = append(t.problems, t.busy...)
	}
	b.tally(t)
	if f.envelope.ID == "" {
		f.envelope.ID = strings.ToUpper(f.name)
	}
	f.outgoing = f.hasEnvelope && meta.Outgoing
	f.queue = f.queue && (f.hasEnvelope || f.hasMessage)
	if f.isBounce || f.queue || f.outgoing {
		b.found = append(b.found, f)
	}
}

// tally counts what happened to the files of one pair.
type tally struct {
	read, vanished, older int
	problems, busy        []diag.Problem
}

func (b *batch) tally(t tally) {
	b.read += t.read
	b.vanished += t.vanished
	b.older += t.older
	b.unreadable += len(t.problems)
	b.problems = append(b.problems, t.problems...)
}

// message looks whether a message is a bounce and reads it whole then.
func (w *worker) message(f *foundFile, dir mailenable.Dir, name string, head []byte) {
	if !mailenable.MaybeBounce(head) {
		return
	}
	content := head
	if len(head) == mailenable.MaxHead {
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
	if w.x.old(when) {
		return
	}
	f.isBounce, f.bounce = true, bounce
	for _, r := range bounce.Refusals {
		f.judged = append(f.judged, w.x.judge(r.Text, reply.Context{
			Stage: r.Stage, RemoteHost: r.RemoteHost, Recipient: r.Recipient, Sender: bounce.Sender,
			OwnDomain: w.x.opt.OwnDomain, At: when,
		}))
	}
}

func (x *Index) old(t time.Time) bool { return !x.cutoff.IsZero() && t.Before(x.cutoff) }

// read reads the beginning of a file; ok is false where there is nothing to
// understand, which is tallied. The content stays valid until the next read.
func (w *worker) read(t *tally, dir mailenable.Dir, meta mailenable.Folder, rel, name string, limit int) (content []byte, e mailenable.Entry, ok bool) {
	t.read++
	e, err := dir.Stat(name)
	if err == nil && meta.Kind != mailenable.KindQueue && w.x.old(e.ModTime) {
		t.older++
		return nil, e, false
	}
	n := 0
	if err == nil {
		n, err = dir.Read(name, w.head[:limit])
	}
	if err == nil {
		err = mailenable.CheckText(w.head[:n])
	}
	if err == nil {
		return w.head[:n], e, true
	}
	if errors.Is(err, fs.ErrNotExist) {
		t.vanished++
		return nil, e, false
	}
	p := diag.Problem{Path: filepath.Join(meta.Path, rel, name), What: mailenable.Why(err)}
	if mailenable.Locked(err) {
		t.busy = append(t.busy, p)
	} else {
		t.problems = append(t.problems, p)
	}
	return nil, e, false
}

func firstOf(s ...string) string {
	for _, v := range s {
		if v != "" {
			return v
		}
	}
	return ""
}
