package index

import "time"

// Recovery is what became of a destination after a moment.
type Recovery struct {
	// First is the first delivery accepted after it, zero for none, and
	// Accepted how many there were.
	First    time.Time
	Accepted int
	// Refused is the last refusal after it whose cause does not lie with the
	// recipient's address, zero for none.
	Refused time.Time
}

// After returns what became of destinations, by key, after a moment of each:
// whether mail is accepted again, and since when. Mail from an own address that
// the destination took all the time while it refused others proves nothing and
// does not count.
func (v *View) After(since map[string]time.Time) map[string]Recovery {
	marks := make(map[string]*mark, len(since))
	for domain, t := range since {
		marks[domain] = &mark{from: moment(t), untouched: map[ref]bool{}}
	}
	byRef := map[ref]*mark{}
	of := func(domain ref) *mark {
		m, ok := byRef[domain]
		if !ok {
			m = marks[domainKey(v.text(domain))]
			byRef[domain] = m
		}
		return m
	}
	for i := range v.merged.records {
		r := &v.merged.records[i]
		if r.state != stateFailed {
			continue
		}
		if m := of(r.domain); m != nil && !v.cause(r).RecipientSide() {
			m.refuse(r.own, r.last)
		}
	}
	accepted := func(visit func(m *mark, own ref, when uint32)) {
		for i := range v.merged.records {
			if r := &v.merged.records[i]; r.state == stateAccepted {
				visit(of(r.domain), r.own, r.last)
			}
		}
		v.eachAccepted(func(a *acceptance) {
			c := v.snap.commons.at(a.common)
			visit(of(c.domain), c.own, a.when)
		})
	}
	accepted((*mark).passing)
	accepted((*mark).accept)
	out := make(map[string]Recovery, len(marks))
	for domain, m := range marks {
		out[domain] = Recovery{fromUnix(m.first), m.n, fromUnix(m.refused)}
	}
	return out
}

// mark is what became of one destination after from.
type mark struct {
	from, first, refused uint32
	n                    int
	began                uint32 // first refusal of all, 0 for none
	// untouched says of own addresses that were seen whether the destination took
	// them all the time: true where it did and never refused them. Where a
	// refusal is of an unknown address, which may be any, none is.
	untouched map[ref]bool
	unnamed   bool
}

func (m *mark) refuse(own ref, when uint32) {
	if m.began == 0 || when < m.began {
		m.began = when
	}
	m.untouched[own] = false
	m.unnamed = m.unnamed || own == 0
	if when > max(m.from, m.refused) {
		m.refused = when
	}
}

// passing notes that mail from own was taken while that from others was refused.
func (m *mark) passing(own ref, when uint32) {
	if m == nil || own == 0 || m.began == 0 || when <= m.began || when > m.from {
		return
	}
	if _, known := m.untouched[own]; !known {
		m.untouched[own] = true
	}
}

func (m *mark) accept(own ref, when uint32) {
	if m == nil || when <= m.from || m.untouched[own] && !m.unnamed {
		return
	}
	m.n++
	if m.first == 0 || when < m.first {
		m.first = when
	}
}
