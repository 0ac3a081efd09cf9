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
// whether mail is accepted again, and since when.
func (v *View) After(since map[string]time.Time) map[string]Recovery {
	type mark struct {
		from, first, refused uint32
		n                    int
	}
	marks := make(map[string]*mark, len(since))
	for domain, t := range since {
		marks[domain] = &mark{from: moment(t)}
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
	accepted := func(m *mark, when uint32) {
		if m == nil || when <= m.from {
			return
		}
		m.n++
		if m.first == 0 || when < m.first {
			m.first = when
		}
	}
	for i := range v.merged.records {
		r := &v.merged.records[i]
		switch r.state {
		case stateAccepted:
			accepted(of(r.domain), r.last)
		case stateFailed:
			if m := of(r.domain); m != nil && r.last > max(m.from, m.refused) && !v.cause(r).RecipientSide() {
				m.refused = r.last
			}
		}
	}
	commons := &v.snap.commons
	v.eachAccepted(func(a *acceptance) { accepted(of(commons.at(a.common).domain), a.when) })
	out := make(map[string]Recovery, len(marks))
	for domain, m := range marks {
		out[domain] = Recovery{fromUnix(m.first), m.n, fromUnix(m.refused)}
	}
	return out
}
