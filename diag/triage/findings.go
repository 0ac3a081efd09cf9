package triage

import (
	"slices"
	"strconv"
	"strings"

	"metriage/diag"
)

// Findings keeps the latest finding of every check of every subject. It is a
// plain value: whoever holds it changes it in one place.
type Findings struct {
	list    []diag.Finding
	run     int
	running bool
	words   []string
	version int
}

type findingKey struct{ check, subject, list string }

func keyOf(f diag.Finding) findingKey {
	return findingKey{f.Check, strings.ToLower(f.Subject), f.List}
}

// Keep takes findings of a capsule, as they were when it was made.
func (f *Findings) Keep(list []diag.Finding) {
	if len(list) > 0 {
		f.list = list
		f.version++
	}
}

// Begin starts a run of the check words and returns its number. Findings of
// earlier runs that still come in are dropped from now on.
func (f *Findings) Begin(words []string) int {
	f.run++
	f.running, f.words = true, words
	return f.run
}

// Add takes a finding of run; it reports false where that run was replaced or
// stopped.
func (f *Findings) Add(run int, found diag.Finding) bool {
	if run != f.run || !f.running {
		return false
	}
	k := keyOf(found)
	same := func(o diag.Finding) bool { return keyOf(o) == k }
	if found.Code == "remote-skipped" && slices.ContainsFunc(f.list, same) {
		return true // asked too soon: what was found then still stands
	}
	f.version++
	// What was skipped for want of a subject is no longer so.
	f.list = slices.DeleteFunc(f.list, func(o diag.Finding) bool {
		return o.Check == found.Check && o.Status == diag.StatusSkipped && keyOf(o) != k
	})
	if i := slices.IndexFunc(f.list, same); i >= 0 {
		f.list[i] = found
	} else {
		f.list = append(f.list, found)
	}
	return true
}

// End finishes run; it reports false where that run was replaced or stopped.
func (f *Findings) End(run int) bool {
	if run != f.run || !f.running {
		return false
	}
	f.running = false
	return true
}

// Replace drops what earlier runs found of the checks of a run that has come to
// its end, where it found nothing of the kind: the subject is no longer ours, or
// the split view is gone.
func (f *Findings) Replace(words []string, found []diag.Finding) {
	now := map[findingKey]bool{}
	for _, x := range found {
		now[keyOf(x)] = true
	}
	before := len(f.list)
	f.list = slices.DeleteFunc(f.list, func(o diag.Finding) bool {
		return (slices.Contains(words, o.Check) || o.Check == "dns") && !now[keyOf(o)]
	})
	if len(f.list) != before {
		f.version++
	}
}

// Stop ends the run that is under way, if any.
func (f *Findings) Stop() bool {
	was := f.running
	f.running = false
	return was
}

// Running reports whether a run of the check word is under way.
func (f *Findings) Running(word string) bool { return f.running && slices.Contains(f.words, word) }

// Busy reports whether any run is under way.
func (f *Findings) Busy() bool { return f.running }

// All returns every finding, in the order in which they first came.
func (f *Findings) All() []diag.Finding { return slices.Clone(f.list) }

// Of returns the findings of a check.
func (f *Findings) Of(check string) []diag.Finding {
	var out []diag.Finding
	for _, x := range f.list {
		if x.Check == check {
			out = append(out, x)
		}
	}
	return out
}

// Empty reports whether nothing was found yet.
func (f *Findings) Empty() bool { return len(f.list) == 0 }

// Current reports whether run is the one under way.
func (f *Findings) Current(run int) bool { return f.running && run == f.run }

// Stamp changes whenever a finding comes or changes.
func (f *Findings) Stamp() string {
	if len(f.list) == 0 {
		return ""
	}
	return strconv.Itoa(f.version)
}
