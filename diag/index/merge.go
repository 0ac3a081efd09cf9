package index

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"metriage/diag"
)

// snapshot is what was read up to a moment.
type snapshot struct {
	text     texts
	ids      idList
	commons  chunks[common]
	answers  chunks[answer]
	items    chunks[item]
	folders  []folderState
	events   chunks[event]
	dead     bits
	rows     chunks[queueRow]
	deadRows bits
	logs     []logState
	cutoff   uint32 // what an NDR or log says of before it does not count
	memo     *memo
}

// logState is what one folder of logs said.
type logState struct {
	events   chunks[event]
	accepted chunks[acceptance]
	targets  chunks[target]
}

// merged is what a snapshot comes to: a record for every recipient that was
// refused or waits, and one bit for each that was accepted without more ado.
type merged struct {
	records  []record
	accepted []bits // of each log's acceptances
}

// build is one making of records from events, or a part of it.
type build struct {
	*snapshot
	lists    eventLists
	links    *links
	banners  map[ref]ref // banner -> the domain that its other sessions were for
	accepted [][]uint64  // shared by all parts

	records []record
	drafts  []draft
	byRcpt  map[ref]int
	known   []ref
	named   []named
	facts   []fact
}

// merge puts the events of each message together and then matches what
// different sources say under different ids.
func (s *snapshot) merge() merged {
	links := s.makeLinks()
	m := s.lists(&links)
	accepted := make([][]uint64, len(s.logs))
	for i := range s.logs {
		accepted[i] = make([]uint64, (s.logs[i].accepted.len()+63)/64)
	}
	banners := s.learnBanners()
	// Each part has a range of the messages, in order, and its own records.
	parts := make([]build, min(runtime.GOMAXPROCS(0), max(1, m.messages/4096)))
	var wg diag.Crew
	for p := range parts {
		b := &parts[p]
		*b = build{snapshot: s, lists: m, links: &links, banners: banners, accepted: accepted, byRcpt: map[ref]int{}}
		from, to := p*m.messages/len(parts), (p+1)*m.messages/len(parts)
		b.records = make([]record, 0, min(to-from, m.events.count(from, to)))
		wg.Go(func() { b.messages(from, to) })
	}
	wg.Wait()
	var out merged
	n := 0
	for p := range parts {
		n += len(parts[p].records)
	}
	out.records = make([]record, 0, n)
	for p := range parts {
		out.records = append(out.records, parts[p].records...)
	}
	for _, a := range accepted {
		out.accepted = append(out.accepted, bits(a))
	}
	out.records = s.matchSources(out.records)
	return out
}

// inWindow reports whether an event counts.
func (s *snapshot) inWindow(e *event) bool { return e.when >= s.cutoff || e.kind >= queued }

// messages makes the records of a range of messages.
func (b *build) messages(from, to int) {
	l := &b.lists
	refused := 0 // messages that mostly come to one record each
	for m := from; m < to; m++ {
		if len(l.events.of(m)) > 0 {
			refused++
		}
	}
	b.records = make([]record, 0, refused)
	for m := from; m < to; m++ {
		events, accepted := l.events.of(m), l.accepted.of(m)
		switch {
		case len(events) == 0 && len(accepted) == 0:
		case len(events) == 0 && len(accepted) == 1:
			log, n := split(l.accBases, accepted[0])
			if b.logs[log].accepted.at(n).rcpt != 0 {
				b.accept(acceptBit{uint32(log), n})
				break
			}
			fallthrough
		default:
			b.gather(events, accepted)
			b.sort()
			// The same id in two installations is two messages.
			for list := b.facts; len(list) > 0; {
				n := 1
				for n < len(list) && list[n].inst == list[0].inst {
					n++
				}
				b.message(list[:n])
				list = list[n:]
			}
		}
	}
}

func (b *build) accept(a acceptBit) {
	atomic.OrUint64(&b.accepted[a.log][a.n>>6], 1<<(a.n&63))
}

// gather collects the facts of one message.
func (b *build) gather(events, accepted []uint32) {
	b.facts = b.facts[:0]
	for _, n := range events {
		f := fact{at: n}
		if n < b.events.n {
			f.event = *b.events.at(n)
		} else {
			log, k := split(b.lists.bases, n)
			f.event = *b.logs[log].events.at(k)
		}
		f.common = *b.commons.at(f.event.common)
		b.facts = append(b.facts, f)
	}
	for _, n := range accepted {
		log, k := split(b.lists.accBases, n)
		a := b.logs[log].accepted.at(k)
		b.facts = append(b.facts, fact{
			event:  event{kind: logAccepted, when: a.when, id: a.id, rcpt: a.rcpt, common: a.common},
			common: *b.commons.at(a.common), bit: acceptBit{uint32(log), k}, at: n,
		})
	}
}

// sort puts the facts in the order of installations and time. What happened in
// the same second is in an order that does not depend on how it was read.
func (b *build) sort() {
	if len(b.facts) < 2 {
		return
	}
	slices.SortStableFunc(b.facts, func(x, y fact) int {
		if c := cmp.Or(cmp.Compare(x.inst, y.inst), cmp.Compare(x.when, y.when), cmp.Compare(x.kind, y.kind)); c != 0 {
			return c
		}
		if x.item == y.item {
			return cmp.Compare(x.at, y.at)
		}
		return b.comparePaths(x.item, y.item)
	})
}

// comparePaths orders items by where they lie.
func (s *snapshot) comparePaths(m, n uint32) int {
	if m == n || m == 0 || n == 0 {
		return cmp.Compare(m, n)
	}
	x, y := s.items.at(m), s.items.at(n)
	if x.folder != y.folder {
		return strings.Compare(s.folders[x.folder].Path, s.folders[y.folder].Path)
	}
	return strings.Compare(x.id(s.text.get), y.id(s.text.get))
}

// learnBanners finds for every banner host the domain that most sessions with
// it were for; the first by name decides between equals.
func (s *snapshot) learnBanners() map[ref]ref {
	uses := make([]int, s.commons.len())
	for i := range s.logs {
		s.logs[i].events.each(func(_ uint32, e *event) {
			if e.rcpt != 0 && e.when >= s.cutoff {
				uses[e.common]++
			}
		})
		s.logs[i].accepted.each(func(_ uint32, e *acceptance) {
			if e.rcpt != 0 && e.when >= s.cutoff {
				uses[e.common]++
			}
		})
	}
	type key struct{ host, domain ref }
	n := map[key]int{}
	s.commons.each(func(i uint32, c *common) {
		if c.host != 0 && uses[i] > 0 {
			n[key{c.host, c.domain}] += uses[i]
		}
	})
	banners, best := map[ref]ref{}, map[ref]int{}
	for k, c := range n {
		have := banners[k.host]
		if c > best[k.host] || c == best[k.host] && s.text.get(k.domain) < s.text.get(have) {
			best[k.host], banners[k.host] = c, k.domain
		}
	}
	return banners
}
