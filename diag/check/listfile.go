package check

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"metriage/diag"
)

// maxListFile bounds a list file, maxLists the lists in it.
const (
	maxListFile = 1 << 20
	maxLists    = 1000
)

// LoadLists reads a list file and returns builtin with its lists added, or
// replaced where the zone is the same; with "only = true" the built-in lists
// are left out. name is what errors call the file. Each error is one sentence
// that names file, line and field and what is accepted; a list with an error
// is left out, the others are returned.
func LoadLists(builtin []List, file []byte, name string) ([]List, []error) {
	return loadLists(builtin, file, name, false)
}

// ListsFromConfig is LoadLists for a file that may hold other things beside
// its [[list]] tables; those are not looked at. "only" is `only` at the top.
func ListsFromConfig(builtin []List, file []byte, name string) ([]List, []error) {
	return loadLists(builtin, file, name, true)
}

func loadLists(builtin []List, file []byte, name string, others bool) ([]List, []error) {
	if len(file) > maxListFile {
		return builtin, []error{fmt.Errorf("%s is larger than 1 MiB; a list file holds [[list]] tables", name)}
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff")) // Notepad writes it
	var errs []error
	out := slices.Clone(builtin)
	n := 0
	for _, p := range pieces(file) {
		switch {
		case p.table == "" && others && !bytes.Contains(p.text, []byte("only")):
		case p.table == "":
			only, err := p.top(name, others)
			if err != nil {
				errs = append(errs, err)
			}
			if only {
				out = nil
			}
		case p.table != "list":
			if !others {
				errs = append(errs, fmt.Errorf("%s line %d: table %q is not known; a list file holds [[list]] tables", name, p.line, diag.Clean(p.table)))
			}
		default:
			if n++; n > maxLists {
				return out, append(errs, fmt.Errorf("%s line %d: more than %d lists", name, p.line, maxLists))
			}
			l, err := p.list(name)
			if len(err) > 0 {
				errs = append(errs, err...)
				continue
			}
			if i := slices.IndexFunc(out, func(o List) bool { return o.Zone == l.Zone }); i >= 0 {
				out[i] = l
			} else {
				out = append(out, l)
			}
		}
	}
	return out, errs
}

// piece is one table of a file. Tables are decoded one by one, because a
// syntax error would otherwise lose the whole file.
type piece struct {
	table string // "list", "" for what stands before the first table
	line  int    // of its first line, from 1
	text  []byte
}

func pieces(file []byte) []piece {
	cur := piece{line: 1}
	var out []piece
	line := 0
	for l := range bytes.Lines(file) {
		line++
		t := strings.TrimSpace(string(l))
		if strings.HasPrefix(t, "[") {
			out = append(out, cur)
			head, _, _ := strings.Cut(t, "#")
			cur = piece{table: strings.TrimSpace(strings.Trim(strings.TrimSpace(head), "[]")), line: line}
			if cur.table == "" {
				cur.table = "[]"
			}
		}
		cur.text = append(cur.text, l...)
	}
	return append(out, cur)
}

// syntax turns a decoding error into a sentence.
func (p piece) syntax(name string, err error) error {
	line := p.line
	var de *toml.DecodeError
	if errors.As(err, &de) {
		row, _ := de.Position()
		line += row - 1
		err = errors.New(strings.TrimPrefix(de.Error(), "toml: "))
	}
	return fmt.Errorf("%s line %d: this is not TOML: %s", name, line, diag.Clean(err.Error()))
}

// top reads what stands before the first table: only.
func (p piece) top(name string, others bool) (only bool, err error) {
	m := map[string]any{}
	if err := toml.Unmarshal(p.text, &m); err != nil {
		return false, p.syntax(name, err)
	}
	for _, k := range sortedKeys(m) {
		if k == "only" {
			b, ok := m[k].(bool)
			if !ok {
				return false, fmt.Errorf("%s line %d: only is true or false", name, p.lineOf(k))
			}
			only = b
		} else if !others {
			return only, fmt.Errorf("%s line %d: field %q is not known; before the first [[list]] stands at most only", name, p.lineOf(k), diag.Clean(k))
		}
	}
	return only, nil
}

// list reads one [[list]] table.
func (p piece) list(name string) (List, []error) {
	var doc struct {
		List []map[string]any `toml:"list"`
	}
	if err := toml.Unmarshal(p.text, &doc); err != nil {
		return List{}, []error{p.syntax(name, err)}
	}
	if len(doc.List) != 1 {
		return List{}, []error{fmt.Errorf("%s line %d: a list begins with [[list]]", name, p.line)}
	}
	l := List{Kind: KindIP, IPv4: true, Weight: WeightMedium, Default: true}
	var errs []error
	m := doc.List[0]
	for _, k := range sortedKeys(m) {
		f, ok := listFields[k]
		if !ok {
			errs = append(errs, fmt.Errorf("%s line %d: field %q is not known; the fields of a list are %s", name, p.lineOf(k), diag.Clean(k), strings.Join(sortedKeys(listFields), ", ")))
			continue
		}
		if !f.set(&l, m[k]) {
			errs = append(errs, fmt.Errorf("%s line %d: %s is %s", name, p.lineOf(k), k, f.accepts))
		}
	}
	if len(errs) > 0 {
		return l, errs
	}
	if field, what := l.complete(); field != "" {
		errs = append(errs, fmt.Errorf("%s line %d: %s %s", name, p.lineOf(field), field, what))
	}
	return l, errs
}

// lineOf returns the line on which a field stands, the table's own where it
// is not there.
func (p piece) lineOf(field string) int {
	line := p.line
	for l := range bytes.Lines(p.text) {
		k, _, ok := strings.Cut(string(l), "=")
		if ok && strings.Trim(strings.TrimSpace(k), `"'`) == field {
			return line
		}
		line++
	}
	return p.line
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
