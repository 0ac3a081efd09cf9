package mailenable

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"

	"metriage/diag"
)

func (h *historian) line(source, id string, t time.Time, group int, line []byte) {
	if len(h.out.Lines) >= maxHistoryLines {
		h.out.Truncated = true
		return
	}
	h.out.Lines = append(h.out.Lines, HistoryLine{
		Time: t, Source: source, ID: id, group: group, Text: shorten(diag.Clean(RedactLogLine(line)), 2000),
	})
}

// debug takes the lines of a Debug log that name the message, and the ids that
// it went on under or came from.
func (h *historian) debug(path string, day time.Time, f File) {
	p := NewDebugParser(h.loc, day)
	h.lines(path, f, func(_ int64, line []byte) {
		id, end := mailID(line)
		if id == nil {
			return
		}
		next, _ := mailID(line[end:])
		if !h.has(id) && !h.has(next) {
			return
		}
		d, ok := p.Parse(line)
		if !ok {
			return
		}
		if d.NewID != nil {
			h.link(d.Time, line)
		}
		h.line("Debug", strings.ToUpper(string(id)), d.Time, 0, line)
	})
}

func (h *historian) link(t time.Time, line []byte) {
	l, ok := LinkOf(line)
	if !ok || l.From == "" {
		return
	}
	l.Time = t
	for _, have := range h.out.Links {
		if have.From == l.From && have.To == l.To {
			return
		}
	}
	if len(h.out.Links) < maxHistoryIDs {
		h.out.Links = append(h.out.Links, l)
	}
	h.add(l.From)
	h.add(l.To)
}

// mta takes the lines of an MTA log that name the message, and the ids that it
// went on under or came from.
func (h *historian) mta(path string, day time.Time, f File) {
	p := NewMTAParser(h.loc, day)
	h.lines(path, f, func(_ int64, line []byte) {
		id, end := mailID(line)
		if id == nil {
			return
		}
		if next, _ := mailID(line[end:]); !h.has(id) && !h.has(next) {
			return
		}
		if r, ok := p.Parse(line); ok {
			h.link(r.Time, line)
			h.line("MTA", r.ID, r.Time, 0, line)
		}
	})
}

// place is a row of a session that was found.
type place struct {
	offset int64
	key    sessionKey
	out    bool
}

// activity finds the sessions of the message and takes them whole.
func (h *historian) activity(path string, day time.Time, f File) {
	var found []place
	h.lines(path, f, func(offset int64, line []byte) {
		id, _ := mailID(line)
		if !h.has(id) {
			return
		}
		cols := bytes.SplitN(line, []byte{'\t'}, columns)
		if len(cols) < minColumns {
			return
		}
		p := place{offset, sessionKey{string(cols[colSocket]), string(bytes.TrimSpace(cols[colRemote]))}, string(cols[colDirection]) == "SMTP-OU"}
		for i := len(found) - 1; i >= 0 && i >= len(found)-16; i-- {
			if found[i].key == p.key && found[i].out == p.out && offset-found[i].offset < historyWindow/2 {
				return
			}
		}
		if h.hits++; h.hits > maxHistoryHits {
			h.out.Truncated = true
			return
		}
		found = append(found, p)
	})
	for i, p := range found {
		if h.ctx.Err() != nil {
			return
		}
		h.session(path, f, p, len(h.out.Lines)*1000+i+1)
	}
}

// session takes the rows of one session around a place.
func (h *historian) session(path string, f File, p place, group int) {
	from := max(p.offset-historyWindow, 0)
	buf := make([]byte, p.offset-from+historyWindow)
	n, err := f.ReadAt(buf, from)
	if err != nil && !errors.Is(err, io.EOF) {
		h.problem(path, err)
		return
	}
	buf = buf[:n]
	at := from
	if from > 0 { // begin at a whole line
		i := bytes.IndexByte(buf, '\n') + 1
		buf, at = buf[i:], at+int64(i)
	}
	day, _ := LogDate(filepath.Base(path), h.loc)
	parser := NewActivityParser(h.loc, day)
	type taken struct {
		line []byte
		row  Row
	}
	var rows []taken
	for len(buf) > 0 {
		line, rest, _ := bytes.Cut(buf, []byte{'\n'})
		begins := at
		at += int64(len(line) + 1)
		buf = rest
		row, ok := parser.Parse(trimEnd(line))
		if !ok || row.Out != p.out || string(row.Socket) != p.key.socket || string(row.Remote) != p.key.remote {
			continue
		}
		if opens(row) {
			if begins > p.offset {
				break // the next session on this socket
			}
			rows = rows[:0]
		}
		rows = append(rows, taken{trimEnd(line), row})
	}
	in := HandedIn{}
	tries := NewSessions(h.attempt)
	defer tries.Flush()
	for _, t := range rows {
		tries.Add(t.row)
		h.line("Activity", strings.ToUpper(string(t.row.ID)), t.row.Time, group, t.line)
		if !t.row.Out && h.handed(&in, t.row) && h.out.HandedIn == nil {
			done := in
			h.out.HandedIn = &done
		}
	}
}

// attempt keeps an outgoing session's word on the message; the connection may
// have carried others.
func (h *historian) attempt(a Attempt) {
	if h.ids[a.ID] && len(h.out.Attempts) < maxHistoryLines {
		h.out.Attempts = append(h.out.Attempts, a)
	}
}

// opens reports whether a row is the first of its session.
func opens(r Row) bool {
	return len(r.Command) == 0 || bytes.EqualFold(r.Command, []byte("CONN"))
}

// handed follows an incoming session; it reports true where one of the message's
// ids was handed in.
func (h *historian) handed(in *HandedIn, r Row) bool {
	code := replyCode(r.Response)
	if len(r.User) > 0 {
		in.User = toUTF8(bytes.TrimSpace(r.User))
	}
	in.Client = string(r.Remote)
	switch verb(r.Command) {
	case "EHLO", "HELO":
		if f := bytes.Fields(r.Detail); len(f) > 1 {
			in.HELO = toUTF8(f[1])
		}
	case "MAIL":
		in.Sender, in.Recipients, in.Refused = pathOf(r.Detail), nil, 0
	case "RCPT":
		switch {
		case code/100 != 2:
			in.Refused++
		case len(in.Recipients) < 100:
			in.Recipients = append(in.Recipients, pathOf(r.Detail))
		}
	case "DATA":
		in.Time, in.ID = r.Time, strings.ToUpper(string(r.ID))
		return code == 354 && (h.out.ByTime || h.has(r.ID))
	}
	return false
}
