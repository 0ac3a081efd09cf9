package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// parses reports what the program's own parser thinks of a command line.
func parses(args []string) error {
	p := program{out: &strings.Builder{}, err: &strings.Builder{}, getenv: func(string) string { return "" }}
	var c cli
	parser, err := p.parser(&c, &configFile{})
	if err != nil {
		return err
	}
	_, err = parser.Parse(args)
	return err
}

// Every command line in a block of the README can be typed as it stands.
func TestReadmeCommandLines(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range regexp.MustCompile("(?s)\n```[a-z]*\n(.*?)\n```").FindAllStringSubmatch(string(b), -1) {
		for _, line := range strings.Split(block[1], "\n") {
			line, _, _ = strings.Cut(line, " #")
			words := strings.Fields(line)
			if strings.Contains(line, "go build") {
				continue
			}
			for i, w := range words {
				if w == "metriage" || w == "metriage.exe" || w == "./cmd/metriage" && words[1] == "run" {
					n++
					if err := parses(words[i+1:]); err != nil {
						t.Errorf("%s: %v", line, err)
					}
					break
				}
			}
		}
	}
	if n < 3 {
		t.Errorf("only %d command lines were found", n)
	}
}
