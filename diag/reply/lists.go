package reply

import (
	"strings"
	"time"

	"metriage/diag"
)

// listsNamed counts the lists that the reply names: those that live and those
// that had closed at the time, those of domains and of addresses.
func (c *Classifier) listsNamed(s *subject, at time.Time) (live, dead, domain, ip int) {
	if s.counted {
		return s.live, s.dead, s.domains, s.addresses
	}
	defer func() { s.counted, s.live, s.dead, s.domains, s.addresses = true, live, dead, domain, ip }()
	for i := range c.names.rows {
		r := &c.names.rows[i]
		if !r.list() || !hasBit(s.named, i) {
			continue
		}
		count(r.dead(at) || c.deadZones(s, i, at), r.Domain, &live, &dead, &domain, &ip)
	}
	for _, l := range s.lists {
		if e := &c.lists[l]; e.row < 0 {
			count(hadClosed(e.closed, at), e.domain, &live, &dead, &domain, &ip)
		}
	}
	return live, dead, domain, ip
}

// deadZones reports whether the reply names zones of a names row and all of them
// had closed: a list may live on without the zones it once had.
func (c *Classifier) deadZones(s *subject, row int, at time.Time) bool {
	found := false
	for _, l := range s.lists {
		if e := &c.lists[l]; e.row == row {
			if !hadClosed(e.closed, at) {
				return false
			}
			found = true
		}
	}
	return found
}

func count(isDead, isDomain bool, live, dead, domain, ip *int) {
	if isDead {
		*dead++
	} else {
		*live++
	}
	if isDomain {
		*domain++
	} else {
		*ip++
	}
}

// hadClosed reports whether a list with the given closure had closed at a time;
// the zero time lies after every closure, a zero closure is none.
func hadClosed(closed, at time.Time) bool {
	return !closed.IsZero() && (at.IsZero() || !at.Before(closed))
}

// listVerdict fills in the zone and the answer code that the reply quotes.
func (c *Classifier) listVerdict(v *diag.Verdict, s *subject) {
	switch v.Cause {
	case diag.CauseBlacklistIP, diag.CauseBlacklistDomain, diag.CauseReceiverFault, diag.CauseReputationIP, diag.CauseReputationDomain,
		diag.CausePTRGeneric, diag.CauseHELO, diag.CausePolicy, diag.CauseNoPTR, diag.CauseContentSpam, diag.CauseOpenRelay:
	default:
		return
	}
	// The longest zone, but one of the named list before others.
	own := false
	for _, l := range s.lists {
		e := &c.lists[l]
		named := e.row >= 0 && c.names.sameList(c.names.rows[e.row].ID, v.Named)
		if named && !own || named == own && len(e.zone) > len(v.ListZone) {
			v.ListZone, own = e.zone, named
		}
	}
	if v.ListZone == "" {
		v.ListZone = c.saidZone(s)
	}
	v.ListCode = listCode(s.text)
}

// saidZone returns the host name that stands where a list is named, "" where
// none does: "blocked using rbl.example.net", for a list that no table knows.
func (c *Classifier) saidZone(s *subject) string {
	for _, p := range s.spans {
		if p.kind != spanHost {
			continue
		}
		before := fold(s.text[max(0, p.from-24):p.from])
		before = strings.TrimRight(before, "([<:")
		for _, w := range [...]string{"blockedusing", "rejectedusing", "listedat", "listedin", "listedon", "listedby", "foundin", "foundat", "blockedby",
			"rejectedby", "dnsbl", "rbl", "blacklist", "blocklist", "blacklistedby", "blacklistedat", "blacklistedin", "refusedby", "deniedby", "dnsblsuchas", "blocklistat"} {
			if strings.HasSuffix(before, w) {
				h := strings.ToLower(s.text[p.from:p.to])
				if i := c.names.host(h); i < 0 || c.names.rows[i].list() {
					return h
				}
			}
		}
	}
	return ""
}

// listCode returns the "127.0.0.N" that a reply quotes as a list's answer.
func listCode(s string) string {
	for from := 0; ; {
		i := strings.Index(s[from:], "127.")
		if i < 0 {
			return ""
		}
		i += from
		j := i
		for j < len(s) && (asciiDigit(s[j]) || s[j] == '.' && j+1 < len(s) && asciiDigit(s[j+1])) {
			j++
		}
		from = j
		if code := s[i:j]; strings.Count(code, ".") == 3 && (i == 0 || !alnum(s[i-1]) && s[i-1] != '.') {
			return code
		}
	}
}

// maxListed is how many lists of different operators a reply may name before
// it is a text that names every list there is.
const maxListed = 2

// listRow returns the list that the reply names, -1 where it names none, or so
// many that it says nothing. Of several lists of one operator the one most
// exactly said counts, the answer code before the words.
func (c *Classifier) listRow(s *subject, at time.Time) int {
	t := c.names
	code := listCode(s.text)
	live, dead, _, _ := c.listsNamed(s, at)
	best, families, specific := -1, 0, 0
	var seen [16]string
	for i := range t.rows {
		r := &t.rows[i]
		if !r.list() || !hasBit(s.named, i) || live > 0 && dead > 0 && (r.dead(at) || c.deadZones(s, i, at)) {
			continue
		}
		family := r.Family
		if family == "" {
			family = r.ID
		}
		if !contains(seen[:min(families, len(seen))], family) {
			if families < len(seen) {
				seen[families] = family
			}
			families++
		}
		switch {
		case best < 0:
			best = i
		case r.Family != "" && r.Family == t.rows[best].Family:
			if t.rows[best].General {
				best = i
			} else if !r.General {
				specific++
				// CSS is a part of the SBL and is named together with it.
				if r.ID == "spamhaus-css" {
					best = i
					specific--
				}
			}
		case s.zoneList >= 0 && c.lists[s.zoneList].row == i:
			best = i
		}
	}
	if best < 0 {
		return -1
	}
	if families > maxListed && s.zoneList < 0 {
		return -1
	}
	if families > maxListed {
		best = c.lists[s.zoneList].row
		if best < 0 || len(s.lists) > maxListed+1 {
			return -1
		}
	}
	if f := t.rows[best].Family; f != "" && code != "" {
		for i := range t.rows {
			if t.rows[i].Family == f && t.rows[i].Codes[code] != "" {
				return t.byID[t.rows[i].Codes[code]]
			}
		}
	}
	if f := t.rows[best].Family; f != "" && (specific > 0 || s.blend) {
		for i := range t.rows {
			if t.rows[i].Family == f && t.rows[i].General {
				return i
			}
		}
	}
	return best
}
