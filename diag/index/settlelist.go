package index

import "slices"

// finish brings the items in line with the listing and returns those to look
// at. Without a folder, which is gone or cannot be opened, nothing of it is
// left.
func (l *lister) finish(dir *jobDir) []check {
	l.x.mu.Lock()
	defer l.x.mu.Unlock()
	s := l.x.store
	f := s.folders[l.folder]
	if !slices.Equal(f.problems, l.problems) {
		f.problems = l.problems
		s.edits++
	}
	f.listed = l.listed
	var out []check
	switch {
	case dir == nil:
		s.removeAll(f)
	case l.skip[command] && l.skip[message] && f.count.unsettled == 0:
	default:
		l.note()
		s.unsee(f, l.skip)
		out = l.match(f, dir.paired)
		out = s.settle(f, out, l.skip)
	}
	p := &l.x.prog
	p.Found += f.count.files - l.counted
	p.Files += f.count.files // but for those that are still to be looked at
	for i := range out {
		p.Files -= out[i].halves()
	}
	return out
}

// note remembers that the folder was listed.
func (l *lister) note() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass.listed = append(l.pass.listed, l.folder)
}

// unsee forgets which halves were listed, but for those whose folder was not
// listed again.
func (s *store) unsee(f *folder, skip [2]bool) {
	for _, v := range f.slots.at {
		if v == 0 {
			continue
		}
		it := s.items.at(v - 1)
		it.seen = 0
		for half := range 2 {
			if skip[half] && it.there(half) {
				it.seen |= 1 << half
			}
		}
	}
}

// match finds or makes the items of the names that were listed.
func (l *lister) match(f *folder, paired bool) []check {
	s := l.x.store
	out := make([]check, 0, max(len(l.names[command]), len(l.names[message])))
	var at map[uint32]int
	if paired {
		at = make(map[uint32]int, cap(out))
	}
	for _, half := range [2]int{message, command} {
		for i := range l.names[half] {
			e := &l.names[half][i]
			name := nameOf(e.Name)
			n := s.take(l.folder, &name, half)
			k, ok := at[n]
			if !ok {
				k = len(out)
				out = append(out, check{item: n})
				if paired {
					at[n] = k
				}
			}
			out[k].name[half] = e.Name
			if !e.ModTime.IsZero() {
				out[k].listed[half] = stampOf(*e)
			}
		}
	}
	return out
}

// settle drops the halves that were not listed and returns the items that have
// to be looked at, those that were not listed now but are not settled included.
func (s *store) settle(f *folder, listed []check, skip [2]bool) []check {
	inList := make(map[uint32]bool)
	if skip[command] || skip[message] {
		for i := range listed {
			inList[listed[i].item] = true
		}
	}
	var gone []uint32
	var more []check
	for _, v := range f.slots.at {
		if v == 0 {
			continue
		}
		n := v - 1
		it := s.items.at(n)
		switch {
		case it.seen == 0:
			gone = append(gone, n)
		case !it.as(it.seen):
			s.change(n, func(it *item) {
				for half := range 2 {
					if it.seen>>half&1 == 0 {
						it.status[half], it.stamp[half] = absent, stamp{}
					} else {
						it.status[half] = pending // what is left of a pair is read anew
					}
				}
			})
		}
		if (skip[command] || skip[message]) && !inList[n] && it.seen != 0 && it.unsettled() {
			more = append(more, check{item: n})
		}
	}
	for _, n := range gone {
		s.remove(n)
	}
	out := listed[:0]
	for _, c := range append(listed, more...) {
		it := s.items.at(c.item)
		c.stamp, c.must = it.stamp, it.unsettled()
		same := true
		for half := range 2 {
			if it.there(half) && c.name[half] == "" {
				c.name[half] = it.fileName(half, s.text.get)
			}
			same = same && (c.name[half] == "" || !c.listed[half].zero() && c.listed[half] == c.stamp[half])
		}
		if c.must || !same {
			out = append(out, c)
		}
	}
	return out
}

// as reports whether the halves that are there are those of the set.
func (it *item) as(set uint8) bool {
	return it.there(command) == (set&1 != 0) && it.there(message) == (set>>1 != 0)
}

// unsettled reports whether a half has to be read, whatever its time says.
func (it *item) unsettled() bool {
	for _, st := range it.status {
		if st == pending || st == busy || st == vanished {
			return true
		}
	}
	return false
}

// removeAll forgets all items of a folder.
func (s *store) removeAll(f *folder) {
	var all []uint32
	for _, v := range f.slots.at {
		if v != 0 {
			all = append(all, v-1)
		}
	}
	for _, n := range all {
		s.remove(n)
	}
}
