package check

import (
	_ "embed"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"metriage/diag/dnsq"
)

//go:embed generic.toml
var genericRules []byte

// genericRule is one sign of a generic name.
type genericRule struct {
	match *regexp.Regexp
	score int
	why   string
}

const (
	genericAt    = 2 // from this score on a name is called generic
	addressScore = 3 // for the address in the name
)

// loadGeneric reads the rules for generic names.
func loadGeneric(file []byte) ([]genericRule, error) {
	var doc struct {
		Rule []struct {
			Match string
			Score int
			Why   string
		}
	}
	if err := toml.Unmarshal(file, &doc); err != nil {
		return nil, fmt.Errorf("rules for generic names: %w", err)
	}
	var out []genericRule
	for _, r := range doc.Rule {
		re, err := regexp.Compile(r.Match)
		if err != nil || r.Score == 0 || r.Why == "" {
			return nil, fmt.Errorf("rules for generic names: %q needs a pattern, a score and a reason", r.Match)
		}
		out = append(out, genericRule{re, r.Score, r.Why})
	}
	return out, nil
}

// generic returns why a reverse name looks like a default name, "" where it
// does not.
func (j *job) generic(name string, ip netip.Addr) string {
	name = strings.ToLower(name)
	score := 0
	var why []string
	if addressIn(name, ip) {
		score, why = addressScore, []string{"it holds the address"}
	}
	for _, r := range j.genericRules {
		if r.match.MatchString(name) {
			score += r.score
			if r.score > 0 && !slices.Contains(why, r.why) {
				why = append(why, r.why)
			}
		}
	}
	if score < genericAt {
		return ""
	}
	return and(why)
}

var digits = regexp.MustCompile(`\d+`)

// addressIn reports whether a name holds all of an address: the octets in any
// order and with any separator, zero-padded in one piece, or in hexadecimal;
// for IPv6 all nibbles.
func addressIn(name string, ip netip.Addr) bool {
	ip = ip.Unmap()
	flat := strings.NewReplacer("-", "", ".", "", "_", "").Replace(name)
	if !ip.Is4() {
		nibbles := strings.ReplaceAll(ip.StringExpanded(), ":", "")
		first, _, _ := strings.Cut(name, ".")
		short, err := netip.ParseAddr(strings.ReplaceAll(first, "-", ":"))
		return strings.Contains(flat, nibbles) || err == nil && short == ip ||
			strings.Contains(name, dnsq.Labels(ip))
	}
	b := ip.As4()
	if strings.Contains(flat, fmt.Sprintf("%03d%03d%03d%03d", b[0], b[1], b[2], b[3])) ||
		strings.Contains(flat, fmt.Sprintf("%02x%02x%02x%02x", b[0], b[1], b[2], b[3])) {
		return true
	}
	var groups []int
	for _, g := range digits.FindAllString(name, 32) {
		if n, err := strconv.Atoi(g); err == nil {
			groups = append(groups, n)
		}
	}
	for _, o := range b {
		i := slices.Index(groups, int(o))
		if i < 0 {
			return false
		}
		groups = slices.Delete(groups, i, i+1)
	}
	return true
}
