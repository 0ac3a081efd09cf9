package triage

import (
	"context"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/index"
	"metriage/diag/mailenable"
)

// AuditPicture is what the audit says of one installation at a moment: what the
// Server view, metriage audit and the headline show.
type AuditPicture struct {
	Root string
	// Picture holds the findings, the spam runs and the headline.
	*audit.Picture
	// Matrix is what became of deliveries by own address and provider.
	Matrix []Delivered
	// Onset is when refusals began, zero where nothing is refused altogether,
	// and Changes what changed in the day before.
	Onset   time.Time
	Changes []Observation
	// Users, Accounts, Clients, Senders and Anonymous (clients that hand mail in
	// without signing in) say who is sending, those with most recipients first.
	Users, Accounts, Clients, Senders, Anonymous []Talker
	// Ages are how long outgoing messages wait, by destination.
	Ages []DomainAges
	// Lifetime is how long messages are tried as far as the logs show it, 0
	// where they do not.
	Lifetime time.Duration
	// Settings are from SettingsFrom: a .reg file or the registry, "" where
	// there was nothing to read.
	Settings     mailenable.Settings
	SettingsFrom string
	Config       mailenable.Config
	// Problems are settings and logs that could not be read.
	Problems []diag.Problem

	networks  func(user string) []UserNetwork
	innocents func() []Affected
	// Of a capsule: what reports made of the picture, and the run of failures, by
	// index.View.Key.
	kept *diag.Audit
	runs map[uint64]int
}

// Networks returns the networks that a user handed mail in from, newest first.
func (p *AuditPicture) Networks(user string) []UserNetwork { return p.networks(user) }

// Innocents returns the senders whose mail fails or waits though it belongs to
// no spam run, those with most first. It goes through all failures the first
// time it is asked.
func (p *AuditPicture) Innocents() []Affected { return p.innocents() }

// Limits of a picture.
const (
	maxTalkers = 200
	maxTraces  = 200
	maxAges    = 200
	// auditShare bounds the part of the time that goes into pictures, as that of
	// the index does, where one takes longer than auditQuick or a scan goes on.
	auditShare = 10
	auditQuick = 200 * time.Millisecond
)

// Audit returns what logs, settings and queue say of each installation. It
// takes a while and reads the beginnings of some queued messages: call it from a
// goroutine of its own. For the same view it answers at once; while a scan goes
// on, or where there is much to go through, the answer may be somewhat older.
// LastAudit never waits.
func (s *Session) Audit(v *index.View) []AuditPicture {
	if s.capsule != "" {
		return s.LastAudit() // it holds neither logs nor settings, but what they said
	}
	s.reader()
	a := s.audits
	a.making.Lock()
	defer a.making.Unlock()
	a.mu.Lock()
	last := a.last
	a.mu.Unlock()
	done := v.Progress.Done
	if done {
		s.index.Feed()
	}
	if last.pictures != nil && (last.version == v.Version && last.done == done || last.fresh(done)) {
		return last.pictures
	}
	began := time.Now()
	out := make([]AuditPicture, 0, len(a.insts))
	for i := range a.insts {
		out = append(out, a.picture(v, i))
	}
	if done {
		s.keepDepths(out)
	}
	now := time.Now()
	a.mu.Lock()
	a.last = lastAudit{out, v.Version, done, now, now.Sub(began)}
	a.mu.Unlock()
	return out
}

// fresh reports whether the pictures may stand for a little while longer.
func (l *lastAudit) fresh(done bool) bool {
	return (!done || l.done && l.took > auditQuick) && time.Since(l.at) < auditShare*l.took
}

// LastAudit returns what Audit returned last, nil before; it never waits.
func (s *Session) LastAudit() []AuditPicture {
	s.mu.Lock()
	a := s.audits
	s.mu.Unlock()
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last.pictures
}

// picture puts together what is known of one installation.
func (a *auditor) picture(v *index.View, inst int) AuditPicture {
	x, s := a.insts[inst], a.s
	c := x.collector.Load()
	set := x.settings(context.Background(), s)
	in := x.inputs(s, v, inst, set)
	p := AuditPicture{
		Root: x.in.Root, Picture: c.Look(in), Matrix: c.Matrix(), Onset: worstOnset(v),
		Users: c.Talkers(audit.ByUser, maxTalkers), Accounts: c.Talkers(audit.ByAccount, maxTalkers), Clients: c.Talkers(audit.ByClient, maxTalkers),
		Senders: c.Talkers(audit.BySender, maxTalkers), Anonymous: c.Talkers(audit.ByAnon, maxTalkers),
		Settings: set.settings, SettingsFrom: set.from, Config: set.config, networks: c.Networks,
	}
	p.Changes = c.Changes(p.Onset, in)
	p.Lifetime, _ = c.Lifetime()
	_, p.Ages = audit.Ages(in.Queue, in.Now, maxAges)
	p.Problems = append(p.Problems, set.config.Problems...)
	p.Problems = append(p.Problems, set.settings.Problems...)
	for _, q := range v.Problems() {
		if x.in.HoldsLog(q.Path) {
			p.Problems = append(p.Problems, q)
		}
	}
	if set.err != nil {
		if q := (diag.Problem{Path: set.from, What: set.err.Error()}); !slices.Contains(p.Problems, q) {
			p.Problems = append(p.Problems, q)
		}
		p.SettingsFrom = ""
	}
	picture, life := p.Picture, p.Lifetime
	p.innocents = sync.OnceValue(func() []Affected { return picture.Innocent(failedOf(v, inst), in.Queue, life) })
	return p
}

// worstOnset is when the group that lost most began to be refused.
func worstOnset(v *index.View) (onset time.Time) {
	most := 1
	for _, by := range []diag.GroupBy{diag.ByProvider, diag.ByDomain} {
		for _, g := range v.Groups(by) {
			if g.Onset.IsZero() || g.Key == diag.KeyUnknown {
				continue
			}
			if n := v.RefusedSince(by, g.Key, g.Onset); n > most {
				most, onset = n, g.Onset
			}
		}
	}
	return onset
}

// inputs are what is known beside the logs.
func (x *audited) inputs(s *Session, v *index.View, inst int, set settings) audit.Inputs {
	in := audit.Inputs{Now: s.Now().In(s.opt.Location), Config: &set.config, Own: s.opt.IPs, Queue: queued(v, inst)}
	in.Local = append(append(in.Local, s.opt.Domains...), s.opt.LocalDomains...)
	if set.settings.Found {
		in.Settings = &set.settings
	}
	if s.opt.Adapters != nil {
		in.Own = append(in.Own[:len(in.Own):len(in.Own)], s.opt.Adapters()...)
	}
	for _, f := range v.QueueFolders() {
		if f.Installation == inst {
			in.Orphans += f.Orphans
		}
	}
	for _, p := range v.Problems() {
		if p.What == diag.NoRights && x.in.HoldsQueue(p.Path) {
			in.Unread++
		}
	}
	in.Depths = s.audits.depths.before(x.in.Root, s.Now())
	in.Traces = x.sample(s, v, in.Queue, inst)
	return in
}

// queued yields the messages of the queue folders and of Bad Mail.
func queued(v *index.View, inst int) iter.Seq[audit.QueueRow] {
	return func(yield func(audit.QueueRow) bool) {
		eachQueued(v, inst, func(_ int32, r audit.QueueRow) bool { return yield(r) })
	}
}

func eachQueued(v *index.View, inst int, visit func(n int32, r audit.QueueRow) bool) {
	folders := map[string]index.QueueFolder{}
	for _, f := range v.QueueFolders() {
		if f.Installation == inst {
			folders[f.Path] = f
		}
	}
	for n, path := range v.Queued() {
		if f, ok := folders[path]; ok && !visit(n, queueRow(f, v.QueueMessage(n))) {
			return
		}
	}
}

func queueRow(f index.QueueFolder, m index.QueueMessage) audit.QueueRow {
	return audit.QueueRow{
		ID: m.ID, Outgoing: f.Outgoing, BadMail: f.BadMail, Destination: m.Destination, Recipients: m.Recipients,
		Sender: m.Sender, Null: m.NullSender, Account: m.Account, User: m.User, Client: m.ClientIP, Status: m.Status, StatusCode: m.StatusCode,
		Retries: m.Retries, Subject: m.Subject, Since: m.Since, Changed: m.Changed, Size: m.Size,
	}
}

// sample reads the beginnings of some queued messages, each once.
func (x *audited) sample(s *Session, v *index.View, rows iter.Seq[audit.QueueRow], inst int) []audit.QueueTrace {
	want := map[string]audit.QueueRow{}
	for _, r := range audit.TraceSample(rows, maxTraces) {
		want[r.ID] = r
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	had := x.traces
	x.traces = map[string]mailenable.Trace{}
	var out []audit.QueueTrace
	if len(want) == 0 {
		return nil
	}
	eachQueued(v, inst, func(n int32, r audit.QueueRow) bool {
		if _, ok := want[r.ID]; !ok || !r.Outgoing || !v.QueueMessage(n).HasMessage {
			return true
		}
		delete(want, r.ID)
		path := v.QueueFile(n)
		t, ok := had[path]
		if !ok {
			var err error
			if t, err = mailenable.ReadTraceOf(s.opt.Machine.FS, filepath.Dir(path), filepath.Base(path)); err != nil {
				return true // gone or in use: others speak for it
			}
		}
		x.traces[path] = t
		out = append(out, audit.QueueTrace{Row: r, Trace: t})
		return len(want) > 0
	})
	return out
}

// failedOf yields the failures of an installation as far as a run needs to know
// them.
func failedOf(v *index.View, inst int) iter.Seq[audit.Failed] {
	return func(yield func(audit.Failed) bool) {
		for _, n := range v.AllFailures() {
			if r := v.Row(n); r.Installation == inst && !yield(audit.Failed{Message: messageOf(r), Account: r.Account}) {
				return
			}
		}
	}
}

// messageOf is a failure or delay as a run needs to know it.
func messageOf(r index.Row) audit.Message {
	m := audit.Message{Subject: ownSubject(r.Subject), Sender: r.Sender, SenderKnown: r.Sender != diag.KeyUnknown, Time: r.First}
	if r.Sender == diag.KeyNone || r.Sender == diag.KeyUnknown {
		m.Sender = ""
	}
	return m
}

// RunHas reports whether a message of a queue folder belongs to a spam run.
func RunHas(r *SpamRun, f QueueFolder, q QueueMessage) bool { return r.Has(queueRow(f, q).Message()) }

// noticeSubjects begin the subjects that MailEnable gives its own notices.
var noticeSubjects = []string{"Message Delivery Failure", "Message Delivery Delayed", "Message delivery has been delayed"}

// ownSubject is the subject of the message that a notice is about: behind the
// notice's own words, "" where it has no others.
func ownSubject(subject string) string {
	for _, n := range noticeSubjects {
		if len(subject) >= len(n) && strings.EqualFold(subject[:len(n)], n) {
			return strings.TrimLeft(subject[len(n):], " -:")
		}
	}
	return subject
}
