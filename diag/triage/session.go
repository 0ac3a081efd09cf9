// Package triage is one session of metriage: it finds and reads the
// installations, knows who we are, runs the live checks, keeps their findings
// and makes the plan. cmd and tui talk to it and to nothing below it.
package triage

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/act"
	"metriage/diag/check"
	"metriage/diag/dnsq"
	"metriage/diag/index"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
	"metriage/diag/runbook"
)

// Options are what a session works with. Resolver, dialer, clock and file
// system come in here.
type Options struct {
	Machine mailenable.Machine
	Roots   []string      // --root; none: look for an installation
	Since   time.Duration // window of the failures; 0 keeps all
	// Location is the time zone of the logs; nil means UTC.
	Location *time.Location
	Now      func() time.Time

	DNS      *dnsq.Client
	Walker   *dnsq.Walker
	Dial     check.DialFunc
	Lists    []check.List // nil: the built-in ones
	Keys     map[string]string
	Limits   check.Limits
	Adapters func() []netip.Addr // global addresses of this machine; may be nil
	// Public permits questions to servers beyond those of DNS: a list's own
	// servers, and one that tells what kind of resolver asks. It is off where
	// the admin named the servers to ask.
	Public bool
	// StateDir is where cooldowns of remote servers, the journal and the cache of
	// what was read are kept, "" for nowhere.
	StateDir string
	// Played is set where all servers are played on loopback, as in the demo: no
	// cooldown is needed between two tests of the same one.
	Played bool
	// Build names the program: another one reads everything anew.
	Build string

	// NoAudit is for sessions that are never asked for an Audit: reading the
	// logs is quicker then.
	NoAudit bool

	// What the admin named. Empty: found out.
	IPs          []netip.Addr
	HELO         string
	Domains      []string
	Target       string // HOST:PORT of the own server for the relay check
	LocalDomains []string
	Source       netip.Addr
	AllCases     bool
	// Export is an export of MailEnable's registry key, read instead of this
	// machine's registry for the settings.
	Export string

	// AllowChanges is --allow-changes: messages may be held, released and
	// deleted.
	AllowChanges bool
	// Stopped says whether the services that move queue files are stopped; nil
	// asks this machine.
	Stopped func() (stopped, known bool)

	// Log takes what happens inside; nil drops it. No text of a mail goes there.
	Log *slog.Logger

	// Own rules and runbooks of the admin, with the file's name for messages.
	OwnRules []byte
	OwnName  string
}

// Session is one session. Its methods are safe for concurrent use, but Scan
// must not run twice at once.
type Session struct {
	opt      Options
	lists    []check.List
	installs []mailenable.Installation

	// ready is closed when rules and runbooks are compiled; what stands below
	// it must not be read before.
	ready    chan struct{}
	err      error
	problems []error
	class    *reply.Classifier
	book     *runbook.Book
	runner   *check.Runner

	capsule string     // root that is a capsule, "" for none
	kept    *keptIndex // of the capsule's audit, nil where it has none

	assessing sync.Mutex
	last      diag.Plan // as it was assessed last; guarded by assessing
	acting    acting

	mu      sync.Mutex
	index   *index.Index
	cache   *cacheFile // nil where none is kept
	unkept  error      // why the cache could not be written the last time
	audits  *auditor
	journal *runbook.Journal
	memory  []JournalEntry       // of a session without journal
	older   map[wanted]oldAnswer // until when the old answer may be cached
}

// New prepares a session. Rules and runbooks are compiled in the background,
// so that a dashboard is there at once; Ready waits for them. It reads nothing
// yet.
func New(o Options) *Session {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lists == nil {
		o.Lists = check.Lists()
	}
	if o.Stopped == nil {
		o.Stopped = act.ServicesStopped
	}
	s := &Session{opt: o, lists: o.Lists, ready: make(chan struct{})}
	go func() {
		defer close(s.ready)
		defer func() {
			if p := recover(); p != nil {
				s.err = diag.FaultOf(p)
			}
		}()
		s.err = s.compile()
	}()
	return s
}

// compile makes the parts that take time.
func (s *Session) compile() error {
	o := s.opt
	var err error
	s.class, s.problems, err = reply.New(reply.Options{Lists: check.Refs(o.Lists), Own: o.OwnRules, OwnName: o.OwnName})
	if err != nil {
		return fmt.Errorf("the built-in rules: %w", err)
	}
	book, more, err := runbook.Load(runbook.Tables(o.OwnRules), o.OwnName)
	if err != nil {
		return fmt.Errorf("the built-in runbooks: %w", err)
	}
	s.book, s.problems = book, append(s.problems, more...)
	copt := check.Options{
		DNS: o.DNS, Walker: o.Walker, Dial: o.Dial, Now: o.Now, Lists: o.Lists, Keys: o.Keys, Limits: o.Limits,
		Classify: func(text string, stage diag.Stage) diag.Verdict {
			_, v := s.class.Text(text, reply.Context{Stage: stage, At: o.Now()})
			return v
		},
	}
	if o.Adapters != nil {
		copt.OwnAddrs = o.Adapters()
	}
	if !o.Played {
		copt.Cooldown = &check.Cooldown{}
	}
	if o.StateDir != "" {
		copt.Cooldown = check.CooldownFile(filepath.Join(o.StateDir, "cooldown.json"))
		copt.ListHistory = check.ListHistoryFile(filepath.Join(o.StateDir, "lists.json"))
	}
	if o.Public {
		copt.ListServers, copt.ResolverEcho, copt.Echo = true, check.DefaultResolverEcho, check.EchoServers()
	}
	s.runner, err = check.New(copt)
	return err
}

// Ready waits until the session can judge and check. Problems are errors in
// the admin's own rules, the rest of which is used; err means that the session
// cannot be used.
func (s *Session) Ready() (problems []error, err error) {
	<-s.ready
	return s.problems, s.err
}

// Now returns the session's clock.
func (s *Session) Now() time.Time { return s.opt.Now() }

// Location returns the time zone of the logs.
func (s *Session) Location() *time.Location { return s.opt.Location }

// Locate finds the installations. Each root that cannot be read is an error;
// the session goes on with the others. Without any there is nothing to scan.
func (s *Session) Locate() []error {
	if errs, ok := s.locateCapsule(); ok {
		return errs
	}
	found, errs := s.opt.Machine.Locate(s.opt.Roots)
	s.installs = found
	for _, in := range found {
		s.opt.Log.Info("installation", "root", in.Root, "found_by", in.FoundBy)
	}
	for _, err := range errs {
		s.opt.Log.Warn("root", "error", err)
	}
	return errs
}

// Roots returns the roots of the installations that were found.
func (s *Session) Roots() []string {
	var out []string
	for _, in := range s.installs {
		out = append(out, in.Root)
	}
	return out
}

// Holds reports whether a path lies in an installation that was found, where
// nothing may be written.
func (s *Session) Holds(path string) bool {
	for _, in := range s.installs {
		if in.Holds(path) {
			return true
		}
	}
	return false
}

// reader returns the index, making it the first time.
func (s *Session) reader() *index.Index {
	<-s.ready
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		s.audits = s.newAuditor()
		o := index.Options{
			FS: s.opt.Machine.FS, Classifier: s.class, Location: s.opt.Location, Since: s.opt.Since, Now: s.opt.Now,
			OwnDomain: s.ownDomain, Reading: s.reading(), Log: s.opt.Log,
		}
		if !s.opt.NoAudit {
			o.Rows, o.Marks, o.Debug, o.RowState = s.audits.rows, s.audits.mark, s.audits.debug, s.audits
		}
		if s.cache = s.cacheOf(); s.cache != nil && s.capsule == "" {
			o.Cache = s.cache
		}
		s.index = index.New(s.installs, o)
	}
	return s.index
}

// Scan reads the installations; see index.Index.
func (s *Session) Scan(ctx context.Context) error {
	began := time.Now()
	x := s.reader()
	err := x.Scan(ctx)
	p := x.Progress()
	s.opt.Log.Info("scan", "took", time.Since(began), "files", p.Files, "log_bytes", p.LogBytes, "failures", p.Failures, "error", err)
	return err
}

// Refresh brings what was read up to date and reports whether anything changed;
// see index.Index.
func (s *Session) Refresh(ctx context.Context) (changed bool, err error) {
	began := time.Now()
	changed, err = s.reader().Refresh(ctx)
	s.opt.Log.Debug("refresh", "took", time.Since(began), "changed", changed, "error", err)
	return changed, err
}

// Compare is Refresh that compares every file, whatever the times of the
// folders say.
func (s *Session) Compare(ctx context.Context) (changed bool, err error) {
	began := time.Now()
	changed, err = s.reader().Compare(ctx)
	s.opt.Log.Info("compare", "took", time.Since(began), "changed", changed, "error", err)
	return changed, err
}

// OfflineError says that roots can no longer be opened. What was read of them
// before still stands.
type OfflineError = index.OfflineError

// Progress says how far the scan is; it never waits.
func (s *Session) Progress() index.Progress {
	s.mu.Lock()
	x := s.index
	s.mu.Unlock()
	if x == nil {
		return index.Progress{}
	}
	return x.Progress()
}

// View takes a picture of what was read so far.
func (s *Session) View() *index.View { return s.reader().View() }

// Since returns the window of the failures, 0 for all.
func (s *Session) Since() time.Duration { return s.opt.Since }

// ownDomain says whether a domain is hosted here. The admin's word is the only
// one that can also say no: which domains an installation hosts is not known
// for certain from its folders.
func (s *Session) ownDomain(domain string) (hosted, known bool) {
	for _, list := range [][]string{s.opt.Domains, s.opt.LocalDomains} {
		for _, d := range list {
			if diag.DomainKey(d) == domain {
				return true, true
			}
		}
	}
	return false, false
}
