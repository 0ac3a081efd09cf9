package index

import (
	"context"
	"net/netip"
	"sync/atomic"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// logReader brings one folder of logs up to date, in one goroutine: a session
// may go on in the next day's file.
type logReader struct {
	x     *Index
	ctx   context.Context
	l     *logDir
	dir   mailenable.Dir
	judge judge
	lines mailenable.LineReader

	parser   *mailenable.ActivityParser
	w3c      *mailenable.W3CParser // while a W3C log is read
	pipe     rowPipe
	sessions *mailenable.Sessions

	// what was read since the last flush
	events   []event
	accepted []acceptance
	targets  []target
	bytes    atomic.Int64 // a taker of rows may flush while more is read
	domains  map[ref]ref  // recipient -> domain
	addrs    map[netip.Addr]ref
}

func (x *Index) newLogReader(ctx context.Context, l *logDir) *logReader {
	r := &logReader{x: x, ctx: ctx, l: l, domains: map[ref]ref{}, addrs: map[netip.Addr]ref{}}
	r.judge.x = x
	r.pipe.loc, r.pipe.parse = x.opt.Location, r.parse
	return r
}

// readLogs reads what is new in a folder of logs.
func (x *Index) readLogs(ctx context.Context, l *logDir) {
	r := x.newLogReader(ctx, l)
	defer func() {
		if p := recover(); p != nil {
			x.tell("reading logs", l.path, diag.FaultOf(p))
			r.problem(&diag.Problem{Path: l.path, What: ownFault})
		}
	}()
	dir, err := x.opt.FS.OpenDir(l.path)
	if err != nil {
		r.problem(&diag.Problem{Path: l.path, What: mailenable.Why(err)})
		return
	}
	defer dir.Close()
	r.dir = dir
	activity, debug, err := r.listLogs()
	if err != nil {
		r.problem(&diag.Problem{Path: l.path, What: mailenable.Why(err)})
	} else {
		r.problem(nil)
	}
	r.expire(&l.activity, activity)
	r.expire(&l.debug, debug)
	r.readDebug(debug)
	r.readActivity(activity)
}

// problem notes why the folder cannot be listed.
func (r *logReader) problem(p *diag.Problem) {
	r.x.mu.Lock()
	defer r.x.mu.Unlock()
	if p == nil && len(r.l.problems) == 0 {
		return
	}
	r.l.problems = nil
	if p != nil {
		r.l.problems = []diag.Problem{*p}
	}
	r.x.store.edits++
}

// expire forgets the first logs where they lie before the window now. What
// they said does so too.
func (r *logReader) expire(have *[]logFile, now []present) {
	n := 0
	for n < len(*have) && (len(now) == 0 || (*have)[n].name != now[0].name) && r.x.old((*have)[n].last) {
		n++
	}
	if n > 0 {
		r.x.mu.Lock()
		*have = append([]logFile(nil), (*have)[n:]...)
		r.x.store.edits++
		r.x.mu.Unlock()
	}
}

// readDebug reads the debug logs, which name the domain that a message is for.
func (r *logReader) readDebug(now []present) {
	l := r.l
	p := r.planOf(l.debug, now)
	if p.first == len(now) && len(l.debug) == len(now) {
		return
	}
	p = r.cutTargets(p)
	for i := p.first; i < len(now) && r.ctx.Err() == nil; i++ {
		f := logFile{name: now[i].name, day: now[i].day, last: now[i].last, from: l.lengths()}
		if p.goOn && i == p.first {
			f = l.debug[i]
		}
		codes := mailenable.NewDebugParser(r.x.opt.Location, now[i].day)
		routes := mailenable.NewMTAParser(r.x.opt.Location, now[i].day)
		r.file(&f, &now[i], i == len(now)-1, func(line []byte) {
			r.target(routes, line)
			if l.fedDebug && !l.mta {
				r.handDebug(codes, line)
			}
		})
		r.keep(&l.debug, i, f)
	}
}

// cutTargets drops what the logs from the plan's first on said. Where that was
// handed on it cannot be taken back: everything is read from the beginning.
func (r *logReader) cutTargets(p plan) plan {
	r.x.mu.Lock()
	defer r.x.mu.Unlock()
	l := r.l
	keep := p.first
	if p.goOn {
		keep++
	}
	if rows := r.x.opt.RowState; rows != nil && !l.mta && (keep < len(l.debug) || len(l.debug) == 0) && (l.fedDebug || p == plan{}) {
		p, keep, l.fedDebug = plan{}, 0, true
		rows.ResetDebug(l.inst)
	}
	if keep < len(l.debug) {
		l.targets.cut(l.debug[keep].from.targets)
		l.debug = l.debug[:keep:keep]
		r.x.store.edits++
	}
	return p
}

// readActivity reads the Activity logs and puts their sessions together.
func (r *logReader) readActivity(now []present) {
	l := r.l
	p := r.planOf(l.activity, now)
	if p.first == len(now) && len(l.activity) == len(now) {
		return
	}
	p = r.resume(p)
	for i := p.first; i < len(now) && r.ctx.Err() == nil; i++ {
		f := logFile{name: now[i].name, day: now[i].day, last: now[i].last, from: l.lengths(), open: r.sessions.Open(), hasOpen: true}
		if p.goOn && i == p.first {
			f = l.activity[i]
		}
		r.begin(f.name, f.day, p.goOn && i == p.first)
		takers := []func(*rowBatch){func(b *rowBatch) { r.take(&f, b) }}
		if l.fed && r.listens() {
			takers = append(takers, r.hand)
		}
		r.pipe.start(takers...)
		r.file(&f, &now[i], i == len(now)-1, r.pipe.line)
		r.pipe.end()
		r.judgeLines(&f)
		r.keep(&l.activity, i, f)
		r.x.mu.Lock()
		l.sessions, l.sure = r.sessions.Open(), l.lengths()
		if r.w3c == nil {
			l.parser, l.parserOf = r.parser, f.name
		}
		r.x.mu.Unlock()
	}
	if r.ctx.Err() == nil {
		r.provisional()
	}
}

// checkpoints is how many logs keep the sessions that they began with: those
// that may still change.
const checkpoints = 3

// resume takes back what the logs from the plan's first on said, and sets the
// sessions to where reading goes on. Where that is not known everything is
// read from the beginning.
func (r *logReader) resume(p plan) plan {
	l := r.l
	var open []mailenable.OpenSession
	next := p.first
	if p.goOn {
		next++
	}
	if next < len(l.activity) && !l.activity[next].hasOpen {
		p, next = plan{}, 0
	}
	again := next < len(l.activity) || len(l.activity) == 0
	r.x.mu.Lock()
	if next < len(l.activity) {
		open = l.activity[next].open
		l.cut(l.activity[next].from)
		l.activity = l.activity[:next:next]
	} else {
		open = l.sessions
		l.cut(l.sure)
	}
	l.sessions, l.sure = open, l.lengths()
	l.lines, l.skipped = 0, 0
	r.x.store.edits++
	r.x.mu.Unlock()
	if rows := r.x.opt.RowState; again && rows != nil && (l.fed || p == plan{}) {
		// Rows cannot be taken back one by one.
		if p != (plan{}) {
			return r.resume(plan{})
		}
		rows.Reset(l.inst)
		l.fed = true
	}
	r.sessions = mailenable.NewSessions(r.attempt)
	r.sessions.Resume(open)
	return p
}

// cut drops events from a point on.
func (l *logDir) cut(n lengths) {
	l.events.cut(n.events)
	l.accepted.cut(n.accepted)
}

// provisional adds what the last log says as it stands: with a line that has
// no end yet, and with sessions that may still go on. It is taken back when
// there is more.
func (r *logReader) provisional() {
	l := r.l
	tailed := len(l.activity) > 0 && l.activity[len(l.activity)-1].tail == tailGrows
	if !tailed && !r.sessions.Undecided() {
		return
	}
	open := r.sessions.Open()
	r.sessions = mailenable.NewSessions(r.attempt)
	r.sessions.Resume(open)
	if tailed {
		f := &l.activity[len(l.activity)-1]
		r.begin(f.name, f.day, true)
		if file, err := r.dir.Open(f.name); err == nil {
			var end logFile
			r.pipe.start(func(b *rowBatch) { r.take(&end, b) })
			_, _ = r.lines.Read(mailenable.LogText(file), f.size, func(line []byte, done bool) bool {
				if !done {
					r.pipe.line(line)
				}
				return false
			})
			r.pipe.end()
			_ = file.Close()
			r.x.mu.Lock()
			l.lines, l.skipped = end.lines, end.skipped
			r.x.mu.Unlock()
		}
	}
	r.sessions.Flush()
	r.flush()
}

// keep stores the state of log i of a series.
func (r *logReader) keep(series *[]logFile, i int, f logFile) {
	r.flush()
	r.x.mu.Lock()
	defer r.x.mu.Unlock()
	*series = append((*series)[:i:i], f)
	if old := i - checkpoints; old >= 0 {
		(*series)[old].open, (*series)[old].hasOpen = nil, false
	}
	r.x.store.edits++
}

// file reads a log from where it ended. visit gets the lines that are whole,
// and the last one where the next log ends it.
func (r *logReader) file(f *logFile, now *present, last bool, visit func(line []byte)) {
	f.problem, f.tail, f.when = "", tailNone, now.stamp
	f.tries++
	file, err := r.dir.Open(f.name)
	if err != nil {
		f.problem = mailenable.Why(err)
		return
	}
	defer file.Close()
	tail := 0
	from := f.size
	f.size, err = r.lines.Read(mailenable.LogText(file), f.size, func(line []byte, done bool) bool {
		if done || !last {
			visit(line)
		}
		if !done {
			tail = len(line)
		}
		return r.ctx.Err() == nil
	})
	switch {
	case r.ctx.Err() != nil:
		f.problem, f.when = "not read to its end", stamp{}
		return
	case err != nil:
		f.problem = mailenable.Why(err)
		return
	case tail > 0 && last:
		f.tail = tailGrows
	case tail > 0:
		f.tail = tailEnded
		f.size += int64(tail)
	}
	r.bytes.Add(f.size - from)
	f.tries = 0
	if f.head, f.end, err = marks(file, f.size); err != nil {
		f.problem = mailenable.Why(err)
	} else if from == 0 {
		r.judgeLog(f, checkLog(file))
	}
}
