package sample

import (
	"net/netip"
	"time"
)

// defaultStory is the incident of the demo: the provider dropped the reverse
// name of the address while the mailbox of one customer was sending spam, and
// within a day most large receivers refuse everything.
func defaultStory() story {
	return story{
		info: StoryInfo{
			Title:   "No reverse name and a listing",
			Summary: "The sending address lost its PTR record and is listed in Spamhaus CSS since a customer's mailbox sent spam; ten destinations refuse everything, a few single messages fail for harmless reasons, the rest gets through.",
		},
		site:  defaultSite,
		odd:   defaultOdd,
		relay: RelayClosed,
		blend: blend{refused: 42, deferred: 12, waiting: 5, bad: 4, quarantine: 2, inbound: 2, accepted: 130, secret: 14, submitted: 25, older: 3},
	}
}

func defaultSite() *site {
	return &site{
		host: "mail.harbourline.example", product: "10.50--10.50",
		addresses: []ownAddress{{ip: netip.MustParseAddr("198.51.100.25"), listed: map[string]string{"zen.spamhaus.org": "127.0.0.3"}}},
		postoffices: []postoffice{
			{"harbourline.example", []mailbox{{name: "postmaster"}, {name: "anna", weight: 3}, {name: "bernd"}, {name: "accounts", pop: true, weight: 2}}},
			{"brandt-freight.example", []mailbox{{name: "info", weight: 14}, {name: "dispatch", weight: 4}, {name: "store"}, {name: "k.brandt"}}},
			{"seawind-travel.example", []mailbox{{name: "booking", weight: 3}, {name: "news", weight: 5}, {name: "kate", pop: true}}},
			{"olm-clinic.example", []mailbox{{name: "desk", weight: 2}, {name: "dr.olm"}, {name: "billing", pop: true}}},
		},
		destinations: defaultDestinations(),
		foreign: []string{
			"news@daily-press.example", "offers@bargain-barn.test", "m.keller@ridgeway.example", "robot@tickets.test",
			"j.ortiz@fabrikam.example", "service@cloudparts.example", "=sum@formula.test", "noreply@parcel-track.example",
		},
		subjects: []string{
			"Delivery on Thursday", "Offer 2291", "Your booking", "Re: invoice 10-4471", "Minutes of the meeting",
			"Fwd: drawings", "Appointment", "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_dem_Hafen?=", "=1+1;2", "Limited offer, today only",
		},
	}
}

func defaultDestinations() []*destination {
	people := []string{"anna.weber", "office", "sales", "j.ortiz", "m.lang", "info", "purchasing", "p.nowak"}
	const h = time.Hour
	google := func(domain string, weight int, troubles ...trouble) *destination {
		return &destination{
			domain: domain, hosts: []string{"mx.google.com"}, ips: []string{"192.0.2.27"}, banner: "{host} ESMTP {ref} - gsmtp",
			ehlo: "{host} at your service, [{ip}]", tls: true, names: people, weight: weight, troubles: troubles,
		}
	}
	return []*destination{
		google("northgate-legal.example", 14,
			trouble{says: "gmail-ptr", since: 31 * h, weight: 24}, trouble{says: "no-such-user", weight: 1, mild: true}),
		google("studio-lumen.example", 6, trouble{says: "gmail-ptr", since: 31 * h, weight: 9}),
		{
			domain: "atlas-machines.example", hosts: []string{"atlasmachines-example.mail.protection.outlook.com"}, ips: []string{"192.0.2.61"},
			banner: "DB5EUR01FT021.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at {date}",
			ehlo:   "DB5EUR01FT021.mail.protection.outlook.com Hello [{ip}]", tls: true, names: people, weight: 12,
			troubles: []trouble{{says: "exchange-banned", since: 26 * h, weight: 20}, {says: "spf", weight: 2, mild: true, forwarded: true}},
		},
		{
			domain: "outmail.example", hosts: []string{"outmail-example.olc.protection.outlook.com"}, ips: []string{"192.0.2.66"},
			banner: "VI1EUR04FT044.mail.protection.outlook.com Microsoft ESMTP MAIL Service ready at {date}",
			ehlo:   "VI1EUR04FT044.mail.protection.outlook.com Hello [{ip}]", tls: true, names: people, weight: 12,
			troubles: []trouble{{says: "outlook-s3140", since: 25 * h, weight: 34}},
		},
		{
			domain: "webpost.example", hosts: []string{"kundenserver.de"}, ips: []string{"192.0.2.72"},
			banner: "{host} (mxeue104) Nemesis ESMTP Service ready", ehlo: "{host} Hello {helo} [{ip}]", tls: true,
			names: people, weight: 10, troubles: []trouble{{says: "nemesis-rdns", since: 30 * h, weight: 30}},
		},
		{
			domain: "example.com", hosts: []string{"mail.example.com"}, ips: []string{"203.0.113.201"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people, weight: 6,
			troubles: []trouble{{says: "cisco", since: 24 * h, weight: 22}},
		},
		{
			domain: "telehome.example", hosts: []string{"mailin62.aul.t-online.de"}, ips: []string{"192.0.2.81"},
			banner: "{host} T-Online ESMTP receiver ready.", ehlo: "{host} ready.", names: people, weight: 6,
			troubles: []trouble{{says: "t-online", since: 26 * h, weight: 16}},
		},
		{
			domain: "skymail.example", hosts: []string{"mta7.am0.yahoodns.net"}, ips: []string{"192.0.2.90"},
			banner: "{host} ESMTP ready", ehlo: "{host}", tls: true, names: people, weight: 6,
			troubles: []trouble{{says: "yahoo-bl21", since: 22 * h, weight: 16}, {says: "yahoo-tss", since: 24 * h, weight: 3}},
		},
		{
			domain: "borough-council.example", hosts: []string{"mx.borough-council.example", "mx2.borough-council.example"},
			ips: []string{"203.0.113.210", "203.0.113.211"}, banner: "{host} ESMTP Postfix", ehlo: "{host}", own: true, tls: true,
			names: people, weight: 8, troubles: []trouble{{says: "zen-css", since: 25*h + 30*time.Minute, weight: 14}, {says: "full", weight: 1, mild: true}},
		},
		{
			domain: "reef-insurance.example", hosts: []string{"mx0a-00149c01.pphosted.com"}, ips: []string{"192.0.2.99"},
			banner: "{host} ESMTP mfa-m0042", ehlo: "{host} Hello {helo} [{ip}]", tls: true, names: people, weight: 4,
			troubles: []trouble{{says: "proofpoint", since: 20 * h, weight: 10}},
		},
		{
			domain: "kopp-shipping.example", hosts: []string{"mx1.southmail.example"}, ips: []string{"203.0.113.220"},
			banner: "{host} ESMTP ready", ehlo: "{host}", own: true, names: people, weight: 4,
			troubles: []trouble{{says: "postfix-rdns-helo", since: 29 * h, weight: 6}, {says: "local-problem", weight: 1, since: 12 * h}},
		},
		{
			domain: "parish-archive.example", hosts: []string{"mail.parish-archive.example"}, ips: []string{"203.0.113.230"},
			banner: "{host} ESMTP Exim", ehlo: "{host} Hello {helo} [{ip}]", own: true, tls: true, names: people, weight: 14,
		},
		{
			domain: "example.org", hosts: []string{"mx1.example.org", "mx2.example.org"}, ips: []string{"203.0.113.232", "203.0.113.233"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, tls: true, names: people, weight: 10,
			troubles: []trouble{{says: "unknown-user", weight: 5, mild: true}, {says: "size", weight: 1, mild: true}},
		},
		{
			domain: "example.net", hosts: []string{"mail.example.net"}, ips: []string{"203.0.113.236"},
			banner: "{host} ESMTP Sendmail", ehlo: "{host} Hello {helo} [{ip}], pleased to meet you", own: true, names: people, weight: 8,
			troubles: []trouble{{says: "full", weight: 3, mild: true}, {says: "no-mailbox", weight: 2, mild: true}, {says: "full-now", weight: 6, mild: true}},
		},
		{
			domain: "atelier-grey.example", hosts: []string{"mail.atelier-grey.example"}, ips: []string{"203.0.113.240"},
			banner: "{host} ESMTP Postfix", ehlo: "{host}", own: true, greylist: true, names: people, weight: 8,
			troubles: []trouble{{says: "greylist", weight: 8, mild: true}},
		},
		{
			domain: "müller-bau.example", hosts: []string{"mx.mueller-bau.example"}, ips: []string{"203.0.113.244"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:4], weight: 5,
			troubles: []trouble{{says: "unknown-user", weight: 2, mild: true}, {says: "dmarc", weight: 2, mild: true, forwarded: true}},
		},
		{
			domain: "daily-mirror.test", hosts: []string{"filter.daily-mirror.test"}, ips: []string{"203.0.113.246"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, tls: true, names: people, weight: 5,
			troubles: []trouble{{says: "spam", weight: 3, mild: true}, {says: "hostile", weight: 1, mild: true}, {says: "rate-mail", weight: 3, mild: true}},
		},
		{
			domain: "old-partner.example", hosts: []string{"mx.moved-away.test"}, ips: []string{"203.0.113.250"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:3], troubles: []trouble{{says: "relay", weight: 3}},
		},
		{
			domain: "locked-post.example", hosts: []string{"mx.locked-post.example"}, ips: []string{"203.0.113.251"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:3], troubles: []trouble{{says: "tls", weight: 2}},
		},
		{
			domain: "solaris-parts.test", hosts: []string{"mx4.solaris-parts.test"}, ips: []string{"203.0.113.252"},
			banner: "{host} ESMTP", ehlo: "{host}", names: people[:2], troubles: []trouble{{says: "reputation-host", weight: 2}},
		},
		{
			domain: "opaque.test", hosts: []string{"mx.opaque.test"}, ips: []string{"203.0.113.253"},
			banner: "{host} ESMTP", ehlo: "{host}", own: true, names: people[:3], troubles: []trouble{{says: "opaque", weight: 2}},
		},
		{
			domain: "nosuch-supplier.test", hosts: []string{""}, ips: []string{""}, names: people[:3],
			troubles: []trouble{{says: "unregistered", weight: 2}},
		},
		{
			domain: "slowpoke.example", hosts: []string{"mx.slowpoke.example"}, ips: []string{"203.0.113.254"},
			names: people[:5], troubles: []trouble{{says: "unreachable", weight: 8}},
		},
	}
}
