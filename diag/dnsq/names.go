package dnsq

import (
	"net/netip"
	"strconv"
	"strings"
)

// ReverseName returns the name below which an address has its PTR record:
// in-addr.arpa (RFC 1035 section 3.5) for IPv4 and IPv4-mapped addresses,
// ip6.arpa (RFC 3596 section 2.5) otherwise.
func ReverseName(a netip.Addr) string {
	if a = a.Unmap(); a.Is4() {
		return Labels(a) + ".in-addr.arpa."
	}
	return Labels(a) + ".ip6.arpa."
}

// Labels returns an address reversed: by octets for IPv4, by nibbles for IPv6
// (RFC 5782 sections 2.1 and 2.4). An IPv4-mapped address is an IPv6 address
// here, as the test points of IPv6 lists need it (section 5).
func Labels(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		out := make([]byte, 0, 15)
		for i := 3; i >= 0; i-- {
			out = strconv.AppendUint(out, uint64(b[i]), 10)
			if i > 0 {
				out = append(out, '.')
			}
		}
		return string(out)
	}
	const hex = "0123456789abcdef"
	b := a.As16()
	out := make([]byte, 0, 63)
	for i := 15; i >= 0; i-- {
		out = append(out, hex[b[i]&15], '.', hex[b[i]>>4])
		if i > 0 {
			out = append(out, '.')
		}
	}
	return string(out)
}

// ValidName reports whether s can be asked as a host or domain name: labels of
// 1 to 63 letters, digits, hyphens or underscores, at most 253 bytes in all
// (RFC 1035 section 2.3.4).
func ValidName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if c|0x20 < 'a' || c|0x20 > 'z' {
				if (c < '0' || c > '9') && c != '-' && c != '_' {
					return false
				}
			}
		}
	}
	return true
}
