package index

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/reply"
)

// finish lists causes, senders and replies.
func (p *picture) finish(s *sum) {
	s.First, s.Last, s.LastAccepted, s.Onset = fromUnix(s.first), fromUnix(s.last), fromUnix(s.accepted), fromUnix(s.onset)
	for _, t := range s.waiting {
		since := fromUnix(t)
		s.WaitingSince = append(s.WaitingSince, since)
		if t != 0 && (s.OldestWaiting.IsZero() || since.Before(s.OldestWaiting)) {
			s.OldestWaiting = since
		}
	}
	s.Causes = make(map[diag.Cause]int, len(s.replies))
	s.Senders = make(map[string]int, len(s.senders))
	for id, n := range s.senders {
		s.Senders[p.senderKey(id.sender, id.sent)] += n
	}
	most := slices.Collect(maps.Values(s.replies))
	for _, q := range most {
		s.Causes[p.cause(&p.merged.records[q.record])] += q.n
	}
	// Texts are made only for the replies that are listed.
	slices.SortFunc(most, func(a, b *replySum) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.print, b.print)) })
	for _, q := range most[:min(len(most), maxReplies)] {
		s.Replies = append(s.Replies, p.replyCount(q))
	}
	slices.SortFunc(s.Replies, func(a, b diag.ReplyCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Text, b.Text), strings.Compare(string(a.Cause), string(b.Cause)))
	})
}

// waits counts a message that waits in an installation since t, 0 for not known.
func (s *sum) waits(inst uint16, t uint32) {
	for len(s.waiting) <= int(inst) {
		s.waiting = append(s.waiting, 0)
	}
	if have := s.waiting[inst]; t != 0 && (have == 0 || t < have) {
		s.waiting[inst] = t
	}
}

func (p *picture) replyCount(q *replySum) diag.ReplyCount {
	r := &p.merged.records[q.record]
	c := diag.ReplyCount{Count: q.n, Cause: p.cause(r), Named: p.snap.answers.at(r.answer).named}
	if r.raw != 0 {
		said, verdict := p.judged(r)
		c.Text, c.LookupURL = said.Text, verdict.LookupURL
	}
	return c
}

// order returns the failures and delays as lists show them: failures before
// delays, the latest first, then by what never changes. p.mu is held.
func (p *picture) order() []int32 {
	if p.ordered {
		return p.newest
	}
	p.ordered = true
	records := p.merged.records
	type place struct {
		when uint64 // state and time, the greatest first
		n    int32
	}
	var list []place
	for i := range records {
		if r := &records[i]; r.state == stateFailed || r.state == stateDelayed {
			list = append(list, place{uint64(r.state)<<32 | uint64(r.last), int32(i)})
		}
	}
	slices.SortFunc(list, func(a, b place) int {
		if c := cmp.Compare(b.when, a.when); c != 0 {
			return c
		}
		return p.snap.compare(&records[a.n], &records[b.n])
	})
	p.newest = make([]int32, len(list))
	for i, l := range list {
		p.newest[i] = l.n
	}
	return p.newest
}

func (p *picture) senderKey(sender ref, sent bool) string {
	switch s := p.text(sender); {
	case s != "":
		return s
	case sent:
		return diag.KeyNone
	}
	return diag.KeyUnknown
}

// keyOf returns the key of the group that a record belongs to.
func (p *picture) keyOf(r *record, by diag.GroupBy) string {
	switch by {
	case diag.ByProvider:
		return known(p.provider(r.answer, r.host, r.domain))
	case diag.ByCause:
		if r.state == stateAccepted || r.state == stateNone {
			return diag.KeyNone
		}
		return string(p.cause(r))
	case diag.BySender:
		return p.senderKey(r.sender, r.is(recSent))
	case diag.ByAccount:
		return known(p.text(r.account))
	case diag.ByIP:
		return known(p.text(r.own))
	}
	return domainKey(p.text(r.domain))
}

func known(s string) string {
	if s == "" {
		return diag.KeyUnknown
	}
	return s
}

func domainKey(s string) string { return known(s) }

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
