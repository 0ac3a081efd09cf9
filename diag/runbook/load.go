package runbook

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"metriage/diag"
)

//go:embed data/*.toml
var builtin embed.FS

// Bounds of an admin's own file.
const (
	maxOwnBytes  = 1 << 20
	maxOwnTables = 500
	// maxOwnProblems is how many errors are worth reading.
	maxOwnProblems = 50
)

// Problem is one error in an admin's own runbooks.
type Problem struct {
	File string
	Line int // from 1
	What string
}

// Error returns file, line and what is wrong, on one line.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d: %s", diag.Clean(p.File), p.Line, diag.Clean(p.What))
}

// Load reads the built-in runbooks and, where own is not empty, those of an
// admin from a TOML file called ownName. A step, runbook, letter or meaning of
// the own file replaces the built-in one with its id; others are added.
//
// What is wrong in the own file comes back as problems, each a *Problem with
// file and line; the table that holds it is left out and the built-in one is
// used. The last value is an error of the built-in runbooks themselves.
func Load(own []byte, ownName string) (*Book, []error, error) {
	b := &Book{steps: map[string]*stepData{}, meanings: map[diag.Cause]meaningData{}}
	if err := b.loadBuiltin(builtin); err != nil {
		return nil, nil, err
	}
	var problems []error
	if len(own) > 0 {
		problems = b.loadOwn(own, ownName)
	}
	b.index()
	return b, problems, nil
}

func (b *Book) loadBuiltin(files fs.FS) error {
	names, err := fs.Glob(files, "data/*.toml")
	if err != nil {
		return fmt.Errorf("built-in runbooks: %w", err)
	}
	var pages []pageData
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("built-in runbooks: %w", err)
		}
		var p pageData
		if err := decode(data, &p); err != nil {
			line, what := tomlError(err)
			return fmt.Errorf("built-in runbooks: %s:%d: %s", name, line, what)
		}
		pages = append(pages, p)
	}
	// Steps first: a runbook may use those of another file.
	for _, p := range pages {
		for i := range p.Steps {
			s := &p.Steps[i]
			if b.steps[s.ID] != nil {
				return fmt.Errorf("built-in runbooks: two steps %q", s.ID)
			}
			if f := s.flaws(); f != nil {
				return fmt.Errorf("built-in runbooks: step %q: %s", s.ID, f[0].what)
			}
			b.steps[s.ID] = s
		}
	}
	seen := map[string]bool{}
	for _, p := range pages {
		for i := range p.Books {
			r := &p.Books[i]
			if seen[r.ID] {
				return fmt.Errorf("built-in runbooks: two runbooks %q", r.ID)
			}
			seen[r.ID] = true
			if f := r.flaws(b.steps); f != nil {
				return fmt.Errorf("built-in runbooks: runbook %q: %s", r.ID, f[0].what)
			}
			b.books = append(b.books, r)
		}
		for _, s := range p.Sublists {
			if f := s.flaws(); f != nil {
				return fmt.Errorf("built-in runbooks: sublist %q: %s", s.ID, f[0].what)
			}
			b.sublists = append(b.sublists, s)
		}
		for i := range p.Letters {
			if f := p.Letters[i].flaws(); f != nil {
				return fmt.Errorf("built-in runbooks: letter %q: %s", p.Letters[i].ID, f[0].what)
			}
			b.letters = append(b.letters, &p.Letters[i])
		}
		for _, m := range p.Meanings {
			if f := m.flaws(); f != nil {
				return fmt.Errorf("built-in runbooks: meaning of %q: %s", m.Cause, f[0].what)
			}
			b.meanings[diag.Cause(m.Cause)] = m
		}
	}
	for _, s := range b.steps {
		if s.Letter != "" && b.letter(s.Letter) == nil {
			return fmt.Errorf("built-in runbooks: step %q: there is no letter %q", s.ID, s.Letter)
		}
	}
	return nil
}

// index notes for which lists and providers there is a runbook, by cause.
func (b *Book) index() {
	b.variants = map[string]map[diag.Cause]bool{}
	for _, r := range b.books {
		for _, n := range r.Named {
			if b.variants[n] == nil {
				b.variants[n] = map[diag.Cause]bool{}
			}
			for _, c := range r.Causes {
				b.variants[n][diag.Cause(c)] = true
			}
		}
	}
}

func decode(data []byte, into *pageData) error {
	return toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(into)
}

// tomlError takes the line and the sentence out of an error of the decoder.
func tomlError(err error) (line int, what string) {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		line, _ = e.Position()
		return line, fmt.Sprintf("unknown key %q", strings.Join(e.Key(), "."))
	}
	var plain *toml.DecodeError
	if errors.As(err, &plain) {
		line, _ = plain.Position()
		return line, strings.TrimPrefix(plain.Error(), "toml: ")
	}
	return 1, strings.TrimPrefix(err.Error(), "toml: ")
}
