package tui

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A terminal over SSH and an RDP console pass on letters, control letters and
// the keys that every keyboard has; alt, ctrl-shift and function keys they take
// for themselves.
func TestKeysThatEveryTerminalPassesOn(t *testing.T) {
	bad := regexp.MustCompile(`^(alt|meta|super|hyper)\+|ctrl\+shift|shift\+ctrl|^f\d+$|^ctrl\+(alt|.{2,})`)
	for _, b := range bindings() {
		for _, k := range b.keys {
			if bad.MatchString(k) {
				t.Errorf("%s is bound to %q", k, b.help)
			}
		}
	}
	quoted := regexp.MustCompile(`"([a-z0-9+]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range quoted.FindAllStringSubmatch(string(b), -1) {
			if bad.MatchString(q[1]) {
				t.Errorf("%s reacts to %s", f, q[1])
			}
		}
	}
}

// Where a letter moves the cursor its arrow does too, and no key means two
// things in one place.
func TestKeysAreComplete(t *testing.T) {
	pairs := map[string]string{"j": "down", "k": "up", "h": "left", "l": "right", "g": "home", "G": "end"}
	for _, focus := range []place{inList, inDetail} {
		for _, section := range []place{inFailures, inQueue, inServer} {
			does := map[string]string{}
			for _, b := range bindings() {
				if !b.acts(focus, section) {
					continue
				}
				for _, k := range b.keys {
					if does[k] != "" {
						t.Errorf("%s means %q and %q in place %d/%d", k, does[k], b.help, focus, section)
					}
					does[k] = b.help
				}
			}
			for letter, arrow := range pairs {
				if does[letter] != does[arrow] {
					t.Errorf("%s is %q, %s is %q", letter, does[letter], arrow, does[arrow])
				}
			}
			for _, k := range []string{"?", ":", "q", "ctrl+c", "esc", "enter"} {
				if does[k] == "" {
					t.Errorf("%s does nothing in place %d/%d", k, focus, section)
				}
			}
		}
	}
}
