package sample

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// ListKind says how a DNSBL behaves. A list that does not answer, refuses or
// fails as a whole is made with Behave on its zone.
type ListKind int

// The kinds.
const (
	// ListHealthy answers its test points 127.0.0.2, ::ffff:127.0.0.2 and
	// "test" (RFC 5782 section 5) and lists what it was given.
	ListHealthy  ListKind = iota
	ListWorld             // lists everything, the test point that must not be listed too
	ListParked            // answers everything with an address outside 127/8
	ListEmpty             // has no test point; lists only what it was given
	ListRefusing          // 127.255.255.254 to everything: a public resolver asked
	ListExceeded          // 127.255.255.255 to everything: too many questions
)

type dnsbl struct {
	zone   string
	kind   ListKind
	listed map[string][]string // label below the zone to codes
}

// List serves a DNSBL at zone. listed maps addresses ("198.51.100.3",
// "2001:db8::1") and domains to their codes ("127.0.0.3"). A list that exists
// is replaced.
func (d *DNS) List(zone string, kind ListKind, listed map[string][]string) {
	l := &dnsbl{zone: dns.CanonicalName(zone), kind: kind, listed: map[string][]string{}}
	for s, codes := range listed {
		l.listed[listLabel(s)] = codes
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lists[l.zone] = l
}

// SetListed lists subject at zone with codes, without any it takes it off.
func (d *DNS) SetListed(zone, subject string, codes ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lists[dns.CanonicalName(zone)]
	if l == nil {
		return
	}
	if len(codes) == 0 {
		delete(l.listed, listLabel(subject))
		return
	}
	l.listed[listLabel(subject)] = codes
}

// Unlist ends the list at zone.
func (d *DNS) Unlist(zone string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.lists, dns.CanonicalName(zone))
}

func (d *DNS) listOf(name string) *dnsbl {
	for n := name; n != "."; n = parent(n) {
		if l := d.lists[n]; l != nil {
			return l
		}
	}
	return nil
}

// listLabel returns the name below a list's zone for an address, reversed by
// octet or nibble (RFC 5782 section 2), or for a domain.
func listLabel(subject string) string {
	a, err := netip.ParseAddr(subject)
	if err != nil {
		return strings.ToLower(strings.TrimSuffix(subject, "."))
	}
	var parts []string
	if a.Is4() {
		for _, b := range a.As4() {
			parts = append(parts, strconv.Itoa(int(b)))
		}
	} else {
		const hex = "0123456789abcdef"
		for _, b := range a.As16() {
			parts = append(parts, string(hex[b>>4]), string(hex[b&15]))
		}
	}
	slices.Reverse(parts)
	return strings.Join(parts, ".")
}

// testPoints are the labels that a healthy list always lists.
var testPoints = [...]string{listLabel("127.0.0.2"), listLabel("::ffff:127.0.0.2"), "test"}

func (l *dnsbl) codes(label string) []string {
	switch l.kind {
	case ListWorld:
		return []string{"127.0.0.2"}
	case ListParked:
		return []string{"203.0.113.99"}
	case ListRefusing:
		return []string{"127.255.255.254"}
	case ListExceeded:
		return []string{"127.255.255.255"}
	}
	if c := l.listed[label]; c != nil {
		return c
	}
	if l.kind == ListHealthy {
		for _, t := range testPoints {
			if label == t {
				return []string{"127.0.0.2"}
			}
		}
	}
	return nil
}

// resolve answers A with the codes and TXT with a text that names the list.
func (l *dnsbl) resolve(m *dns.Msg, q dns.Question) {
	name := dns.CanonicalName(q.Name)
	m.Authoritative = true
	soa, err := dns.NewRR(l.zone + " 60 IN SOA ns." + l.zone + " hostmaster." + l.zone + " 1 60 60 60 60")
	if err != nil {
		m.Rcode = dns.RcodeServerFailure
		return
	}
	if name == l.zone {
		switch q.Qtype {
		case dns.TypeSOA:
			m.Answer = append(m.Answer, soa)
		default:
			m.Ns = append(m.Ns, soa)
		}
		return
	}
	label := strings.TrimSuffix(name, "."+l.zone)
	codes := l.codes(label)
	if len(codes) == 0 {
		m.Rcode = dns.RcodeNameError
		m.Ns = append(m.Ns, soa)
		return
	}
	zone := strings.TrimSuffix(l.zone, ".")
	var data []string
	switch q.Qtype {
	case dns.TypeA:
		data = codes
	case dns.TypeTXT:
		data = []string{`"Listed by ` + zone + `, see https://` + zone + `/q/` + label + `"`}
	}
	for _, s := range data {
		if rr, err := dns.NewRR(q.Name + " 60 IN " + dns.TypeToString[q.Qtype] + " " + s); err == nil {
			m.Answer = append(m.Answer, rr)
		}
	}
	if len(m.Answer) == 0 {
		m.Ns = append(m.Ns, soa)
	}
}
