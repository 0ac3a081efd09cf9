package check

import (
	"fmt"
	"slices"
	"strings"
)

// The check words, in the order in which findings are shown.
const (
	PTR      = "ptr"
	HELO     = "helo"
	DNSBL    = "dnsbl"
	Relay    = "relay"
	SPF      = "spf"
	DKIM     = "dkim"
	DMARC    = "dmarc"
	Sender   = "sender"
	Outbound = "outbound"
	Remote   = "remote"
)

// Words returns the check words in the order in which findings are shown.
func Words() []string {
	return []string{PTR, HELO, DNSBL, Relay, SPF, DKIM, DMARC, Sender, Outbound, Remote}
}

// ParseWords turns the words of a command line into check words, each once and
// in the order of Words. "all" stands for every one. An unknown word is an
// error.
func ParseWords(words []string) ([]string, error) {
	for _, w := range words {
		if w != "all" && !slices.Contains(Words(), w) {
			return nil, fmt.Errorf("%q is no check; the checks are %s and all", w, strings.Join(Words(), ", "))
		}
	}
	var out []string
	for _, w := range Words() {
		if slices.Contains(words, w) || slices.Contains(words, "all") {
			out = append(out, w)
		}
	}
	return out, nil
}
