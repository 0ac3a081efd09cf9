package tui

import (
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/triage"
)

// data is one immutable picture of everything that the lists show. Commands
// work on it while newer ones are made.
type data struct {
	view     *triage.View
	by       diag.GroupBy
	e0193    bool // ME-E0193 only
	groups   []diag.Group
	folders  []triage.QueueFolder
	headline triage.Headline
	subject  triage.Subject
	at       time.Time // when the picture was made
	partial  bool      // the scan goes on
	audit    *audits   // nil while it is being made
}

// section is one view: lists from the left to the right and a detail.
type section struct {
	id     string
	title  string
	place  place // for keys that mean something there alone
	levels []level
	tabs   []tab
	// badge sums the tabs up at the right end of their line; nil for nothing.
	badge func(m *Model) string
}

// level is one list of a section.
type level struct {
	// one and many name what is listed, for counts.
	one, many string
	columns   []column
	// load returns the numbers of the items below parent; it runs in a
	// command.
	load func(d *data, parent string) []int32
	// key is what stays the same for an item from one reading to the next.
	key func(d *data, n int32) string
	// row is the item for the columns.
	row func(d *data, n int32) any
	// field is the value of a named field for the filter.
	field func(row any, name string) (string, bool)
	// same is the filter for items like this one, nil where there is none.
	same func(row any) string
	// extra are values that exports have beside the columns.
	extra []extraField
	// empty says why there is nothing, where no filter is the reason.
	empty func(m *Model) string
	// name is the item's place in the breadcrumbs.
	name func(row any) string
}

// column is one column of a list.
type column struct {
	title string
	// width is the least width, want the one for which other columns go first;
	// what is left over goes to columns that grow.
	width int
	want  int
	grow  int
	right bool
	// drop is the order in which columns go where there is no room: the
	// highest first; 0 stays.
	drop int
	text func(m *Model, row any) string
	// full is the value for exports, where the text is shortened.
	full func(row any) string
	role func(m *Model, row any) role
	less func(a, b any) int
}

// role is a style by meaning.
type role uint8

const (
	rolePlain role = iota
	roleStrong
	roleFaint
	rolePass
	roleWarn
	roleFail
	roleUnknown
)

// tab is one tab of the detail.
type tab struct {
	title string
	// group is the title while the first list is open, "" for the same.
	group string
	// build makes the content for a width. It must be quick: slow parts come
	// from commands and are kept in the model.
	build func(m *Model, w int) content
}

// content is what a tab shows: lines and, where it has items that can be
// opened, the line at which each begins.
type content struct {
	lines   []string
	anchors []anchor
}

// anchor is one item of a tab.
type anchor struct {
	line int
	key  string
}

// views are the sections in the order of "[" and "]".
var views = []func() section{failuresSection, queueSection, serverSection}

func sections() []section {
	var out []section
	for _, v := range views {
		out = append(out, v())
	}
	return out
}

// viewNames are the titles of the views, for the help.
func viewNames() string {
	var out []string
	for _, s := range sections() {
		out = append(out, s.title)
	}
	return strings.Join(out, ", ")
}
