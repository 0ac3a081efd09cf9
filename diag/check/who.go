package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Origin says where an own address or HELO name was learned. The lower, the
// better: what an admin says goes before what others saw, and that before what
// this machine believes of itself.
type Origin int

// The origins, best first.
const (
	OriginGiven     Origin = iota // flag or configuration
	OriginEHLOReply               // remote servers greet it in the log's EHLO replies
	OriginBinding                 // MailEnable's outbound binding, or its host name
	OriginEHLO                    // the EHLO rows of the log, for names
	OriginRejection               // remote servers name it in rejections
	OriginAdapter                 // a network adapter of this machine
	OriginEcho                    // a public server that was asked
)

var originWords = [...]string{
	"given", "EHLO replies in the log", "MailEnable's settings", "EHLO in the log", "rejections", "network adapter", "public echo",
}

// String returns the origin in words.
func (o Origin) String() string {
	if o < 0 || int(o) >= len(originWords) {
		return "unknown"
	}
	return originWords[o]
}

// Sighting is one own address or HELO name as it was learned once, or often in
// the same way.
type Sighting struct {
	Addr        netip.Addr // or
	Name        string
	Origin      Origin
	Provider    string    // who saw it, for EHLO replies and rejections
	First, Last time.Time // zero where no time is known
	Count       int
}

// Own is an own address or name and where it was learned.
type Own struct {
	Addr        netip.Addr
	Name        string
	Origins     []Origin // best first
	First, Last time.Time
	Count       int
}

// Who is what is known of the own addresses and names, best first.
type Who struct {
	Addrs []Own
	Names []Own
	// NATPool is set where remote servers saw several addresses at the same
	// time: outgoing connections share a pool.
	NATPool bool
	// Notes are sentences about what does not fit together.
	Notes []string
}

// WhoAreWe puts together what is known of the own addresses and HELO names.
func WhoAreWe(sightings []Sighting) Who {
	addrs, names := map[string]*Own{}, map[string]*Own{}
	for _, s := range sightings {
		switch {
		case s.Addr.IsValid():
			s.Addr = s.Addr.Unmap()
			merge(addrs, s.Addr.String(), s)
		case s.Name != "":
			s.Name = diag.DomainKey(s.Name)
			merge(names, s.Name, s)
		}
	}
	w := Who{Addrs: ranked(addrs), Names: ranked(names)}
	w.pool()
	return w
}

func merge(m map[string]*Own, key string, s Sighting) {
	o := m[key]
	if o == nil {
		o = &Own{Addr: s.Addr, Name: s.Name, First: s.First, Last: s.Last}
		m[key] = o
	}
	if !slices.Contains(o.Origins, s.Origin) {
		o.Origins = append(o.Origins, s.Origin)
		slices.Sort(o.Origins)
	}
	if !s.First.IsZero() && (o.First.IsZero() || s.First.Before(o.First)) {
		o.First = s.First
	}
	if s.Last.After(o.Last) {
		o.Last = s.Last
	}
	o.Count += max(s.Count, 1)
}

// ranked orders by the best origin, public before private addresses, then by
// the last time and how often.
func ranked(m map[string]*Own) []Own {
	out := make([]Own, 0, len(m))
	for _, o := range m {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b Own) int {
		return cmp.Or(
			cmp.Compare(a.Origins[0], b.Origins[0]),
			cmp.Compare(btoi(a.Addr.IsValid() && private(a.Addr)), btoi(b.Addr.IsValid() && private(b.Addr))),
			b.Last.Compare(a.Last),
			cmp.Compare(b.Count, a.Count),
			a.Addr.Compare(b.Addr),
			strings.Compare(a.Name, b.Name))
	})
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// poolWithin is how far the periods of two addresses must overlap to be in use
// at the same time rather than one after the other.
const poolWithin = time.Hour

// pool finds out whether remote servers saw several addresses at once.
func (w *Who) pool() {
	var seen []Own
	for _, o := range w.Addrs {
		if slices.Contains(o.Origins, OriginEHLOReply) && !o.First.IsZero() {
			seen = append(seen, o)
		}
	}
	slices.SortStableFunc(seen, func(a, b Own) int { return a.First.Compare(b.First) })
	for i := 1; i < len(seen); i++ {
		a, b := seen[i-1], seen[i]
		if a.Addr.Is4() != b.Addr.Is4() {
			continue
		}
		if end := minTime(a.Last, b.Last); end.Sub(b.First) >= poolWithin {
			w.NATPool = true
			w.Notes = append(w.Notes, fmt.Sprintf("Remote servers saw %s and %s at the same time: outgoing connections share a pool of addresses, and every one of them has to be in order.", a.Addr, b.Addr))
		} else {
			w.Notes = append(w.Notes, fmt.Sprintf("The sending address changed from %s to %s around %s.", a.Addr, b.Addr, b.First.Format("2006-01-02 15:04")))
		}
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Sending returns the addresses to check: those of the best origin there is.
// Of addresses that remote servers saw one after the other only the last is
// still in use.
func (w Who) Sending() []netip.Addr {
	var out []netip.Addr
	if len(w.Addrs) == 0 {
		return nil
	}
	best := w.Addrs[0].Origins[0]
	var newest time.Time
	for _, o := range w.Addrs {
		if o.Origins[0] == best && o.Last.After(newest) {
			newest = o.Last
		}
	}
	for _, o := range w.Addrs {
		if o.Origins[0] != best {
			break
		}
		if best == OriginEHLOReply && len(out) > 0 && !o.Last.IsZero() && (newest.Sub(o.Last) > 24*time.Hour || w.replaced(o)) {
			continue
		}
		// A private address is what the machine believes, not what is seen.
		if private(o.Addr) && best != OriginGiven && len(out) > 0 {
			continue
		}
		out = append(out, o.Addr)
	}
	return out
}

// replacedBy is how often a later address must have been seen to say that an
// earlier one is no longer in use.
const replacedBy = 10

// replaced reports whether another address took the place of o: remote servers
// saw the two one after the other, never side by side.
func (w Who) replaced(o Own) bool {
	return slices.ContainsFunc(w.Addrs, func(p Own) bool {
		return p.Origins[0] == OriginEHLOReply && p.Addr.Is4() == o.Addr.Is4() && p.First.After(o.Last) && p.Count >= replacedBy
	})
}

// HELO returns the name to check, "" where none is known.
func (w Who) HELO() string {
	if len(w.Names) == 0 {
		return ""
	}
	return w.Names[0].Name
}

// Delivered is what became of deliveries from one own address to one provider.
type Delivered struct {
	Addr                        netip.Addr
	Provider                    string
	Accepted, Refused, Deferred int
}

// Matrix adds up deliveries by own address and provider: where one address of
// several is refused, the row tells which. Rows are ordered by address, then by
// refused, descending.
func Matrix(rows []Delivered) []Delivered {
	type key struct {
		a netip.Addr
		p string
	}
	sum := map[key]*Delivered{}
	for _, r := range rows {
		k := key{r.Addr.Unmap(), r.Provider}
		if sum[k] == nil {
			sum[k] = &Delivered{Addr: k.a, Provider: k.p}
		}
		sum[k].Accepted += r.Accepted
		sum[k].Refused += r.Refused
		sum[k].Deferred += r.Deferred
	}
	out := make([]Delivered, 0, len(sum))
	for _, d := range sum {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Delivered) int {
		return cmp.Or(a.Addr.Compare(b.Addr), cmp.Compare(b.Refused, a.Refused), strings.Compare(a.Provider, b.Provider))
	})
	return out
}

// Session is how often mail for a domain went to a remote host, from the log.
type Session struct {
	Domain string // of the recipients
	Host   string // remote host name or address
	Count  int
}

// What it takes to call a host a smart host: this many recipient domains and
// sessions, all to the same place.
const (
	smartDomains  = 3
	smartSessions = 10
)

// SmartHostOf recognises a smart host from the log: all outgoing sessions, for
// several unrelated domains, went to hosts of one registrable domain or to one
// address. It returns the host that was used most.
func SmartHostOf(sessions []Session) (host string, ok bool) {
	domains, places, hosts := map[string]bool{}, map[string]bool{}, map[string]int{}
	total := 0
	for _, s := range sessions {
		domains[orgDomain(s.Domain)] = true
		place := s.Host
		if _, err := netip.ParseAddr(s.Host); err != nil {
			place = orgDomain(s.Host)
		}
		places[place] = true
		hosts[s.Host] += s.Count
		total += s.Count
	}
	if len(places) != 1 || len(domains) < smartDomains || total < smartSessions {
		return "", false
	}
	for h, n := range hosts {
		if host == "" || n > hosts[host] || n == hosts[host] && h < host {
			host = h
		}
	}
	// A provider's own customers may be all that this server writes to.
	for d := range domains {
		if d == orgDomain(host) {
			return "", false
		}
	}
	return host, true
}
