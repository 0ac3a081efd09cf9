package index

// ref is a number for a string; 0 is "". A million records share their
// domains, senders and replies, so records hold refs.
type ref uint32

// table gives strings numbers. It only grows, so a copy of list stays valid
// while more strings are added.
type table struct {
	refs map[string]ref
	list []string
}

func newTable() *table {
	return &table{refs: map[string]ref{"": 0}, list: []string{""}}
}

func (t *table) ref(s string) ref {
	if r, ok := t.refs[s]; ok {
		return r
	}
	r := ref(len(t.list))
	t.list = append(t.list, s)
	t.refs[s] = r
	return r
}
