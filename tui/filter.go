package tui

import (
	"strconv"
	"strings"
	"time"
)

// query is a filter as typed: words that have to be there, "!word" that must
// not, "field:value", "age:>1d" or "age:<1h", and "size:>1M" or "tries:<3" for
// fields that are numbers.
type query struct{ terms []term }

type term struct {
	not   bool
	field string // "" for any
	value string // lower case
	age   time.Duration
	older bool
}

func parseQuery(s string) query {
	var q query
	for _, w := range strings.Fields(strings.ToLower(s)) {
		t := term{}
		if t.not = strings.HasPrefix(w, "!"); t.not {
			w = w[1:]
		}
		if f, v, ok := strings.Cut(w, ":"); ok && f != "" && !strings.Contains(f, "/") {
			t.field, w = f, v
			if f == "age" && len(v) > 1 && (v[0] == '>' || v[0] == '<') {
				if d, ok := parseAge(v[1:]); ok {
					t.age, t.older = d, v[0] == '>'
				}
			}
		}
		if t.value = w; w != "" {
			q.terms = append(q.terms, t)
		}
	}
	return q
}

func parseAge(s string) (time.Duration, bool) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(s) < 2 {
		return 0, false
	}
	u, ok := units[s[len(s)-1]]
	n := 0
	for _, c := range s[:len(s)-1] {
		if c < '0' || c > '9' || n > 1e6 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return time.Duration(n) * u, ok
}

// bound is the number of ">3", "<3" or ">1.5M", with k, M and G for thousands.
func (t *term) bound() (n float64, more, ok bool) {
	if t.field == "" || len(t.value) < 2 || t.value[0] != '>' && t.value[0] != '<' {
		return 0, false, false
	}
	v, unit := t.value[1:], 1.0
	if i := strings.IndexByte("kmg", v[len(v)-1]); i >= 0 {
		v, unit = v[:len(v)-1], []float64{1e3, 1e6, 1e9}[i]
	}
	n, err := strconv.ParseFloat(v, 64)
	return n * unit, t.value[0] == '>', err == nil
}

// match reports whether a row passes. field returns a named value; "" is all
// text of the row, "age" a duration as text.
func (q query) match(field func(name string) (string, bool), age time.Duration) bool {
	for _, t := range q.terms {
		var hit bool
		if t.age > 0 {
			hit = age > t.age
			if !t.older {
				hit = age < t.age
			}
		} else if v, ok := field(t.field); ok {
			if n, more, ok := t.bound(); ok {
				have, err := strconv.ParseFloat(v, 64)
				hit = err == nil && (more && have > n || !more && have < n)
			} else {
				hit = strings.Contains(strings.ToLower(v), t.value)
			}
		}
		if hit == t.not {
			return false
		}
	}
	return true
}
