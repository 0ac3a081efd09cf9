package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"
)

// place is where a key means something. A binding has all places in which it
// acts.
type place uint8

const (
	inList place = 1 << iota
	inDetail
	inFailures
	inQueue
	inServer

	anywhere = inList | inDetail
)

// binding is one key. The table of bindings feeds the footer, the help and the
// README.
type binding struct {
	keys  []string // as bubbletea names them
	show  string   // as people read them
	name  string   // short, for the footer
	help  string   // one sentence
	where place    // inList, inDetail or both
	only  place    // inFailures and the like, 0 for every section
	foot  int      // place in the footer, 0 for none
	// why says why the key cannot act now, "" where it can; nil where it always
	// can.
	why func(m *Model) string
	do  func(m *Model) tea.Cmd
}

// keyTable is the table of keys. It is filled when the program starts, because
// what the keys do leads back to it.
var keyTable []binding

func init() { keyTable = bindings() }

// bindings returns the table of keys, in the order of the help.
func bindings() []binding {
	return []binding{
		{keys: []string{"j", "down"}, show: "j down", help: "Next line", where: anywhere, do: func(m *Model) tea.Cmd { return m.move(1) }},
		{keys: []string{"k", "up"}, show: "k up", help: "Previous line", where: anywhere, do: func(m *Model) tea.Cmd { return m.move(-1) }},
		{keys: []string{"pgdown", "ctrl+f"}, show: "PgDn", help: "Next page", where: anywhere, do: func(m *Model) tea.Cmd { return m.movePage(1, 1) }},
		{keys: []string{"pgup", "ctrl+b"}, show: "PgUp", help: "Previous page", where: anywhere, do: func(m *Model) tea.Cmd { return m.movePage(-1, 1) }},
		{keys: []string{"ctrl+d"}, show: "ctrl-d", help: "Half a page down", where: anywhere, do: func(m *Model) tea.Cmd { return m.movePage(1, 2) }},
		{keys: []string{"ctrl+u"}, show: "ctrl-u", help: "Half a page up", where: anywhere, do: func(m *Model) tea.Cmd { return m.movePage(-1, 2) }},
		{keys: []string{"g", "home"}, show: "g Home", help: "First line", where: anywhere, do: func(m *Model) tea.Cmd { return m.move(-1 << 30) }},
		{keys: []string{"G", "end"}, show: "G End", help: "Last line", where: anywhere, do: func(m *Model) tea.Cmd { return m.move(1 << 30) }},
		{keys: []string{"enter"}, show: "enter", name: "open", help: "Open: a group, a failure, the evidence of a check, a step", where: anywhere, foot: 2, why: nothingToOpen, do: (*Model).enter},
		{keys: []string{"esc", "backspace"}, show: "esc", name: "back", help: "Back: close, leave the detail, clear the filter, up one level", where: anywhere, foot: 3, why: nothingToLeave, do: (*Model).back},
		{keys: []string{"tab", "l", "right"}, show: "tab l", help: "To the detail", where: inList, why: nothingSelected, do: (*Model).toDetail},
		{keys: []string{"shift+tab", "tab", "h", "left"}, show: "tab h", help: "To the list", where: inDetail, do: (*Model).toList},
		{keys: []string{"1", "2", "3", "4"}, show: "1-4", name: "tab", help: "Tab of the detail: Reply, Checks, Guidance, Raw", where: anywhere, foot: 4, why: nothingSelected},
		{keys: []string{"r"}, show: "r", name: "check", help: "Ask the live checks again", where: anywhere, only: inFailures | inQueue, foot: 6, do: (*Model).recheck},
		{keys: []string{"r"}, show: "r", name: "look again", help: "In the Server view: read settings, logs and queues again", where: anywhere, only: inServer, foot: 6, why: alreadyReading, do: (*Model).lookAgain},
		{keys: []string{"v"}, show: "v", name: "verify", help: "Verify: ask the checks again and tick the steps that they prove", where: anywhere, do: (*Model).verify},
		{keys: []string{"t"}, show: "t", name: "check remote", help: "Test the servers that refuse: says first what is sent to whom", where: anywhere, only: inFailures, why: noRemote, do: (*Model).testHere},
		{keys: []string{"t"}, show: "t", name: "ask XBL", help: "In the Server view: ask the XBL about the networks that the user of a finding signs in from", where: anywhere, only: inServer, why: noNetworks, do: (*Model).askXBL},
		{keys: []string{"d"}, show: "d", name: "done", help: "Tick the step by hand with a note, or take that back", where: inDetail, only: inFailures, foot: 6, why: noStep, do: (*Model).tickStep},
		{keys: []string{"n"}, show: "n", name: "note", help: "Keep a note to the step", where: inDetail, only: inFailures, why: noStep, do: (*Model).addNote},
		{keys: []string{"P"}, show: "P", name: "plan", help: "The plan for the whole server: all steps, what each frees", where: anywhere, foot: 10, do: (*Model).openPlan},
		{keys: []string{"x"}, show: "x", help: "Stop the checks, or the action on the queue", where: anywhere, why: nothingRuns, do: (*Model).stopChecks},
		{keys: []string{"/"}, show: "/", name: "filter", help: "Filter: words, !not, field:value, age:>1d", where: inList, foot: 5, do: (*Model).startFilter},
		{keys: []string{"s"}, show: "s", help: "Sort by the next column", where: inList, do: func(m *Model) tea.Cmd { return m.sortNext() }},
		{keys: []string{"S"}, show: "S", help: "Reverse the order", where: inList, do: func(m *Model) tea.Cmd { return m.sortReverse() }},
		{keys: []string{"space"}, show: "space", help: "Mark the item, or take the mark away", where: inList, why: nothingSelected, do: (*Model).markThis},
		{keys: []string{"*"}, show: "*", help: "Mark all that the list shows", where: inList, why: nothingSelected, do: (*Model).markAll},
		{keys: []string{"u"}, show: "u", help: "Take all marks away", where: inList, why: nothingMarked, do: (*Model).unmark},
		{keys: []string{"!"}, show: "!", help: "Only items of the same cause or state, or all again", where: inList, why: nothingSelected, do: (*Model).sameOnly},
		{keys: []string{"F"}, show: "F", help: "Only what is out of order: refuses since an onset, has faults; or all again", where: inList, do: (*Model).faultsOnly},
		{keys: []string{"b"}, show: "b", help: "Group by the next: domain, provider, cause, sender, account, own address", where: anywhere, only: inFailures, do: (*Model).nextGrouping},
		{keys: []string{"p"}, show: "p", help: "Group by domain or by provider", where: anywhere, only: inFailures, do: (*Model).toggleProvider},
		{keys: []string{"m"}, show: "m", help: "ME-E0193 failures only, or all", where: anywhere, only: inFailures, do: (*Model).toggleE0193},
		{keys: []string{"0"}, show: "0", help: "Open what the headline is about", where: anywhere, why: noHeadline, do: (*Model).openHeadline},
		{keys: []string{"y"}, show: "y", name: "copy", help: "Copy the reply, the record or the step", where: anywhere, foot: 8, why: nothingSelected, do: (*Model).copyThis},
		{keys: []string{"e"}, show: "e", help: "Export the marked items, or the list: text, CSV, JSON, Markdown, report, capsule", where: anywhere, why: nothingSelected, do: (*Model).exportMenu},
		{keys: []string{"o"}, show: "o", help: "Show the link of the reply whole, and copy it", where: anywhere, only: inFailures, why: noFailure, do: (*Model).showLink},
		{keys: []string{"Y"}, show: "Y", help: "Copy a note to the postmaster who refuses", where: anywhere, only: inFailures, why: noFailure, do: (*Model).copyLetter},
		{keys: []string{"L"}, show: "L", help: "Write a letter: PTR request, removal form, postmaster, local senders", where: anywhere, only: inFailures, do: (*Model).letterMenu},
		{keys: []string{"z"}, show: "z", help: "Give the list or the detail the whole screen, and back", where: anywhere, do: (*Model).toggleZoom},
		{keys: []string{"]", "["}, show: "] [", name: "view", help: "Other view: " + viewNames(), where: anywhere, foot: 11},
		{keys: []string{"R"}, show: "R", help: "Compare all files and logs with what was read, now", where: anywhere, why: alreadyReading, do: (*Model).readAgain},
		{keys: []string{"f"}, show: "f", help: "Pause: the lists stay as they are; again: they follow what happens", where: anywhere, do: (*Model).togglePause},
		{keys: []string{":"}, show: ":", help: "Every command by name", where: anywhere, do: (*Model).palette},
		{keys: []string{"?"}, show: "?", name: "help", help: "This help", where: anywhere, foot: 7, do: func(m *Model) tea.Cmd { return m.open(helpOverlay()) }},
		{keys: []string{"q", "ctrl+c"}, show: "q", name: "quit", help: "Quit", where: anywhere, foot: 9, do: (*Model).quit},
	}
}

// here returns the place of the focus and the section.
func (m *Model) here() (focus, section place) {
	focus = inList
	if m.state().detail {
		focus = inDetail
	}
	return focus, m.sec().place
}

func (b binding) acts(focus, section place) bool {
	return b.where&focus != 0 && (b.only == 0 || b.only&section != 0)
}

// key runs the binding of a key. A key that cannot act says why.
func (m *Model) key(k string) tea.Cmd {
	focus, section := m.here()
	elsewhere := false
	for _, b := range keyTable {
		if !slices.Contains(b.keys, k) {
			continue
		}
		if !b.acts(focus, section) {
			elsewhere = true
			continue
		}
		if b.why != nil {
			if why := b.why(m); why != "" {
				m.sayf("%s: %s", b.show, why)
				return nil
			}
		}
		switch {
		case b.do != nil:
			return b.do(m)
		case k == "[" || k == "]":
			return m.switchSection(k)
		}
		return m.chooseTab(int(k[0] - '1'))
	}
	if elsewhere {
		m.sayf("%s does nothing here; ? lists the keys", k)
	}
	return nil
}

func nothingSelected(m *Model) string {
	if len(m.openList().items) == 0 {
		if len(m.sess.Roots()) > 0 && (m.data == nil || m.data.partial) {
			return "nothing is there yet, the folders are still being read"
		}
		return "nothing is selected"
	}
	return ""
}

func nothingToLeave(m *Model) string {
	s := m.state()
	if !s.detail && !s.zoom && s.depth == 0 && m.openList().filter == "" && !m.e0193 {
		return "this is the first list; q quits"
	}
	return ""
}

func nothingToOpen(m *Model) string {
	if m.state().detail {
		if len(m.content[0].anchors) == 0 {
			return "nothing to open in this tab"
		}
		return ""
	}
	return nothingSelected(m)
}

func nothingRuns(m *Model) string {
	if !m.findings.Busy() && m.acting.stop == nil && m.xbl.stop == nil {
		return "no check is running"
	}
	return ""
}

func noFailure(m *Model) string {
	if _, ok := m.selectedFailure(); !ok {
		return "open a failure first"
	}
	return ""
}

func noHeadline(m *Model) string {
	if m.data == nil || m.data.headline.Key == "" && m.data.headline.Code == "" {
		return "the headline is about no single group or finding"
	}
	return ""
}

func alreadyReading(m *Model) string {
	switch {
	case m.scanning:
		return "the folders are being read already"
	case m.sess.OfCapsule():
		return "this is a capsule, which stays as it was when it was made"
	}
	return ""
}

// KeyTable returns the keys as rows of a table, for the README.
func KeyTable() [][2]string {
	var out [][2]string
	for _, b := range keyTable {
		out = append(out, [2]string{b.show, b.help})
	}
	return out
}

func (m *Model) sayf(format string, args ...any) { m.say("", fmt.Sprintf(format, args...)) }
