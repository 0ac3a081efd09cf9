package index

import (
	"time"

	"metriage/diag"
	"metriage/diag/reply"
)

// Row is one failure or delay as a list shows it, without taking its reply
// apart.
type Row struct {
	Installation int
	Failed       bool // refused for good, else for now
	E0193        bool
	Recipient    string
	Domain       string
	Sender       string
	Account      string
	Subject      string
	Reply        string // as it was found
	OwnIP        string
	ID           string
	LogID        string // under which the log has it, mostly the same
	Cause        diag.Cause
	Stage        diag.Stage
	Named        string
	Provider     string
	Attempts     int
	Sources      diag.Source
	First        time.Time
	Last         time.Time
}

// Row returns record n, as Members numbers them.
func (v *View) Row(n int32) Row {
	r := &v.merged.records[n]
	return Row{
		Installation: int(r.inst), Failed: r.state == stateFailed, E0193: r.is(recE0193), Recipient: v.text(r.rcpt), Domain: domainKey(v.text(r.domain)),
		Sender: v.senderKey(r.sender, r.is(recSent)), Account: v.text(r.account), Subject: v.text(r.subject), Reply: v.text(r.raw),
		OwnIP: v.text(r.own), ID: v.snap.ids.get(r.id, &v.snap.text),
		LogID: v.snap.ids.get(r.logged, &v.snap.text), Cause: v.cause(r), Stage: stages[r.stage], Named: v.snap.answers.at(r.answer).named,
		Provider: v.provider(r.answer, r.host, r.domain), Attempts: int(r.attempts), Sources: r.sources,
		First: fromUnix(r.first), Last: fromUnix(r.last),
	}
}

// Key returns the number that stays the same for record n from one reading to
// the next.
func (v *View) Key(n int32) uint64 { return v.key(&v.merged.records[n]) }

// Failure returns record n, as Members numbers them, with its reply and
// verdict worked out.
func (v *View) Failure(n int) diag.Failure {
	r := &v.merged.records[n]
	f := diag.Failure{
		Key: v.key(r), Permanent: r.state == stateFailed, E0193: r.is(recE0193),
		ID: v.snap.ids.get(r.id, &v.snap.text), Recipient: v.text(r.rcpt), Domain: domainKey(v.text(r.domain)),
		Sender: v.text(r.sender), SenderKnown: r.is(recSent), Account: v.text(r.account), Subject: v.text(r.subject),
		OwnIP: v.address(r.own), RemoteIP: v.address(r.remote),
		Attempts: int(r.attempts), First: fromUnix(r.first), Last: fromUnix(r.last),
		Sources: r.sources, Path: v.snap.path(r.item, r.is(recMessage)),
	}
	if r.raw != 0 {
		f.Reply, f.Verdict = v.judged(r)
	} else {
		f.Verdict.Cause = diag.CauseUnknown
	}
	if f.Verdict.Provider == "" {
		f.Verdict.Provider = v.provider(r.answer, r.host, r.domain)
	}
	return f
}

// judged takes the reply of a record apart.
func (p *picture) judged(r *record) (diag.Reply, diag.Verdict) {
	said, verdict := p.class.Text(p.text(r.raw), reply.Context{
		Stage: stages[r.stage], RemoteHost: p.text(r.host), Recipient: p.text(r.rcpt), Sender: p.text(r.sender),
		OwnDomain: p.own, At: fromUnix(r.last),
	})
	return said.At(stages[r.stage]), verdict
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
		r := &v.merged.records[m]
		if r.state == stateFailed && v.cause(r) == a.Cause && v.snap.answers.at(r.answer).named == a.Named &&
			v.provider(r.answer, r.host, r.domain) == a.Provider {
			out = append(out, m)
		}
	}
	return out
}
