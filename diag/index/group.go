package index

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// grouping is the records of a view by one key.
type grouping struct {
	groups  []diag.Group
	members map[string][]int32 // failures and delays, latest first
}

// Groups returns the ledgers by domain, provider and so on: most failures
// first, then by key. The slice is shared; do not change it.
func (v *View) Groups(by diag.GroupBy) []diag.Group { return v.grouping(by).groups }

// Members returns the numbers of the failures and delays of a group, latest
// first, failures before delays. The slice is shared; do not change it.
func (v *View) Members(by diag.GroupBy, key string) []int32 { return v.grouping(by).members[key] }

func (p *picture) grouping(by diag.GroupBy) *grouping {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.groups[by]
	if g == nil {
		g = p.group(by)
		p.groups[by] = g
	}
	return g
}

// sum is a group in the making.
type sum struct {
	diag.Group
	first, last, accepted, onset uint32
	waiting                      []uint32 // by installation, since when the oldest one does
	senders                      map[senderID]int
	replies                      map[uint32]*replySum // by answer
	size                         int                  // failures and delays
	members                      []int32
}

// senderID is a sender, or that there is none, or that it is not known.
type senderID struct {
	sender ref
	sent   bool
}

type replySum struct {
	n      int
	record int32  // the first that was refused like this
	print  uint64 // fingerprint of the kind of reply
}

// sums are the groups in the making, by key.
type sums struct {
	*picture
	by    diag.GroupBy
	list  []*sum
	byKey map[string]int32
}

func (s *sums) of(key string) int32 {
	n, ok := s.byKey[key]
	if !ok {
		n = int32(len(s.list))
		s.byKey[key] = n
		s.list = append(s.list, &sum{
			Group:   diag.Group{Key: key, Display: display(s.by, key)},
			senders: map[senderID]int{}, replies: map[uint32]*replySum{},
		})
	}
	return n
}

func (p *picture) group(by diag.GroupBy) *grouping {
	s := sums{picture: p, by: by, byKey: map[string]int32{}}
	s.addAccepted()
	groupOf := s.addRecords()
	g := &grouping{members: make(map[string][]int32, len(s.list))}
	for _, n := range p.order() {
		u := s.list[groupOf[n]]
		if u.members == nil {
			u.members = make([]int32, 0, u.size)
		}
		u.members = append(u.members, n)
	}
	for i := range p.merged.records {
		s.addOnset(s.list, groupOf, int32(i))
	}
	for _, u := range s.list {
		p.finish(u)
		g.groups = append(g.groups, u.Group)
		if u.members != nil {
			g.members[u.Key] = u.members
		}
	}
	slices.SortFunc(g.groups, func(a, b diag.Group) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), strings.Compare(a.Key, b.Key))
	})
	return g
}

// addAccepted counts what was accepted without more ado. There is much of it,
// and few commons.
func (s *sums) addAccepted() {
	commons := &s.snap.commons
	groupOf := make([]int32, commons.len()) // + 1
	s.eachAccepted(func(a *acceptance) {
		g := groupOf[a.common]
		if g == 0 {
			g = s.of(s.keyOf(commons.at(a.common).accepted(), s.by)) + 1
			groupOf[a.common] = g
		}
		u := s.list[g-1]
		u.Accepted++
		u.accepted = max(u.accepted, a.when)
	})
}

// groupID is what of a record decides its group, so that its key is made once.
type groupID struct {
	a, b, c ref
	accepts bool
}

func (s *sums) idOf(r *record) groupID {
	switch s.by {
	case diag.ByProvider:
		return groupID{ref(r.answer), r.host, r.domain, false}
	case diag.ByCause:
		return groupID{ref(r.answer), 0, 0, r.state == stateAccepted || r.state == stateNone}
	case diag.BySender:
		return groupID{r.sender, 0, 0, r.is(recSent)}
	case diag.ByAccount:
		return groupID{a: r.account}
	case diag.ByIP:
		return groupID{a: r.own}
	}
	return groupID{a: r.domain}
}

// addRecords counts the records and returns the group of each, -1 for those
// that belong to none.
func (s *sums) addRecords() []int32 {
	records := s.merged.records
	groupOf := make([]int32, len(records))
	byID := map[groupID]int32{}
	for i := range records {
		r := &records[i]
		if r.state == stateNone && !r.is(recWaiting) {
			groupOf[i] = -1
			continue
		}
		id := s.idOf(r)
		g, ok := byID[id]
		if !ok {
			g = s.of(s.keyOf(r, s.by))
			byID[id] = g
		}
		groupOf[i] = g
		s.add(s.list[g], r, int32(i))
	}
	return groupOf
}

// add counts one record in a group.
func (p *picture) add(s *sum, r *record, n int32) {
	if r.is(recWaiting) {
		s.Waiting++
		s.waits(r.inst, p.queuedSince(r))
	}
	switch r.state {
	case stateAccepted:
		s.Accepted++
		s.accepted = max(s.accepted, r.last)
	case stateDelayed:
		s.Delayed++
		s.size++
	case stateFailed:
		s.size++
		s.Failures++
		if r.is(recE0193) {
			s.E0193++
		}
		if s.first == 0 || r.first < s.first {
			s.first = r.first
		}
		s.last = max(s.last, r.last)
		s.senders[senderID{r.sender, r.is(recSent)}]++
		q := s.replies[r.answer]
		if q == nil {
			q = &replySum{record: n, print: p.snap.answers.at(r.answer).print}
			s.replies[r.answer] = q
		}
		q.n++
		if o := &p.merged.records[q.record]; r.first < o.first || r.first == o.first && p.earlier(r, o) {
			q.record = n
		}
	}
}

// earlier decides which of two refusals of the same moment stands for both.
func (p *picture) earlier(r, o *record) bool {
	if r.raw == o.raw && r.id == o.id && r.rcpt == o.rcpt {
		return false
	}
	if c := strings.Compare(p.text(r.raw), p.text(o.raw)); c != 0 {
		return c < 0
	}
	return p.snap.compare(r, o) < 0
}

// addOnset finds the first refusal after the last acceptance.
func (s *sums) addOnset(list []*sum, groupOf []int32, i int32) {
	r := &s.merged.records[i]
	if r.state != stateFailed {
		return
	}
	u := list[groupOf[i]]
	t := r.first
	if t <= u.accepted {
		t = r.last
	}
	if t > u.accepted && (u.onset == 0 || t < u.onset) {
		u.onset = t
	}
}

// AllFailures returns the numbers of all failures, of all groups.
func (v *View) AllFailures() []int32 {
	var out []int32
	for i := range v.merged.records {
		if v.merged.records[i].state == stateFailed {
			out = append(out, int32(i))
		}
	}
	return out
}

// Causes returns the causes of all failures with their counts.
func (v *View) Causes() map[diag.Cause]int {
	out := map[diag.Cause]int{}
	for _, g := range v.Groups(diag.ByDomain) {
		for c, n := range g.Causes {
			out[c] += n
		}
	}
	return out
}

// RefusedSince counts the failures of a group from a moment on whose cause
// does not lie with the recipient's address.
func (v *View) RefusedSince(by diag.GroupBy, key string, from time.Time) int {
	n, since := 0, moment(from)
	for _, m := range v.Members(by, key) {
		if r := &v.merged.records[m]; r.state == stateFailed && r.last >= since && !v.cause(r).RecipientSide() {
			n++
		}
	}
	return n
}
