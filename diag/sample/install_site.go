package sample

import (
	"fmt"
	"net/netip"
	"time"

	"metriage/diag"
)

// site is one story as data: our server, the people on it, the domains they
// write to and what each of these answers at which time.
type site struct {
	host         string // own host name, sent as HELO
	addresses    []ownAddress
	product      string // version as the welcome banner shows it
	postoffices  []postoffice
	destinations []*destination
	foreign      []string // senders elsewhere: mail that comes in or is forwarded
	subjects     []string // of people's mail

	// before is who we were earlier, where the server moved.
	before *identity
	// recent leaves most of what lies in the folders from the last two days.
	recent bool
	// pooled sends from any of addresses, as behind a translating firewall.
	pooled bool
	// forwards passes some foreign mail on: users' redirections.
	forwards  bool
	thief     *thief
	redirects []redirect
	users     []string // addresses of our users' machines; nil: the usual ones
	// gateway is the address that every connection seems to come from, "" where
	// clients' own addresses arrive.
	gateway  string
	restarts []time.Duration // ago, of the SMTP service

	spf string // instead of a right record

	ip        netip.Addr // the first of addresses
	now       time.Time
	zone      *time.Location // of the logs
	retention time.Time      // start of the oldest log file that is kept

	mailboxes []*mailbox // all of them, in order
	senders   []*mailbox // those that NDRs are left for
	fetched   []*mailbox // those whose NDRs a POP client takes away
	refusing  []*trouble // permanent, by weight
	secret    []*trouble // permanent, told by the log alone
	deferring []*trouble // not final
}

// ownAddress is one address that we send from.
type ownAddress struct {
	ip     netip.Addr
	ptr    string            // "" for none
	listed map[string]string // code by zone
}

// identity is an address and a host name that were ours until a time ago.
type identity struct {
	until time.Duration
	ip    netip.Addr
	host  string
}

// thief is somebody who sends through our server: with a user's password, or
// without any where the server relays for whoever names a local sender.
type thief struct {
	mailbox  string        // the user's address; "": no sign-in, any local sender
	since    time.Duration // ago
	share    int           // percent of what is sent from then on
	networks int           // that the thief's sessions come from
	guesses  int           // sign-ins that failed in the six hours before
	box      *mailbox
}

// redirect passes mail for one mailbox on to an address elsewhere.
type redirect struct {
	mailbox  string // address
	to       string // "user@domain", the domain a destination
	catchAll bool   // everything for the domain that no mailbox takes arrives there
}

// postoffice is a hosted domain with its mailboxes.
type postoffice struct {
	domain    string
	mailboxes []mailbox
}

// mailbox is one user. Its address is name@domain of the postoffice.
type mailbox struct {
	name   string
	pop    bool // a POP client fetches and removes its mail: its NDRs are gone
	weight int  // how much it sends; 0 is 1

	address, domain string
}

// destination is a domain that our users write to.
type destination struct {
	domain string   // as people write it
	hosts  []string // its MX in order of preference
	ips    []string // one for each of hosts
	banner string   // greeting of a good session after "220 "
	ehlo   string   // first line of the EHLO reply after "250-"
	tls    bool     // offers STARTTLS, MailEnable takes it
	// own is set where no other destination shows the same host name in its
	// greeting, so that a session without recipient can be told.
	own      bool
	names    []string // local parts that exist
	weight   int      // share of what is accepted; 0: nothing ever was
	greylist bool     // new senders wait a quarter of an hour

	troubles []trouble

	// dns are the real MX where hosts are those of a smart host.
	dns []sceneHost

	key    string
	accept time.Time // nothing is accepted later than this
}

// sceneHost is a host name and its address.
type sceneHost struct{ name, ip string }

// mx returns the hosts that the DNS names for d.
func (d *destination) mx() []sceneHost {
	if d.dns != nil {
		return d.dns
	}
	var out []sceneHost
	for i, h := range d.hosts {
		if h != "" {
			out = append(out, sceneHost{h, d.ips[i]})
		}
	}
	return out
}

// hostAt returns the host name that was ours at a time.
func (s *site) hostAt(at time.Time) string {
	_, host := s.identity(at)
	return host
}

// identity returns who we were at a time.
func (s *site) identity(at time.Time) (netip.Addr, string) {
	if b := s.before; b != nil && at.Before(s.now.Add(-b.until)) {
		return b.ip, b.host
	}
	return s.ip, s.host
}

// prepare links the parts of s and fills in times that depend on now.
func (s *site) prepare(now time.Time, zone *time.Location, said []refusal) error {
	s.ip = s.addresses[0].ip
	s.now = now.UTC().Truncate(time.Second)
	s.zone = zone
	y, m, d := s.now.In(zone).Date()
	s.retention = time.Date(y, m, d-13, 0, 0, 0, 0, zone)
	for i := range s.postoffices {
		po := &s.postoffices[i]
		for k := range po.mailboxes {
			m := &po.mailboxes[k]
			m.domain, m.address = po.domain, m.name+"@"+po.domain
			m.weight = max(m.weight, 1)
			s.mailboxes = append(s.mailboxes, m)
			if m.pop {
				s.fetched = append(s.fetched, m)
			} else {
				s.senders = append(s.senders, m)
			}
		}
	}
	if s.thief != nil && s.thief.mailbox != "" {
		for _, m := range s.mailboxes {
			if m.address == s.thief.mailbox {
				s.thief.box = m
			}
		}
	}
	byID := map[string]*refusal{}
	for i := range said {
		byID[said[i].id] = &said[i]
	}
	for _, d := range s.destinations {
		d.key = diag.DomainKey(d.domain)
		d.accept = s.now.Add(-5 * time.Minute)
		for i := range d.troubles {
			t := &d.troubles[i]
			if !t.mild {
				d.accept = earlier(d.accept, s.now.Add(-t.since-40*time.Minute))
			}
		}
		for i := range d.troubles {
			t := &d.troubles[i]
			t.at, t.said = d, byID[t.says]
			if t.said == nil {
				return fmt.Errorf("sample: %s says %q, which is not known", d.domain, t.says)
			}
			t.from, t.to = s.now.Add(-window), s.now
			if t.since > 0 {
				t.from = s.now.Add(-t.since)
			}
			if t.mild {
				t.to = earlier(t.to, d.accept.Add(-guard))
			}
			s.sort(t)
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
