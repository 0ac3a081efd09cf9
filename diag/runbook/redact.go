package runbook

import (
	"net/netip"
	"regexp"
	"strings"
	"sync"
)

var (
	// localPart is compiled when it is first used: its classes of letters take
	// longer than the rest of the package needs to start.
	localPart = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:"[^"]{0,64}"|[^\s<>"(),;:@]+)(?:@[^\s<>"(),;:@.\[\]]+)*@([\pL\pN\[])`)
	})
	// encodedLocal is the local part of an address in a link.
	encodedLocal = regexp.MustCompile(`[^\s<>"(),;:@/?&=]+%40`)
	addressNum   = regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}\b`)
)

// redact hides the local part of mail addresses, but for the addresses that
// every domain must have (RFC 2142), and addresses inside the network.
func redact(s string) string {
	s = localPart().ReplaceAllStringFunc(s, func(m string) string {
		i := strings.LastIndexByte(m, '@')
		switch strings.ToLower(m[:i]) {
		case "postmaster", "abuse", "hostmaster":
			return m
		}
		return "***" + m[i:]
	})
	s = encodedLocal.ReplaceAllString(s, "***%40")
	return addressNum.ReplaceAllStringFunc(s, func(m string) string {
		if a, err := netip.ParseAddr(m); err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()) {
			return "(inside address)"
		}
		return m
	})
}
