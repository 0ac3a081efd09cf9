package index

import (
	"cmp"
	"runtime"
	"slices"
	"strings"

	"metriage/diag"
)

// Limits of the search for the log row of an NDR, so that a spam run with
// thousands of alike refusals in ten minutes stays cheap.
const (
	maxLookedAt   = 2000
	maxCandidates = 16
)

// matchSources joins a failure that an NDR reports with the same one in the
// log where their ids differ: MailEnable may requeue a message under a new id.
// Two records are the same where sender, domain, recipient and reply agree and
// they lie at most matchWindow apart; what a source does not know does not
// count against it. Each record is joined once, those that share most and lie
// closest together first.
func (s *snapshot) matchSources(records []record) []record {
	m := matcher{snapshot: s, records: records, logs: map[ref][]int32{}}
	ndr := m.sort()
	if len(ndr) == 0 || len(m.logs) == 0 {
		return records
	}
	pairs := m.pairs(ndr)
	slices.SortFunc(pairs, func(x, y candidate) int {
		if c := cmp.Compare(x.order, y.order); c != 0 {
			return c
		}
		return m.compare(x.log, y.log)
	})
	gone := make([]bool, len(records)) // log records that were joined
	done := make([]bool, len(records)) // NDR records that have theirs
	for _, p := range pairs {
		if !gone[p.log] && !done[p.ndr] {
			gone[p.log], done[p.ndr] = true, true
			records[p.ndr].join(&records[p.log])
		}
	}
	kept := records[:0]
	for i := range records {
		if !gone[i] {
			kept = append(kept, records[i])
		}
	}
	return kept
}

// pairs returns what may be the same of all NDR records; each part of them has
// a goroutine, since comparing only reads.
func (m *matcher) pairs(ndr []int32) []candidate {
	parts := make([][]candidate, min(runtime.GOMAXPROCS(0), 1+len(ndr)/1024))
	var wg diag.Crew
	for p := range parts {
		from, to := p*len(ndr)/len(parts), (p+1)*len(ndr)/len(parts)
		wg.Go(func() {
			var found []candidate
			for place := from; place < to; place++ {
				i := ndr[place]
				found = m.candidates(found, i, place, m.records[i].domain)
				if m.records[i].domain != 0 {
					found = m.candidates(found, i, place, 0)
				}
			}
			parts[p] = found
		})
	}
	wg.Wait()
	return slices.Concat(parts...)
}

// candidate is an NDR and a log record that may be the same failure.
type candidate struct {
	ndr, log int32
	order    uint64 // which candidates are joined first, see rank
}

// rank orders candidates: by how much both know and agree in, which is most
// first, then by the seconds between them, then by the place of the NDR among
// all that are looked for.
func rank(shared, apart, place int) uint64 {
	return uint64(maxShared-shared)<<60 | uint64(apart)<<32 | uint64(place)
}

type matcher struct {
	*snapshot
	records []record
	logs    map[ref][]int32 // by domain, in the order of time; under 0 those whose domain is a guess
}

// sort returns the records that only an NDR reports and puts those that only
// the log does into their lists.
func (m *matcher) sort() (ndr []int32) {
	for i := range m.records {
		r := &m.records[i]
		if r.state != stateFailed && r.state != stateDelayed {
			continue
		}
		switch {
		case r.sources&diag.SourceLog != 0 && r.sources&diag.SourceNDR == 0:
			k := r.domain
			if r.is(recGuessed) {
				k = 0
			}
			m.logs[k] = append(m.logs[k], int32(i))
		case r.sources&diag.SourceNDR != 0 && r.sources&diag.SourceLog == 0:
			ndr = append(ndr, int32(i))
		}
	}
	var wg diag.Crew
	wg.Go(func() { slices.SortFunc(ndr, m.compare) })
	for _, l := range m.logs {
		slices.SortFunc(l, m.compare)
	}
	wg.Wait()
	return ndr
}

// compare orders records by time and then by what never changes.
func (m *matcher) compare(i, j int32) int {
	x, y := &m.records[i], &m.records[j]
	return cmp.Or(cmp.Compare(x.last, y.last), m.snapshot.compare(x, y))
}

// compare orders records by what never changes.
func (s *snapshot) compare(x, y *record) int {
	if c := cmp.Or(s.ids.compare(x.id, y.id, &s.text), cmp.Compare(x.inst, y.inst)); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(s.text.get(x.rcpt), s.text.get(y.rcpt)), strings.Compare(s.text.get(x.domain), s.text.get(y.domain)))
}

// candidates appends the log records of a domain that may be NDR i, which is at
// place, the closest first, as many as are worth comparing.
func (m *matcher) candidates(pairs []candidate, i int32, place int, domain ref) []candidate {
	list := m.logs[domain]
	n := &m.records[i]
	window := int64(matchWindow.Seconds())
	hi, _ := slices.BinarySearchFunc(list, n.last, func(j int32, t uint32) int { return cmp.Compare(m.records[j].last, t) })
	lo := hi - 1
	found := 0
	for looked := 0; looked < maxLookedAt && found < maxCandidates; looked++ {
		before, after := int64(-1), int64(-1)
		if lo >= 0 {
			before = int64(n.last) - int64(m.records[list[lo]].last)
		}
		if hi < len(list) {
			after = int64(m.records[list[hi]].last) - int64(n.last)
		}
		var j int32
		apart := after
		switch {
		case before >= 0 && (after < 0 || before <= after):
			j, apart = list[lo], before
			lo--
		case after >= 0:
			j = list[hi]
			hi++
		default:
			return pairs
		}
		if apart > window {
			return pairs
		}
		if l := &m.records[j]; m.same(n, l) {
			pairs = append(pairs, candidate{i, j, rank(shared(n, l), int(apart), place)})
			found++
		}
	}
	return pairs
}

func (m *matcher) same(n, l *record) bool {
	if n.inst != l.inst || n.state != l.state {
		return false
	}
	if n.sources&l.sources != 0 {
		return false // the queue knows both, under different ids
	}
	if n.is(recSent) && l.is(recSent) && n.sender != l.sender {
		return false
	}
	if n.rcpt != 0 && l.rcpt != 0 && n.rcpt != l.rcpt && !n.is(recQuoted) {
		return false
	}
	if n.raw == 0 || l.raw == 0 {
		// A delay notice need not quote the reply.
		return n.state == stateDelayed
	}
	return n.raw == l.raw || m.memo.line(n.raw, &m.text).Agrees(m.memo.line(l.raw, &m.text))
}

// maxShared is the most that shared returns.
const maxShared = 7

// shared counts what both records know; same has made sure that they agree.
func shared(n, l *record) int {
	s := 0
	if n.rcpt != 0 && n.rcpt == l.rcpt {
		s += 4
	}
	if n.is(recSent) && l.is(recSent) {
		s += 2
	}
	if !l.is(recGuessed) {
		s++
	}
	return s
}

// join takes what the log knows into the record of the NDR.
func (r *record) join(l *record) {
	r.sources |= l.sources
	r.attempts = max(r.attempts, l.attempts)
	r.first = min(r.first, l.first)
	r.last = max(r.last, l.last)
	if l.is(recSent) {
		r.sender = l.sender
		r.flags |= recSent
	}
	if r.is(recQuoted) && l.rcpt != 0 {
		r.rcpt = l.rcpt
		r.flags &^= recQuoted
	}
	r.logged = l.logged
	keep(&r.rcpt, l.rcpt)
	if l.subject != 0 {
		r.subject = l.subject
	}
	keep(&r.host, l.host)
	keep(&r.remote, l.remote)
	keep(&r.own, l.own)
	if l.stage != 0 {
		r.stage = l.stage
	}
	r.flags |= l.flags & recWaiting
}
