//go:build !windows

package dnsq

import (
	"fmt"
	"net"

	"github.com/miekg/dns"
)

// SystemServers returns the DNS servers of this machine as host:port, in the
// order in which it asks them: those of /etc/resolv.conf.
func SystemServers() ([]string, error) { return resolvConf("/etc/resolv.conf") }

func resolvConf(path string) ([]string, error) {
	conf, err := dns.ClientConfigFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("the system's DNS servers could not be read: %w; name one with --dns", err)
	}
	var out []string
	for _, s := range conf.Servers {
		out = append(out, net.JoinHostPort(s, conf.Port))
	}
	return out, nil
}
