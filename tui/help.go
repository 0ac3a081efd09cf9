package tui

import (
	"fmt"
	"strings"
)

// helpOverlay lists the keys that act where one is, then the others, and
// explains filter and words.
func helpOverlay() overlay {
	return &textOverlay{head: "Help", text: helpLines}
}

func helpLines(m *Model) []string {
	focus, section := m.here()
	where := "the list"
	if focus == inDetail {
		where = "the detail"
	}
	lines := []string{m.theme.strong.Render(fmt.Sprintf("Keys in %s of %s", where, m.sec().title))}
	row := func(b binding) []string {
		return indent(fmt.Sprintf("  %-8s ", b.show), strings.Repeat(" ", 11), b.help, m.width-2)
	}
	for _, b := range keyTable {
		if b.acts(focus, section) {
			lines = append(lines, row(b)...)
		}
	}
	other := false
	for _, b := range keyTable {
		if b.acts(focus, section) {
			continue
		}
		if !other {
			lines = append(lines, "", m.theme.strong.Render("Elsewhere"))
			other = true
		}
		lines = append(lines, row(b)...)
	}
	return append(lines, "",
		m.theme.strong.Render("Filter"),
		"  554 zen            both words have to be there",
		"  !greylist          the word must not be there",
		"  from:anna          a field: to from domain cause reply provider account",
		"                     subject ip id source state; in the queue also user,",
		"                     status, client, command, tries, code, recipients, size",
		"  tries:>3 size:>1M  more, less",
		"  age:>1d age:<2h    older, younger",
		"",
		m.theme.strong.Render("Words"),
		"  REFUSED  for good, one for each recipient, however often it was tried",
		"  E0193    of these, reported by MailEnable under ME-E0193",
		"  DELAY    refused for now and not decided yet",
		"  OK       accepted by the remote server",
		"  NEXT GIVES UP  when a queued message is tried next and given up; ~ marks an",
		"           estimate, - that it is not known",
		"  PASS WARN FAIL UNKNOWN SKIP: UNKNOWN could not be decided; it is neither",
		"  good nor bad",
	)
}
