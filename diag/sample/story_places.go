package sample

import (
	"net/netip"
	"slices"
)

// ownIP is the usual sending address of the server of every story.
var ownIP = netip.AddrFrom4([4]byte{198, 51, 100, 25})

// mailHost is the server's name as it should be.
const mailHost = "mail.harbourline.example"

// harbour is the hosting company of every story when nothing is wrong.
func harbour() *site {
	return &site{
		host: mailHost, product: "10.50--10.50", addresses: []ownAddress{{ip: ownIP, ptr: mailHost}},
		postoffices: []postoffice{
			{"harbourline.example", []mailbox{{name: "postmaster"}, {name: "anna", weight: 3}, {name: "bernd"}, {name: "accounts", pop: true, weight: 2}}},
			{"brandt-freight.example", []mailbox{{name: "info", weight: 4}, {name: "dispatch", weight: 4}, {name: "store"}, {name: "k.brandt"}}},
			{"seawind-travel.example", []mailbox{{name: "booking", weight: 3}, {name: "news", weight: 5}, {name: "kate", pop: true}}},
			{"olm-clinic.example", []mailbox{{name: "desk", weight: 2}, {name: "dr.olm"}, {name: "billing", pop: true}}},
		},
		foreign: []string{
			"news@daily-press.example", "offers@bargain-barn.test", "m.keller@ridgeway.example", "robot@tickets.test",
			"j.ortiz@fabrikam.example", "service@cloudparts.example", "noreply@parcel-track.example",
		},
		subjects: []string{
			"Delivery on Thursday", "Offer 2291", "Your booking", "Re: invoice 10-4471", "Minutes of the meeting",
			"Fwd: drawings", "Appointment", "Limited offer, today only",
		},
	}
}

// places are the domains that the users of samples write to, as they are when
// nothing is wrong. A story takes those it needs and says what goes wrong.
func places() []*destination {
	people := []string{"anna.weber", "office", "sales", "j.ortiz", "m.lang", "info", "purchasing", "p.nowak"}
	google := func(domain string, weight int) *destination {
		return &destination{
			domain: domain, hosts: []string{"mx.google.com"}, ips: []string{"192.0.2.27"}, banner: "{host} ESMTP {ref} - gsmtp",
			ehlo: "{host} at your service, [{ip}]", tls: true, names: people, weight: weight,
		}
	}
	return []*destination{
		google("northgate-legal.example", 14),
		google("studio-lumen.example", 6),
		{
			domain: "atlas-machines.example", hosts: []string{"atlasmachines-example.mail.protection.outlook.com"}, ips: []string{"192.0.2.61"},
			banner: "DB5EUR01FT021.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at {date}",
			ehlo:   "DB5EUR01FT021.mail.protection.outlook.com Hello [{ip}]", tls: true, names: people, weight: 12,
		},
		{
			domain: "outmail.example", hosts: []string{"outmail-example.olc.protection.outlook.com"}, ips: []string{"192.0.2.66"},
			banner: "VI1EUR04FT044.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at {date}",
			ehlo:   "VI1EUR04FT044.mail.protection.outlook.com Hello [{ip}]", tls: true, names: people, weight: 12,
		},
		{
			domain: "webpost.example", hosts: []string{"kundenserver.de"}, ips: []string{"192.0.2.72"},
			banner: "{host} (mxeue104) Nemesis ESMTP Service ready", ehlo: "{host} Hello {helo} [{ip}]", tls: true,
			names: people, weight: 10,
		},
		{
			domain: "example.com", hosts: []string{"mail.example.com"}, ips: []string{"203.0.113.201"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people, weight: 6,
		},
		{
			domain: "telehome.example", hosts: []string{"mailin62.aul.t-online.de"}, ips: []string{"192.0.2.81"},
			banner: "{host} T-Online ESMTP receiver ready.", ehlo: "{host} ready.", names: people, weight: 6,
		},
		{
			domain: "skymail.example", hosts: []string{"mta7.am0.yahoodns.net"}, ips: []string{"192.0.2.90"},
			banner: "{host} ESMTP ready", ehlo: "{host}", tls: true, names: people, weight: 6,
		},
		{
			domain: "borough-council.example", hosts: []string{"mx.borough-council.example", "mx2.borough-council.example"},
			ips: []string{"203.0.113.210", "203.0.113.211"}, banner: "{host} ESMTP Postfix", ehlo: "{host}", own: true, tls: true,
			names: people, weight: 8,
		},
		{
			domain: "reef-insurance.example", hosts: []string{"mx0a-00149c01.pphosted.com"}, ips: []string{"192.0.2.99"},
			banner: "{host} ESMTP mfa-m0042", ehlo: "{host} Hello {helo} [{ip}]", tls: true, names: people, weight: 4,
		},
		{
			domain: "kopp-shipping.example", hosts: []string{"mx1.southmail.example"}, ips: []string{"203.0.113.220"},
			banner: "{host} ESMTP ready", ehlo: "{host}", own: true, names: people, weight: 4,
		},
		{
			domain: "parish-archive.example", hosts: []string{"mail.parish-archive.example"}, ips: []string{"203.0.113.230"},
			banner: "{host} ESMTP Exim", ehlo: "{host} Hello {helo} [{ip}]", own: true, tls: true, names: people, weight: 14,
		},
		{
			domain: "example.org", hosts: []string{"mx1.example.org", "mx2.example.org"}, ips: []string{"203.0.113.232", "203.0.113.233"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, tls: true, names: people, weight: 10,
		},
		{
			domain: "example.net", hosts: []string{"mail.example.net"}, ips: []string{"203.0.113.236"},
			banner: "{host} ESMTP Sendmail", ehlo: "{host} Hello {helo} [{ip}], pleased to meet you", own: true, names: people, weight: 8,
		},
		{
			domain: "atelier-grey.example", hosts: []string{"mail.atelier-grey.example"}, ips: []string{"203.0.113.240"},
			banner: "{host} ESMTP Postfix", ehlo: "{host}", own: true, greylist: true, names: people, weight: 8,
		},
		{
			domain: "müller-bau.example", hosts: []string{"mx.mueller-bau.example"}, ips: []string{"203.0.113.244"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:4], weight: 5,
		},
		{
			domain: "daily-mirror.test", hosts: []string{"filter.daily-mirror.test"}, ips: []string{"203.0.113.246"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, tls: true, names: people, weight: 5,
		},
		{
			domain: "old-partner.example", hosts: []string{"mx.moved-away.test"}, ips: []string{"203.0.113.250"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:3],
		},
		{
			domain: "locked-post.example", hosts: []string{"mx.locked-post.example"}, ips: []string{"203.0.113.251"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:3],
		},
		{
			domain: "solaris-parts.test", hosts: []string{"mx4.solaris-parts.test"}, ips: []string{"203.0.113.252"},
			banner: "{host} ESMTP", ehlo: "{host}", names: people[:2],
		},
		{
			domain: "opaque.test", hosts: []string{"mx.opaque.test"}, ips: []string{"203.0.113.253"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:3],
		},
		{
			domain: "nosuch-supplier.test", hosts: []string{""}, ips: []string{""}, names: people[:3],
		},
		{
			domain: "slowpoke.example", hosts: []string{"mx.slowpoke.example"}, ips: []string{"203.0.113.254"},
			names: people[:5],
		},
	}
}

// visit returns the places that troubles names, and those of more, in the order
// of places.
func visit(troubles map[string][]trouble, more ...string) []*destination {
	var out []*destination
	for _, d := range places() {
		if t, ok := troubles[d.domain]; ok {
			d.troubles = t
			out = append(out, d)
		} else if slices.Contains(more, d.domain) {
			out = append(out, d)
		}
	}
	return out
}
