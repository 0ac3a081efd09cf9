package sample

import (
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
)

// receiverFaultStory: two recipients' servers use lists that are dead or do not
// answer them, and blame us.
func receiverFaultStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "receiver-fault", Title: "The receivers' fault",
			Summary: "Two destinations refuse everything in the name of lists: one of a list that closed years ago, the other because its own resolver is turned away. Our address is on no list.",
		},
		site: func() *site {
			s := harbour()
			s.destinations = visit(harmless(map[string][]trouble{
				"borough-council.example": {{says: "resolver-refused", since: 30 * h, weight: 24}},
				"kopp-shipping.example":   {{says: "sorbs", since: 33 * h, weight: 12}},
			}), "northgate-legal.example", "atlas-machines.example", "outmail.example", "webpost.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		fixes: func(*site) []Repair {
			return []Repair{{
				ID: "receivers", Title: "The postmasters of both receivers take the dead list and the broken resolver out.",
				Check: "remote", Cures: []diag.Cause{diag.CauseReceiverFault},
			}}
		},
		blend: blend{refused: 14, deferred: 4, waiting: 3, bad: 2, quarantine: 2, inbound: 2, accepted: 160, secret: 4, submitted: 60},
		relay: RelayClosed,
	}
}

// The smart host of smartHostStory.
const (
	relayHost = "harbourline-example.mail.protection.outlook.com"
	relayIP   = "192.0.2.58"
)

// smartHostStory: everything goes out through a relay that has had enough.
func smartHostStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "smart-host", Title: "The smart host refuses",
			Summary: "All mail leaves through Microsoft 365 as smart host; since the tenant passed its limit the relay refuses everything, whoever the recipient is.",
		},
		site: func() *site {
			s := harbour()
			s.spf = "v=spf1 ip4:" + ownIP.String() + " ip4:" + relayIP + " -all"
			tenant := []trouble{{says: "tenant", since: 15 * h, weight: 10}}
			s.destinations = visit(map[string][]trouble{
				"northgate-legal.example": tenant,
				"atlas-machines.example":  slices.Clone(tenant),
				"webpost.example":         slices.Clone(tenant),
				"borough-council.example": {{says: "tenant", since: 15 * h, weight: 8}, {says: "not-owned", weight: 1, mild: true}},
				"parish-archive.example":  slices.Clone(tenant),
				"example.org":             slices.Clone(tenant),
			})
			for _, d := range s.destinations {
				d.dns = d.mx()
				d.hosts, d.ips, d.own = []string{relayHost}, []string{relayIP}, false
				d.banner, d.ehlo = "{host} Microsoft ESMTP MAIL Service ready at {date}", "{host} Hello [{ip}]"
			}
			return s
		},
		fixes: func(*site) []Repair {
			return []Repair{{
				ID: "smart-host", Title: "The operator of the smart host lifts the limit.",
				Check: "remote", Cures: []diag.Cause{diag.CauseSmartHost},
			}}
		},
		blend: blend{refused: 40, waiting: 6, bad: 2, quarantine: 2, inbound: 2, accepted: 130, secret: 8, submitted: 40},
		relay: RelayClosed,
	}
}

// natPoolStory: a new firewall translates both ways.
func natPoolStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "nat-pool", Title: "A pool of addresses",
			Summary: "Since a firewall was put in front, mail leaves from three addresses of which two have no PTR record, and every client seems to come from the firewall's own address.",
			Audit:   []string{"source-nat"},
		},
		site: func() *site {
			s := harbour()
			s.pooled, s.gateway = true, "10.0.0.1"
			for _, last := range []byte{26, 27} {
				s.addresses = append(s.addresses, ownAddress{ip: netip.AddrFrom4([4]byte{198, 51, 100, last})})
			}
			bare := []int{1, 2}
			s.destinations = visit(harmless(map[string][]trouble{
				"northgate-legal.example": {{says: "gmail-ptr", since: 50 * h, weight: 24, mild: true, only: bare}},
				"webpost.example":         {{says: "nemesis-rdns", since: 50 * h, weight: 24, mild: true, only: bare}},
				"kopp-shipping.example":   {{says: "postfix-rdns-helo", since: 50 * h, weight: 10, mild: true, only: bare}},
			}), "atlas-machines.example", "outmail.example", "borough-council.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		blend: blend{refused: 24, deferred: 4, waiting: 3, bad: 2, quarantine: 2, inbound: 2, accepted: 160, secret: 6, submitted: 60},
		relay: RelayClosed,
	}
}

// quietStory: nothing is wrong.
func quietStory() story {
	return story{
		info: StoryInfo{
			Name: "quiet", Title: "All quiet",
			Summary: "Nothing is wrong: mail is accepted everywhere, a few messages a day fail for reasons of the recipient.",
		},
		site: func() *site {
			s := harbour()
			s.destinations = visit(harmless(nil), "northgate-legal.example", "studio-lumen.example", "atlas-machines.example", "outmail.example",
				"webpost.example", "borough-council.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		blend: calmBlend,
		relay: RelayClosed,
	}
}

// newServerFixes are the repairs of newServerStory: a proper host name, and SPF
// records that know the new address.
func newServerFixes(s *site) []Repair {
	ip := s.addresses[0].ip.String()
	spf := Repair{ID: "spf", Title: "The SPF records name the new address.", Check: "spf", Cures: []diag.Cause{diag.CauseSPF}}
	for _, po := range s.postoffices {
		spf.Set = append(spf.Set, SceneRecord{po.domain + ".", "TXT", []string{"\"v=spf1 ip4:" + ip + " -all\""}})
	}
	return []Repair{
		spf,
		{
			ID: "helo", Title: "The server introduces itself as " + mailHost + ", which has the new address.", Check: "helo",
			Cures: []diag.Cause{diag.CauseHELO}, HELO: mailHost,
			Set: []SceneRecord{{mailHost + ".", "A", []string{ip}}},
		},
		{
			ID: "t-online", Title: "T-Online's postmaster admits the new address.", Check: "remote",
			Cures: []diag.Cause{diag.CauseReputationIP},
		},
	}
}
