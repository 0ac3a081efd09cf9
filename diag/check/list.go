package check

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Kind says what a list lists.
type Kind string

// The kinds.
const (
	KindIP     Kind = "ip"
	KindDomain Kind = "domain"
	KindAllow  Kind = "allow" // addresses of good senders
)

// Weight says how many receivers act on a listing.
type Weight string

// The weights. A listing on a critical or high list fails, on a medium one
// warns, on a low or info one passes with a note.
const (
	WeightCritical Weight = "critical"
	WeightHigh     Weight = "high"
	WeightMedium   Weight = "medium"
	WeightLow      Weight = "low"
	WeightInfo     Weight = "info"
)

// Range is one answer of a list, or several in a row, and what it means.
type Range struct {
	From, To netip.Addr
	Text     string
}

// Bit is one bit of the last octet of an answer and what it means.
type Bit struct {
	Value uint8
	Text  string
}

// none is written where a list has no test point.
const none = "none"

// List is one block list, or list of good senders.
type List struct {
	ID, Zone, Name string
	Kind           Kind
	IPv4, IPv6     bool
	Weight         Weight
	Default        bool
	Listed         []Range
	Bits           []Bit
	Neutral        []Range
	Refused        []Range
	Test, TestNot  string // "" for the points of RFC 5782 section 5, "none" for no such entry
	Key            string // name of the key that stands for "{key}" in Zone
	Lookup, Delist string // "{ip}" and "{domain}" stand for the subject
	Expires        string
	Closed         string // day, month or year from which nobody is asked
	Note           string
}

// refusedAlways is treated as a refusal from any list: Spamhaus defined it,
// others copied it.
var refusedAlways = netip.MustParsePrefix("127.255.255.0/24")

// refusedCodes are the codes of that network with a known meaning
// (https://docs.spamhaus.com/, "DNSBL return codes").
var refusedCodes = [...]Range{
	{netip.MustParseAddr("127.255.255.252"), netip.MustParseAddr("127.255.255.252"), "the zone name is mistyped"},
	{netip.MustParseAddr("127.255.255.254"), netip.MustParseAddr("127.255.255.254"), "it is public, or its own name does not say whose it is"},
	{netip.MustParseAddr("127.255.255.255"), netip.MustParseAddr("127.255.255.255"), "it asks too much"},
}

var loopbackNet = netip.MustParsePrefix("127.0.0.0/8")

// closedAt reports whether nobody is to be asked any more at t.
func (l *List) closedAt(t time.Time) bool {
	return l.Closed != "" && l.Closed <= t.UTC().Format(time.DateOnly)
}

// answers for one address of an answer.
type meaning int

const (
	meansListed meaning = iota
	meansNeutral
	meansRefused
	meansNothing // undocumented
)

// means returns what one answer of the list says and the words for it.
func (l *List) means(a netip.Addr) (meaning, string) {
	if text, ok := find(l.Refused, a); ok {
		return meansRefused, text
	}
	if refusedAlways.Contains(a) {
		if text, ok := find(refusedCodes[:], a); ok {
			return meansRefused, text
		}
		return meansRefused, "an error code"
	}
	if text, ok := find(l.Neutral, a); ok {
		return meansNeutral, text
	}
	if text, ok := find(l.Listed, a); ok {
		return meansListed, text
	}
	if len(l.Bits) > 0 && loopbackNet.Contains(a) {
		b := a.As4()
		var words []string
		rest := b[3]
		for _, bit := range l.Bits {
			if b[3]&bit.Value != 0 {
				words = append(words, bit.Text)
				rest &^= bit.Value
			}
		}
		if b[1] == 0 && b[2] == 0 && len(words) > 0 && rest == 0 {
			return meansListed, strings.Join(words, ", ")
		}
	}
	return meansNothing, ""
}

func find(ranges []Range, a netip.Addr) (string, bool) {
	for _, r := range ranges {
		if r.From.Compare(a) <= 0 && a.Compare(r.To) <= 0 {
			return r.Text, true
		}
	}
	return "", false
}

// listedStatus is the status of a listing on l.
func (l *List) listedStatus() diag.Status {
	switch l.Weight {
	case WeightCritical, WeightHigh:
		return diag.StatusFail
	case WeightMedium:
		return diag.StatusWarn
	}
	return diag.StatusPass
}

// link fills a subject into a lookup page. A subject holds no character that
// means something in a URL.
func link(page, subject string) string {
	return strings.NewReplacer("{ip}", subject, "{domain}", subject).Replace(page)
}

// sortRanges orders ranges by their first address, so that lists read from a
// table without order are the same every time.
func sortRanges(r []Range) {
	slices.SortFunc(r, func(a, b Range) int { return a.From.Compare(b.From) })
}

func sortBits(b []Bit) {
	slices.SortFunc(b, func(x, y Bit) int { return cmp.Compare(x.Value, y.Value) })
}
