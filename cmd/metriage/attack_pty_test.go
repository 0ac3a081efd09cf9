//go:build unix

package main

import (
	"encoding/base64"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"metriage/diag/sample"
)

// What reaches the terminal from a hostile installation is text and sequences
// of the renderer's own: known ones, with parameters that do not come from
// outside.
func TestHostileTreeOnATerminal(t *testing.T) {
	dir, err := hostileTree()
	if err != nil {
		t.Fatal(err)
	}
	c := startConsole(t, "--root", filepath.Join(dir, "site"), "--since", "all", "--dns", "127.0.0.1:1")
	c.until("1 of ")
	for _, key := range []string{"\x1b[6~", "\x1b[6~", "G", "g", "p", "p", "!", "!"} {
		c.typed(key)
	}
	c.sees("DOMAIN", "1 of ") // at rest: reading and counting have ended
	c.typed("\r")
	c.sees("RECIPIENT")
	c.typed("1")
	c.typed("y")
	c.until("]52;c;")
	for _, key := range []string{"j", "4", "y", "G", "4", "\x1b[6~"} {
		c.typed(key)
	}
	c.typed("?")
	c.until("Keys in the ")
	c.typed("q")
	c.typed("]")
	c.until("FOLDER")
	c.typed("\r")
	c.until("DESTINATION")
	for _, key := range []string{"1", "2", "j", "j", "G"} {
		c.typed(key)
	}
	c.typed("?")
	c.until("Keys in the ")
	c.typed("q")
	c.typed("q")
	c.end(0)
	n := parseTerminal(t, string(c.seen))
	if n["m"] < 100 || n["52"] < 1 {
		t.Errorf("too little was seen: %v", n)
	}
}

// sequences are what the renderer writes: cursor movement, erasing, styles,
// modes, questions to the terminal; the title and the clipboard.
var sequences = []*regexp.Regexp{
	regexp.MustCompile(`^\x1b\[[0-9;]*[ABCDEFGHJKLMPSTXZ@dfmrb]$`),
	regexp.MustCompile(`^\x1b\[\?[0-9;]*[hlJKuWn]$`),
	regexp.MustCompile(`^\x1b\[\?[0-9]+\$p$`),
	regexp.MustCompile(`^\x1b\[[<>=]?[0-9;]*[umcq]$`),
	regexp.MustCompile(`^\x1b\[[0-9]* q$`),
	regexp.MustCompile(`^\x1b\](0|2);(metriage)?(\x07|\x1b\\)$`),
	regexp.MustCompile(`^\x1b\](10|11|12);\?(\x07|\x1b\\)$`),
	regexp.MustCompile(`^\x1b\](110|111|112)(\x07|\x1b\\)$`),
	regexp.MustCompile(`^\x1b\]52;c;[A-Za-z0-9+/=]*(\x07|\x1b\\)$`),
	regexp.MustCompile(`^\x1b[78=>MDE]$`),
}

// parseTerminal takes output apart and counts the sequences by their last
// letter, or number.
func parseTerminal(t *testing.T, out string) map[string]int {
	t.Helper()
	n := map[string]int{}
	one := regexp.MustCompile(`^\x1b(\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\x9c]*(\x07|\x1b\\)|.)`)
	var text strings.Builder
	for out != "" {
		if out[0] != 0x1b {
			i := strings.IndexByte(out, 0x1b)
			if i < 0 {
				i = len(out)
			}
			text.WriteString(strings.NewReplacer("\r", "", "\b", "", "\t", "").Replace(out[:i]))
			out = out[i:]
			continue
		}
		s := one.FindString(out)
		if s == "" {
			t.Fatalf("a sequence does not end: %.100q", out)
		}
		known := false
		for _, r := range sequences {
			known = known || r.MatchString(s)
		}
		if !known || strings.Contains(s, "7777") || strings.Contains(s, "PWND") {
			t.Errorf("not the renderer's: %.100q", s)
		}
		if b64, ok := strings.CutPrefix(s, "\x1b]52;c;"); ok {
			n["52"]++
			b, err := base64.StdEncoding.DecodeString(strings.TrimRight(b64, "\x07\x1b\\"))
			if h := sample.Harm(string(b)); err != nil || h != "" || len(b) == 0 {
				t.Errorf("the clipboard holds %s (%v)", h, err)
			}
		} else {
			n[s[len(s)-1:]]++
		}
		out = out[len(s):]
	}
	if h := sample.Harm(text.String()); h != "" {
		t.Errorf("the terminal got %s", h)
	}
	return n
}
