package check

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// field is one field of a [[list]] table: how it is taken over and, for the
// error, what it accepts.
type field struct {
	accepts string
	set     func(*List, any) bool
}

const (
	acceptsText  = "text in quotes"
	acceptsBool  = "true or false"
	acceptsURL   = "an http or https link"
	acceptsCodes = `a table of answers such as { "127.0.0.2" = "SBL", "127.0.0.4-127.0.0.7" = "XBL" }, each in 127.0.0.0/8`
	acceptsTest  = `an address (for a list of domains a name), or "none"`
)

// listFields are the fields of the design's lists.toml.
var listFields = map[string]field{
	"id":   {"a name of lower case letters, digits and hyphens", func(l *List, v any) bool { return text(&l.ID, v) && validID(l.ID) }},
	"zone": {`a domain name, "{key}." before it where a key is needed`, func(l *List, v any) bool { return zone(&l.Zone, v) }},
	"name": {acceptsText, func(l *List, v any) bool { return text(&l.Name, v) && l.Name != "" }},
	"kind": {"ip, domain or allow", func(l *List, v any) bool { return oneOf(&l.Kind, v, KindIP, KindDomain, KindAllow) }},
	"ipv4": {acceptsBool, func(l *List, v any) bool { return yesNo(&l.IPv4, v) }},
	"ipv6": {acceptsBool, func(l *List, v any) bool { return yesNo(&l.IPv6, v) }},
	"weight": {"critical, high, medium, low or info", func(l *List, v any) bool {
		return oneOf(&l.Weight, v, WeightCritical, WeightHigh, WeightMedium, WeightLow, WeightInfo)
	}},
	"default":  {acceptsBool, func(l *List, v any) bool { return yesNo(&l.Default, v) }},
	"listed":   {acceptsCodes, func(l *List, v any) bool { return ranges(&l.Listed, v) }},
	"neutral":  {acceptsCodes, func(l *List, v any) bool { return ranges(&l.Neutral, v) }},
	"refused":  {acceptsCodes, func(l *List, v any) bool { return ranges(&l.Refused, v) }},
	"bits":     {`a table of bits such as { 4 = "DM", 8 = "PH" }, each one of 1, 2, 4 to 128`, func(l *List, v any) bool { return bits(&l.Bits, v) }},
	"test":     {acceptsTest, func(l *List, v any) bool { return text(&l.Test, v) && l.Test != "" }},
	"test_not": {acceptsTest, func(l *List, v any) bool { return text(&l.TestNot, v) && l.TestNot != "" }},
	"key":      {"the name of a key in the configuration", func(l *List, v any) bool { return text(&l.Key, v) && validID(l.Key) }},
	"lookup":   {acceptsURL, func(l *List, v any) bool { return webLink(&l.Lookup, v) }},
	"delist":   {acceptsURL, func(l *List, v any) bool { return webLink(&l.Delist, v) }},
	"expires":  {acceptsText, func(l *List, v any) bool { return text(&l.Expires, v) }},
	"closed":   {`a day, month or year, such as "2024-06-05", "2024-06" or "2024"`, func(l *List, v any) bool { return day(&l.Closed, v) }},
	"note":     {acceptsText, func(l *List, v any) bool { return text(&l.Note, v) }},
}

// complete fills in what was left out and returns the field that does not fit
// the others, and why.
func (l *List) complete() (field, what string) {
	if l.Zone == "" {
		return "zone", "is missing; it names where the list is asked"
	}
	if l.ID == "" {
		return "id", "is missing; it names the list in findings"
	}
	if strings.HasPrefix(l.Zone, "{key}.") != (l.Key != "") {
		return "key", `and "{key}." in zone belong together`
	}
	if l.Name == "" {
		l.Name = l.ID
	}
	if l.Closed == "" && len(l.Listed) == 0 && len(l.Bits) == 0 {
		// RFC 5782 section 2.1: any address in 127/8 is a listing, 127.0.0.1 is not
		// to be used. The codes of refusals go before.
		l.Listed = []Range{{netip.AddrFrom4([4]byte{127, 0, 0, 2}), netip.AddrFrom4([4]byte{127, 255, 254, 255}), "listed"}}
	}
	if !l.testPoint(l.Test) {
		return "test", "is " + acceptsTest
	}
	if !l.testPoint(l.TestNot) {
		return "test_not", "is " + acceptsTest
	}
	return "", ""
}

func (l *List) testPoint(s string) bool {
	if s == "" || s == none {
		return true
	}
	if l.Kind == KindDomain {
		return dnsq.ValidName(s)
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

func text(p *string, v any) bool {
	s, ok := v.(string)
	*p = diag.Clean(s)
	return ok && len(s) <= 2000
}

func yesNo(p *bool, v any) bool {
	b, ok := v.(bool)
	*p = b
	return ok
}

func oneOf[T ~string](p *T, v any, accepted ...T) bool {
	s, _ := v.(string)
	for _, a := range accepted {
		if string(a) == s {
			*p = a
			return true
		}
	}
	return false
}

func validID(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func zone(p *string, v any) bool {
	s, ok := v.(string)
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	*p = s
	return ok && dnsq.ValidName(strings.TrimPrefix(s, "{key}."))
}

func webLink(p *string, v any) bool {
	if !text(p, v) {
		return false
	}
	u, err := url.Parse(link(*p, "x"))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func day(p *string, v any) bool {
	// A date without quotes is a date to TOML.
	if t, ok := v.(interface{ String() string }); ok {
		v = t.String()
	}
	s, ok := v.(string)
	*p = s
	for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		if _, err := time.Parse(layout, s); err == nil {
			return ok
		}
	}
	return false
}

func ranges(p *[]Range, v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	var out []Range
	for k, t := range m {
		a, b, several := strings.Cut(k, "-")
		from, err1 := netip.ParseAddr(strings.TrimSpace(a))
		to, err2 := from, error(nil)
		if several {
			to, err2 = netip.ParseAddr(strings.TrimSpace(b))
		}
		r := Range{From: from, To: to}
		if err1 != nil || err2 != nil || !loopbackNet.Contains(from) || !loopbackNet.Contains(to) || to.Less(from) || !text(&r.Text, t) {
			return false
		}
		out = append(out, r)
	}
	sortRanges(out)
	*p = out
	return true
}

func bits(p *[]Bit, v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	var out []Bit
	for k, t := range m {
		n, err := strconv.ParseUint(k, 10, 8)
		b := Bit{Value: uint8(n)}
		if err != nil || n == 0 || n&(n-1) != 0 || !text(&b.Text, t) {
			return false
		}
		out = append(out, b)
	}
	sortBits(out)
	*p = out
	return true
}
