package dnsq

import (
	"net/netip"
	"testing"
)

// The adapters of the machine are read as they are: every server is an address
// with port 53, each once, and none of the placeholders that Windows fills in.
func TestSystemServers(t *testing.T) {
	servers, err := SystemServers()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range servers {
		a, err := netip.ParseAddrPort(s)
		if err != nil || a.Port() != 53 || siteLocal.Contains(a.Addr()) || seen[s] {
			t.Errorf("%s: %v", s, err)
		}
		seen[s] = true
	}
}
