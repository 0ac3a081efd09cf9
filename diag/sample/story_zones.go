package sample

import (
	"fmt"
	"slices"
	"strings"
)

// dkimSelector is the selector of every hosted domain, as MailEnable names its
// first key.
const dkimSelector = "default"

// dkimKey is a public Ed25519 key (RFC 8463) that nobody signs with.
const dkimKey = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

// zones are the DNS of a scene: a root that knows the servers elsewhere, one
// zone for each hosted domain, and the reverse zones of the own addresses.
func (s *site) zones(remotes []SceneRemote) []SceneZone {
	return append(append([]SceneZone{s.rootZone(remotes)}, s.hostedZones()...), s.reverseZones()...)
}

// rootZone holds everything that is not ours. Names are absolute.
func (s *site) rootZone(remotes []SceneRemote) SceneZone {
	var b strings.Builder
	rr := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	rr(". NS ns.root.test.")
	rr("ns.root.test. A 127.0.0.1")
	addresses := map[string]bool{}
	host := func(name, ip string) {
		if name != "" && !addresses[name] {
			addresses[name] = true
			rr("%s. A %s", name, ip)
		}
	}
	for _, d := range s.destinations {
		for i, h := range d.mx() {
			rr("%s. MX %d %s.", d.key, 10*(i+1), h.name)
			host(h.name, h.ip)
		}
		for i, h := range d.hosts {
			host(h, d.ips[i])
		}
	}
	for _, a := range s.addresses {
		if a.ptr != mailHost {
			host(a.ptr, a.ip.String())
		}
	}
	for _, r := range remotes {
		rr("%s PTR %s.", reverseName(r.Address), r.Host)
	}
	// Servers that everybody can reach, for the check of outgoing connections.
	for _, o := range openServers {
		rr("%s. MX 5 %s.", o.domain, o.name)
		host(o.name, o.ip)
	}
	return SceneZone{".", b.String()}
}

// openServers take connections from anyone.
var openServers = [...]struct {
	domain string
	sceneHost
}{
	{"gmail.com", sceneHost{"gmail-smtp-in.l.google.com", "192.0.2.241"}},
	{"outlook.com", sceneHost{"outlook-com.olc.protection.outlook.com", "192.0.2.242"}},
	{"yahoo.com", sceneHost{"mta5.am0.yahoodns.net", "192.0.2.243"}},
}

// hostedZones are the domains of the postoffices. The one that the host name
// lies in holds the host too.
func (s *site) hostedZones() []SceneZone {
	var ips []string
	for _, a := range s.addresses {
		ips = append(ips, "ip4:"+a.ip.String())
	}
	spf := s.spf
	if spf == "" {
		spf = "v=spf1 " + strings.Join(ips, " ") + " -all"
	}
	var out []SceneZone
	for _, po := range s.postoffices {
		var b strings.Builder
		fmt.Fprintf(&b, "@ MX 10 %s.\n@ TXT \"%s\"\n", mailHost, spf)
		fmt.Fprintf(&b, "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:postmaster@%s\"\n", po.domain)
		fmt.Fprintf(&b, "%s._domainkey TXT \"%s\"\n", dkimSelector, dkimKey)
		if strings.HasSuffix(mailHost, "."+po.domain) {
			// After a move the name still leads to the old address.
			ip := s.ip
			if s.before != nil {
				ip = s.before.ip
			}
			fmt.Fprintf(&b, "%s. A %s\n", mailHost, ip)
		}
		out = append(out, SceneZone{po.domain, b.String()})
	}
	return out
}

// reverseZones hold the PTR records of the own addresses.
func (s *site) reverseZones() []SceneZone {
	text := map[string]string{}
	var origins []string
	for _, a := range s.addresses {
		name := reverseName(a.ip)
		origin := name[strings.IndexByte(name, '.')+1:]
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
		if a.ptr != "" {
			text[origin] += name + " PTR " + a.ptr + ".\n"
		}
	}
	var out []SceneZone
	for _, o := range origins {
		out = append(out, SceneZone{o, text[o]})
	}
	return out
}
