package index

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf16"

	"metriage/diag"
)

// FactsVersion is the version of the form in which facts are written: JSON
// lines, of which the first is a header and the last says how many there were.
const FactsVersion = 1

// factLine is one line of facts: exactly one field is set.
type factLine struct {
	Header   *factHeader   `json:"capsule,omitempty"`
	Record   *factRecord   `json:"record,omitempty"`
	Accepted *factAccepted `json:"accepted,omitempty"`
	End      *factEnd      `json:"end,omitempty"`
}

// factHeader is what was counted of files, and who we are.
type factHeader struct {
	Version       int                      `json:"version"`
	Made          time.Time                `json:"made"`
	Redacted      bool                     `json:"redacted"`
	Totals        diag.Totals              `json:"totals"`
	Installations []diag.InstallationCount `json:"installations"`
	Problems      []diag.Problem           `json:"problems"`
	HELO          []Seen[string]           `json:"helo"`
}

// factRecord is one recipient that was refused, waits, or was accepted after a
// refusal. Times are Unix seconds.
type factRecord struct {
	State        string `json:"state"` // waiting, delayed, failed, accepted
	ID           string `json:"id,omitempty"`
	Recipient    string `json:"recipient,omitempty"`
	Domain       string `json:"domain,omitempty"`
	Sender       string `json:"sender,omitempty"`
	Sent         bool   `json:"sent,omitempty"` // the sender is known
	Account      string `json:"account,omitempty"`
	Subject      string `json:"subject,omitempty"`
	Reply        string `json:"reply,omitempty"`
	Host         string `json:"host,omitempty"`
	Own          string `json:"own,omitempty"`
	Remote       string `json:"remote,omitempty"`
	Cause        string `json:"cause,omitempty"`
	Named        string `json:"named,omitempty"`
	Provider     string `json:"provider,omitempty"`
	Print        uint64 `json:"print,omitempty"` // of the kind of reply
	First        uint32 `json:"first,omitempty"`
	Last         uint32 `json:"last,omitempty"`
	Attempts     uint16 `json:"attempts,omitempty"`
	Installation uint16 `json:"installation,omitempty"`
	Sources      uint8  `json:"sources,omitempty"`
	Stage        string `json:"stage,omitempty"`
	Flags        uint8  `json:"flags,omitempty"`
	Since        uint32 `json:"since,omitempty"` // it waits in the queue
}

// factAccepted is what was accepted without more ado of one kind: At are Unix
// seconds, each less the one before it.
type factAccepted struct {
	Domain       string   `json:"domain,omitempty"`
	Sender       string   `json:"sender,omitempty"`
	Sent         bool     `json:"sent,omitempty"`
	Account      string   `json:"account,omitempty"`
	Host         string   `json:"host,omitempty"`
	Own          string   `json:"own,omitempty"`
	Remote       string   `json:"remote,omitempty"`
	HELO         string   `json:"helo,omitempty"`
	Installation uint16   `json:"installation,omitempty"`
	At           []uint32 `json:"at"`
}

// factEnd tells a whole file from one that was cut off.
type factEnd struct {
	Records  int `json:"records"`
	Accepted int `json:"accepted"`
}

// states are the words for how a recipient stands.
var states = [...]string{stateNone: "waiting", stateDelayed: "delayed", stateFailed: "failed", stateAccepted: "accepted"}

// Redaction hides what names people in facts that leave the house; nil hides
// nothing.
type Redaction struct {
	// Text hides the local parts of mail addresses.
	Text func(string) string
	// Folder hides the names of mailboxes in the name of a folder or file below
	// a root.
	Folder func(string) string
}

// WriteFacts writes everything that the view rests on, for another machine to
// open with OpenFacts. Paths lose their roots. The messages of the queue are
// counted but not written.
func (v *View) WriteFacts(w io.Writer, made time.Time, hide *Redaction) error {
	text, folder := func(s string) string { return s }, func(s string) string { return s }
	if hide != nil {
		text, folder = hide.Text, hide.Folder
	}
	out := bufio.NewWriter(w)
	enc := lineWriter{out}
	end := factEnd{}
	h := &factHeader{Version: FactsVersion, Made: made.UTC(), Redacted: hide != nil, Totals: v.report.Totals, HELO: v.HELONames()}
	for _, in := range v.report.Installations {
		c := diag.InstallationCount{FoundBy: in.FoundBy}
		for _, f := range in.Folders {
			c.Folders = append(c.Folders, diag.FolderCount{Name: folder(f.Name), Path: folder(f.Name), Files: f.Files, Unreadable: f.Unreadable})
		}
		h.Installations = append(h.Installations, c)
	}
	for _, p := range v.report.Problems {
		h.Problems = append(h.Problems, diag.Problem{Path: folder(v.belowRoot(p.Path)), What: text(p.What)})
	}
	if err := enc.Encode(factLine{Header: h}); err != nil {
		return err
	}
	for i := range v.merged.records {
		f := v.factOf(&v.merged.records[i])
		if hide != nil {
			f.Subject = ""
			for _, s := range []*string{&f.ID, &f.Recipient, &f.Sender, &f.Reply} {
				*s = text(*s)
			}
		}
		if err := enc.Encode(factLine{Record: &f}); err != nil {
			return err
		}
		end.Records++
	}
	times := make([][]uint32, v.snap.commons.len())
	v.eachAccepted(func(a *acceptance) { times[a.common] = append(times[a.common], a.when) })
	for i, at := range times {
		if len(at) == 0 {
			continue
		}
		end.Accepted += len(at)
		c := v.snap.commons.at(uint32(i))
		f := factAccepted{
			Domain: v.text(c.domain), Sender: text(v.text(c.sender)), Sent: c.sent, Account: v.text(c.account), Host: v.text(c.host),
			Own: v.text(c.own), Remote: v.text(c.remote), HELO: v.text(c.helo), Installation: c.inst, At: at,
		}
		slices.Sort(at)
		for k := len(at) - 1; k > 0; k-- {
			at[k] -= at[k-1]
		}
		if err := enc.Encode(factLine{Accepted: &f}); err != nil {
			return err
		}
	}
	if err := enc.Encode(factLine{End: &end}); err != nil {
		return err
	}
	return out.Flush()
}

// lineWriter writes lines in ASCII: whatever mail and servers said, nothing in
// them acts on a terminal.
type lineWriter struct{ w *bufio.Writer }

// Encode writes one line.
func (l lineWriter) Encode(v factLine) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, _ = l.w.Write(ASCII(b)) // an error stays until Flush
	return l.w.WriteByte('\n')
}

// ASCII writes what is beyond ASCII in JSON as escapes.
func ASCII(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		switch {
		case r < 0x7F:
			out = append(out, byte(r))
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// factOf is a record with its texts.
func (v *View) factOf(r *record) factRecord {
	a := v.snap.answers.at(r.answer)
	f := factRecord{
		State: states[r.state], ID: v.snap.ids.get(r.id, &v.snap.text), Recipient: v.text(r.rcpt), Domain: v.text(r.domain),
		Sender: v.text(r.sender), Sent: r.is(recSent), Account: v.text(r.account), Subject: v.text(r.subject), Reply: v.text(r.raw),
		Host: v.text(r.host), Own: v.text(r.own), Remote: v.text(r.remote),
		Cause: string(a.cause), Named: a.named, Provider: a.provider, Print: a.print,
		First: r.first, Last: r.last, Attempts: r.attempts, Installation: r.inst, Sources: uint8(r.sources),
		Stage: string(stages[r.stage]), Flags: uint8(r.flags),
	}
	if r.is(recWaiting) {
		v.mu.Lock()
		f.Since = v.queuedSince(r)
		v.mu.Unlock()
	}
	return f
}

// FactsError says what is wrong with facts that were to be opened.
type FactsError struct {
	Line int // from 1
	What string
}

func (e *FactsError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }
