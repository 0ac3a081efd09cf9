package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/report"
	"metriage/diag/triage"
)

type checkCmd struct {
	Words       []string `arg:"" optional:"" name:"check" help:"${words}; or all. Default: ptr, helo, dnsbl, relay and what the flags name: spf, dkim, dmarc, sender with --domain, remote with --remote or --mx."`
	IP          []string `name:"ip" sep:"none" placeholder:"A" help:"Own sending address. Repeatable."`
	HELO        string   `name:"helo" placeholder:"H" help:"Own HELO name."`
	Domain      []string `sep:"none" placeholder:"D" help:"Own sender domain. Repeatable."`
	Target      string   `placeholder:"HOST:PORT" help:"Own mail server, for the relay check."`
	LocalDomain []string `name:"local-domain" sep:"none" placeholder:"D" help:"Domain that the target takes mail for. Repeatable."`
	AllCases    bool     `name:"all-cases" help:"Relay: try the rare address forms too."`
	Selector    []string `sep:"none" placeholder:"S" help:"DKIM selector of the domains. Repeatable."`
	Remote      string   `placeholder:"D" help:"Destination domain, for the remote check."`
	MX          string   `name:"mx" placeholder:"HOST:PORT" help:"Server to ask instead of the remote domain's MX."`
	From        string   `placeholder:"A" help:"Sender for the remote check; needs --rcpt."`
	Rcpt        string   `placeholder:"A" help:"Recipient: the remote check goes on to MAIL and RCPT."`
	Source      string   `placeholder:"A" help:"Address that outgoing SMTP connections come from."`
	Lists       string   `placeholder:"FILE" help:"Block lists in TOML, beside or instead of the built-in ones."`
	Format      string   `enum:"text,json" default:"text" help:"text or json (${default})."`
}

func (c *checkCmd) Run(ctx context.Context, p program, g *globals) error {
	style, err := g.style(p)
	if err != nil {
		return err
	}
	o := triage.Options{
		HELO: c.HELO, Domains: c.Domain, Target: c.Target, LocalDomains: c.LocalDomain, AllCases: c.AllCases, Adapters: adapters,
	}
	if o.IPs, err = parseIPs("--ip", c.IP); err != nil {
		return err
	}
	if c.Source != "" {
		src, err := parseIPs("--source", []string{c.Source})
		if err != nil {
			return err
		}
		o.Source = src[0]
	}
	if c.Lists != "" {
		b, err := readLimited(c.Lists, maxConfigFile)
		if err != nil {
			return usage("--lists cannot be read: %w", err)
		}
		lists, errs := check.LoadLists(check.Lists(), b, c.Lists)
		if len(errs) > 0 {
			return exitError{exitUsage, errs[0]}
		}
		o.Lists = lists
	}
	typed := c.Words
	words, err := check.ParseWords(append(typed, c.implied()...))
	if err != nil {
		return exitError{exitUsage, err}
	}
	s, err := p.session(g, o)
	if err != nil {
		return err
	}
	view, err := c.learn(ctx, p, g, s, words)
	if err != nil {
		return err
	}
	var named []string
	if view != nil {
		named = triage.NamedLists(view, view.Members(diag.ByCause, string(diag.CauseBlacklistIP)))
	}
	req := s.Request(s.Subject(view), words, named, true)
	req.Target.Remote, req.MX, req.From, req.Rcpt, req.Selectors = c.Remote, c.MX, c.From, c.Rcpt, c.Selector
	if err := req.Validate(); err != nil {
		return exitError{exitUsage, err}
	}
	var show func(diag.Finding)
	if slices.Contains(words, check.Relay) && req.Target.Relay != "" {
		fmt.Fprintf(p.err, "metriage: %s\n", check.RelayWarning(o.Source, c.AllCases))
	}
	if c.Format == "text" {
		show = func(f diag.Finding) { _ = report.FindingText(p.out, f, style) }
	}
	run := s.Check(ctx, req, show)
	style.Now = p.now()
	if c.Format == "json" {
		if err := report.RunJSON(p.out, run, style); err != nil {
			return exitError{exitUsage, err}
		}
	} else {
		for _, n := range run.Notes {
			fmt.Fprintf(p.out, "note    %s\n", diag.Clean(n))
		}
	}
	return exit(checkExit(run, typed))
}

// implied are the words that the flags stand for where none is typed.
func (c *checkCmd) implied() []string {
	if len(c.Words) > 0 {
		return nil
	}
	words := []string{check.PTR, check.HELO, check.DNSBL, check.Relay}
	if len(c.Domain) > 0 {
		words = append(words, check.SPF, check.DKIM, check.DMARC, check.Sender)
	}
	if c.Remote != "" || c.MX != "" {
		words = append(words, check.Remote)
	}
	return words
}

// learn reads the installation, where there is one, for the addresses and names
// that were not given and that the words ask for.
func (c *checkCmd) learn(ctx context.Context, p program, g *globals, s *triage.Session, words []string) (*triage.View, error) {
	if len(c.IP) > 0 || !slices.ContainsFunc(words, c.asksForUs) {
		return nil, nil
	}
	errs := s.Locate()
	if len(g.Root) > 0 {
		p.warn(errs)
	}
	if len(s.Roots()) == 0 {
		return nil, nil
	}
	defer s.Close()
	if err := s.Scan(ctx); err != nil {
		return nil, exitError{exitFound, fmt.Errorf("stopped before the installation was read")}
	}
	return s.View(), nil
}

// asksForUs reports whether a check is about own addresses or names that no
// flag names.
func (c *checkCmd) asksForUs(word string) bool {
	switch word {
	case check.Relay, check.Remote:
		return false
	case check.DKIM, check.DMARC, check.Sender:
		return len(c.Domain) == 0
	}
	return true
}

// checkExit is the exit code of a run. A word that was typed has to give a
// pass or a warning; "all" and no word at all stand for one that any does.
func checkExit(run diag.Run, typed []string) int {
	good := map[string]bool{}
	unknown := !run.Complete
	for _, f := range run.Findings {
		switch f.Status {
		case diag.StatusFail:
			return exitFound
		case diag.StatusPass, diag.StatusWarn:
			good[f.Check] = true
		case diag.StatusUnknown:
			unknown = unknown || f.Critical
		}
	}
	if len(typed) == 0 || slices.Contains(typed, "all") {
		if len(good) == 0 {
			return exitUnknown
		}
	} else {
		for _, w := range typed {
			if !good[w] {
				return exitUnknown
			}
		}
	}
	if unknown {
		return exitUnknown
	}
	return exitOK
}

func parseIPs(flag string, values []string) ([]netip.Addr, error) {
	var out []netip.Addr
	for _, v := range values {
		a, err := netip.ParseAddr(v)
		if err != nil || a.Zone() != "" {
			return nil, usage("%s %q is no address; give one such as 198.51.100.10 or 2001:db8::25", flag, v)
		}
		out = append(out, a.Unmap())
	}
	return out, nil
}

// adapters returns the global addresses of this machine.
func adapters() []netip.Addr {
	var out []netip.Addr
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap().IsGlobalUnicast() {
				out = append(out, ip.Unmap())
			}
		}
	}
	return out
}
