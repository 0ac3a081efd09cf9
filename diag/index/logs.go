package index

import (
	"context"
	"path/filepath"
	"sort"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// readLogs reads the SMTP logs of a folder that reach into the window, oldest
// first, since a session may go on in the next day's file.
func (x *Index) readLogs(ctx context.Context, inst int, path string, results chan<- batch) {
	r := &logReader{x: x, ctx: ctx, inst: inst, path: path, out: results}
	r.flush()
	dir, err := x.opt.FS.OpenDir(path)
	if err != nil {
		r.fail(path, err)
		return
	}
	defer dir.Close()
	files, err := r.files(dir)
	if err != nil {
		r.fail(path, err)
	}
	r.sessions = mailenable.NewSessions(r.attempt)
	for _, f := range files {
		if ctx.Err() != nil {
			return
		}
		r.file(dir, f)
	}
	r.sessions.Flush()
	r.flush()
}

// logReader reads one folder of logs in one goroutine.
type logReader struct {
	x        *Index
	ctx      context.Context
	inst     int
	path     string
	out      chan<- batch
	sessions *mailenable.Sessions
	cur      batch
}

type logFile struct {
	name  string
	day   time.Time
	debug bool
}

// files returns the logs to read in the order of their days.
func (r *logReader) files(dir mailenable.Dir) ([]logFile, error) {
	var out []logFile
	err := dir.List(func(e mailenable.Entry) bool {
		activity, debug := mailenable.IsActivityLog(e.Name), mailenable.IsDebugLog(e.Name)
		if !e.Regular || !activity && !debug {
			return true
		}
		f := logFile{name: e.Name, debug: debug}
		last := time.Time{}
		if day, ok := mailenable.LogDate(e.Name, r.x.opt.Location); ok {
			// A log is rolled at the first event after midnight.
			f.day, last = day, day.AddDate(0, 0, 2)
		} else if s, err := dir.Stat(e.Name); err == nil {
			f.day, last = s.ModTime, s.ModTime
		}
		if !r.x.old(last) {
			out = append(out, f)
		}
		return true
	})
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.debug != b.debug {
			return a.debug
		}
		if !a.day.Equal(b.day) {
			return a.day.Before(b.day)
		}
		return a.name < b.name
	})
	return out, err
}

func (r *logReader) file(dir mailenable.Dir, f logFile) {
	file, err := dir.Open(f.name)
	if err != nil {
		r.fail(filepath.Join(r.path, f.name), err)
		return
	}
	defer file.Close()
	r.cur.logFiles++
	parser := mailenable.NewActivityParser(r.x.opt.Location)
	n, err := mailenable.ReadLines(file, func(line []byte) bool {
		if f.debug {
			if id, domain, ok := mailenable.DebugTarget(line); ok {
				r.cur.targets = append(r.cur.targets, target{id, domain})
			}
			return r.ctx.Err() == nil
		}
		r.cur.logLines++
		if row, ok := parser.Parse(line); ok {
			r.sessions.Add(row)
		} else if len(line) > 0 && line[0] != '[' {
			r.cur.logLinesSkipped++
		}
		return r.ctx.Err() == nil
	})
	r.cur.logBytes += n
	if err != nil {
		r.fail(filepath.Join(r.path, f.name), err)
	}
	r.flush()
}

// attempt judges and keeps one outcome within the window.
func (r *logReader) attempt(a mailenable.Attempt) {
	if r.x.old(a.Time) {
		return
	}
	var j judged
	if a.Outcome != mailenable.Accepted {
		j = r.x.judge(a.Reply, reply.Context{
			Stage: a.Stage, RemoteHost: a.Banner, Recipient: a.Recipient, Sender: a.Sender,
			OwnDomain: r.x.opt.OwnDomain, At: a.Time,
		})
	}
	r.cur.attempts = append(r.cur.attempts, a)
	r.cur.judged = append(r.cur.judged, j)
	if len(r.cur.attempts) >= attemptBatch {
		r.flush()
	}
}

func (r *logReader) flush() {
	if r.cur.inst == r.inst && r.cur.logFiles+len(r.cur.attempts)+len(r.cur.problems)+len(r.cur.targets) > 0 {
		send(r.ctx, r.out, r.cur)
	}
	r.cur = batch{folder: -1, inst: r.inst}
}

func (r *logReader) fail(path string, err error) {
	r.cur.problems = append(r.cur.problems, diag.Problem{Path: path, What: mailenable.Why(err)})
	r.cur.unlisted++
	r.flush()
}
