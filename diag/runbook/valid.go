package runbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"metriage/diag"
)

// Bounds of one table, so that no file can make the guidance unreadable.
const (
	maxTitle = 120
	maxText  = 600
	maxBody  = 8 << 10
	maxItems = 40
)

// flaw is what is wrong with a table: the key that holds it and a sentence.
type flaw struct{ key, what string }

type flaws []flaw

func (f *flaws) add(key, format string, args ...any) {
	*f = append(*f, flaw{key, fmt.Sprintf(format, args...)})
}

var (
	idShape      = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	articleShape = regexp.MustCompile(`^ME\d{6}$`)
)

func (f *flaws) id(id string) {
	if !idShape.MatchString(id) {
		f.add("id", "id %q is not made of lower case letters, digits and hyphens", id)
	}
}

// text checks the length of s and that its places exist.
func (f *flaws) text(key, s string, limit int, extra ...string) {
	if n := utf8.RuneCountInString(s); n > limit {
		f.add(key, "%s has %d characters, %d are allowed", key, n, limit)
	}
	for _, p := range places(s) {
		if findSlot(p) == nil && !slices.Contains(extra, p) {
			f.add(key, "%s: there is no value {%s}", key, p)
		}
	}
}

func (f *flaws) list(key string, l []string, known []string, what string) {
	if len(l) > maxItems {
		f.add(key, "%s has %d entries, %d are allowed", key, len(l), maxItems)
	}
	for _, s := range l {
		if known != nil && !slices.Contains(known, s) {
			f.add(key, "unknown %s %q", what, s)
		}
	}
}

func words[T ~string](l []T) []string {
	out := make([]string, len(l))
	for i, s := range l {
		out[i] = string(s)
	}
	return out
}

func (s *stepData) flaws() flaws {
	var f flaws
	f.id(s.ID)
	if !slices.Contains(diag.Phases(), diag.Phase(s.Phase)) {
		f.add("phase", "unknown phase %q", s.Phase)
	}
	if strings.TrimSpace(s.Title) == "" {
		f.add("title", "there is no title")
	}
	f.text("title", s.Title, maxTitle)
	f.text("why", s.Why, maxText)
	f.text("effect", s.Effect, maxText)
	f.text("proof", s.Proof, maxText)
	for _, w := range s.Where {
		f.text("where", w, maxText)
	}
	for _, d := range s.Do {
		f.text("do", d, maxText)
	}
	f.list("where", s.Where, nil, "")
	f.list("do", s.Do, nil, "")
	if s.Check != "" && !slices.Contains(checkWords, s.Check) {
		f.add("check", "unknown check %q", s.Check)
	}
	if s.Check == "" && strings.TrimSpace(s.Proof) == "" {
		f.add("proof", "neither check nor proof says how to see that it worked")
	}
	if s.Ledger != "" && s.Ledger != diag.LedgerAccepted {
		f.add("ledger", "unknown ledger fact %q", s.Ledger)
	}
	if s.Seeks && s.Phase != string(diag.PhaseContain) {
		f.add("seeks", "only a step of the phase %q seeks a source", diag.PhaseContain)
	}
	if s.Closes != "" && !slices.Contains(closers, s.Closes) {
		f.add("closes", "unknown closes %q", s.Closes)
	}
	if s.Changes != "" && !slices.Contains(changeWords, s.Changes) {
		f.add("changes", "unknown changes %q", s.Changes)
	}
	if s.Per != "" && !slices.Contains(subjects, s.Per) {
		f.add("per", "unknown per %q", s.Per)
	}
	for _, a := range s.Articles {
		if !articleShape.MatchString(a) {
			f.add("articles", "%q is not an article like ME020517", a)
		}
	}
	return f
}

// flaws checks a runbook against the steps there are.
func (r *bookData) flaws(steps map[string]*stepData) flaws {
	var f flaws
	f.id(r.ID)
	if len(r.Causes) == 0 && !strings.HasPrefix(r.ID, "x-") {
		f.add("causes", "no cause is named")
	}
	f.list("causes", r.Causes, words(diag.Causes()), "cause")
	f.list("situations", r.Situations, Situations(), "situation")
	f.list("identities", r.Identities, words([]diag.Identity{diag.IdentityOurs, diag.IdentityForeign, diag.IdentityRelay, diag.IdentityUnknown}), "identity")
	f.list("findings", r.Findings, findingCodes, "finding code")
	f.list("not_findings", r.NotFindings, findingCodes, "finding code")
	for _, w := range append(slices.Clone(r.Named), r.Providers...) {
		if !idShape.MatchString(w) && w != namedOther && w != namedNone && w != namedCleared {
			f.add("named", "%q is not the id of a list or provider", w)
		}
	}
	f.list("named", r.Named, nil, "")
	for _, w := range r.Words {
		if w == "" || w != strings.ToLower(w) {
			f.add("words", "%q: words are compared in lower case", w)
		}
	}
	f.list("steps", r.Steps, nil, "")
	f.list("without", r.Without, nil, "")
	for _, id := range r.Steps {
		st := steps[id]
		if st == nil {
			f.add("steps", "there is no step %q", id)
			continue
		}
		for _, c := range r.Causes {
			if st.Phase == string(diag.PhaseDelist) && noDelist(diag.Cause(c)) {
				f.add("steps", "step %q asks for delisting, which is wrong for %s", id, c)
			}
		}
	}
	for _, id := range r.Without {
		if steps[id] == nil {
			f.add("without", "there is no step %q", id)
		}
	}
	for p, why := range r.NotNeeded {
		if !slices.Contains(diag.Phases(), diag.Phase(p)) {
			f.add("not_needed", "unknown phase %q", p)
		}
		f.text("not_needed", why, maxText)
	}
	return f
}

func (s *sublistData) flaws() flaws {
	var f flaws
	f.id(s.ID)
	if !idShape.MatchString(s.List) {
		f.add("list", "%q is not the id of a list", s.List)
	}
	if len(s.Codes) == 0 {
		f.add("codes", "no answer is named")
	}
	return f
}

func (l *letterData) flaws() flaws {
	var f flaws
	f.id(l.ID)
	if strings.TrimSpace(l.Body) == "" {
		f.add("body", "there is no body")
	}
	f.text("title", l.Title, maxTitle, letterPlaces...)
	f.text("to", l.To, maxText, letterPlaces...)
	f.text("subject", l.Subject, maxTitle, letterPlaces...)
	f.text("body", l.Body, maxBody, letterPlaces...)
	f.text("row", l.Row, maxText, rowPlaces...)
	return f
}

func (m *meaningData) flaws() flaws {
	var f flaws
	if !diag.Cause(m.Cause).Valid() {
		f.add("cause", "unknown cause %q", m.Cause)
	}
	if m.Plain == "" || m.Next == "" {
		f.add("plain", "plain and next say what happened and what to do")
	}
	f.text("plain", m.Plain, maxText)
	f.text("next", m.Next, maxText)
	return f
}
