package triage

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// Bounds of one look at what is published.
const (
	maxPublished     = 8
	publishedTimeout = 10 * time.Second
)

// Publication is how far a record that a step asks for has come.
type Publication struct {
	Name, Type string
	// Servers are the zone's own servers that answered, With those that have
	// the record, Silent those that did not answer.
	Servers, With, Silent int
	// Until is how long caches may go on answering the old, zero where none is
	// known to do so.
	Until time.Time
	Asked time.Time
	// Own is set where the resolver of this machine has it too.
	Own bool
}

// Everywhere reports whether all of the zone's servers have the record.
func (p Publication) Everywhere() bool { return p.Servers > 0 && p.With == p.Servers && p.Silent == 0 }

// Text says it in words.
func (p Publication) Text(clock func(time.Time) string) string {
	total := p.Servers + p.Silent
	var s string
	switch {
	case p.Servers == 0:
		return ""
	case p.With == 0:
		s = fmt.Sprintf("not published yet: none of the zone's %d servers has the %s record of %s", total, p.Type, p.Name)
	default:
		s = fmt.Sprintf("published at %d of %d authoritative servers", p.With, total)
	}
	if p.Silent > 0 {
		s += fmt.Sprintf(", %d did not answer", p.Silent)
	}
	if p.With > 0 && !p.Until.IsZero() {
		s += ", caches may answer old until " + clock(p.Until)
	}
	return s + "."
}

// wanted is a record that a step asks for.
type wanted struct {
	name  string
	qtype uint16
	data  string
}

// recordLine is a record as the steps write it.
var recordLine = regexp.MustCompile(`^([A-Za-z0-9._-]+)\.? IN (PTR|A|AAAA|MX|TXT) (.+)$`)

// wantedRecord takes the record out of a step; false where it asks for none,
// or a part of it is not known.
func wantedRecord(step diag.Step) (wanted, bool) {
	for _, line := range step.Do {
		if m := recordLine.FindStringSubmatch(line); m != nil {
			return wanted{strings.TrimSuffix(m[1], "."), dns.StringToType[m[2]], strings.Trim(m[3], `"`)}, true
		}
	}
	if step.Check == "spf" && step.Subject != "" && len(step.Do) > 0 && spfAddress(step.Do[0]) != "" {
		return wanted{step.Subject, dns.TypeTXT, "v=spf1 " + step.Do[0]}, true
	}
	return wanted{}, false
}

// spfAddress returns the first ip4 or ip6 mechanism of a record (RFC 7208
// section 5.6).
func spfAddress(s string) string {
	for _, f := range strings.Fields(s) {
		if kind, addr, ok := strings.Cut(f, ":"); ok && (kind == "ip4" || kind == "ip6") {
			if _, err := netip.ParseAddr(addr); err == nil {
				return f
			}
		}
	}
	return ""
}

// in reports whether an answer holds the record.
func (w wanted) in(a dnsq.Answer) bool {
	data := strings.TrimSuffix(strings.ToLower(w.data), ".")
	switch w.qtype {
	case dns.TypePTR:
		return slices.Contains(a.Names(), data)
	case dns.TypeMX:
		_, host, _ := strings.Cut(data, " ")
		return slices.Contains(a.Names(), host)
	case dns.TypeA, dns.TypeAAAA:
		ip, err := netip.ParseAddr(data)
		return err == nil && slices.Contains(a.Addrs(), ip)
	}
	// Of a text its kind counts, and of SPF that it names the address: what
	// else stands in it is the admin's business.
	kind, _, _ := strings.Cut(data, ";")
	kind, _, _ = strings.Cut(kind, " ")
	return slices.ContainsFunc(a.Texts(), func(t string) bool {
		t = strings.ToLower(t)
		return strings.HasPrefix(t, kind) && (kind != "v=spf1" || slices.Contains(strings.Fields(t), spfAddress(data)))
	})
}

// oldAnswer is an answer without the wanted record, and how long it may be
// kept.
type oldAnswer struct{ until time.Time }

// Published asks every server of the zones of the records that the steps ask
// for. It asks nobody where the session has no walker, as with --dns. The
// result is by Step.Key.
func (s *Session) Published(ctx context.Context, steps []diag.Step) map[string]Publication {
	if s.opt.Walker == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, publishedTimeout)
	defer cancel()
	walker := s.opt.Walker.Fresh()
	asks := map[wanted][]string{}
	for _, step := range steps {
		if w, ok := wantedRecord(step); ok && (len(asks) < maxPublished || asks[w] != nil) {
			asks[w] = append(asks[w], step.Key())
		}
	}
	out := map[string]Publication{}
	var mu sync.Mutex
	var looks diag.Crew
	for w, keys := range asks {
		looks.Go(func() {
			p, ok := s.publication(ctx, walker, w)
			mu.Lock()
			defer mu.Unlock()
			for _, k := range keys {
				if ok {
					out[k] = p
				}
			}
		})
	}
	looks.Wait()
	return out
}

// publication looks at one record.
func (s *Session) publication(ctx context.Context, walker *dnsq.Walker, w wanted) (Publication, bool) {
	p := Publication{Name: w.name, Type: dns.TypeToString[w.qtype]}
	_, answers, err := walker.Everywhere(ctx, w.name, w.qtype)
	if err != nil || len(answers) == 0 {
		return p, false
	}
	own := s.opt.DNS.Ask(ctx, w.name, w.qtype)
	now := s.Now()
	p.Asked = now
	old := func(a dnsq.Answer) {
		if until := now.Add(time.Duration(a.TTL()) * time.Second); until.After(p.Until) {
			p.Until = until
		}
	}
	for _, a := range answers {
		switch {
		case !a.Definite():
			p.Silent++
		case w.in(a):
			p.Servers, p.With = p.Servers+1, p.With+1
		default:
			p.Servers++
			old(a)
		}
	}
	p.Own = w.in(own)
	if own.Definite() && !p.Own {
		old(own)
	}
	// Resolvers elsewhere may have asked just before the record was changed.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.older == nil {
		s.older = map[wanted]oldAnswer{}
	}
	if p.With < p.Servers {
		s.older[w] = oldAnswer{p.Until}
	} else if o := s.older[w]; o.until.After(p.Until) && o.until.After(now) {
		p.Until = o.until
	}
	return p, true
}
