package audit

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
)

// Sighting is an own address or HELO name as the logs and settings show it.
type Sighting struct {
	Addr        netip.Addr // or
	Name        string
	From        SeenIn
	Provider    string // id of who saw it, "" for nobody known
	First, Last time.Time
	Count       int
}

// SeenIn says where a sighting comes from.
type SeenIn string

// The sources of sightings.
const (
	SeenEHLOReply SeenIn = "ehlo-reply" // remote servers greet it
	SeenEHLO      SeenIn = "ehlo"       // names that outgoing sessions gave
	SeenRejection SeenIn = "rejection"  // remote servers name it in refusals
	SeenBinding   SeenIn = "binding"    // MailEnable's outbound binding, or its host name
)

// Sightings returns what the logs and settings tell of our own addresses and
// names.
func (c *Collector) Sightings(in Inputs) []Sighting {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Sighting
	for k, x := range c.own.cells {
		if !k.own.IsValid() {
			continue
		}
		s := Sighting{Addr: k.own, From: SeenEHLOReply, Provider: c.own.names[k.prov], First: unix(x.first), Last: unix(x.last), Count: x.greeted}
		if x.greeted == 0 {
			s.From, s.Count = SeenRejection, x.refused+x.deferred
		}
		out = append(out, s)
	}
	for name, h := range c.own.helos {
		out = append(out, Sighting{Name: name, From: SeenEHLO, First: unix(h.first), Last: unix(h.last), Count: h.n})
	}
	if s := in.Settings; s != nil {
		if s.OutboundBinding.IsValid() {
			out = append(out, Sighting{Addr: s.OutboundBinding, From: SeenBinding, Count: 1})
		}
		if s.HostName != "" {
			out = append(out, Sighting{Name: diag.DomainKey(s.HostName), From: SeenBinding, Count: 1})
		}
	}
	slices.SortFunc(out, func(a, b Sighting) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Name, b.Name), cmp.Compare(a.From, b.From), cmp.Compare(a.Provider, b.Provider))
	})
	return out
}

func unix(sec int64) time.Time {
	if sec == 0 {
		return time.Time{}
	}
	return time.Unix(sec, 0)
}

// Delivered is what became of deliveries from one own address to one provider:
// one field of the matrix of the Server view.
type Delivered struct {
	Addr                        netip.Addr // the zero Addr where no server showed it
	Provider                    string
	Accepted, Refused, Deferred int
	First, Last                 time.Time
	LastAccepted                time.Time
	// Onset is the first refusal after the last acceptance, zero where fewer than
	// shutLeast came: one alone may be about the recipient.
	Onset time.Time
}

const shutLeast = 2

// Matrix returns the deliveries by own address and provider, in recipients, by
// address, then provider.
func (c *Collector) Matrix() []Delivered {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Delivered
	for k, x := range c.own.cells {
		if x.accepted+x.refused+x.deferred == 0 {
			continue
		}
		d := Delivered{
			Addr: k.own, Provider: c.own.names[k.prov], Accepted: x.accepted, Refused: x.refused, Deferred: x.deferred,
			First: unix(x.first), Last: unix(x.last), LastAccepted: unix(x.lastAccepted),
		}
		if x.inARow >= shutLeast {
			d.Onset = unix(x.firstRefused)
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Delivered) int { return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(a.Provider, b.Provider)) })
	return out
}

// HostUse is how often mail for a domain went to a host: what tells a smart
// host.
type HostUse struct {
	Domain string // of the recipients
	Host   string // name in the greeting, or the address
	Count  int    // messages
}

// Hosts returns which hosts took the mail of which domains.
func (c *Collector) Hosts() []HostUse {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]HostUse, 0, len(c.own.uses))
	for k, n := range c.own.uses {
		out = append(out, HostUse{k.domain, k.host, n})
	}
	slices.SortFunc(out, func(a, b HostUse) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Host, b.Host))
	})
	return out
}
