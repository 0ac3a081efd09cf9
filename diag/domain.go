package diag

import (
	"strings"

	"golang.org/x/net/idna"
)

// DomainKey returns the form in which domains are compared and counted: ASCII
// (RFC 5891 A-labels), lower case, no trailing dot. A name that cannot be
// converted is lower-cased as it is.
func DomainKey(name string) string {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	ascii := true
	for i := 0; i < len(name); i++ {
		if name[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(name)
	}
	if a, err := idna.Lookup.ToASCII(name); err == nil {
		return strings.TrimSuffix(strings.ToLower(a), ".")
	}
	return strings.ToLower(name)
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
