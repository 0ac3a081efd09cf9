package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"metriage/diag/runbook"
)

// sampleValue stands in for the places of a command; what is not named there is
// a word.
var sampleValue = strings.NewReplacer(
	"{ip}", "198.51.100.25", "{host}", "mail.ours.example", "{helo}", "mail.ours.example", "{domain}", "ours.example",
	"{refused-domain}", "gmail.com", "{selector}", "default", "{root}", "/data",
	"<public address>", "198.51.100.25",
)

// command is a call of metriage in a text of a runbook.
var command = regexp.MustCompile(`^metriage( [a-z].*)?$`)

// Every command that a runbook tells to type is one that the program has.
func TestRunbooksTellRealCommands(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "diag", "runbook", "data", "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Step []struct {
				ID string
				Do []string
			}
		}
		if err := toml.Unmarshal(b, &page); err != nil {
			t.Fatal(name, err)
		}
		for _, s := range page.Step {
			for _, line := range s.Do {
				if !command.MatchString(line) {
					if strings.Contains(line, "metriage ") {
						t.Errorf("%s: %q holds a command that this test does not see", s.ID, line)
					}
					continue
				}
				seen[line] = true
				args := strings.Fields(sampleValue.Replace(line))[1:]
				if strings.ContainsAny(strings.Join(args, " "), "{}<>") {
					t.Errorf("%s: %q has a place that this test does not know", s.ID, line)
				}
				p := program{out: io.Discard, err: io.Discard, getenv: func(string) string { return "" }}
				k, err := p.parser(&cli{}, &configFile{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := k.Parse(args); err != nil {
					t.Errorf("%s: %q: %v", s.ID, line, err)
				}
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d commands were found", len(seen))
	}
	if runbook.Unknown("ip") == "" {
		t.Error("there is no place {ip} any more")
	}
}
