package check

import (
	_ "embed"
	"strings"

	"metriage/diag"
)

//go:embed lists.toml
var builtinLists []byte

// Lists returns the built-in lists, open and closed ones, in the order in
// which they are shown.
func Lists() []List {
	lists, _ := LoadLists(nil, builtinLists, "lists.toml")
	return lists
}

// Refs returns what the classifier of replies has to know of lists.
func Refs(lists []List) []diag.ListRef {
	out := make([]diag.ListRef, 0, len(lists))
	for _, l := range lists {
		out = append(out, diag.ListRef{
			ID:     l.ID,
			Zone:   strings.TrimPrefix(l.Zone, "{key}."),
			Domain: l.Kind == KindDomain,
			Closed: l.Closed,
		})
	}
	return out
}
