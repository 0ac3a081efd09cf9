package triage

import (
	"context"
	"net/netip"
	"slices"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/index"
	"metriage/diag/reply"
)

// Learned says where an own address or name comes from.
type Learned string

// The places, the surest first.
const (
	FromFlag    Learned = "named with a flag or in the configuration"
	FromLog     Learned = "remote servers saw it"
	FromReply   Learned = "a refusal names it"
	FromAdapter Learned = "this machine has it"
)

// OwnAddress is a sending address and where it was learned.
type OwnAddress struct {
	Addr netip.Addr
	From Learned
	N    int // deliveries and refusals in which it was seen
}

// Subject is who we are: what the checks of ourselves are about.
type Subject struct {
	IPs     []OwnAddress
	HELO    string
	Domains []string
	Relay   string
}

// maxOwn bounds how many own addresses are checked side by side.
const maxOwn = 8

// Subject finds out who we are: the admin's word first, then what remote
// servers saw, then the addresses of this machine. v may be nil.
func (s *Session) Subject(v *index.View) Subject {
	out := Subject{HELO: s.opt.HELO, Domains: s.opt.Domains, Relay: s.opt.Target}
	for _, a := range s.opt.IPs {
		out.IPs = append(out.IPs, OwnAddress{Addr: a, From: FromFlag})
	}
	if v != nil {
		if len(out.IPs) == 0 {
			for _, a := range v.OwnAddresses() {
				if len(out.IPs) < maxOwn {
					out.IPs = append(out.IPs, OwnAddress{Addr: a.Value, From: FromLog, N: a.N})
				}
			}
		}
		if out.HELO == "" {
			if names := v.HELONames(); len(names) > 0 {
				out.HELO = names[0].Value
			}
		}
	}
	if len(out.IPs) == 0 && s.opt.Adapters != nil {
		for _, a := range s.opt.Adapters() {
			if len(out.IPs) < maxOwn {
				out.IPs = append(out.IPs, OwnAddress{Addr: a, From: FromAdapter})
			}
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
		Guessed: len(sub.IPs) > 0 && sub.IPs[0].From == FromAdapter,
		Words:   words, Target: sub.Target(), Fresh: fresh, NamedLists: named,
		Source: s.opt.Source, LocalDomains: s.opt.LocalDomains, AllCases: s.opt.AllCases,
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
	w := []string{check.PTR, check.HELO, check.DNSBL}
	if s.opt.Target != "" {
		w = append(w, check.Relay)
	}
	return w
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

// CheckWords returns the check words.
func CheckWords() []string { return check.Words() }

// FindingWords returns what findings are of, in the order in which they are
// shown: the check words, and what several checks found out together.
func FindingWords() []string { return append([]string{"smart-host", "dns"}, check.Words()...) }

// Name returns what people call a block list, provider or filter by its id.
func Name(id string) string { return reply.Name(id) }
