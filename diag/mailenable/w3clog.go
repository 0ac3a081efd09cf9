package mailenable

import (
	"bytes"
	"strings"
	"time"
)

// W3CParser turns lines of a W3C log of the SMTP service ("exYYMMDD.log") into
// the rows of the Activity log, of which it is a replica (vendor article
// ME020170), for servers where the Activity log is off. Such rows have neither
// message ids nor subjects. Blanks are written as "+" there, so a real "+" of
// an address reads as a blank and is put back only inside angle brackets.
//
// Its #Fields lines name the columns and are heeded; until one comes, the usual
// order holds. Times are taken for those of the log's time zone, as in the
// Activity log.
type W3CParser struct {
	clock  logClock
	fields [w3cColumns]int8 // column by meaning, -1 for none
	buf    [5][]byte
}

// Meanings of W3C columns.
const (
	w3cDate = iota
	w3cTime
	w3cClient
	w3cAgent
	w3cAccount
	w3cMethod
	w3cStem
	w3cQuery
	w3cUser
	w3cColumns
)

// w3cNames are the names of the columns.
var w3cNames = map[string]int{
	"date": w3cDate, "time": w3cTime, "c-ip": w3cClient, "agent": w3cAgent, "account": w3cAccount,
	"cs-method": w3cMethod, "cs-uristem": w3cStem, "cs-uri-stem": w3cStem, "cs-uriquery": w3cQuery, "cs-uri-query": w3cQuery,
	"cs-username": w3cUser,
}

// NewW3CParser returns a parser for a log written in the time zone loc. day is
// what W3CDate says of the file's name, or zero.
func NewW3CParser(loc *time.Location, day time.Time) *W3CParser {
	p := &W3CParser{clock: logClock{loc: loc, day: day}}
	// date time c-ip agent account s-ip s-port cs-method cs-uristem cs-uriquery s-computername sc-bytes cs-bytes cs-username
	p.fields = [w3cColumns]int8{0, 1, 2, 3, 4, 7, 8, 9, 13}
	return p
}

// Parse reads one line. ok is false for lines that are no rows.
func (p *W3CParser) Parse(line []byte) (row Row, ok bool) {
	if len(line) > 0 && line[0] == '#' {
		if rest, found := bytes.CutPrefix(line, []byte("#Fields:")); found {
			p.heed(rest)
		}
		return row, false
	}
	var cols [32][]byte
	n := 0
	for rest := line; n < len(cols); n++ {
		i := bytes.IndexByte(rest, ' ')
		if i < 0 {
			cols[n] = rest
			n++
			break
		}
		cols[n], rest = rest[:i], rest[i+1:]
	}
	at := func(f int) []byte {
		if c := p.fields[f]; c >= 0 && int(c) < n && !bytes.Equal(cols[c], []byte{'-'}) {
			return cols[c]
		}
		return nil
	}
	switch agent := at(w3cAgent); {
	case bytes.EqualFold(agent, []byte("SMTP-OU")):
		row.Out = true
	case !bytes.EqualFold(agent, []byte("SMTP-IN")):
		return row, false
	}
	stamp := p.buf[0][:0]
	stamp = append(append(append(stamp, at(w3cDate)...), ' '), at(w3cTime)...)
	p.buf[0] = stamp
	if row.Time, _, ok = p.clock.split(stamp); !ok {
		return row, false
	}
	row.Remote = at(w3cClient)
	row.Socket = row.Remote // the only thing that tells sessions apart
	row.Command = at(w3cMethod)
	row.Response = p.blanks(1, at(w3cQuery))
	row.Detail = p.blanks(2, at(w3cStem))
	row.hideSecrets()
	if !row.Out {
		row.User = at(w3cUser)
	}
	return row, true
}

// heed takes the columns from a #Fields line.
func (p *W3CParser) heed(names []byte) {
	for i := range p.fields {
		p.fields[i] = -1
	}
	i := int8(0)
	for f := range bytes.FieldsSeq(names) {
		if k, ok := w3cNames[strings.ToLower(string(f))]; ok {
			p.fields[k] = i
		}
		if i++; i == 32 {
			return
		}
	}
}

// blanks writes "+" as blanks, outside of angle brackets.
func (p *W3CParser) blanks(n int, b []byte) []byte {
	out := p.buf[n][:0]
	inside := false
	for _, c := range b {
		switch {
		case c == '<':
			inside = true
		case c == '>':
			inside = false
		case c == '+' && !inside:
			c = ' '
		}
		out = append(out, c)
	}
	p.buf[n] = out
	return out
}

// IsW3CLog reports whether name is that of a W3C log, "exYYMMDD.log".
func IsW3CLog(name string) bool {
	_, ok := W3CDate(name, time.UTC)
	return ok
}

// W3CDate returns the day that the name of a W3C log gives.
func W3CDate(name string, loc *time.Location) (time.Time, bool) {
	if len(name) != len("exYYMMDD.log") || !hasPrefixFold(name, "ex") || !strings.EqualFold(name[8:], ".log") {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation("060102", name[2:8], loc)
	return t, err == nil
}
