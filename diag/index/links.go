package index

// maxRequeued bounds how often a message is followed from one id to the next.
const maxRequeued = 8

// links are what debug and MTA logs say of messages, by the number that idList
// gives their ids; empty where they say nothing.
type links struct {
	home   []uint32 // the first message that each goes back to
	domain []ref    // that each is for
	sender []ref    // of those that routed has
	routed bits
}

// makeLinks collects what the logs say. Where they contradict themselves the
// last word counts.
func (s *snapshot) makeLinks() links {
	var l links
	n := 0
	for i := range s.logs {
		n += s.logs[i].targets.len()
	}
	if n == 0 {
		return l
	}
	all := s.ids.len()
	l.home, l.domain = make([]uint32, all), make([]ref, all)
	for i := range l.home {
		l.home[i] = uint32(i)
	}
	none := s.ids.index(noID)
	for i := range s.logs {
		s.logs[i].targets.each(func(_ uint32, t *target) {
			m := s.ids.index(t.id)
			if t.domain != 0 {
				l.domain[m] = t.domain
			}
			if from := s.ids.index(t.from); from != none && from != m {
				l.home[m] = from
			}
			if t.routed {
				if l.sender == nil {
					l.sender, l.routed = make([]ref, all), make(bits, (all+63)/64)
				}
				l.sender[m] = t.sender
				l.routed.set(m)
			}
		})
	}
	first := make([]uint32, all)
	for i := range first {
		m := uint32(i)
		for step := 0; l.home[m] != m; step++ {
			if step == maxRequeued {
				m = uint32(i) // a circle
				break
			}
			m = l.home[m]
		}
		first[i] = m
	}
	l.home = first
	return l
}

// of returns the message that one goes back to, mostly itself.
func (l *links) of(m uint32) uint32 {
	if l.home == nil {
		return m
	}
	return l.home[m]
}

// target returns the domain that a message is for, 0 for not known.
func (l *links) target(m uint32) ref {
	if l.domain == nil {
		return 0
	}
	return l.domain[m]
}

// from returns the sender of a message as the MTA routed it, under its own id or
// its first one.
func (l *links) from(m uint32) (sender ref, ok bool) {
	if l.sender == nil {
		return 0, false
	}
	if !l.routed.has(m) {
		m = l.home[m]
	}
	return l.sender[m], l.routed.has(m)
}
