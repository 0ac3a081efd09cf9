package index

import (
	"context"
	"io"

	"metriage/diag/mailenable"
)

// Feed hands the rows of logs to Options.Rows, Marks and Debug that a cache
// spared reading, so that whoever counts them knows all. It takes as long as
// reading those logs, once, and nothing where there are none. It waits for a
// pass that is under way.
func (x *Index) Feed() {
	x.passing.Lock()
	defer x.passing.Unlock()
	for inst := range x.installs {
		if x.opt.RowState == nil || x.fed(x.store, inst) {
			continue
		}
		x.opt.RowState.Reset(inst)
		x.opt.RowState.ResetDebug(inst)
		for _, l := range x.store.logs {
			if l.inst == inst && !l.mta {
				x.feed(l)
			}
		}
	}
}

// fed reports whether nothing has to be fed of an installation's logs.
func (x *Index) fed(s *store, inst int) bool {
	for _, l := range s.logs {
		if l.inst == inst && !l.mta && !(l.fed && l.fedDebug) {
			return false
		}
	}
	return true
}

// feed hands over what was read of a folder of logs. A log that is no longer
// what was read ends it: the next pass reads that anew.
func (x *Index) feed(l *logDir) {
	l.fed, l.fedDebug = false, false
	r := x.newLogReader(context.Background(), l)
	dir, err := x.opt.FS.OpenDir(l.path)
	if err != nil {
		return
	}
	defer dir.Close()
	r.dir = dir
	l.fedDebug = r.feedSeries(l.debug, func(f *logFile) func(line []byte) {
		codes := mailenable.NewDebugParser(x.opt.Location, f.day)
		return func(line []byte) { r.handDebug(codes, line) }
	})
	r.pipe.start(r.hand)
	l.fed = r.feedSeries(l.activity, func(f *logFile) func(line []byte) {
		r.begin(f.name, f.day, false)
		return r.pipe.line
	})
	r.pipe.end()
	x.mu.Lock()
	x.store.edits++ // what is made of the rows has changed
	x.mu.Unlock()
}

// feedSeries reads what was read of a series of logs before and reports whether
// all of it was.
func (r *logReader) feedSeries(series []logFile, lines func(*logFile) func(line []byte)) bool {
	for i := range series {
		f := &series[i]
		if f.problem != "" {
			continue
		}
		if r.x.closing.Load() || !r.goesOn(f) {
			return false
		}
		file, err := r.dir.Open(f.name)
		if err != nil {
			return false
		}
		visit := lines(f)
		_, err = r.lines.Read(io.NewSectionReader(mailenable.LogText(file), 0, f.size), 0, func(line []byte, _ bool) bool {
			visit(line)
			return !r.x.closing.Load()
		})
		_ = file.Close()
		if err != nil || r.x.closing.Load() {
			return false
		}
	}
	return true
}

// listens reports whether somebody wants the rows or the marks.
func (r *logReader) listens() bool { return r.x.opt.Rows != nil || r.x.opt.Marks != nil }

// hand hands a batch to Options.Rows and Marks.
func (r *logReader) hand(b *rowBatch) {
	if r.x.opt.Rows != nil && len(b.rows) > 0 {
		r.x.opt.Rows(r.l.inst, b.rows)
	}
	if r.x.opt.Marks == nil {
		return
	}
	for _, m := range b.marks {
		r.x.opt.Marks(r.l.inst, m)
	}
}

func (r *logReader) handDebug(codes *mailenable.DebugParser, line []byte) {
	if r.x.opt.Debug == nil {
		return
	}
	if d, ok := codes.Parse(line); ok && d.Code != nil {
		r.x.opt.Debug(r.l.inst, d)
	}
}

// Close makes Feed end; what was read can still be looked at and kept.
func (x *Index) Close() { x.closing.Store(true) }
