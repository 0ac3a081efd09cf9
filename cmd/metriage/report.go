package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/report"
	"metriage/diag/triage"
	"metriage/tui"
)

type reportCmd struct {
	By     string `enum:"domain,provider,cause,sender,account,ip" default:"domain" help:"Group by domain, provider, cause, sender, account or own address (${default})."`
	Domain string `placeholder:"D" help:"Only this domain."`
	Cause  string `placeholder:"C" help:"Only failures of this cause."`
	Max    int    `default:"0" help:"Exit 1 where there are more failures than this (${default})."`
	Format string `enum:"text,json,csv,md,prom,capsule" default:"text" help:"text, json, csv, md, prom: for Prometheus' textfile collector, or capsule: a folder that --root opens elsewhere (${default})."`
	Runs   bool   `help:"Count the failures of spam runs apart from those of ordinary mail. It takes the whole log."`
	Out    string `placeholder:"PATH" help:"Write to a file instead of standard output; a capsule to a new folder."`
	// KeepNames is for capsules alone: they are redacted unless it is set.
	KeepNames bool `name:"keep-names" help:"Capsule: keep the local parts of addresses, subjects and mailbox names."`
}

func (c *reportCmd) Run(ctx context.Context, p program, g *globals) error {
	if c.Cause != "" && !diag.Cause(c.Cause).Valid() {
		return usage("--cause %q is none; the causes are %s", c.Cause, joinCauses())
	}
	if c.Max < 0 {
		return usage("--max %d is below 0; give the number of failures that is still fine", c.Max)
	}
	if c.Format == "capsule" && c.Out == "" {
		return usage("--format capsule needs --out DIR, a folder that is not there yet")
	}
	style, err := g.style(p)
	if err != nil {
		return err
	}
	s, err := p.session(g, triage.Options{NoAudit: !c.Runs && c.Format != "md" && c.Format != "capsule"})
	if err != nil {
		return err
	}
	defer p.closing(s)
	errs := s.Locate()
	p.warn(errs)
	if len(s.Roots()) == 0 {
		return exit(exitUsage)
	}
	if c.Out != "" && s.Holds(c.Out) {
		return inside("--out", c.Out)
	}
	if err := s.Scan(ctx); err != nil {
		return exitError{exitFound, fmt.Errorf("stopped before everything was read")}
	}
	whole := s.View()
	if c.Runs || c.Format == "md" || c.Format == "capsule" {
		s.Audit(whole) // the headline knows of it
	}
	view := whole.Filtered(c.Domain, diag.Cause(c.Cause))
	in := diag.Incident{}
	if c.Format == "md" || c.Format == "capsule" {
		// The journal of the dashboard tells what was done.
		_, _ = s.OpenState()
		in = s.Incident(view, s.KeptFindings(), diag.GroupBy(c.By))
	} else {
		in.Report = view.Report(diag.GroupBy(c.By))
	}
	r := &in.Report
	if c.Runs {
		s.CountRuns(r, whole, view)
	}
	for _, e := range errs {
		r.Problems = append(r.Problems, problemOf(e))
	}
	write := func(w io.Writer) error { return writeReport(w, c.Format, in, style) }
	if c.Format == "prom" {
		var by []diag.Report // a monitor gets the same three always, whatever --by says
		for _, k := range []diag.GroupBy{diag.ByDomain, diag.ByProvider, diag.ByCause} {
			by = append(by, view.Report(k))
		}
		write = func(w io.Writer) error { return report.Prometheus(w, in.Report, by, style) }
	}
	if c.Format == "capsule" {
		if err := c.capsule(s, view, in, style); err != nil {
			return exitError{exitUsage, fmt.Errorf("the capsule cannot be written: %w", err)}
		}
		fmt.Fprintf(p.out, "%s: %d failures, %d accepted; metriage --root %s opens it\n", c.Out, r.Totals.Failures, r.Totals.Accepted, c.Out)
	} else if err := p.write(c.Out, write); err != nil {
		return exitError{exitUsage, err}
	}
	t := r.Totals
	switch {
	case t.Failures > c.Max:
		return exit(exitFound)
	case t.Blind():
		return exit(exitUnknown)
	}
	return nil
}

// capsule writes a folder for another machine.
func (c *reportCmd) capsule(s *triage.Session, v *triage.View, in diag.Incident, style report.Style) error {
	var redact func(string) string
	if !c.KeepNames {
		style.Redact, redact = true, report.RedactAddresses
	}
	var text bytes.Buffer
	if err := report.Incident(&text, in, style); err != nil {
		return err
	}
	return s.WriteCapsule(c.Out, v, text.Bytes(), s.KeptFindings(), redact)
}

func joinCauses() string {
	out := ""
	for i, c := range diag.Causes() {
		if i > 0 {
			out += ", "
		}
		out += string(c)
	}
	return out
}

func writeReport(w io.Writer, format string, in diag.Incident, s report.Style) error {
	r := in.Report
	switch format {
	case "json":
		return report.JSON(w, r, s)
	case "csv":
		return report.CSV(w, r, s)
	case "md":
		return report.Incident(w, in, s)
	}
	return report.Text(w, r, s)
}

// write sends output to standard output or, whole or not at all, to a file.
func (p program) write(path string, f func(io.Writer) error) error {
	if path == "" {
		return f(p.out)
	}
	cannot := func(err error) error { return fmt.Errorf("--out %s cannot be written: %w", path, unwrapPath(err)) }
	before, err := os.Stat(path)
	there := err == nil
	if there && !before.Mode().IsRegular() && !before.IsDir() {
		// A device or a pipe takes what is written; it is not replaced.
		out, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return cannot(err)
		}
		if err = errors.Join(f(out), out.Close()); err != nil {
			return cannot(err)
		}
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".metriage-*")
	if err != nil {
		return cannot(err)
	}
	defer os.Remove(tmp.Name())
	err = errors.Join(f(tmp), tmp.Close())
	if err == nil && there {
		err = os.Chmod(tmp.Name(), before.Mode().Perm()) // whoever could read the last one can read this one
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return cannot(err)
	}
	return nil
}

// unwrapPath returns what went wrong without the name of the file that stands
// in for the one that was asked for.
func unwrapPath(err error) error {
	var p *os.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// problemOf is a root that could not be read, as the report lists it.
func problemOf(err error) diag.Problem {
	var r *mailenable.RootError
	if errors.As(err, &r) {
		return diag.Problem{Path: r.Root, What: mailenable.Why(r.Err)}
	}
	return diag.Problem{What: err.Error()}
}

// closing ends a session.
func (p program) closing(s *triage.Session) {
	if err := s.Close(); err != nil {
		fmt.Fprintf(p.err, "metriage: %s\n", diag.Clean((&tui.CloseError{Err: err}).Error()))
	}
	p.notKept(s)
}

// notKept says where what was read could not be kept.
func (p program) notKept(s *triage.Session) {
	if why := s.NotKept(); why != "" {
		fmt.Fprintf(p.err, "metriage: %s\n", diag.Clean(why))
	}
}
