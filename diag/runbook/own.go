package runbook

import (
	"bytes"
	"fmt"
	"slices"

	"metriage/diag"
)

// ownLoader collects the good tables of an admin's file and the problems of
// the others.
type ownLoader struct {
	book     *Book
	file     string
	problems []error        // each a *Problem
	done     map[string]int // line by kind and id, to find the second of a pair
	books    []ownBook      // checked last: they may use steps of further down
	steps    []ownStep      // checked before: they may use letters of further down
}

type ownBook struct {
	piece piece
	data  bookData
}

type ownStep struct {
	piece piece
	data  stepData
}

func (b *Book) loadOwn(data []byte, name string) []error {
	o := &ownLoader{book: b, file: name, done: map[string]int{}}
	if len(data) > maxOwnBytes {
		o.problem(1, fmt.Sprintf("the file is larger than %d KiB; the built-in runbooks are used", maxOwnBytes>>10))
		return o.problems
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	pieces := split(data, 1, true)
	if len(pieces) > maxOwnTables {
		o.problem(pieces[maxOwnTables].line, fmt.Sprintf("more than %d tables; the rest is left out", maxOwnTables))
		pieces = pieces[:maxOwnTables]
	}
	for _, p := range pieces {
		o.read(p, true)
	}
	for i := range o.steps {
		o.step(&o.steps[i])
	}
	for i := range o.books {
		o.runbook(&o.books[i])
	}
	if n := len(o.problems); n > maxOwnProblems {
		last := o.problems[maxOwnProblems].(*Problem)
		o.problems = append(o.problems[:maxOwnProblems], &Problem{File: name, Line: last.Line, What: fmt.Sprintf("%d more problems are not shown", n-maxOwnProblems)})
	}
	return o.problems
}

func (o *ownLoader) problem(line int, what string) {
	o.problems = append(o.problems, &Problem{File: o.file, Line: line, What: what})
}

// reject notes what is wrong with the table kind id of p and what happens
// instead.
func (o *ownLoader) reject(p piece, kind, id string, builtin bool, fl flaws) {
	instead := "it is left out"
	if builtin {
		instead = "the built-in one is used"
	}
	for _, f := range fl {
		o.problem(p.keyLine(f.key), fmt.Sprintf("%s %q: %s; %s", kind, id, f.what, instead))
	}
}

// read decodes one piece. One that cannot be read and may hold several tables
// is split once more.
func (o *ownLoader) read(p piece, again bool) {
	var page pageData
	if err := decode(p.text, &page); err != nil {
		if parts := split(p.text, p.line, false); again && len(parts) > 2 {
			for _, part := range parts {
				o.read(part, false)
			}
			return
		}
		line, what := tomlError(err)
		o.problem(p.line+max(line, 1)-1, what+"; this table is left out")
		return
	}
	for _, d := range page.Steps {
		o.steps = append(o.steps, ownStep{p, d})
	}
	for _, d := range page.Books {
		o.books = append(o.books, ownBook{p, d})
	}
	for _, d := range page.Letters {
		o.letter(p, d)
	}
	for _, d := range page.Meanings {
		o.meaning(p, d)
	}
	for _, d := range page.Sublists {
		o.sublist(p, d)
	}
}

// first reports whether this is the first table of its kind and id.
func (o *ownLoader) first(p piece, kind, id string) bool {
	if line, twice := o.done[kind+" "+id]; twice {
		o.problem(p.keyLine("id"), fmt.Sprintf("%s %q stands on line %d already; this one is left out", kind, id, line))
		return false
	}
	o.done[kind+" "+id] = p.line
	return true
}

func (o *ownLoader) step(s *ownStep) {
	cleanStep(&s.data)
	d := &s.data
	fl := d.flaws()
	if d.Letter != "" && o.book.letter(d.Letter) == nil {
		fl.add("letter", "there is no letter %q", d.Letter)
	}
	if fl != nil {
		o.reject(s.piece, "step", d.ID, o.book.steps[d.ID] != nil, fl)
		return
	}
	if o.first(s.piece, "step", d.ID) {
		o.book.steps[d.ID] = d
	}
}

func (o *ownLoader) runbook(r *ownBook) {
	d := &r.data
	at := slices.IndexFunc(o.book.books, func(x *bookData) bool { return x.ID == d.ID })
	if fl := d.flaws(o.book.steps); fl != nil {
		o.reject(r.piece, "runbook", d.ID, at >= 0, fl)
		return
	}
	for p, why := range d.NotNeeded {
		d.NotNeeded[p] = diag.Clean(why)
	}
	switch {
	case !o.first(r.piece, "runbook", d.ID):
	case at >= 0:
		o.book.books[at] = d
	default:
		o.book.books = append(o.book.books, d)
	}
}

func (o *ownLoader) letter(p piece, d letterData) {
	at := slices.IndexFunc(o.book.letters, func(x *letterData) bool { return x.ID == d.ID })
	if fl := d.flaws(); fl != nil {
		o.reject(p, "letter", d.ID, at >= 0, fl)
		return
	}
	d.Title, d.To, d.Subject = diag.Clean(d.Title), diag.Clean(d.To), diag.Clean(d.Subject)
	d.Body, d.Row = diag.CleanLines(d.Body), diag.Clean(d.Row)
	switch {
	case !o.first(p, "letter", d.ID):
	case at >= 0:
		o.book.letters[at] = &d
	default:
		o.book.letters = append(o.book.letters, &d)
	}
}

func (o *ownLoader) meaning(p piece, d meaningData) {
	if fl := d.flaws(); fl != nil {
		o.reject(p, "meaning", d.Cause, o.book.meanings[diag.Cause(d.Cause)].Cause != "", fl)
		return
	}
	d.Plain, d.Next = diag.Clean(d.Plain), diag.Clean(d.Next)
	if o.first(p, "meaning", d.Cause) {
		o.book.meanings[diag.Cause(d.Cause)] = d
	}
}

func (o *ownLoader) sublist(p piece, d sublistData) {
	if fl := d.flaws(); fl != nil {
		o.reject(p, "sublist", d.ID, false, fl)
		return
	}
	o.book.sublists = append(o.book.sublists, d)
}

// cleanStep makes the texts of an own step harmless for a terminal: TOML can
// hold escape sequences in its own notation.
func cleanStep(s *stepData) {
	for _, t := range []*string{&s.Title, &s.Why, &s.Effect, &s.Proof} {
		*t = diag.Clean(*t)
	}
	for _, l := range [][]string{s.Where, s.Do} {
		for i := range l {
			l[i] = diag.Clean(l[i])
		}
	}
}
