package check

import (
	"context"
	"net/netip"
	"regexp"
	"time"

	"metriage/diag"
)

// remoteHosts returns the servers to try, or the finding where there are none.
func (j *job) remoteHosts(ctx context.Context, r *result, domain string) ([]remoteHost, []diag.Finding) {
	if j.req.MX != "" {
		host, port, err := splitHostPort(j.req.MX)
		if err != nil {
			return nil, r.end("remote-timeout", "--mx %s is not usable: %v.", j.req.MX, err)
		}
		ip, err := j.resolve(ctx, r, host)
		if err != nil {
			return nil, r.end("remote-timeout", "%s has no address to connect to: %v.", host, err)
		}
		return []remoteHost{{name: host, at: netip.AddrPortFrom(ip, port)}}, nil
	}
	m := j.mailHosts(ctx, r, j.DNS.Ask, domain)
	switch {
	case m.lost != "":
		return nil, r.end("remote-timeout", "The mail servers of %s could not be looked up: %s.", domain, m.lost)
	case m.noDomain:
		return nil, r.end("remote-no-domain", "%s does not exist in the DNS: the address is mistyped or the domain is gone.", domain)
	case m.null:
		return nil, r.end("remote-null-mx", "%s says that it takes no mail at all (null MX, RFC 7505); we are not blocked.", domain)
	case len(m.names) == 0:
		return nil, r.end("remote-no-mx", "%s has neither MX nor address: nobody can deliver mail to it.", domain)
	}
	if m.implicit {
		r.note("The domain has no MX record, so mail goes to its own address (RFC 5321 section 5.1).")
	}
	var out []remoteHost
	for _, n := range m.names[:min(len(m.names), maxMX)] {
		addrs, _ := j.addresses(ctx, r, j.DNS.Ask, n)
		for _, a := range addrs {
			if s := j.req.Source; s.IsValid() && s.Unmap().Is4() != a.Is4() {
				continue
			}
			out = append(out, remoteHost{name: n, at: netip.AddrPortFrom(a, 25), mx: true})
			break // the first address of each
		}
	}
	if len(out) == 0 {
		return nil, r.end("remote-no-mx", "The mail servers of %s (%s) have no address: nobody can deliver mail to it.", domain, and(m.names[:min(len(m.names), maxMX)]))
	}
	return out, nil
}

var literal = regexp.MustCompile(`(?i)[\[(](?:ipv6:)?([0-9a-f:.]{3,45})[\])]`)

// addressSeen returns the address that an EHLO reply greets, as many servers
// do: "250 mx.example at your service, [198.51.100.10]".
func addressSeen(r smtpReply) netip.Addr {
	if len(r.lines) == 0 {
		return netip.Addr{}
	}
	for _, m := range literal.FindAllStringSubmatch(r.lines[0], 4) {
		if a, err := netip.ParseAddr(m[1]); err == nil {
			return a.Unmap()
		}
	}
	return netip.Addr{}
}

// waiting tells the dashboard what is being waited for.
func (j *job) waiting(check, subject, what string, limit time.Duration) {
	if j.req.Waiting != nil {
		j.req.Waiting(check, subject, what, limit)
	}
}
