package reply

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"metriage/diag"
)

// Options are what a Classifier is made from.
type Options struct {
	// Lists are the block lists with their zones and closure dates.
	Lists []diag.ListRef
	// Own are an admin's rules in TOML; they go before the built-in ones, and
	// one with the id of a built-in rule replaces it.
	Own []byte
	// OwnName is the name of their file in messages.
	OwnName string
}

// Classifier decides why a reply was given. It is safe for concurrent use.
type Classifier struct {
	rules []compiled
	byID  map[string]int
	lits  literalSet
	lists []list
	// always are the rules that no literal leads to.
	always []uint64
	names  *nameTable
	pool   sync.Pool
	seen   cache
	builtN int // number of rules that are built in
}

// compiled is a Rule ready to run.
type compiled struct {
	*Rule
	index    int32
	own      bool
	any      []int32
	all      [][]int32
	none     []int32
	link     []int32
	provider []int // names rows, one of which has to be recognised
	names    []int
	ipList   bool
	domList  bool
	closed   bool
	match    *regexp.Regexp
	named    int // names row, -1
	low      bool
}

// list is a block list that replies may name by its zone.
type list struct {
	zone   string
	id     string
	row    int // names row, -1
	domain bool
	closed time.Time // zero for a live one
}

// New compiles the embedded rules and the admin's. What is wrong with the
// admin's rules is returned as problems, each of which names file, line, rule
// and field, while the rest loads. The error is one of the embedded data.
func New(o Options) (*Classifier, []error, error) {
	built, err := builtinRules()
	if err != nil {
		return nil, nil, err
	}
	var problems []error
	var own []Rule
	if len(o.Own) > 0 {
		own, problems = ownRules(o.Own, o.OwnName)
	}
	table, err := readNames(namesTOML)
	if err != nil {
		return nil, nil, err
	}
	c := &Classifier{byID: map[string]int{}, names: table}
	replaced := map[string]bool{}
	for i := range own {
		replaced[own[i].ID] = true
		c.add(&own[i], true)
	}
	for i := range built {
		r := &built[i]
		if field, err := r.check(false); err != nil {
			return nil, nil, fmt.Errorf("rule %q: field %q: %w", r.ID, field, err)
		}
		c.builtN++
		if replaced[r.ID] {
			continue
		}
		if _, twice := c.byID[r.ID]; twice {
			return nil, nil, fmt.Errorf("rule %q is there twice", r.ID)
		}
		c.add(r, false)
	}
	if err := c.addLists(o.Lists); err != nil {
		problems = append(problems, err)
	}
	c.addNames()
	c.lits.build()
	c.always = make([]uint64, (len(c.rules)+63)/64)
	for i := range c.rules {
		if r := &c.rules[i]; len(r.any)+len(r.all)+len(r.link) == 0 {
			setBit(c.always, i)
		}
	}
	c.pool.New = func() any {
		words := func(n int) []uint64 { return make([]uint64, (n+63)/64) }
		n := len(c.names.rows)
		return &subject{hits: words(len(c.lits.all)), cand: words(len(c.rules)), named: words(n), strong: words(n), weak: words(n)}
	}
	problems = append(problems, c.ownSamples()...)
	return c, problems, nil
}

// add compiles one rule, which has been checked.
func (c *Classifier) add(r *Rule, own bool) {
	n := int32(len(c.rules))
	k := compiled{Rule: r, index: n, own: own, named: -1, low: r.Confidence == diag.ConfidenceLow}
	row := func(id string) int {
		if i, ok := c.names.byID[id]; ok {
			return i
		}
		return -1
	}
	k.named = row(r.Named)
	for _, id := range strings.Split(r.Provider, "|") {
		if i := row(id); i >= 0 {
			k.provider = append(k.provider, i)
			for j := range c.names.rows {
				if c.names.rows[j].Parent == id {
					k.provider = append(k.provider, j)
				}
			}
		}
	}
	for _, id := range r.Names {
		switch id {
		case "ip-list":
			k.ipList = true
		case "domain-list":
			k.domList = true
		case "closed-list":
			k.closed = true
		default:
			k.names = append(k.names, row(id))
		}
	}
	prose := c.lits.addWords
	if own {
		prose = func(text string) int32 { return c.lits.add(text, inProse) }
	}
	for _, l := range r.Any {
		k.any = append(k.any, prose(l))
	}
	for _, group := range r.All {
		var alts []int32
		for _, l := range strings.Split(group, "|") {
			alts = append(alts, prose(l))
		}
		k.all = append(k.all, alts)
	}
	for _, l := range r.None {
		k.none = append(k.none, prose(l))
	}
	for _, l := range r.Link {
		k.link = append(k.link, c.lits.add(l, inLink))
	}
	if r.Match != "" {
		expr := r.Match
		if own {
			expr = "(?i)" + expr // it is compared with lower-cased text
		}
		k.match = regexp.MustCompile(expr)
	}
	trigger := k.any
	if len(trigger) == 0 && len(k.link) > 0 {
		trigger = k.link
	}
	if len(trigger) == 0 && len(k.all) > 0 {
		trigger = k.all[0]
		for _, alts := range k.all {
			if c.weight(alts) > c.weight(trigger) {
				trigger = alts
			}
		}
	}
	for _, l := range trigger {
		c.lits.all[l].triggers = append(c.lits.all[l].triggers, n)
	}
	c.rules = append(c.rules, k)
	c.byID[r.ID] = int(n)
}

// weight is the length of the shortest literal: longer ones hit less often.
func (c *Classifier) weight(lits []int32) int {
	n := maxLiteral
	for _, l := range lits {
		n = min(n, len(c.lits.all[l].text))
	}
	return n
}

// ownSamples tries the samples of the admin's rules.
func (c *Classifier) ownSamples() (problems []error) {
	for i := range c.rules {
		r := &c.rules[i]
		if !r.own {
			break
		}
		for k, s := range r.Samples {
			if v := c.Classify(Parse(s), Context{}); v.Rule != r.ID {
				problems = append(problems, fmt.Errorf("rule %q: field %q: sample %d is decided by rule %q", r.ID, "samples", k+1, v.Rule))
			}
		}
		for k, s := range r.NotSamples {
			if v := c.Classify(Parse(s), Context{}); v.Rule == r.ID {
				problems = append(problems, fmt.Errorf("rule %q: field %q: sample %d is decided by this rule", r.ID, "not_samples", k+1))
			}
		}
	}
	return problems
}

// Rules returns the number of rules, the admin's included.
func (c *Classifier) Rules() int { return len(c.rules) }

// Rule returns the rule with the given id.
func (c *Classifier) Rule(id string) (Rule, bool) {
	if i, ok := c.byID[id]; ok {
		return *c.rules[i].Rule, true
	}
	return Rule{}, false
}
