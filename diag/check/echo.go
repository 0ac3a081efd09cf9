package check

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"metriage/diag/dnsq"
)

// EchoServer is a public name server that answers one question with the
// address that asked. It must be asked directly: through a resolver it tells
// the resolver's address.
type EchoServer struct {
	Server string // host:port
	Name   string
	Type   uint16
}

// EchoServers returns the two that are known for it: OpenDNS and Google.
func EchoServers() []EchoServer {
	return []EchoServer{
		{"208.67.222.222:53", "myip.opendns.com", dns.TypeA},
		{"216.239.32.10:53", "o-o.myaddr.l.google.com", dns.TypeTXT},
	}
}

// DefaultResolverEcho is Google's name for Options.ResolverEcho.
const DefaultResolverEcho = "o-o.myaddr.l.google.com"

// Echo asks the public servers of the options for our own address as they see
// it. It is wrong behind a NAT that uses another address for port 25, and
// where DNS is intercepted. It asks nobody where no servers are named.
func (r *Runner) Echo(ctx context.Context) (netip.Addr, []dnsq.Answer, error) {
	var answers []dnsq.Answer
	why := "no public server is named"
	for _, e := range r.o.Echo {
		a := r.o.DNS.AskServer(ctx, e.Server, e.Name, e.Type, true)
		answers = append(answers, a)
		if ip := echoed(a); ip.IsValid() {
			return ip, answers, nil
		}
		why = unseen(a)
		if a.Definite() {
			why = e.Server + " answered without an address; questions to foreign servers may be intercepted"
		}
	}
	return netip.Addr{}, answers, fmt.Errorf("the own address could not be asked for: %s", why)
}

// echoed returns the address in an echo's answer.
func echoed(a dnsq.Answer) netip.Addr {
	if list := a.Addrs(); len(list) > 0 {
		return list[0]
	}
	for _, t := range a.Texts() {
		if ip, err := netip.ParseAddr(strings.TrimSpace(t)); err == nil {
			return ip.Unmap()
		}
	}
	return netip.Addr{}
}

// publicResolvers are networks that well-known public resolvers ask from.
var publicResolvers = [...]struct {
	name string
	net  netip.Prefix
}{
	{"Google", netip.MustParsePrefix("8.8.0.0/16")},
	{"Google", netip.MustParsePrefix("172.217.32.0/20")},
	{"Google", netip.MustParsePrefix("172.253.0.0/16")},
	{"Google", netip.MustParsePrefix("74.125.0.0/16")},
	{"Google", netip.MustParsePrefix("2404:6800::/32")},
	{"Google", netip.MustParsePrefix("2a00:1450::/32")},
	{"Cloudflare", netip.MustParsePrefix("162.158.0.0/15")},
	{"Cloudflare", netip.MustParsePrefix("172.64.0.0/13")},
	{"Cloudflare", netip.MustParsePrefix("141.101.64.0/18")},
	{"Cloudflare", netip.MustParsePrefix("2400:cb00::/32")},
	{"Quad9", netip.MustParsePrefix("74.63.16.0/20")},
	{"Quad9", netip.MustParsePrefix("9.9.9.0/24")},
	{"OpenDNS", netip.MustParsePrefix("208.67.216.0/21")},
	{"OpenDNS", netip.MustParsePrefix("146.112.0.0/16")},
}

// resolverKind says from which address the resolver asks, and whose that is,
// before a list is blamed for not answering it. It is asked once in a run, and
// only where a list refused.
func (j *job) resolverKind(ctx context.Context) string {
	if j.ResolverEcho == "" {
		return ""
	}
	j.kind.Do(func() {
		ip := echoed(j.DNS.Ask(ctx, j.ResolverEcho, dns.TypeTXT))
		if !ip.IsValid() {
			return
		}
		for _, p := range publicResolvers {
			if p.net.Contains(ip) {
				j.kindText = fmt.Sprintf("Your resolver asks from %s, which is %s's: lists refuse public resolvers. Use a resolver of your own, such as the DNS Server role of Windows on this machine.", ip, p.name)
				return
			}
		}
		for _, own := range j.ips() {
			if own == ip {
				j.kindText = fmt.Sprintf("Your resolver asks from your own address %s, so it is not a public resolver that the list refuses: too many questions, or a reverse name that does not say whose it is.", ip)
				return
			}
		}
		j.kindText = fmt.Sprintf("Your resolver asks from %s. Where that address is shared with others or its reverse name does not say whose it is, lists refuse it.", ip)
	})
	return j.kindText
}
