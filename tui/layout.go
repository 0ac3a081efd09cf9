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
// detail; from 100 all lists are beside it, the open one widest; from 160 the
// detail shows two tabs where there is height for both.
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
	side, detail := paneWidths(body.w, in.levels, in.detail)
	rest := body.w - detail - 1
	x := body.x
	for i := range out.lists {
		w := side
		if i == min(in.depth, in.levels-1) {
			w = rest - (in.levels-1)*(side+1)
		}
		out.lists[i] = rect{x, body.y, w, body.h}
		x += w + 1
	}
	out.tabs = rect{rest + 1, body.y, detail, 1}
	out.detail = rect{rest + 1, body.y + 1, detail, body.h - 1}
}

// paneTable are the widths of the panes side by side from a width of the screen
// on: of a list that is not open, and of the detail without and with the focus.
// The open list has the rest, so that the part one works in has the room.
var paneTable = []struct{ from, side, detail, focused int }{
	{twoTabs, 34, minSecondTab, minSecondTab},
	{120, 24, 44, 58},
	{threePanes, 22, 40, 50},
}

// paneWidths looks a width up in the table and shares what is above it. Where
// there is one list alone, the detail has some of the room of the others.
func paneWidths(w, levels int, focused bool) (side, detail int) {
	for _, p := range paneTable {
		if w < p.from {
			continue
		}
		side, detail = p.side+(w-p.from)/6, p.detail
		if focused {
			detail = p.focused
		}
		detail += (w - p.from) / 3
		break
	}
	if levels == 1 {
		detail += side / 4
	}
	return side, detail
}
