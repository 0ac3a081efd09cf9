package index

import (
	"cmp"
	"slices"

	"metriage/diag"
	"metriage/diag/reply"
)

// matchSources joins a failure that an NDR reports with the same one in the
// log where their ids differ: MailEnable may requeue a message under a new id.
// Two records are the same where sender, domain, recipient and reply agree and
// they lie at most matchWindow apart; what a source does not know does not
// count against it. Each record is joined once.
func (b *build) matchSources(s snapshot) {
	m := matcher{build: b, text: s.text, parsed: map[ref]diag.Reply{}}
	var ndr, log []int32
	for i := range b.records {
		r := &b.records[i]
		if r.state != stateFailed && r.state != stateDelayed {
			continue
		}
		switch {
		case r.sources&diag.SourceLog != 0 && r.sources&diag.SourceNDR == 0:
			log = append(log, int32(i))
		case r.sources&diag.SourceNDR != 0 && r.sources&diag.SourceLog == 0:
			ndr = append(ndr, int32(i))
		}
	}
	if len(ndr) == 0 || len(log) == 0 {
		return
	}
	byTime := func(x, y int32) int { return cmp.Compare(b.records[x].last, b.records[y].last) }
	slices.SortStableFunc(ndr, byTime)
	slices.SortStableFunc(log, byTime)

	// Log records by domain; those whose domain is a guess can be any.
	type bucket struct {
		list []int32
		from int
	}
	buckets := map[ref]*bucket{}
	guesses := &bucket{}
	for _, i := range log {
		r := &b.records[i]
		k := guesses
		if !r.guessed {
			if k = buckets[r.domain]; k == nil {
				k = &bucket{}
				buckets[r.domain] = k
			}
		}
		k.list = append(k.list, i)
	}
	window := int64(matchWindow.Seconds())
	gone := make([]bool, len(b.records))
	for _, i := range ndr {
		n := &b.records[i]
		for _, k := range []*bucket{buckets[n.domain], guesses} {
			if k == nil {
				continue
			}
			for k.from < len(k.list) && (b.records[k.list[k.from]].last < n.last-window || gone[k.list[k.from]]) {
				k.from++
			}
			found := int32(-1)
			for _, j := range k.list[k.from:] {
				l := &b.records[j]
				if l.last > n.last+window {
					break
				}
				if !gone[j] && m.same(n, l) {
					found = j
					break
				}
			}
			if found >= 0 {
				gone[found] = true
				n.join(&b.records[found])
				break
			}
		}
	}
	kept := b.records[:0]
	for i := range b.records {
		if !gone[i] {
			kept = append(kept, b.records[i])
		}
	}
	b.records = kept
}

type matcher struct {
	*build
	text   []string
	parsed map[ref]diag.Reply
}

func (m *matcher) same(n, l *record) bool {
	if n.inst != l.inst || n.state != l.state {
		return false
	}
	if n.sent && l.sent && n.sender != l.sender {
		return false
	}
	if n.rcpt != 0 && l.rcpt != 0 && n.rcpt != l.rcpt {
		return false
	}
	if n.raw == 0 || l.raw == 0 {
		// A delay notice need not quote the reply.
		return n.state == stateDelayed
	}
	return reply.Agree(m.reply(n.raw), m.reply(l.raw))
}

func (m *matcher) reply(raw ref) diag.Reply {
	r, ok := m.parsed[raw]
	if !ok {
		r = reply.Parse(m.text[raw])
		m.parsed[raw] = r
	}
	return r
}

// join takes what the log knows into the record of the NDR.
func (r *record) join(l *record) {
	r.sources |= l.sources
	r.attempts = max(r.attempts, l.attempts)
	r.first = min(r.first, l.first)
	r.last = max(r.last, l.last)
	if l.sent {
		r.sender, r.sent = l.sender, true
	}
	keep(&r.rcpt, l.rcpt)
	keep(&r.subject, l.subject)
	keep(&r.host, l.host)
	keep(&r.remote, l.remote)
	keep(&r.own, l.own)
	if l.stage != 0 {
		r.stage = l.stage
	}
	r.waiting = r.waiting || l.waiting
}
