package tui

// rect is a part of the screen in cells.
type rect struct{ x, y, w, h int }

// layoutIn is everything that the layout depends on.
type layoutIn struct {
	width, height int
	depth         int  // level of the list that is open, 0 for the first
	levels        int  // lists of the section
	detail        bool // the detail has the focus
	zoom          bool // the part with the focus has the whole screen
	longHeadline  bool // it does not fit on one line
}

// layoutOut says where everything is. Parts without room have no size.
type layoutOut struct {
	tooSmall bool
	headline rect
	crumbs   rect
	lists    []rect // one for each level; those that are not shown are empty
	tabs     rect   // line with the tabs above the detail
	detail   rect
	second   rect // a second tab, on wide screens
	status   rect
	footer   rect
	stacked  bool // list above detail, with a rule between
}

const (
	minWidth, minHeight = 60, 15
	threePanes          = 100 // columns from which lists and detail are side by side
	twoTabs             = 160
	roomyHeight         = 24 // lines from which a long headline has two of them
	minSecondTab        = 70
)

// layout places everything. Below 100 columns the open list is above the
// detail; from 100 all lists are beside it; from 160 the detail shows two tabs
// where there is height for both.
func layout(in layoutIn) layoutOut {
	var out layoutOut
	w, h := in.width, in.height
	if w < minWidth || h < minHeight {
		out.tooSmall = true
		return out
	}
	top := 1
	if in.longHeadline && h >= roomyHeight {
		top = 2
	}
	out.headline = rect{0, 0, w, top}
	out.crumbs = rect{0, top, w, 1}
	out.footer = rect{0, h - 1, w, 1}
	out.status = rect{0, h - 2, w, 1}
	body := rect{0, top + 1, w, h - top - 3}
	out.lists = make([]rect, in.levels)
	if w < threePanes {
		stack(&out, in, body)
	} else {
		columnsSideBySide(&out, in, body)
	}
	if w >= twoTabs && out.detail.w >= minSecondTab && out.detail.h >= 24 {
		upper := out.detail.h / 2
		out.second = rect{out.detail.x, out.detail.y + upper + 1, out.detail.w, out.detail.h - upper - 1}
		out.detail.h = upper
	}
	return out
}

// stack puts the open list above the detail. The part with the focus gets the
// larger share.
func stack(out *layoutOut, in layoutIn, body rect) {
	out.stacked = true
	depth := min(in.depth, in.levels-1)
	if in.zoom {
		if in.detail {
			out.tabs = rect{body.x, body.y, body.w, 1}
			out.detail = rect{body.x, body.y + 1, body.w, body.h - 1}
		} else {
			out.lists[depth] = body
		}
		return
	}
	rows := body.h * 9 / 20
	if in.detail {
		rows = max(4, body.h/4)
	}
	out.lists[depth] = rect{body.x, body.y, body.w, rows}
	out.tabs = rect{body.x, body.y + rows, body.w, 1}
	out.detail = rect{body.x, body.y + rows + 1, body.w, body.h - rows - 1}
}

// columnsSideBySide puts all lists and the detail next to each other with a
// column between.
func columnsSideBySide(out *layoutOut, in layoutIn, body rect) {
	if in.zoom {
		if in.detail {
			out.tabs = rect{body.x, body.y, body.w, 1}
			out.detail = rect{body.x, body.y + 1, body.w, body.h - 1}
		} else {
			out.lists[min(in.depth, in.levels-1)] = body
		}
		return
	}
	first := 30
	switch {
	case body.w < 120:
		first = 24
	case body.w >= twoTabs:
		first = 40
	}
	detail := body.w * 42 / 100
	if body.w >= twoTabs {
		detail = max(minSecondTab, body.w*40/100)
	}
	rest := body.w - detail - 1
	x := body.x
	for i := range out.lists {
		w := rest - x
		if i == 0 && len(out.lists) > 1 {
			w = first
		}
		out.lists[i] = rect{x, body.y, w, body.h}
		x += w + 1
	}
	out.tabs = rect{rest + 1, body.y, detail, 1}
	out.detail = rect{rest + 1, body.y + 1, detail, body.h - 1}
}
