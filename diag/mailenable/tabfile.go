package mailenable

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// tabRow is one row of a TAB file, told by the brackets in its columns: names
// and columns of these files are not documented, the address forms are.
type tabRow struct {
	columns []string
	// groups are the bracketed addresses in order, each with its column.
	groups []bracket
}

// bracket is one "[SMTP:user@domain]" or "[SF:postoffice/mailbox]".
type bracket struct {
	column    int
	connector string // upper case
	address   string // as written, without the connector
}

const (
	maxTabColumns = 64
	maxTabGroups  = 1000
)

// parseTabRow takes a row apart. ok is false for an empty one.
func parseTabRow(line []byte) (row tabRow, ok bool) {
	if len(bytes.TrimSpace(line)) == 0 {
		return row, false
	}
	text := toUTF8(line)
	for col := range strings.SplitSeq(text, "\t") {
		if len(row.columns) == maxTabColumns {
			break
		}
		row.columns = append(row.columns, strings.TrimSpace(col))
	}
	for i, col := range row.columns {
		for len(row.groups) < maxTabGroups {
			open := strings.IndexByte(col, '[')
			if open < 0 {
				break
			}
			col = col[open+1:]
			end := strings.IndexByte(col, ']')
			if end < 0 {
				break
			}
			if c, a, found := strings.Cut(col[:end], ":"); found && connectorName(c) {
				row.groups = append(row.groups, bracket{i, strings.ToUpper(strings.TrimSpace(c)), strings.TrimSpace(a)})
			}
			col = col[end+1:]
		}
	}
	return row, true
}

// connectorName tells "[SMTP:…]" from an address literal or a time in brackets.
func connectorName(c string) bool {
	c = strings.TrimSpace(c)
	if len(c) < 2 || len(c) > 16 {
		return false
	}
	for i := 0; i < len(c); i++ {
		if l := c[i] | 0x20; l < 'a' || l > 'z' {
			return false
		}
	}
	return !strings.EqualFold(c, "ipv6")
}

// rowKind says what a row is about.
type rowKind uint8

const (
	rowOther    rowKind = iota
	rowMap              // one address is delivered to another place
	rowRedirect         // a mailbox with the addresses it is redirected to
	rowAccess           // an address or range with a right
	rowPlain            // no brackets: a mailbox, group or domain without any
)

func (r *tabRow) kind() rowKind {
	first := -1
	for _, g := range r.groups {
		if first < 0 {
			first = g.column
		}
	}
	switch {
	case first < 0:
		if _, _, ok := r.access(); ok {
			return rowAccess
		}
		return rowPlain
	case len(r.groups) >= 2 && r.groups[0].connector == "SMTP" && r.groups[1].column > r.groups[0].column:
		return rowMap
	case r.redirect():
		return rowRedirect
	}
	return rowOther
}

// redirect reports whether all brackets stand in one column, behind a name.
func (r *tabRow) redirect() bool {
	for _, g := range r.groups {
		if g.column != r.groups[0].column || g.connector != "SMTP" {
			return false
		}
	}
	return r.groups[0].column > 0 && r.columns[0] != ""
}

// status is the redirection status: 0 off, 1 redirect, 2 redirect and keep a
// copy. Its column is not documented, so only the number right before the
// addresses counts; -1 where there is none.
func (r *tabRow) status() int {
	c := r.groups[0].column - 1
	if c < 1 {
		return -1
	}
	n, err := strconv.Atoi(r.columns[c])
	if err != nil || n < 0 || n > 2 {
		return -1
	}
	return n
}

// access reads a row of an access list, "ADDRESS<TAB>1<TAB>CONNECT<TAB>SYSTEM".
func (r *tabRow) access() (pattern, right string, ok bool) {
	if len(r.columns) < 2 || !addressPattern(r.columns[0]) {
		return "", "", false
	}
	for _, c := range r.columns[1:] {
		if u := strings.ToUpper(c); u == "CONNECT" || u == "RELAY" {
			return r.columns[0], u, true
		}
	}
	return "", "", false
}

// addressPattern reports whether s is an address, a network, or an address
// with "*" for octets.
func addressPattern(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	octets := strings.Split(s, ".")
	if len(octets) < 2 || len(octets) > 4 || !strings.Contains(s, "*") {
		return false
	}
	for _, o := range octets {
		if n, err := strconv.Atoi(o); o != "*" && (err != nil || n < 0 || n > 255) {
			return false
		}
	}
	return true
}

// PatternHas reports whether an entry of an access list covers an address.
func PatternHas(pattern string, a netip.Addr) bool {
	a = a.Unmap()
	if p, err := netip.ParseAddr(pattern); err == nil {
		return p.Unmap() == a
	}
	if p, err := netip.ParsePrefix(pattern); err == nil {
		return p.Contains(a)
	}
	if !a.Is4() || !strings.Contains(pattern, "*") {
		return false
	}
	b := a.As4()
	octets := strings.Split(pattern, ".")
	for i := range b {
		o := "*"
		if i < len(octets) {
			o = octets[i]
		}
		if n, err := strconv.Atoi(o); o != "*" && (err != nil || n != int(b[i])) {
			return false
		}
	}
	return true
}
