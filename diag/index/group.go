package index

import (
	"cmp"
	"maps"
	"slices"

	"metriage/diag"
	"metriage/diag/reply"
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

func (v *View) grouping(by diag.GroupBy) *grouping {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.groups[by]
	if g == nil {
		g = v.group(by)
		v.groups[by] = g
	}
	return g
}

// sum is a group in the making.
type sum struct {
	diag.Group
	replies map[uint32]*replySum
	first   []int64 // times of refusals after the last acceptance are found at the end
	last    []int64
}

type replySum struct {
	n    int
	when int64
	raw  ref
}

func (v *View) group(by diag.GroupBy) *grouping {
	sums := map[string]*sum{}
	g := &grouping{members: map[string][]int32{}}
	for i := range v.records {
		r := &v.records[i]
		if r.state == stateNone && !r.waiting {
			continue
		}
		key := v.keyOf(r, by)
		s := sums[key]
		if s == nil {
			s = &sum{Group: diag.Group{Key: key, Display: display(by, key), Causes: map[diag.Cause]int{}, Senders: map[string]int{}}, replies: map[uint32]*replySum{}}
			sums[key] = s
		}
		v.add(s, r)
		if r.state == stateFailed || r.state == stateDelayed {
			g.members[key] = append(g.members[key], int32(i))
		}
	}
	for _, s := range sums {
		v.finish(s)
		g.groups = append(g.groups, s.Group)
	}
	slices.SortFunc(g.groups, func(a, b diag.Group) int {
		if c := cmp.Compare(b.Failures, a.Failures); c != 0 {
			return c
		}
		return cmp.Compare(a.Key, b.Key)
	})
	for _, m := range g.members {
		slices.SortFunc(m, v.newest)
	}
	return g
}

// newest orders failures before delays, then by time, the latest first, then
// by what never changes.
func (v *View) newest(a, b int32) int {
	x, y := &v.records[a], &v.records[b]
	if c := cmp.Compare(y.state, x.state); c != 0 {
		return c
	}
	if c := cmp.Compare(y.last, x.last); c != 0 {
		return c
	}
	text := v.snap.text
	return cmp.Or(cmp.Compare(text[x.id], text[y.id]), cmp.Compare(text[x.rcpt], text[y.rcpt]), cmp.Compare(x.inst, y.inst))
}

// add counts one record in a group.
func (v *View) add(s *sum, r *record) {
	if r.waiting {
		s.Waiting++
		if t := v.queuedSince(r); s.OldestWaiting.IsZero() || !t.IsZero() && t.Before(s.OldestWaiting) {
			s.OldestWaiting = t
		}
	}
	switch r.state {
	case stateAccepted:
		s.Accepted++
		if t := fromUnix(r.accepted); t.After(s.LastAccepted) {
			s.LastAccepted = t
		}
	case stateDelayed:
		s.Delayed++
	case stateFailed:
		s.Failures++
		if r.e0193 {
			s.E0193++
		}
		first, last := fromUnix(r.first), fromUnix(r.last)
		if s.First.IsZero() || first.Before(s.First) {
			s.First = first
		}
		if last.After(s.Last) {
			s.Last = last
		}
		s.first = append(s.first, r.first)
		s.last = append(s.last, r.last)
		s.Causes[v.cause(r)]++
		s.Senders[v.senderKey(r)]++
		q := s.replies[r.answer]
		if q == nil {
			q = &replySum{when: r.first, raw: r.raw}
			s.replies[r.answer] = q
		}
		q.n++
		if r.first < q.when || r.first == q.when && v.snap.text[r.raw] < v.snap.text[q.raw] {
			q.when, q.raw = r.first, r.raw
		}
	}
}

// finish works out the onset and lists the replies.
func (v *View) finish(s *sum) {
	last := unix(s.LastAccepted)
	onset := int64(0)
	for i, first := range s.first {
		t := first
		if t <= last {
			t = s.last[i]
		}
		if t > last && (onset == 0 || t < onset) {
			onset = t
		}
	}
	s.Onset = fromUnix(onset)
	for n, q := range s.replies {
		a := v.snap.answers[n]
		c := diag.ReplyCount{Count: q.n, Cause: a.cause, Named: a.named, LookupURL: a.url}
		if q.raw == 0 {
			c.Cause = diag.CauseUnknown
		} else {
			c.Text = reply.Parse(v.snap.text[q.raw]).Text
		}
		s.Replies = append(s.Replies, c)
	}
	slices.SortFunc(s.Replies, func(a, b diag.ReplyCount) int {
		if c := cmp.Compare(b.Count, a.Count); c != 0 {
			return c
		}
		if c := cmp.Compare(a.Text, b.Text); c != 0 {
			return c
		}
		return cmp.Compare(a.Cause, b.Cause)
	})
	if len(s.Replies) > maxReplies {
		s.Replies = s.Replies[:maxReplies]
	}
}

func (v *View) cause(r *record) diag.Cause {
	if r.answer == 0 {
		return diag.CauseUnknown
	}
	return v.snap.answers[r.answer].cause
}

func (v *View) senderKey(r *record) string {
	switch s := v.snap.text[r.sender]; {
	case s != "":
		return s
	case r.sent:
		return diag.KeyNone
	}
	return diag.KeyUnknown
}

// keyOf returns the key of the group that a record belongs to.
func (v *View) keyOf(r *record, by diag.GroupBy) string {
	known := func(s string) string {
		if s == "" {
			return diag.KeyUnknown
		}
		return s
	}
	text := v.snap.text
	switch by {
	case diag.ByProvider:
		return known(v.provider(r))
	case diag.ByCause:
		if r.state == stateAccepted || r.state == stateNone {
			return diag.KeyNone
		}
		return string(v.cause(r))
	case diag.BySender:
		return v.senderKey(r)
	case diag.ByAccount:
		return known(text[r.account])
	case diag.ByIP:
		return known(text[r.own])
	}
	return domainKey(text[r.domain])
}

func domainKey(s string) string {
	if s == "" {
		return diag.KeyUnknown
	}
	return s
}

func display(by diag.GroupBy, key string) string {
	if key == diag.KeyUnknown || key == diag.KeyNone {
		return key
	}
	switch by {
	case diag.ByDomain:
		return diag.DomainDisplay(key)
	case diag.ByProvider:
		return diag.Clean(reply.Name(key))
	case diag.ByCause:
		return diag.Cause(key).Label()
	}
	return diag.Clean(key)
}

// AllFailures returns the numbers of all failures, of all groups.
func (v *View) AllFailures() []int32 {
	var out []int32
	for i := range v.records {
		if v.records[i].state == stateFailed {
			out = append(out, int32(i))
		}
	}
	return out
}

// Causes returns the causes of all failures with their counts.
func (v *View) Causes() map[diag.Cause]int {
	out := map[diag.Cause]int{}
	for _, g := range v.Groups(diag.ByDomain) {
		for _, c := range slices.Sorted(maps.Keys(g.Causes)) {
			out[c] += g.Causes[c]
		}
	}
	return out
}
