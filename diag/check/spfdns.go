package check

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"metriage/diag/dnsq"
)

// spfResolver lets the SPF library ask through dnsq and counts.
type spfResolver struct {
	*job
	mu      sync.Mutex
	answers []dnsq.Answer
	splits  []seen
	lookups int
	mxHosts []string
}

// record returns the SPF record of a domain as it was seen.
func (s *spfResolver) record(domain string) string {
	for _, a := range s.answers {
		if a.Name == dns.Fqdn(domain) && a.Type == dns.TypeTXT {
			for _, t := range a.Texts() {
				if l := strings.ToLower(t); l == "v=spf1" || strings.HasPrefix(l, "v=spf1 ") {
					return t
				}
			}
		}
	}
	return ""
}

func (s *spfResolver) ask(ctx context.Context, name string, qtype uint16) (dnsq.Answer, error) {
	v := s.look(ctx, name, qtype)
	a := v.judged()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.answers, func(o dnsq.Answer) bool { return o.Name == a.Name && o.Type == a.Type }) {
		s.answers = append(s.answers, a)
		if v.split {
			s.splits = append(s.splits, v)
		}
	}
	switch a.Outcome() {
	case dnsq.Found:
		return a, nil
	case dnsq.NoName, dnsq.NoData:
		return a, &net.DNSError{Err: "no such record", Name: name, IsNotFound: true}
	}
	return a, &net.DNSError{Err: unseen(a), Name: name, IsTemporary: true}
}

func (s *spfResolver) counted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lookups++
}

// LookupTXT is asked for the record itself, include and redirect.
func (s *spfResolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	s.counted()
	a, err := s.ask(ctx, name, dns.TypeTXT)
	return a.Texts(), err
}

// LookupMX is asked for mx.
func (s *spfResolver) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	s.counted()
	a, err := s.ask(ctx, name, dns.TypeMX)
	var out []*net.MX
	for _, m := range a.MX() {
		out = append(out, &net.MX{Host: m.Mx, Pref: m.Preference})
		s.mu.Lock()
		s.mxHosts = append(s.mxHosts, dns.CanonicalName(m.Mx))
		s.mu.Unlock()
	}
	return out, err
}

// LookupIPAddr is asked for a, exists and the hosts of mx; the latter belong to
// the lookup of mx.
func (s *spfResolver) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	s.mu.Lock()
	ofMX := slices.Contains(s.mxHosts, dns.CanonicalName(host))
	s.mu.Unlock()
	if !ofMX {
		s.counted()
	}
	var out []net.IPAddr
	var first error
	for _, t := range []uint16{dns.TypeA, dns.TypeAAAA} {
		a, err := s.ask(ctx, host, t)
		for _, ip := range a.Addrs() {
			out = append(out, net.IPAddr{IP: net.IP(ip.AsSlice())})
		}
		if err != nil && (first == nil || !isNotFound(err)) {
			first = err
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, first
}

func isNotFound(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && d.IsNotFound
}

// LookupAddr is asked for ptr.
func (s *spfResolver) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	s.counted()
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return nil, &net.DNSError{Err: "not an address", Name: addr, IsNotFound: true}
	}
	a, err := s.ask(ctx, dnsq.ReverseName(ip), dns.TypePTR)
	var out []string
	for _, n := range a.Names() {
		out = append(out, n+".")
	}
	return out, err
}
