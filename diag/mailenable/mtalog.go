package mailenable

import (
	"bytes"
	"strings"
	"time"
)

// MTARow is one line of an MTA-Activity log: a message that was routed from one
// connector to another.
type MTARow struct {
	Time   time.Time
	ID     string // upper case
	From   string // connector it came from, "SMTP"
	Sender string
	Sent   bool // the line names sender and receiver
	// To is where it goes: "SF:postoffice/mailbox" or an address elsewhere.
	To   string
	How  string // "Mapped Literal", as written
	Text string
}

// MTAParser turns lines of an MTA-Activity log into rows.
type MTAParser struct{ clock logClock }

// NewMTAParser returns a parser for a log written in the time zone loc. day is
// what LogDate says of the file's name, or zero.
func NewMTAParser(loc *time.Location, day time.Time) *MTAParser {
	return &MTAParser{clock: logClock{loc: loc, day: day}}
}

// Parse reads a line such as
// "MM/DD/YY HH:MM:SS<TAB>[ID.MAI] from (SMTP) [SMTP:a@b]->[SF:po/mailbox] Mapped Literal".
// ok is false for others.
func (p *MTAParser) Parse(line []byte) (r MTARow, ok bool) {
	t, rest, ok := p.clock.split(line)
	if !ok {
		return r, false
	}
	id, end := mailID(rest)
	if id == nil {
		return r, false
	}
	r.Time, r.ID, r.Text = t, strings.ToUpper(string(id)), toUTF8(bytes.TrimSpace(rest))
	b := rest[end:]
	if i := bytes.Index(b, []byte("from (")); i >= 0 {
		if j := bytes.IndexByte(b[i:], ')'); j > 0 {
			r.From = toUTF8(b[i+len("from (") : i+j])
		}
	}
	arrow := bytes.Index(b, []byte("]->["))
	if arrow < 0 {
		return r, true
	}
	if i := bytes.LastIndexByte(b[:arrow], '['); i >= 0 {
		r.Sender = connectorAddress(toUTF8(b[i+1 : arrow]))
	}
	r.Sent = true
	b = b[arrow+len("]->["):]
	to, how, _ := bytes.Cut(b, []byte{']'})
	r.To, r.How = connectorAddress(toUTF8(to)), toUTF8(bytes.TrimSpace(how))
	return r, true
}

// IsMTALog reports whether name is that of an MTA-Activity log.
func IsMTALog(name string) bool {
	return hasPrefixFold(name, "MTA-Activity-") && strings.EqualFold(name[len(name)-4:], ".log")
}
