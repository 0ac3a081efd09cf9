//go:build !windows

package dnsq

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestResolvConf(t *testing.T) {
	p := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(p, []byte("# comment\nsearch example.test\nnameserver 192.0.2.1\nnameserver 2001:db8::53\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := resolvConf(p)
	if err != nil || !slices.Equal(got, []string{"192.0.2.1:53", "[2001:db8::53]:53"}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := resolvConf(p + "x"); err == nil || !strings.Contains(err.Error(), "--dns") {
		t.Errorf("a missing file: %v", err)
	}
}
