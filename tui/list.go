package tui

// list is the cursor and the page of a list. Scrolling flips by a page, which
// costs a terminal far fewer bytes than scrolling by a line.
type list struct {
	cursor, top int
}

// place keeps the cursor inside n items and on the page of h rows.
func (l *list) place(n, h int) {
	l.cursor = max(0, min(l.cursor, n-1))
	if h <= 0 {
		return
	}
	switch {
	case l.cursor < l.top:
		l.top = l.cursor - h + 1
	case l.cursor >= l.top+h:
		l.top = l.cursor
	}
	l.top = max(0, min(l.top, n-h))
}

// move moves the cursor by d.
func (l *list) move(d, n, h int) {
	l.cursor += d
	l.place(n, h)
}

// listState is one list on the screen.
type listState struct {
	list
	parent  string
	data    *data // that the items are of; nil where there are none
	items   []int32
	total   int // before the filter
	key     string
	filter  string
	sort    int
	reverse bool
	seq     int // number of the last loading that was asked for
	loaded  bool
	marked  map[string]bool // keys of marked items
	held    bool            // the admin chose the item: the cursor stays on it
}

// current returns the item under the cursor.
func (l *listState) current() (int32, bool) {
	if l.cursor < 0 || l.cursor >= len(l.items) {
		return 0, false
	}
	return l.items[l.cursor], true
}

// sectionState is where one is in a section.
type sectionState struct {
	lists  []listState
	depth  int
	detail bool
	zoom   bool
	tab    int
	scroll []detailState // one for each tab
}

// detailState is where one is in a tab.
type detailState struct {
	top, item int
	open      map[string]bool
	// first is the step that was opened by itself, "" for none.
	first string
}
