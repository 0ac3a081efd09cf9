package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/atotto/clipboard"
	"github.com/charmbracelet/x/term"

	"metriage/diag"
	"metriage/diag/report"
	"metriage/diag/triage"
	"metriage/tui"
)

type dashboardCmd struct {
	IP     []string `name:"ip" sep:"none" placeholder:"A" help:"Own sending address. Repeatable. Default: what remote servers saw."`
	HELO   string   `name:"helo" placeholder:"H" help:"Own HELO name."`
	Target string   `placeholder:"HOST:PORT" help:"Own mail server: opening a detail then runs the relay check against it."`
	Domain []string `sep:"none" placeholder:"D" help:"Own domain. Repeatable."`
	Theme  string   `enum:"auto,dark,light,none" default:"auto" help:"Colours: auto, dark, light or none (${default})."`
}

func (c *dashboardCmd) Run(ctx context.Context, p program, g *globals) error {
	ips, err := parseIPs("--ip", c.IP)
	if err != nil {
		return err
	}
	if c.Target != "" {
		if _, port, err := splitLast(c.Target); err != nil || port == "" {
			return usage("--target %q is no HOST:PORT; give one such as mail.example.com:25", c.Target)
		}
	}
	s, err := p.quickSession(g, triage.Options{
		IPs: ips, HELO: c.HELO, Target: c.Target, Domains: c.Domain, LocalDomains: c.Domain, Adapters: adapters,
	})
	if err != nil {
		return err
	}
	errs := s.Locate()
	if len(s.Roots()) == 0 {
		p.warn(errs)
		return exit(exitUsage)
	}
	if n := s.RelayNotice(); n != "" {
		fmt.Fprintf(p.err, "metriage: opening a failure also runs the relay check against %s. %s\n", diag.Clean(c.Target), n)
	}
	return p.dashboard(ctx, g, s, tui.Options{RootErrors: errs, Theme: c.Theme})
}

// dashboard shows the dashboard or, where there is no terminal, the report.
func (p program) dashboard(ctx context.Context, g *globals, s *triage.Session, o tui.Options) error {
	if !isTerminal(p.in) || !isTerminal(p.out) {
		fmt.Fprintln(p.err, "metriage: this is no terminal, so here is the report; run metriage in a terminal for the dashboard")
		return p.plainReport(ctx, g, s)
	}
	if p.getenv("TERM") == "dumb" {
		fmt.Fprintln(p.err, "metriage: this terminal cannot show a dashboard (TERM is dumb), so here is the report")
		return p.plainReport(ctx, g, s)
	}
	if g.NoColor {
		// bubbletea looks at the environment for this.
		if err := os.Setenv("NO_COLOR", "1"); err != nil {
			return err
		}
	}
	o.ASCII, o.Redact = g.ASCII || plainConsole(p), g.Redact
	// The Linux console and old Windows consoles print what they cannot answer.
	o.AskBackground = !plainConsole(p) && p.getenv("TERM") != "linux"
	o.Remote = p.getenv("SSH_TTY") != "" || p.getenv("SSH_CONNECTION") != ""
	o.CrashDir = stateDir(p.getenv)
	if o.CopyDir == "" {
		o.CopyDir = o.CrashDir
		o.ExportDir = o.CopyDir
	}
	if !clipboard.Unsupported {
		o.Native = clipboard.WriteAll
	}
	return p.ended(ctx, g, s, tui.Run(ctx, s, o))
}

// ended says how the dashboard ended; where it could not begin it prints the
// report.
func (p program) ended(ctx context.Context, g *globals, s *triage.Session, err error) error {
	var crash *tui.CrashError
	var closing *tui.CloseError
	switch {
	case err == nil:
		p.notKept(s)
		return nil
	case errors.As(err, &crash), errors.As(err, &closing):
		return exitError{exitFound, err}
	}
	fmt.Fprintf(p.err, "metriage: the dashboard cannot run in this terminal (%s), so here is the report; on Windows, take \"Use legacy console\" off in the window's properties\n", diag.Clean(err.Error()))
	return p.plainReport(ctx, g, s)
}

// plainReport reads everything and prints the report.
func (p program) plainReport(ctx context.Context, g *globals, s *triage.Session) error {
	defer p.closing(s)
	if err := s.Scan(ctx); err != nil {
		return exitError{exitFound, err}
	}
	style, err := g.style(p)
	if err != nil {
		return err
	}
	return report.Text(p.out, s.View().Report(diag.ByDomain), style)
}

// plainConsole reports a Windows console that is not Windows Terminal: its
// fonts and code pages ruin frames drawn with more than ASCII.
func plainConsole(p program) bool {
	return p.machine.Windows && p.getenv("WT_SESSION") == ""
}

// stateDir is the folder for what the program keeps: copies, exports and
// cooldowns; "" where the account has none.
func stateDir(getenv func(string) string) string {
	for _, k := range []string{"LocalAppData", "XDG_CACHE_HOME"} {
		if d := getenv(k); d != "" {
			return filepath.Join(d, "metriage")
		}
	}
	if h := getenv("HOME"); h != "" {
		return filepath.Join(h, ".cache", "metriage")
	}
	return ""
}

func isTerminal(v any) bool {
	f, ok := v.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(f.Fd())
}
