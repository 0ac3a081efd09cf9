package index

import (
	"bytes"
	"slices"
	"time"

	"metriage/diag/mailenable"
)

// withW3C adds the W3C logs of the days that have no Activity log: they say the
// same, without message ids (vendor article ME020170).
func withW3C(activity, w3c []present) []present {
	for _, p := range w3c {
		if !slices.ContainsFunc(activity, func(a present) bool { return a.day.Equal(p.day) && mailenable.IsActivityLog(a.name) }) {
			activity = append(activity, p)
		}
	}
	return activity
}

// begin makes the reader ready for the lines of a log, from where it ended
// before or from its beginning.
func (r *logReader) begin(name string, day time.Time, goOn bool) {
	r.w3c = nil
	if !mailenable.IsW3CLog(name) {
		if r.parser = mailenable.NewActivityParser(r.x.opt.Location, day); goOn && r.l.parserOf == name {
			r.parser = r.l.parser.GoOn()
		}
		r.parser.OutOnly = r.x.opt.Rows == nil
		return
	}
	r.w3c = mailenable.NewW3CParser(r.x.opt.Location, day)
	if !goOn {
		return
	}
	// Its beginning names the columns.
	file, err := r.dir.Open(name)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = r.lines.Read(mailenable.LogText(file), 0, func(line []byte, _ bool) bool {
		if len(line) == 0 || line[0] != '#' {
			return false
		}
		r.w3c.Parse(line)
		return true
	})
}

// parse reads a line of the log that the reader is ready for. The row is valid
// for as long as the line is.
func (r *logReader) parse(line []byte, row *mailenable.Row) (ok bool) {
	if r.w3c == nil {
		return r.parser.ParseInto(line, row)
	}
	if *row, ok = r.w3c.Parse(line); ok {
		row.Detail, row.Response = bytes.Clone(row.Detail), bytes.Clone(row.Response)
	}
	return ok
}
