package triage

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"metriage/diag/audit"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// auditor feeds one audit.Collector for each installation with what the index
// reads of its logs, and makes the pictures.
type auditor struct {
	s      *Session
	insts  []*audited
	depths depths
	making sync.Mutex // one picture at a time

	mu   sync.Mutex
	last lastAudit
}

// lastAudit are the pictures that were made last, and what they cost.
type lastAudit struct {
	pictures []AuditPicture
	version  int
	done     bool // the scan had ended
	at       time.Time
	took     time.Duration
}

// audited is one installation with what was read of it beside the index.
type audited struct {
	in        mailenable.Installation
	collector atomic.Pointer[audit.Collector]

	mu     sync.Mutex
	read   time.Time // of the settings
	set    settings
	traces map[string]mailenable.Trace // by path
}

// settings are what registry and TAB files say.
type settings struct {
	config   mailenable.Config
	settings mailenable.Settings
	from     string // where the settings come from, "" for nowhere
	err      error
}

func (s *Session) newAuditor() *auditor {
	a := &auditor{s: s}
	if dir := s.stateFolder(); dir != "" {
		a.depths.path = filepath.Join(dir, "depths.json")
	}
	for _, in := range s.installs {
		x := &audited{in: in}
		x.collector.Store(audit.New(s.collectorOptions(nil)))
		a.insts = append(a.insts, x)
	}
	return a
}

// collectorOptions are those of a Collector where the TAB files are known.
func (s *Session) collectorOptions(config *mailenable.Config) audit.Options {
	o := audit.Options{Provider: reply.Provider}
	o.Local = append(append(o.Local, s.opt.Domains...), s.opt.LocalDomains...)
	if config == nil {
		return o
	}
	o.Local = append(o.Local, config.Domains...)
	for _, po := range config.Postoffices {
		if strings.Contains(po, ".") {
			o.Local = append(o.Local, po)
		}
	}
	return o
}

func (a *auditor) rows(inst int, r []mailenable.Row)       { a.insts[inst].collector.Load().AddRows(r) }
func (a *auditor) mark(inst int, m mailenable.ServiceMark) { a.insts[inst].collector.Load().AddMark(m) }
func (a *auditor) debug(inst int, l mailenable.DebugLine)  { a.insts[inst].collector.Load().AddDebug(l) }

// Reset implements index.RowState. Which domains are hosted here has to be
// known before the rows come, so the TAB files are read now.
func (a *auditor) Reset(inst int) {
	x := a.insts[inst]
	set := x.settings(context.Background(), a.s)
	c := audit.New(a.s.collectorOptions(&set.config))
	c.KeepDebug(x.collector.Load())
	x.collector.Store(c)
}

// ResetDebug implements index.RowState.
func (a *auditor) ResetDebug(inst int) { a.insts[inst].collector.Load().ForgetDebug() }

// Save implements index.RowState.
func (a *auditor) Save(inst int) ([]byte, error) { return a.insts[inst].collector.Load().Save(), nil }

// Load implements index.RowState. What was made of the rows under other settings
// is not taken.
func (a *auditor) Load(inst int, b []byte) error {
	x := a.insts[inst]
	set := x.settings(context.Background(), a.s)
	c := audit.New(a.s.collectorOptions(&set.config))
	if err := c.Load(b); err != nil {
		return err
	}
	x.collector.Store(c)
	return nil
}

// settingsAge is how old what was read of settings may be.
const settingsAge = time.Minute

// LookAgain makes the next Audit read the settings again and make its pictures
// anew, however little time has passed. Where settings are being read it waits
// for that: call it from a goroutine of its own. What a capsule holds stays.
func (s *Session) LookAgain() {
	if s.capsule != "" {
		return
	}
	s.reader()
	for _, x := range s.audits.insts {
		x.mu.Lock()
		x.read = time.Time{}
		x.mu.Unlock()
	}
	s.audits.mu.Lock()
	s.audits.last.pictures = nil
	s.audits.mu.Unlock()
}

// auditAfresh makes the next Audit read the settings again, whatever has
// changed.
func (s *Session) auditAfresh() {
	if s.capsule != "" {
		return
	}
	s.reader()
	a := s.audits
	for _, x := range a.insts {
		x.mu.Lock()
		x.read = time.Time{}
		x.mu.Unlock()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last.version, a.last.took = -1, 0
}

// settings reads the settings, at most once a minute.
func (x *audited) settings(ctx context.Context, s *Session) settings {
	x.mu.Lock()
	defer x.mu.Unlock()
	if now := s.Now(); x.read.IsZero() || now.Sub(x.read) >= settingsAge {
		x.set = settings{config: x.in.ReadConfig(ctx, s.opt.Machine.FS)}
		x.set.settings, x.set.from, x.set.err = s.opt.Machine.SettingsOf(x.in, s.opt.Export)
		x.read = now
	}
	return x.set
}
