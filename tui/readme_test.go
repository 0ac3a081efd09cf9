package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var readme = flag.Bool("readme", false, "write the README's screen and key table anew")

// The README shows the keys of the program and a screen that it draws.
func TestREADMEShowsKeysAndScreen(t *testing.T) {
	path := filepath.Join("..", "README.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "\r\n", "\n")
	var keys strings.Builder
	keys.WriteString("| key | does |\n|---|---|\n")
	for _, k := range KeyTable() {
		fmt.Fprintf(&keys, "| `%s` | %s |\n", k[0], k[1])
	}
	screen, err := os.ReadFile(filepath.Join("..", "testdata", "screens", "checks-80x24.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, text, "screen", "```\n"+strings.ReplaceAll(string(screen), "\r\n", "\n")+"```\n")
	want = between(t, want, "keys", keys.String())
	if *readme {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != want {
		t.Error("the README's screen or key table is not the program's; go test ./tui -run README -readme writes them anew")
	}
}

// between replaces what stands between the marks of a name.
func between(t *testing.T, text, name, with string) string {
	t.Helper()
	start, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	i := strings.Index(text, start)
	j := strings.Index(text, end)
	if i < 0 || j < i {
		t.Fatalf("the README has no marks for %s", name)
	}
	return text[:i+len(start)] + with + text[j:]
}
