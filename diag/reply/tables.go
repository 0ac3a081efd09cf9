package reply

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"metriage/diag"
)

// addLists makes the zones of the names table and of refs known. A closure date
// of refs counts for the zone it is given for and replaces the table's.
func (c *Classifier) addLists(refs []diag.ListRef) error {
	var errs []error
	at := map[string]int{}
	put := func(l list) {
		if i, ok := at[l.zone]; ok {
			if l.row >= 0 {
				c.lists[i].row = l.row
			}
			c.lists[i].closed = l.closed
			return
		}
		at[l.zone] = len(c.lists)
		c.lists = append(c.lists, l)
	}
	for i := range c.names.rows {
		r := &c.names.rows[i]
		for _, z := range r.Zones {
			put(list{zone: z, id: r.ID, row: i, domain: r.Domain, closed: r.closed})
		}
	}
	for _, z := range c.names.closed {
		closed, err := parseDay(z.Closed)
		if err != nil {
			errs = append(errs, fmt.Errorf("names table: %s: closed %q is no date", z.Zone, z.Closed))
		}
		put(list{zone: z.Zone, row: -1, closed: closed})
	}
	for _, ref := range refs {
		zone := strings.ToLower(strings.TrimSuffix(ref.Zone, "."))
		for strings.HasPrefix(zone, "*.") || strings.HasPrefix(zone, "{") {
			zone = zone[strings.IndexByte(zone, '.')+1:]
		}
		if !isHost(zone) {
			continue // a list that is not asked by DNS
		}
		closed, err := parseDay(ref.Closed)
		if err != nil {
			errs = append(errs, fmt.Errorf("list %q: closed %q is not a date such as 2024-06-05", ref.ID, ref.Closed))
		}
		l := list{zone: zone, id: ref.ID, row: -1, domain: ref.Domain, closed: closed}
		if i, ok := at[zone]; ok {
			l.row = c.lists[i].row
			if closed.IsZero() {
				l.closed = c.lists[i].closed
			} else if l.row >= 0 && contains(c.names.rows[l.row].Merged, zone) {
				l.closed = time.Time{}
			}
		} else if i, ok := c.names.byID[ref.ID]; ok && c.names.rows[i].list() {
			l.row = i
		} else if i := c.names.host(zone); i >= 0 && c.names.rows[i].list() {
			l.row = i
		}
		put(l)
	}
	c.closeRows()
	for i, l := range c.lists {
		n := c.lits.add(l.zone, asZone)
		c.lits.all[n].zone = int32(i)
		if l.row >= 0 {
			c.lits.all[n].word = int32(l.row)
		}
	}
	return errors.Join(errs...)
}

// closeRows takes the closure of a names row from its zones: a list has closed
// when the last of them had.
func (c *Classifier) closeRows() {
	for i := range c.names.rows {
		r := &c.names.rows[i]
		var last time.Time
		open := !r.list()
		for _, l := range c.lists {
			if l.row == i {
				open = open || l.closed.IsZero()
				if l.closed.After(last) {
					last = l.closed
				}
			}
		}
		if !open && !last.IsZero() {
			r.closed = last
		}
	}
}

func parseDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range [...]string{"2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("no date")
}

// addNames makes the signatures of the names table known.
func (c *Classifier) addNames() {
	for i := range c.names.rows {
		r := &c.names.rows[i]
		for _, w := range r.Words {
			c.sign(c.lits.addWords(w), i)
		}
		for _, l := range r.Links {
			c.sign(c.lits.add(l, inLink), i)
		}
		for _, w := range r.Blend {
			n := c.lits.addWords(w)
			c.sign(n, i)
			c.lits.all[n].blend = true
		}
	}
}

// sign notes that a literal is a signature of a names row. Of two rows that
// share one, the first keeps it.
func (c *Classifier) sign(lit int32, row int) {
	if l := &c.lits.all[lit]; l.word < 0 {
		l.word = int32(row)
	}
}
