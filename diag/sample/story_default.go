package sample

import "time"

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
	s := harbour()
	s.destinations = defaultDestinations()
	s.forwards, s.recent = true, true
	s.addresses = []ownAddress{{ip: ownIP, listed: map[string]string{"zen.spamhaus.org": "127.0.0.3"}}}
	s.thief = &thief{mailbox: "info@brandt-freight.example", since: 28 * time.Hour, share: 55, networks: 17, guesses: 60}
	s.foreign = append(s.foreign, "=sum@formula.test")
	s.subjects = append(s.subjects, "=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_dem_Hafen?=", "=1+1;2")
	return s
}

func defaultDestinations() []*destination {
	const h = time.Hour
	return visit(map[string][]trouble{
		"northgate-legal.example": {{says: "gmail-ptr", since: 31 * h, weight: 24}, {says: "no-such-user", weight: 1, mild: true}},
		"studio-lumen.example":    {{says: "gmail-ptr", since: 31 * h, weight: 9}},
		"atlas-machines.example":  {{says: "exchange-banned", since: 26 * h, weight: 20}, {says: "spf", weight: 2, mild: true, forwarded: true}},
		"outmail.example":         {{says: "outlook-s3140", since: 25 * h, weight: 34}},
		"webpost.example":         {{says: "nemesis-rdns", since: 30 * h, weight: 30}},
		"example.com":             {{says: "cisco", since: 24 * h, weight: 22}},
		"telehome.example":        {{says: "t-online", since: 26 * h, weight: 16}},
		"skymail.example":         {{says: "yahoo-bl21", since: 22 * h, weight: 16}, {says: "yahoo-tss", since: 24 * h, weight: 3}},
		"borough-council.example": {{says: "zen-css", since: 25*h + 30*time.Minute, weight: 14}, {says: "full", weight: 1, mild: true}},
		"reef-insurance.example":  {{says: "proofpoint", since: 20 * h, weight: 10}},
		"kopp-shipping.example":   {{says: "postfix-rdns-helo", since: 29 * h, weight: 6}, {says: "local-problem", weight: 1, since: 12 * h}},
		"example.org":             {{says: "unknown-user", weight: 5, mild: true}, {says: "size", weight: 1, mild: true}},
		"example.net":             {{says: "full", weight: 3, mild: true}, {says: "no-mailbox", weight: 2, mild: true}, {says: "full-now", weight: 6, mild: true}},
		"atelier-grey.example":    {{says: "greylist", weight: 8, mild: true, passing: true}},
		"müller-bau.example":      {{says: "unknown-user", weight: 2, mild: true}, {says: "dmarc", weight: 2, mild: true, forwarded: true}},
		"daily-mirror.test":       {{says: "spam", weight: 3, mild: true}, {says: "hostile", weight: 1, mild: true}, {says: "rate-mail", weight: 3, mild: true}},
		"old-partner.example":     {{says: "relay", weight: 3}},
		"locked-post.example":     {{says: "tls", weight: 2}},
		"solaris-parts.test":      {{says: "reputation-host", weight: 2}},
		"opaque.test":             {{says: "opaque", weight: 2}},
		"nosuch-supplier.test":    {{says: "unregistered", weight: 2}},
		"slowpoke.example":        {{says: "unreachable", weight: 8}},
	}, "parish-archive.example")
}
