package sample

import (
	"net/netip"
	"time"

	"metriage/diag"
)

// busyBlend is how the messages of an incident divide, calmBlend those of a
// server on which nothing is wrong.
var (
	busyBlend = blend{refused: 40, deferred: 14, waiting: 8, bad: 2, quarantine: 2, inbound: 2, accepted: 120, secret: 10, submitted: 40}
	calmBlend = blend{refused: 4, deferred: 4, waiting: 3, bad: 2, quarantine: 2, inbound: 2, accepted: 160, secret: 2, submitted: 60}
)

// harmless are the single refusals of every server.
func harmless(more map[string][]trouble) map[string][]trouble {
	out := map[string][]trouble{
		"example.org":          {{says: "unknown-user", weight: 2, mild: true}},
		"example.net":          {{says: "full", weight: 1, mild: true}, {says: "full-now", weight: 2, mild: true}},
		"atelier-grey.example": {{says: "greylist", weight: 4, mild: true, passing: true}},
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// passwordStory: somebody guessed a mailbox password and sends parcel spam from
// forty networks until the address is listed as that of an infected machine.
func passwordStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "password", Title: "A stolen password",
			Summary: "After some hundred failed sign-ins one succeeded; since then spam leaves under info@brandt-freight.example from 41 networks, the queue grows and the address is listed in Spamhaus XBL.",
			Audit:   []string{"spam-source-user", "auth-guessing", "queue-growing"},
		},
		site: func() *site {
			s := harbour()
			s.addresses[0].listed = map[string]string{"zen.spamhaus.org": "127.0.0.4"}
			s.thief = &thief{mailbox: "info@brandt-freight.example", since: 26 * h, share: 85, networks: 41, guesses: 420}
			s.destinations = visit(harmless(map[string][]trouble{
				"northgate-legal.example": {{says: "no-such-user", weight: 6, mild: true}, {says: "gmail-rate", weight: 30, since: 24 * h, mild: true}},
				"atlas-machines.example":  {{says: "exchange-banned", since: 20 * h, weight: 30}},
				"outmail.example":         {{says: "outlook-s3140", since: 21 * h, weight: 40}},
				"borough-council.example": {{says: "zen-xbl", since: 22 * h, weight: 20}},
				"skymail.example":         {{says: "yahoo-bl21", since: 21 * h, weight: 20}, {says: "yahoo-tss", since: 22 * h, weight: 20}},
				"telehome.example":        {{says: "t-online", since: 20 * h, weight: 14}},
			}), "studio-lumen.example", "webpost.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		blend: blend{refused: 38, deferred: 16, waiting: 20, bad: 2, quarantine: 1, inbound: 1, accepted: 120, secret: 6, submitted: 90},
		relay: RelayClosed,
	}
}

// newServerStory: the server moved to another provider and nobody told the DNS.
func newServerStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "new-server", Title: "A new server",
			Summary: "Twenty hours ago the mail server moved to a new address; it introduces itself with its Windows name, the address has the provider's generic name, and the SPF records still name the old one.",
		},
		site: func() *site {
			s := harbour()
			s.before = &identity{until: 20 * h, ip: ownIP, host: s.host}
			s.addresses = []ownAddress{{ip: netip.AddrFrom4([4]byte{198, 51, 100, 177}), ptr: "198-51-100-177.pool.hostway.test"}}
			s.host = "WIN-7KQ2R8V1"
			s.spf = "v=spf1 ip4:" + ownIP.String() + " -all"
			s.restarts = []time.Duration{20*h + 10*time.Minute}
			s.destinations = visit(harmless(map[string][]trouble{
				"northgate-legal.example": {{says: "gmail-spf", since: 20*h - 10*time.Minute, weight: 30}},
				"studio-lumen.example":    {{says: "gmail-spf", since: 20*h - 10*time.Minute, weight: 12}},
				"kopp-shipping.example":   {{says: "helo-name", since: 20*h - 20*time.Minute, weight: 16}},
				"borough-council.example": {{says: "generic-ptr", since: 20*h - 5*time.Minute, weight: 20}},
				"outmail.example":         {{says: "ms-650", since: 19 * h, weight: 30, mild: true}},
				"telehome.example":        {{says: "t-online", since: 19*h + 30*time.Minute, weight: 14}},
			}), "atlas-machines.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		fixes: newServerFixes,
		blend: busyBlend,
		relay: RelayClosed,
	}
}

// forwardingStory: redirections and a catch-all pass spam on to Google.
func forwardingStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "forwarding", Title: "Redirected spam",
			Summary: "Two mailboxes, one of them a catch-all, are redirected to mailboxes at Google; the spam that goes with them is refused there, and for half a day the whole address has had a bad name at Google.",
			Audit:   []string{"spam-source-redirect", "redirect-external", "catch-all-external", "backscatter"},
		},
		site: func() *site {
			s := harbour()
			s.forwards = true
			s.redirects = []redirect{
				{mailbox: "desk@olm-clinic.example", to: "office@studio-lumen.example", catchAll: true},
				{mailbox: "booking@seawind-travel.example", to: "j.ortiz@northgate-legal.example"},
			}
			s.destinations = visit(harmless(map[string][]trouble{
				"northgate-legal.example": {
					{says: "gmail-unsolicited", weight: 6, mild: true, forwarded: true}, {says: "spf", weight: 2, mild: true, forwarded: true},
					{says: "gmail-low-ip", since: 12 * h, weight: 30},
				},
				"studio-lumen.example": {
					{says: "gmail-unsolicited", weight: 6, mild: true, forwarded: true}, {says: "dmarc", weight: 2, mild: true, forwarded: true},
					{says: "gmail-low-ip", since: 11*h + 40*time.Minute, weight: 14},
				},
			}), "atlas-machines.example", "outmail.example", "webpost.example", "borough-council.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		fixes: func(*site) []Repair {
			return []Repair{{
				ID: "redirections", Title: "The catch-all and the redirections to the outside are removed, and Google trusts the address again.",
				Check: "remote", Cures: []diag.Cause{diag.CauseReputationIP}, Unredirect: true,
			}}
		},
		blend: blend{refused: 22, deferred: 6, waiting: 3, bad: 1, quarantine: 2, inbound: 2, accepted: 130, secret: 4, submitted: 40},
		relay: RelayClosed,
	}
}

// localRelayStory: "Allow relay for local senders" is on, and somebody found out.
func localRelayStory() story {
	const h = time.Hour
	return story{
		info: StoryInfo{
			Name: "local-relay", Title: "Relay for local senders",
			Summary: "The server relays for whoever names a local sender; for a day and a half spammers have used it without signing in, and the address is listed at SpamCop.",
			Audit:   []string{"relay-local-senders", "queue-growing"},
		},
		site: func() *site {
			s := harbour()
			s.addresses[0].listed = map[string]string{"bl.spamcop.net": "127.0.0.2"}
			s.thief = &thief{since: 36 * h, share: 75, networks: 12}
			s.destinations = visit(harmless(map[string][]trouble{
				"borough-council.example": {{says: "spamcop", since: 28 * h, weight: 30}},
				"kopp-shipping.example":   {{says: "open-relay", since: 27 * h, weight: 20}},
				"example.com":             {{says: "cisco", since: 25 * h, weight: 24}},
				"telehome.example":        {{says: "t-online", since: 26 * h, weight: 14}},
				"skymail.example":         {{says: "yahoo-tss", since: 26 * h, weight: 24}},
			}), "northgate-legal.example", "atlas-machines.example", "outmail.example", "parish-archive.example", "daily-mirror.test")
			return s
		},
		fixes: func(s *site) []Repair {
			closed := s.relayScript(RelayClosed)
			return []Repair{{ID: "relay", Title: "\"Allow relay for local sender addresses\" is switched off.", Check: "relay", Cures: []diag.Cause{diag.CauseOpenRelay}, Relay: &closed}}
		},
		blend: blend{refused: 36, deferred: 14, waiting: 18, bad: 2, quarantine: 1, inbound: 1, accepted: 120, secret: 6, submitted: 90},
		relay: RelayForged,
	}
}
