package triage

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/index"
	"metriage/diag/reply"
)

// OwnAddress is a sending address and where it was learned.
type OwnAddress struct {
	Addr netip.Addr
	From string // in words
	N    int    // deliveries and refusals in which it was seen
	// Guessed is set where only this machine's adapters speak for it.
	Guessed bool
}

// Subject is who we are: what the checks of ourselves are about.
type Subject struct {
	IPs     []OwnAddress
	HELO    string
	Domains []string // own sender domains to check
	Relay   string
	// SmartHost is the relay that all mail leaves through, "" without one.
	SmartHost    string
	LastAccepted time.Time
	// Notes are sentences about what does not fit together, such as several
	// addresses in use at once.
	Notes []string
	// Matrix is what became of mail from each own address at each provider.
	Matrix []check.Delivered
}

// Limits of what is checked side by side.
const (
	maxOwn     = 8
	maxDomains = 3
)

// Subject finds out who we are: the admin's word first, then what remote
// servers saw, then the addresses of this machine. v may be nil.
func (s *Session) Subject(v *index.View) Subject {
	var seen []check.Sighting
	for _, a := range s.opt.IPs {
		seen = append(seen, check.Sighting{Addr: a, Origin: check.OriginGiven})
	}
	if s.opt.HELO != "" {
		seen = append(seen, check.Sighting{Name: s.opt.HELO, Origin: check.OriginGiven})
	}
	out := Subject{Relay: s.opt.Target, Domains: s.opt.Domains}
	var rows []check.Delivered
	if v != nil {
		for _, o := range v.OwnSightings() {
			from := check.OriginEHLOReply
			if o.InReply {
				from = check.OriginRejection
			}
			seen = append(seen, check.Sighting{
				Addr: o.Addr, Origin: from, Provider: o.Provider, First: o.First, Last: o.Last, Count: o.Accepted + o.Delayed + o.Refused,
			})
			rows = append(rows, check.Delivered{Addr: o.Addr, Provider: o.Provider, Accepted: o.Accepted, Refused: o.Refused, Deferred: o.Delayed})
		}
		for _, h := range v.HELONames() {
			seen = append(seen, check.Sighting{Name: h.Value, Origin: check.OriginEHLO, Count: h.N, Last: h.Last})
		}
		out.SmartHost = smartHost(v)
		out.LastAccepted = v.LastAccepted()
		out.Domains = s.ownDomains(v)
	}
	if s.opt.Adapters != nil {
		for _, a := range s.opt.Adapters() {
			seen = append(seen, check.Sighting{Addr: a, Origin: check.OriginAdapter})
		}
	}
	who := check.WhoAreWe(seen)
	out.HELO, out.Notes, out.Matrix = who.HELO(), who.Notes, check.Matrix(rows)
	for _, a := range who.Sending() {
		if len(out.IPs) == maxOwn {
			break
		}
		for _, o := range who.Addrs {
			if o.Addr == a {
				out.IPs = append(out.IPs, OwnAddress{
					Addr: a, From: o.Origins[0].String(), N: o.Count, Guessed: o.Origins[0] == check.OriginAdapter,
				})
			}
		}
	}
	return out
}

// smartHost is the relay that all mail leaves through, "" without one.
func smartHost(v *index.View) string {
	var routes []check.Session
	for _, r := range v.Routes() {
		routes = append(routes, check.Session{Domain: r.Domain, Host: r.Host, Count: r.N})
	}
	host, _ := check.SmartHostOf(routes)
	return host
}

// ownDomains are the sender domains to check: those that the admin named, or
// of many the ones whose mail is refused most.
func (s *Session) ownDomains(v *index.View) []string {
	named := map[string]bool{}
	for _, d := range s.opt.Domains {
		named[diag.DomainKey(d)] = true
	}
	if len(named) > 0 && len(named) <= maxDomains {
		return s.opt.Domains
	}
	var out []string
	for _, d := range v.SenderDomains() {
		if len(out) < maxDomains && (len(named) == 0 || named[d.Value]) {
			out = append(out, d.Value)
		}
	}
	return out
}

// Addrs returns the addresses alone.
func (s Subject) Addrs() []netip.Addr {
	var out []netip.Addr
	for _, a := range s.IPs {
		out = append(out, a.Addr)
	}
	return out
}

// Target is the subject as the checks take it.
func (s Subject) Target() diag.Target {
	return diag.Target{IPs: s.Addrs(), HELO: s.HELO, Domains: s.Domains, Relay: s.Relay}
}

// Request is what to check of a subject. named are block lists that refusals
// name; they are asked first.
func (s *Session) Request(sub Subject, words, named []string, fresh bool) check.Request {
	return check.Request{
		Guessed: len(sub.IPs) > 0 && sub.IPs[0].Guessed,
		Words:   words, Target: sub.Target(), Fresh: fresh, NamedLists: named,
		Source: s.opt.Source, LocalDomains: s.opt.LocalDomains, AllCases: s.opt.AllCases,
		SmartHost: sub.SmartHost, LastAccepted: sub.LastAccepted,
	}
}

// Check runs live checks and hands each finding to emit as it comes, one at a
// time. It returns when all have ended, or at once when ctx ends.
func (s *Session) Check(ctx context.Context, req check.Request, emit func(diag.Finding)) diag.Run {
	<-s.ready
	s.opt.Log.Info("checks", "words", req.Words, "ips", req.Target.IPs, "relay", req.Target.Relay, "fresh", req.Fresh)
	run := s.runner.Run(ctx, req, emit)
	for _, f := range run.Findings {
		s.opt.Log.Info("finding", "check", f.Check, "subject", f.Subject, "list", f.List, "code", f.Code, "took", f.Took)
		for _, e := range f.Evidence {
			s.opt.Log.Debug("evidence", "query", e.Query, "rcode", e.Rcode, "server", e.Server, "took", e.Took)
		}
	}
	s.opt.Log.Info("checks ended", "complete", run.Complete, "error", ctx.Err())
	return run
}

// OpeningWords are the checks that opening a detail runs: the DNS checks of
// ourselves and, where the admin has named the own server, the relay check.
func (s *Session) OpeningWords() []string {
	w := []string{check.PTR, check.HELO, check.DNSBL, check.SPF, check.DMARC, check.Sender}
	if s.opt.Target != "" {
		w = append(w, check.Relay)
	}
	return w
}

// RelayNotice says what the relay check does to the admin's own server before
// it is run for the first time; "" where no server is named, or it is on
// loopback, which bans nobody.
func (s *Session) RelayNotice() string {
	host, _, err := net.SplitHostPort(s.opt.Target)
	if err != nil {
		return ""
	}
	if a, err := netip.ParseAddr(host); err == nil && a.IsLoopback() {
		return ""
	}
	return check.RelayWarning(s.opt.Source, s.opt.AllCases)
}

// NamedLists returns the lists that the refusals of records name.
func NamedLists(v *index.View, members []int32) []string {
	var out []string
	for _, n := range members {
		if named := v.Row(n).Named; named != "" && !slices.Contains(out, named) {
			if out = append(out, named); len(out) == maxOwn {
				break
			}
		}
	}
	return out
}

// OutboundDomains returns the domains whose mail servers the outbound check
// connects to.
func OutboundDomains() []string { return check.OutboundDomains() }

// CheckWords returns the check words.
func CheckWords() []string { return check.Words() }

// FindingWords returns what findings are of, in the order in which they are
// shown: the check words, and what several checks found out together.
func FindingWords() []string { return append([]string{"smart-host", "dns"}, check.Words()...) }

// KnownLink reports whether a link leads to a page of a list or provider that is
// known; others are to be looked at before they are opened.
func KnownLink(link string) bool { return reply.KnownLink(link) }

// Name returns what people call a block list, provider or filter by its id.
func Name(id string) string { return reply.Name(id) }
