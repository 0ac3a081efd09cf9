package diag

import (
	"strings"

	"golang.org/x/net/idna"
)

// DomainKey returns the form in which domains are compared and counted: ASCII
// (RFC 5891 A-labels), lower case, no trailing dot. A name that IDNA does not
// allow is encoded all the same (RFC 3492), so that different names stay
// different; what cannot stand in a name becomes "?".
func DomainKey(name string) string {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	if !isASCII(name) {
		a, err := idna.Lookup.ToASCII(name)
		if err != nil {
			a, err = idna.Punycode.ToASCII(name)
		}
		if err == nil {
			name = strings.TrimSuffix(a, ".")
		}
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7F {
			return '?'
		}
		return r
	}, strings.ToLower(name))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// DomainDisplay returns key for people: A-labels decoded, unless the decoded
// name holds control, formatting or bidirectional characters.
func DomainDisplay(key string) string {
	if !strings.Contains(key, "xn--") {
		return Clean(key)
	}
	u, err := idna.Display.ToUnicode(key)
	if err != nil {
		return Clean(key)
	}
	if Clean(u) != u {
		return Clean(key)
	}
	return u
}

// AddressDomain returns the domain of an address in key form, "" where it has
// none.
func AddressDomain(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return DomainKey(strings.Trim(address[i+1:], "<> "))
}
