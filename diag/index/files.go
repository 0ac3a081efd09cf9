package index

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
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
	unlisted     int // of them, folders and logs that could not be opened
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
		send(ctx, results, batch{folder: folder, inst: inst, unlisted: 1, problems: []diag.Problem{{Path: path, What: mailenable.Why(err)}}})
	}
	top, err := x.opt.FS.OpenDir(meta.Path)
	if err != nil {
		fail(meta.Path, err)
		return
	}
	o := &openFolder{top: top}
	o.wg.Add(1)
	x.closing.Go(o.close)
	defer o.done()

	commands, err := mailNames(top)
	if err != nil {
		fail(meta.Path, err)
	}
	var messages []string
	listed := err == nil
	if meta.Messages != "" {
		if o.messages, err = top.OpenDir(meta.Messages); err == nil {
			messages, err = mailNames(o.messages)
		}
		if err != nil {
			fail(filepath.Join(meta.Path, meta.Messages), err)
			listed = false
		}
	}
	pairs := join(commands, messages, meta.Paired())
	first := batch{folder: folder, inst: inst, files: len(commands) + len(messages), messages: len(pairs)}
	if meta.Paired() && listed {
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
