package index

import (
	"hash/fnv"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// View is an immutable picture of the index. Its methods are safe for
// concurrent use.
type View struct {
	*picture
	Progress Progress
	// Version changes whenever the index has read more.
	Version int
}

// picture is what views of the same state share.
type picture struct {
	snap   *snapshot
	merged merged
	report diag.Report // without groups
	class  *reply.Classifier
	own    func(string) (bool, bool)
	runs   map[ref]string // domain -> provider, as learnProviders found it

	mu      sync.Mutex
	groups  map[diag.GroupBy]*grouping
	newest  []int32 // failures and delays in the order of lists, see order
	ordered bool
	since   map[waitKey]uint32 // when waiting messages entered the queue
	helos   []Seen[string]     // of facts that were opened, see OpenFacts
}

// folderState is one folder as far as it was read.
type folderState struct {
	inst int
	mailenable.Folder
	tally
	present bool
}

// lastPicture is the picture that was made last, and what it cost.
type lastPicture struct {
	*picture
	version int
	at      time.Time
	took    time.Duration
}

// viewShare bounds the part of the time that goes into pictures while a scan
// goes on: one is made at most every viewShare times as long as it takes.
const viewShare = 10

// View makes a picture of what was read so far. Where nothing has changed it
// is the same as before. While a scan of a large installation goes on it may be
// somewhat older, so that looking on does not slow the reading down.
func (x *Index) View() *View {
	x.mu.Lock()
	if x.fixed != nil {
		defer x.mu.Unlock()
		return &View{picture: x.fixed, Progress: x.prog, Version: 1}
	}
	version, prog, last := x.before+x.store.edits, x.prog, x.last
	if last.picture != nil && (version == last.version || !prog.Done && time.Since(last.at) < viewShare*last.took) {
		x.mu.Unlock()
		return &View{picture: last.picture, Progress: prog, Version: last.version}
	}
	began := time.Now()
	snap := x.snapshot()
	p := &picture{snap: snap, class: x.opt.Classifier, own: x.opt.OwnDomain, groups: map[diag.GroupBy]*grouping{}}
	x.report(p)
	x.mu.Unlock()

	p.merged = snap.merge()
	p.learnProviders()
	p.count()
	x.mu.Lock()
	if x.last.picture == nil || x.last.version < version {
		now := time.Now()
		x.last = lastPicture{p, version, now, now.Sub(began)}
	}
	x.mu.Unlock()
	return &View{picture: p, Progress: prog, Version: version}
}

// snapshot copies what pictures need; x.mu is held.
func (x *Index) snapshot() *snapshot {
	s := x.store
	out := &snapshot{
		text: s.text.picture(), ids: s.ids.picture(), commons: s.commons.picture(), answers: s.answers.picture(),
		items: s.items, events: s.events, dead: slices.Clone(s.dead), rows: s.rows, deadRows: slices.Clone(s.deadRows),
		cutoff: moment(x.cutoff), memo: s.memo,
	}
	for _, f := range s.folders {
		out.folders = append(out.folders, folderState{f.inst, f.Folder, f.count, f.present})
	}
	for _, l := range s.logs {
		out.logs = append(out.logs, logState{l.events, l.accepted, l.targets})
	}
	return out
}

// report counts what is not derived from events; x.mu is held.
func (x *Index) report(p *picture) {
	s, r := x.store, &p.report
	for _, in := range x.installs {
		r.Installations = append(r.Installations, diag.InstallationCount{Root: in.Root, FoundBy: in.FoundBy})
	}
	var all tally
	for i := range p.snap.folders {
		f := &p.snap.folders[i]
		all.add(f.tally, 1)
		if f.present {
			in := &r.Installations[f.inst]
			in.Folders = append(in.Folders, diag.FolderCount{Name: f.Name, Path: f.Path, Files: f.files, Unreadable: f.unreadable})
		}
	}
	for i := range r.Installations {
		slices.SortFunc(r.Installations[i].Folders, func(a, b diag.FolderCount) int { return strings.Compare(a.Name, b.Name) })
	}
	t := &r.Totals
	t.Files, t.Messages, t.Unreadable = all.files, all.messages, all.unreadable
	t.Vanished, t.Orphans, t.Older = all.vanished, all.orphans, all.older
	for _, l := range s.logs {
		files, lines, skipped := l.counts()
		t.LogFiles += files
		t.LogLines += lines
		t.LogLinesSkipped += skipped
	}
	r.Problems, t.Unlisted = x.problems()
}

// count takes the totals of the ledger from the records.
func (p *picture) count() {
	t := &p.report.Totals
	t.Failures, t.E0193, t.Delayed, t.Accepted, t.Waiting = 0, 0, 0, 0, 0
	for i := range p.merged.records {
		r := &p.merged.records[i]
		switch r.state {
		case stateFailed:
			t.Failures++
			if r.is(recE0193) {
				t.E0193++
			}
		case stateDelayed:
			t.Delayed++
		case stateAccepted:
			t.Accepted++
		}
		if r.is(recWaiting) {
			t.Waiting++
		}
	}
	for _, b := range p.merged.accepted {
		t.Accepted += b.count()
	}
}

// eachAccepted calls visit for every recipient that was accepted without more
// ado.
func (p *picture) eachAccepted(visit func(a *acceptance)) {
	for i, b := range p.merged.accepted {
		list := &p.snap.logs[i].accepted
		b.each(func(n uint32) { visit(list.at(n)) })
	}
}

// Filtered returns a view of one domain, or of the failures and delays of one
// cause alone; "" leaves either open. What was counted of files stays.
func (v *View) Filtered(domain string, cause diag.Cause) *View {
	if domain == "" && cause == "" {
		return v
	}
	domain = diag.DomainKey(domain)
	p := &picture{snap: v.snap, runs: v.runs, report: v.report, class: v.class, own: v.own, groups: map[diag.GroupBy]*grouping{}, helos: v.helos}
	if v.helos != nil {
		p.since = v.since // of facts: there are no queue rows to take it from
	}
	for i := range v.merged.records {
		r := &v.merged.records[i]
		if domain != "" && domainKey(v.text(r.domain)) != domain {
			continue
		}
		if cause != "" && (r.state != stateFailed && r.state != stateDelayed || v.cause(r) != cause) {
			continue
		}
		p.merged.records = append(p.merged.records, *r)
	}
	p.merged.accepted = make([]bits, len(v.merged.accepted))
	if cause == "" {
		for i, b := range v.merged.accepted {
			list := &v.snap.logs[i].accepted
			b.each(func(n uint32) {
				if domainKey(v.text(v.snap.commons.at(list.at(n).common).domain)) == domain {
					p.merged.accepted[i].set(n)
				}
			})
		}
	}
	p.count()
	return &View{picture: p, Progress: v.Progress, Version: v.Version}
}

// Totals returns the counts over all installations.
func (v *View) Totals() diag.Totals { return v.report.Totals }

// Problems returns what was not read.
func (v *View) Problems() []diag.Problem { return v.report.Problems }

// Report returns everything counted and grouped.
func (v *View) Report(by diag.GroupBy) diag.Report {
	r := v.report
	r.By = by
	r.Groups = v.Groups(by)
	return r
}

func (p *picture) text(r ref) string { return p.snap.text.get(r) }

func (p *picture) cause(r *record) diag.Cause {
	if r.answer == 0 {
		return diag.CauseUnknown
	}
	return p.snap.answers.at(r.answer).cause
}

// key makes the number that stays the same for a record from one reading to
// the next.
func (p *picture) key(r *record) uint64 {
	h := fnv.New64a()
	for _, s := range []string{p.report.Installations[r.inst].Root, p.snap.ids.get(r.id, &p.snap.text), p.text(r.rcpt), p.text(r.domain)} {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// path returns the file that reports a record, "" where only a log does.
func (s *snapshot) path(item uint32, inMessages bool) string {
	if item == 0 {
		return ""
	}
	it := s.items.at(item)
	f := &s.folders[it.folder]
	half, sub := command, ""
	if inMessages {
		half = message
		if f.Paired() {
			sub = f.Messages
		}
	}
	return filepath.Join(f.Path, sub, it.fileName(half, s.text.get))
}

func (p *picture) address(r ref) netip.Addr {
	a, _ := netip.ParseAddr(p.text(r))
	return a
}
