package index

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// openFolder is a folder and its Messages subfolder, kept open until the last
// job of it is done.
type openFolder struct {
	top, messages mailenable.Dir
	wg            sync.WaitGroup
}

func (o *openFolder) done() { o.wg.Done() }

func (o *openFolder) close() {
	o.wg.Wait()
	_ = o.top.Close()
	if o.messages != nil {
		_ = o.messages.Close()
	}
}

// pair is a command file and a message under the same name, or one of them.
type pair struct{ command, message string }

// job is a number of files of one folder for a worker.
type job struct {
	folder int
	inst   int
	meta   mailenable.Folder
	dir    *openFolder
	pairs  []pair
}

// batch is what came out of a job, or of a stretch of a log.
type batch struct {
	folder, inst int
	files        int // seen in the listing
	read         int // looked at
	messages     int
	unreadable   int
	vanished     int
	older        int
	problems     []diag.Problem
	found        []foundFile
	locked       []retry
	lone         []suspect

	logFiles, logLines, logLinesSkipped int
	logBytes                            int64
	attempts                            []mailenable.Attempt
	judged                              []judged
	targets                             []target
}

type target struct{ id, domain string }

// foundFile is a message that matters: a bounce, or one in a queue.
type foundFile struct {
	name, path, account string
	modTime             time.Time
	size                int64

	isBounce bool
	bounce   diag.Bounce
	judged   []judged

	queue, outgoing         bool
	hasEnvelope, hasMessage bool
	envelope                diag.Envelope
}

// retry is a pair one file of which was in use.
type retry struct {
	folder, inst int
	meta         mailenable.Folder
	pair         pair
}

// suspect is a command file without message or the reverse.
type suspect struct {
	folder int
	meta   mailenable.Folder
	pair   pair
}

// listFolder lists a folder and hands its files out in jobs. It returns when
// the listing is done, not the jobs; a goroutine of its own closes the folder
// after the last of them.
func (x *Index) listFolder(ctx context.Context, folder int, meta mailenable.Folder, inst int, jobs chan<- job, results chan<- batch) {
	fail := func(path string, err error) {
		send(ctx, results, batch{folder: folder, inst: inst, problems: []diag.Problem{{Path: path, What: mailenable.Why(err)}}})
	}
	top, err := x.opt.FS.OpenDir(meta.Path)
	if err != nil {
		fail(meta.Path, err)
		return
	}
	o := &openFolder{top: top}
	o.wg.Add(1)
	go o.close()
	defer o.done()

	commands, err := mailNames(top)
	if err != nil {
		fail(meta.Path, err)
	}
	var messages []string
	if meta.Messages != "" {
		if o.messages, err = top.OpenDir(meta.Messages); err == nil {
			messages, err = mailNames(o.messages)
		}
		if err != nil {
			fail(filepath.Join(meta.Path, meta.Messages), err)
			o.messages = nil
		}
	}
	pairs := join(commands, messages, meta.Paired())
	first := batch{folder: folder, inst: inst, files: len(commands) + len(messages), messages: len(pairs)}
	if meta.Paired() {
		for _, p := range pairs {
			if p.command == "" || p.message == "" {
				first.lone = append(first.lone, suspect{folder, meta, p})
			}
		}
	}
	send(ctx, results, first)
	for len(pairs) > 0 && ctx.Err() == nil {
		n := min(batchFiles, len(pairs))
		o.wg.Add(1)
		select {
		case jobs <- job{folder: folder, inst: inst, meta: meta, dir: o, pairs: pairs[:n]}:
		case <-ctx.Done():
			o.wg.Done()
		}
		pairs = pairs[n:]
	}
}

func mailNames(d mailenable.Dir) ([]string, error) {
	var out []string
	err := d.List(func(e mailenable.Entry) bool {
		if e.Regular && mailenable.IsMail(e.Name) {
			out = append(out, e.Name)
		}
		return true
	})
	return out, err
}

// join puts command files and messages of the same name together. Folders
// without pairs have messages only, in the folder itself.
func join(commands, messages []string, paired bool) []pair {
	if !paired {
		out := make([]pair, len(commands))
		for i, n := range commands {
			out[i].message = n
		}
		return out
	}
	at := make(map[string]int, len(commands))
	out := make([]pair, 0, max(len(commands), len(messages)))
	for _, n := range commands {
		at[strings.ToUpper(n)] = len(out)
		out = append(out, pair{command: n})
	}
	for _, n := range messages {
		if i, ok := at[strings.ToUpper(n)]; ok {
			out[i].message = n
		} else {
			out = append(out, pair{message: n})
		}
	}
	return out
}

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
