package mailenable

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// HistoryQuery asks for everything that the logs tell of a message.
type HistoryQuery struct {
	IDs []string // message ids, as a failure or a queue file has them
	// From and To are when it happened; logs of the day before From and of the
	// day after To are searched too. Zero for not known: then the newest logs
	// are.
	From, To time.Time
	// Sender, Recipient, Client (who handed it in) and Remote (who was delivered
	// to), as far as they are known, find it in logs without message ids.
	Sender, Recipient string
	SenderKnown       bool // it tells the null sender from an unknown one
	Client, Remote    string
}

// History is what the logs tell of a message. Credentials are taken out.
type History struct {
	Lines []HistoryLine // by time, whole sessions together
	// IDs are those asked for and those that the message had before and after.
	IDs   []string
	Links []IDLink
	// HandedIn is the session in which the message came in, nil where the logs
	// do not show it.
	HandedIn *HandedIn
	// Attempts are the outgoing sessions of the message, one for each recipient,
	// oldest first.
	Attempts []Attempt
	// ByTime says that sessions were found by time, client and addresses alone,
	// in logs without message ids: they may be another message's.
	ByTime    bool
	Files     []string // that were searched
	Truncated bool     // there is more than is returned, or not all was searched
	Problems  []diag.Problem
}

// HistoryLine is one line of a log.
type HistoryLine struct {
	Time   time.Time
	Source string // "Activity", "Debug", "MTA", "W3C"
	ID     string
	Text   string // the line, made harmless for a terminal
	group  int    // session
}

// IDLink says that a message went on under another id.
type IDLink struct {
	From, To, Domain string
	Time             time.Time
}

// HandedIn is who handed a message in.
type HandedIn struct {
	Time       time.Time
	ID         string
	Client     string // address
	HELO       string
	User       string // signed in, "" for nobody
	Sender     string
	Recipients []string // that were accepted, at most 100
	Refused    int      // that were not
}

// Limits of a history.
const (
	maxHistoryFiles = 12
	maxHistoryIDs   = 32
	maxHistoryHits  = 64 // sessions
	maxHistoryLines = 2000
	historyWindow   = 1 << 20 // bytes of log around a session's row
)

// History reads the logs for a message: it is asked for on demand and reads as
// much as the query's days hold.
func (in Installation) History(ctx context.Context, fsys FS, loc *time.Location, q HistoryQuery) (History, error) {
	h := &historian{ctx: ctx, fsys: fsys, loc: loc, q: q, ids: map[string]bool{}}
	for _, id := range q.IDs {
		h.add(id)
	}
	if len(h.ids) == 0 && q.Recipient == "" && q.Remote == "" && !q.SenderKnown {
		return h.out, errors.New("the message id is not known")
	}
	layout := in.Layout(fsys)
	var smtp, mta []string
	smtp = layout.LogDirs
	for _, d := range smtp {
		mta = append(mta, sibling(fsys, d, "MTA"))
	}
	// Links first: the sessions are then looked for under all ids.
	for range 2 {
		before := len(h.ids)
		h.out.Lines = nil
		h.each(smtp, IsDebugLog, h.debug)
		h.each(mta, IsMTALog, h.mta)
		if len(h.ids) == before {
			break
		}
	}
	h.each(smtp, IsActivityLog, h.activity)
	if h.hits == 0 {
		h.each(smtp, IsW3CLog, h.w3c)
	}
	h.finish()
	return h.out, ctx.Err()
}

type historian struct {
	ctx  context.Context
	fsys FS
	loc  *time.Location
	q    HistoryQuery
	ids  map[string]bool
	out  History
	hits int
}

func (h *historian) add(id string) {
	id = strings.ToUpper(strings.Trim(strings.TrimSpace(id), "<>[]"))
	if len(id) > len(".MAI") && IsMail(id) && len(h.ids) < maxHistoryIDs {
		h.ids[id] = true
	}
}

func (h *historian) has(id []byte) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	var up [64]byte
	for i, c := range id {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		up[i] = c
	}
	return h.ids[string(up[:len(id)])]
}

// sibling is the folder beside dir.
func sibling(fsys FS, dir, name string) string {
	parent := filepath.Dir(dir)
	d, err := fsys.OpenDir(parent)
	if err != nil {
		return ""
	}
	defer d.Close()
	if c, err := Child(d, name); err == nil && c != "" {
		return filepath.Join(parent, c)
	}
	return ""
}

// each reads the logs of dirs that the query's days name, newest last.
func (h *historian) each(dirs []string, is func(string) bool, read func(path string, day time.Time, f File)) {
	for _, dir := range dirs {
		if dir == "" || h.ctx.Err() != nil {
			continue
		}
		d, err := h.fsys.OpenDir(dir)
		if err != nil {
			h.problem(dir, err)
			continue
		}
		for _, name := range h.choose(d, is) {
			if h.ctx.Err() != nil {
				break
			}
			path := filepath.Join(dir, name)
			f, err := d.Open(name)
			if err != nil {
				h.problem(path, err)
				continue
			}
			if !slices.Contains(h.out.Files, path) {
				h.out.Files = append(h.out.Files, path)
			}
			day, _ := h.day(name)
			read(path, day, LogText(f))
			_ = f.Close()
		}
		_ = d.Close()
	}
}

func (h *historian) choose(d Dir, is func(string) bool) []string {
	var names []string
	err := d.List(func(e Entry) bool {
		if !e.Regular || !is(e.Name) {
			return true
		}
		if day, ok := h.day(e.Name); ok && !h.q.From.IsZero() {
			to := h.q.To
			if to.Before(h.q.From) {
				to = h.q.From
			}
			// A log is rolled at the first event after midnight, so a day's
			// events may lie in the log of the day before.
			if day.Before(h.q.From.AddDate(0, 0, -2)) || day.After(to.AddDate(0, 0, 1)) {
				return true
			}
		}
		names = append(names, e.Name)
		return true
	})
	if err != nil {
		h.problem("", err)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, _ := h.day(a)
		y, _ := h.day(b)
		if c := x.Compare(y); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	if over := len(names) - maxHistoryFiles; over > 0 {
		h.out.Truncated = true
		names = names[over:]
	}
	return names
}

// day is what the name of a log says of its day.
func (h *historian) day(name string) (time.Time, bool) {
	if day, ok := W3CDate(name, h.loc); ok {
		return day, true
	}
	return LogDate(name, h.loc)
}

func (h *historian) problem(path string, err error) {
	if len(h.out.Problems) < 20 {
		h.out.Problems = append(h.out.Problems, diag.Problem{Path: path, What: Why(err)})
	}
}

// lines calls visit for every line of f with its offset.
func (h *historian) lines(path string, f io.Reader, visit func(offset int64, line []byte)) {
	r := bufio.NewReaderSize(f, maxLogLine)
	var offset int64
	long := false
	for n := 0; ; n++ {
		if n%4096 == 0 && h.ctx.Err() != nil {
			return
		}
		line, err := r.ReadSlice('\n')
		if !long && len(line) > 0 {
			visit(offset, trimEnd(bytes.TrimPrefix(line, []byte(utf8BOM))))
		}
		offset += int64(len(line))
		long = errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !long {
			if !errors.Is(err, io.EOF) {
				h.problem(path, err)
			}
			return
		}
	}
}

func trimEnd(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

func (h *historian) finish() {
	slices.SortStableFunc(h.out.Lines, func(a, b HistoryLine) int {
		if a.group == b.group && a.group != 0 {
			return 0
		}
		return a.Time.Compare(b.Time)
	})
	for id := range h.ids {
		h.out.IDs = append(h.out.IDs, id)
	}
	slices.Sort(h.out.IDs)
	slices.SortStableFunc(h.out.Attempts, func(a, b Attempt) int { return a.Time.Compare(b.Time) })
}
