package index

import (
	"cmp"
	"hash/fnv"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"metriage/diag"
	"metriage/diag/reply"
)

// snapshot is what was read up to a moment.
type snapshot struct {
	text      []string
	events    []event
	answers   []answer
	targets   map[ref]ref
	providers map[string]string
	helos     map[string]int
	queue     []queueRow
}

// View is an immutable picture of the index. Its methods are safe for
// concurrent use.
type View struct {
	snap     snapshot
	records  []record
	runs     map[ref]string // domain -> provider
	folders  []folderState
	report   diag.Report // without groups
	class    *reply.Classifier
	own      func(string) (bool, bool)
	Progress Progress
	// Version changes whenever the index has read more.
	Version int

	mu     sync.Mutex
	groups map[diag.GroupBy]*grouping
	since  map[waitKey]int64
}

// waitKey is a message that waits in an installation.
type waitKey struct {
	inst uint16
	id   ref
}

// View makes a picture of what was read so far. It takes time in proportion
// to that; callers ask again when Progress or Version has moved on.
func (x *Index) View() *View {
	x.mu.Lock()
	v := &View{
		snap: snapshot{
			text: x.store.text.list, events: slices.Clone(x.store.events), answers: x.store.answers,
			queue: x.store.queue, targets: maps.Clone(x.store.targets), providers: maps.Clone(x.store.providers), helos: maps.Clone(x.store.helos),
		},
		folders: slices.Clone(x.folders), class: x.opt.Classifier, own: x.opt.OwnDomain,
		Progress: x.prog, Version: x.version, groups: map[diag.GroupBy]*grouping{},
	}
	c := x.counts
	v.report.Problems = c.problems[:len(c.problems):len(c.problems)]
	v.report.Installations = slices.Clone(x.roots)
	x.mu.Unlock()

	v.records = merge(v.snap)
	v.learnProviders()
	t := &v.report.Totals
	for _, f := range v.folders {
		t.Files += f.files
		t.Unreadable += f.unreadable
		in := &v.report.Installations[f.inst]
		in.Folders = append(in.Folders, diag.FolderCount{Name: f.Name, Path: f.Path, Files: f.files, Unreadable: f.unreadable})
	}
	t.Messages, t.Vanished, t.Orphans, t.Older = c.messages, c.vanished, c.orphans, c.older
	t.Unlisted = c.unlisted
	for i := range v.report.Installations {
		slices.SortFunc(v.report.Installations[i].Folders, func(a, b diag.FolderCount) int { return cmp.Compare(a.Name, b.Name) })
	}
	t.LogFiles, t.LogLines, t.LogLinesSkipped = c.logFiles, c.logLines, c.logLinesSkipped
	v.count()
	slices.SortFunc(v.report.Problems, func(a, b diag.Problem) int {
		if a.Path != b.Path {
			if a.Path < b.Path {
				return -1
			}
			return 1
		}
		return 0
	})
	return v
}

// count takes the totals of the ledger from the records.
func (v *View) count() {
	t := &v.report.Totals
	t.Failures, t.E0193, t.Delayed, t.Accepted, t.Waiting = 0, 0, 0, 0, 0
	for i := range v.records {
		r := &v.records[i]
		switch r.state {
		case stateFailed:
			t.Failures++
			if r.e0193 {
				t.E0193++
			}
		case stateDelayed:
			t.Delayed++
		case stateAccepted:
			t.Accepted++
		}
		if r.waiting {
			t.Waiting++
		}
	}
}

// Filtered returns a view of one domain, or of the failures and delays of one
// cause alone; "" leaves either open. What was counted of files stays.
func (v *View) Filtered(domain string, cause diag.Cause) *View {
	if domain == "" && cause == "" {
		return v
	}
	domain = diag.DomainKey(domain)
	out := &View{
		snap: v.snap, runs: v.runs, folders: v.folders, report: v.report, class: v.class, own: v.own,
		Progress: v.Progress, Version: v.Version, groups: map[diag.GroupBy]*grouping{},
	}
	for i := range v.records {
		r := &v.records[i]
		if domain != "" && domainKey(v.snap.text[r.domain]) != domain {
			continue
		}
		if cause != "" && (r.state != stateFailed && r.state != stateDelayed || v.cause(r) != cause) {
			continue
		}
		out.records = append(out.records, *r)
	}
	out.count()
	return out
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

// Failure returns record n, as Members numbers them, with its reply and
// verdict worked out.
func (v *View) Failure(n int) diag.Failure {
	r := &v.records[n]
	text := v.snap.text
	f := diag.Failure{
		Key: v.key(r), Permanent: r.state == stateFailed, E0193: r.e0193,
		ID: text[r.id], Recipient: text[r.rcpt], Domain: domainKey(text[r.domain]),
		Sender: text[r.sender], SenderKnown: r.sent, Account: text[r.account], Subject: text[r.subject],
		Attempts: int(r.attempts), First: fromUnix(r.first), Last: fromUnix(r.last),
		Sources: r.sources, Path: text[r.path],
	}
	f.OwnIP, _ = netip.ParseAddr(text[r.own])
	f.RemoteIP, _ = netip.ParseAddr(text[r.remote])
	if r.raw != 0 {
		f.Reply, f.Verdict = v.class.Text(text[r.raw], reply.Context{
			Stage: stages[r.stage], RemoteHost: text[r.host], Recipient: f.Recipient, Sender: f.Sender,
			OwnDomain: v.own, At: f.Last,
		})
		f.Reply = f.Reply.At(stages[r.stage])
	} else {
		f.Verdict.Cause = diag.CauseUnknown
	}
	if f.Verdict.Provider == "" {
		f.Verdict.Provider = v.provider(r)
	}
	return f
}

// key makes the number that stays the same for a record from one reading to
// the next.
func (v *View) key(r *record) uint64 {
	h := fnv.New64a()
	for _, s := range []string{v.report.Installations[r.inst].Root, v.snap.text[r.id], v.snap.text[r.rcpt], v.snap.text[r.domain]} {
		_, _ = h.Write([]byte(s))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// provider returns who runs the remote system of a record: what the reply or
// banner says, else the domain itself where it is a provider's own, else what
// the other records of the domain agree in.
func (v *View) provider(r *record) string {
	if p := v.named(r); p != "" {
		return p
	}
	return v.runs[r.domain]
}

func (v *View) named(r *record) string {
	if p := v.snap.answers[r.answer].provider; p != "" {
		return p
	}
	if p := v.snap.providers[v.snap.text[r.host]]; p != "" {
		return p
	}
	return reply.Provider(v.snap.text[r.domain])
}

// learnProviders finds who runs the servers of the domains: a server that
// refuses often says who it is in its reply alone, so that the deliveries it
// accepts do not tell.
func (v *View) learnProviders() {
	v.runs = map[ref]string{}
	mixed := map[ref]bool{}
	for i := range v.records {
		r := &v.records[i]
		if r.domain == 0 || mixed[r.domain] {
			continue
		}
		p := v.named(r)
		switch have, ok := v.runs[r.domain]; {
		case p == "" || ok && have == p:
		case ok:
			mixed[r.domain] = true
			delete(v.runs, r.domain)
		default:
			v.runs[r.domain] = p
		}
	}
}

// Alike returns those of members whose refusal has the same cause, names the
// same list or provider and comes from the same provider as that of record n,
// which is the first of them.
func (v *View) Alike(members []int32, n int32) []int32 {
	out := []int32{n}
	a := v.Row(n)
	for _, m := range members {
		if m == n {
			continue
		}
		if b := v.Row(m); b.Failed && b.Cause == a.Cause && b.Named == a.Named && b.Provider == a.Provider {
			out = append(out, m)
		}
	}
	return out
}

// Row is one failure or delay as a list shows it, without taking its reply
// apart.
type Row struct {
	Failed    bool // refused for good, else for now
	E0193     bool
	Recipient string
	Domain    string
	Sender    string
	Account   string
	Subject   string
	Reply     string // as it was found
	OwnIP     string
	ID        string
	Cause     diag.Cause
	Named     string
	Provider  string
	Attempts  int
	Sources   diag.Source
	First     time.Time
	Last      time.Time
}

// Row returns record n, as Members numbers them.
func (v *View) Row(n int32) Row {
	r, text := &v.records[n], v.snap.text
	return Row{
		Failed: r.state == stateFailed, E0193: r.e0193, Recipient: text[r.rcpt], Domain: domainKey(text[r.domain]),
		Sender: v.senderKey(r), Account: text[r.account], Subject: text[r.subject], Reply: text[r.raw], OwnIP: text[r.own],
		ID: text[r.id], Cause: v.cause(r), Named: v.snap.answers[r.answer].named, Provider: v.provider(r),
		Attempts: int(r.attempts), Sources: r.sources, First: fromUnix(r.first), Last: fromUnix(r.last),
	}
}

// Key returns the number that stays the same for record n from one reading to
// the next.
func (v *View) Key(n int32) uint64 { return v.key(&v.records[n]) }
