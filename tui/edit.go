package tui

import (
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
)

// maxTyped bounds what can be typed into a line.
const maxTyped = 200

// edit applies a key to a line of text; changed is false for keys that are no
// editing.
func edit(text string, msg tea.KeyPressMsg) (out string, changed bool) {
	switch msg.String() {
	case "backspace", "ctrl+h":
		if text == "" {
			return text, false
		}
		_, n := utf8.DecodeLastRuneInString(text)
		return text[:len(text)-n], true
	case "ctrl+u":
		return "", text != ""
	case "ctrl+w":
		i := len(text)
		for i > 0 && text[i-1] == ' ' {
			i--
		}
		for i > 0 && text[i-1] != ' ' {
			i--
		}
		return text[:i], i < len(text)
	}
	return insert(text, msg.Text)
}

// insert appends the printable characters of s.
func insert(text, s string) (out string, changed bool) {
	for _, r := range s {
		if c := string(r); unicode.IsPrint(r) && diag.Clean(c) == c && len(text) < maxTyped {
			text += c
			changed = true
		}
	}
	return text, changed
}
