package index

// eventLists are the numbers of the events of each message, one list after the
// other; a message that was requeued under another id is one with what it was.
// Numbers count through the files' events and then those of each log.
type eventLists struct {
	messages int
	events   lists
	accepted lists
	bases    []uint32 // where the numbers of a log's events begin; the files' begin at 0
	accBases []uint32
}

// lists are lists of numbers in one slice.
type lists struct {
	ends  []uint32 // where each ends
	order []uint32
}

func (l *lists) of(i int) []uint32 {
	from := uint32(0)
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.order[from:l.ends[i]]
}

// count returns how many numbers the lists from one to another hold.
func (l *lists) count(from, to int) int {
	n := 0
	if to > 0 {
		n = int(l.ends[to-1])
	}
	if from > 0 {
		n -= int(l.ends[from-1])
	}
	return n
}

// makeLists sorts numbers by message; each calls visit with number and message
// of all of them, in order, as often as it is called.
func makeLists(messages int, each func(visit func(n, message uint32))) lists {
	ends := make([]uint32, messages+1)
	each(func(_, m uint32) { ends[m+1]++ })
	for i := 1; i <= messages; i++ {
		ends[i] += ends[i-1]
	}
	order := make([]uint32, ends[messages])
	each(func(n, m uint32) {
		order[ends[m]] = n
		ends[m]++
	})
	return lists{ends[:messages], order}
}

func (s *snapshot) lists(links *links) eventLists {
	l := eventLists{messages: s.ids.len(), bases: make([]uint32, len(s.logs)), accBases: make([]uint32, len(s.logs))}
	n, a := s.events.n, uint32(0)
	for i := range s.logs {
		l.bases[i], l.accBases[i] = n, a
		n += s.logs[i].events.n
		a += s.logs[i].accepted.n
	}
	l.events = makeLists(l.messages, func(visit func(n, message uint32)) {
		s.events.each(func(n uint32, e *event) {
			if !s.dead.has(n) && s.inWindow(e) {
				visit(n, links.of(s.ids.index(e.id)))
			}
		})
		for i := range s.logs {
			s.logs[i].events.each(func(n uint32, e *event) {
				if s.inWindow(e) {
					visit(l.bases[i]+n, links.of(s.ids.index(e.id)))
				}
			})
		}
	})
	l.accepted = makeLists(l.messages, func(visit func(n, message uint32)) {
		for i := range s.logs {
			s.logs[i].accepted.each(func(n uint32, e *acceptance) {
				if e.when >= s.cutoff {
					visit(l.accBases[i]+n, links.of(s.ids.index(e.id)))
				}
			})
		}
	})
	return l
}

// split returns the log that number n belongs to and its number there.
func split(bases []uint32, n uint32) (log int, at uint32) {
	log = len(bases) - 1
	for log > 0 && n < bases[log] {
		log--
	}
	return log, n - bases[log]
}
