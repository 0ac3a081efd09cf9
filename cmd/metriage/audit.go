package main

import (
	"context"
	"fmt"

	"metriage/diag"
	"metriage/diag/report"
	"metriage/diag/triage"
)

type auditCmd struct {
	Reg    string   `placeholder:"FILE" help:"Export of MailEnable's registry key, for the settings. Default: this machine's registry, or an export in the data folder."`
	IP     []string `name:"ip" sep:"none" placeholder:"A" help:"Own address. Repeatable."`
	Domain []string `sep:"none" placeholder:"D" help:"Domain hosted here. Repeatable. Default: what TAB files, postoffices and sign-ins tell."`
	Format string   `enum:"text,json" default:"text" help:"text or json: an object for each installation (${default})."`
}

func (c *auditCmd) Run(ctx context.Context, p program, g *globals) error {
	style, err := g.style(p)
	if err != nil {
		return err
	}
	ips, err := parseIPs("--ip", c.IP)
	if err != nil {
		return err
	}
	if c.Reg != "" {
		if _, err := readLimited(c.Reg, maxConfigFile); err != nil {
			return usage("--reg %w", readError(c.Reg, err))
		}
		if len(g.Root) == 0 {
			g.Root = []string{c.Reg}
		}
	}
	s, err := p.session(g, triage.Options{IPs: ips, Domains: c.Domain, LocalDomains: c.Domain, Export: c.Reg, Adapters: adapters})
	if err != nil {
		return err
	}
	defer p.closing(s)
	p.warn(s.Locate())
	if len(s.Roots()) == 0 {
		return exit(exitUsage)
	}
	if err := s.Scan(ctx); err != nil {
		return exitError{exitFound, fmt.Errorf("stopped before everything was read")}
	}
	audits := s.Audits(s.View())
	if c.Format == "json" {
		err = report.AuditJSON(p.out, audits, style)
	} else {
		err = report.AuditText(p.out, audits, style)
	}
	if err != nil {
		return exitError{exitUsage, err}
	}
	return exit(auditExit(audits))
}

// auditExit is the exit code: 1 where any finding fails, else 3 where nothing
// could be told of an installation.
func auditExit(audits []diag.Audit) int {
	code := exitOK
	for _, a := range audits {
		told := false
		for _, f := range a.Findings {
			switch f.Status {
			case diag.StatusFail:
				return exitFound
			case diag.StatusPass, diag.StatusWarn:
				told = true
			}
		}
		if !told {
			code = exitUnknown
		}
	}
	return code
}
