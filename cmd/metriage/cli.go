package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/dnsq"
	"metriage/diag/mailenable"
	"metriage/diag/report"
	"metriage/diag/triage"
)

// cli is the command line; kong reads it.
type cli struct {
	globals

	Dashboard dashboardCmd `cmd:"" default:"withargs" help:"The dashboard (what metriage alone does)."`
	Demo      demoCmd      `cmd:"" help:"The dashboard on a sample installation, with DNS and SMTP servers of its own on loopback."`
	Report    reportCmd    `cmd:"" help:"Print what was refused, by domain and more. Exit 1: more failures than --max; 2: no root could be read; 3: no file was readable."`
	Explain   explainCmd   `cmd:"" help:"Say what bounces or replies mean and what to do. Exit 1: a refusal for good; 2: an input could not be read."`
	Check     checkCmd     `cmd:"" help:"Run live checks. Exit 1: something fails; 3: a check could not decide; 0 otherwise."`
	Audit     auditCmd     `cmd:"" help:"Say what logs, settings and queue tell of the server itself: who sends spam, for whom it relays, what changed. Exit 1: something fails; 2: no root could be read; 3: nothing could be told; 0 otherwise."`
	Version   versionCmd   `cmd:"" help:"Print version and build facts."`
}

// globals are the flags that every command takes.
type globals struct {
	Root         []string `sep:"none" placeholder:"DIR" help:"MailEnable's data folder, or an export of its registry key (.reg). Repeatable. Default: the registry, then the default paths."`
	Since        window   `default:"30d" placeholder:"TIME" help:"Keep failures of this long: 90m, 12h, 30d, 2w or all (${default})."`
	DNS          []string `name:"dns" sep:"none" placeholder:"HOST[:PORT]" help:"Ask only this DNS server. Repeatable. Default: the system's."`
	RootServers  []string `name:"root-servers" sep:"none" placeholder:"HOST:PORT" help:"Where the walk to a zone's own servers starts. Repeatable. Default: the root servers; with --dns no walk."`
	Config       string   `placeholder:"FILE" help:"Configuration in TOML, same names as the flags. Default: ${config}."`
	ASCII        bool     `name:"ascii" help:"Draw with ASCII only."`
	NoColor      bool     `name:"no-color" help:"No colours; NO_COLOR does the same."`
	Timezone     string   `placeholder:"NAME" help:"Time zone of the logs, as in Europe/Berlin. Default: this machine's."`
	Redact       bool     `help:"Replace the local parts of mail addresses in what is printed."`
	AllowChanges bool     `name:"allow-changes" help:"Permit to hold, release and delete queued mail; each time it is asked for. Without it nothing below the root is touched."`
	Debug        string   `placeholder:"FILE" help:"Append what happens inside to a file."`

	config *configFile
}

// window is a length of time with m, h, d and w, or all.
type window time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *window) UnmarshalText(b []byte) error {
	d, err := parseWindow(string(b))
	*w = window(d)
	return err
}

func parseWindow(s string) (time.Duration, error) {
	s = strings.TrimSpace(strings.ToLower(s))
	if s == "all" {
		return 0, nil
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(s) >= 2 {
		if u, ok := units[s[len(s)-1]]; ok {
			if n, err := strconv.ParseUint(s[:len(s)-1], 10, 20); err == nil && n > 0 {
				return time.Duration(n) * u, nil
			}
		}
	}
	return 0, fmt.Errorf("%q is no length of time; give a number with m, h, d or w, such as 90m, 12h, 30d or 2w, or all", s)
}

// location returns the time zone of the logs.
func (g *globals) location() (*time.Location, error) {
	if g.Timezone == "" {
		return time.Local, nil
	}
	l, err := time.LoadLocation(g.Timezone)
	if err != nil {
		return nil, usage("--timezone %q is not known; give a name such as Europe/Berlin or UTC", g.Timezone)
	}
	return l, nil
}

// style is how results are written.
func (g *globals) style(p program) (report.Style, error) {
	loc, err := g.location()
	return report.Style{Redact: g.Redact, Location: loc, Now: p.now()}, err
}

// session makes the session of a command and waits until it can be used.
// Problems in the admin's own rules and lists are printed; the rest of them is
// used.
func (p program) session(g *globals, o triage.Options) (*triage.Session, error) {
	s, err := p.quickSession(g, o)
	if err != nil {
		return nil, err
	}
	problems, err := s.Ready()
	p.warn(problems)
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	return s, nil
}

// quickSession makes a session that is still getting ready.
func (p program) quickSession(g *globals, o triage.Options) (*triage.Session, error) {
	loc, err := g.location()
	if err != nil {
		return nil, err
	}
	o.Machine, o.Roots, o.Since, o.Location = p.machine, g.Root, time.Duration(g.Since), loc
	o.AllowChanges = g.AllowChanges
	if o.Now == nil {
		o.Now = p.now
	}
	if o.Lists == nil {
		o.Lists = check.Lists()
	}
	if len(g.config.text) > 0 {
		lists, errs := check.ListsFromConfig(o.Lists, g.config.text, g.config.path)
		o.Lists = lists
		p.warn(errs)
		o.OwnRules, o.OwnName, o.Keys = g.config.text, g.config.path, g.config.keys
	}
	if g.Debug != "" {
		if found, _ := p.machine.Locate(g.Root); slices.ContainsFunc(found, func(in mailenable.Installation) bool { return in.Holds(g.Debug) }) {
			return nil, inside("--debug", g.Debug)
		}
	}
	if o.Log, err = p.debugLog(g.Debug); err != nil {
		return nil, err
	}
	if o.DNS == nil {
		if o.DNS, o.Walker, err = g.resolver(p); err != nil {
			return nil, err
		}
		o.Public, o.StateDir, o.Build = len(g.DNS) == 0, stateDir(p.getenv), buildID()
	}
	return triage.New(o), nil
}

// inside is the error for a file that would be written into an installation.
func inside(flag, path string) error {
	return usage("%s %s lies in the installation, where metriage only reads; name a file elsewhere", flag, path)
}

// debugLog opens the file of --debug for appending; nil where none is named.
// It stays open until the program ends.
func (p program) debugLog(path string) (*slog.Logger, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, usage("--debug %s cannot be written: %w", path, err)
	}
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug})), nil
}

// warn prints what is wrong in the admin's own files.
func (p program) warn(problems []error) {
	for _, e := range problems {
		p.complain(e)
	}
}

// resolver makes the DNS client and the walk to a zone's own servers. Where
// servers are named, only these are asked.
func (g *globals) resolver(p program) (*dnsq.Client, *dnsq.Walker, error) {
	servers, err := addresses("--dns", g.DNS, "53")
	if err != nil {
		return nil, nil, err
	}
	if len(servers) == 0 {
		// Without any the checks say that no server is known.
		servers, _ = dnsq.SystemServers()
	}
	c := dnsq.New(dnsq.Options{Servers: servers, Now: p.now})
	roots, err := addresses("--root-servers", g.RootServers, "53")
	switch {
	case err != nil:
		return nil, nil, err
	case len(roots) > 0:
		var hosts []string
		port := uint64(53)
		for _, r := range roots {
			h, q, _ := splitLast(r)
			hosts = append(hosts, h)
			port, _ = strconv.ParseUint(q, 10, 16)
		}
		return c, dnsq.NewWalker(c, hosts, uint16(port)), nil
	case len(g.DNS) > 0:
		return c, nil, nil
	}
	return c, dnsq.NewWalker(c, dnsq.RootServers(), 53), nil
}

// addresses checks HOST[:PORT] values and adds the default port.
func addresses(flag string, values []string, port string) ([]string, error) {
	var out []string
	for _, v := range values {
		host, q, err := splitLast(v)
		if err != nil {
			return nil, usage("%s %q: %w; give HOST or HOST:PORT, such as 192.0.2.53 or 127.0.0.1:5300", flag, v, err)
		}
		if q == "" {
			q = port
		}
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		out = append(out, host+":"+q)
	}
	return out, nil
}

// splitLast splits HOST:PORT, HOST, [V6]:PORT or V6; the port is "" where none
// is given.
func splitLast(v string) (host, port string, err error) {
	if a, err := netip.ParseAddr(v); err == nil {
		return a.String(), "", nil
	}
	host = v
	if i := strings.LastIndexByte(v, ':'); i >= 0 {
		host, port = v[:i], v[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", fmt.Errorf("the port is a number from 1 to 65535")
		}
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(host); err != nil && !dnsq.ValidName(diag.DomainKey(host)) {
		return "", "", fmt.Errorf("the host is a name or an address")
	}
	return host, port, nil
}
