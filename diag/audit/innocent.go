package audit

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
)

// Affected is a sender whose mail fails or waits though it belongs to no run.
type Affected struct {
	Sender, Account string
	Failed, Waiting int
	// GivesUp is when the first of those that wait is given up, estimated; zero
	// where that is not known.
	GivesUp time.Time
}

// Failed is a failure as Innocent counts it.
type Failed struct {
	Message
	Account string
}

// Innocent counts failures and queued messages that belong to none of the runs,
// by sender and account, those with most first. lifetime is what Lifetime
// returned.
func Innocent(failures iter.Seq[Failed], rows iter.Seq[QueueRow], runs []Run, now time.Time, lifetime time.Duration) []Affected {
	type who struct{ sender, account string }
	by := map[who]*Affected{}
	of := func(sender, account string) *Affected {
		k := who{strings.ToLower(sender), strings.ToLower(account)}
		x := by[k]
		if x == nil {
			x = &Affected{Sender: sender, Account: account}
			if len(by) < maxQueuedKeys {
				by[k] = x
			}
		}
		return x
	}
	if failures != nil {
		for f := range failures {
			if !InRun(runs, f.Message) {
				of(f.Sender, f.Account).Failed++
			}
		}
	}
	if rows != nil {
		for r := range rows {
			if !r.Outgoing || r.Null || InRun(runs, r.Message()) {
				continue
			}
			x := of(r.Sender, r.Account)
			x.Waiting++
			if e := r.Estimate(now, lifetime); !e.GiveUp.IsZero() && (x.GivesUp.IsZero() || e.GiveUp.Before(x.GivesUp)) {
				x.GivesUp = e.GiveUp
			}
		}
	}
	// The log does not say whose account a sender is; other sources may.
	account := map[string]string{}
	for k := range by {
		if have, ok := account[k.sender]; k.account != "" && (!ok || k.account < have) {
			account[k.sender] = k.account
		}
	}
	out := make([]Affected, 0, len(by))
	for k, x := range by {
		if known := by[who{k.sender, account[k.sender]}]; k.account == "" && known != nil && known != x {
			known.join(x)
			delete(by, k)
		}
	}
	for _, x := range by {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Affected) int {
		return cmp.Or(cmp.Compare(b.Failed+b.Waiting, a.Failed+a.Waiting), cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Account, b.Account))
	})
	return out
}

// join adds what is counted of the same sender.
func (x *Affected) join(o *Affected) {
	x.Failed += o.Failed
	x.Waiting += o.Waiting
	if x.GivesUp.IsZero() || !o.GivesUp.IsZero() && o.GivesUp.Before(x.GivesUp) {
		x.GivesUp = o.GivesUp
	}
}

// InRun reports whether a message belongs to one of the runs.
func InRun(runs []Run, m Message) bool { return RunOf(runs, m) >= 0 }

// RunOf returns the first of the runs that a message belongs to, -1 for none.
func RunOf(runs []Run, m Message) int {
	for i := range runs {
		if runs[i].Has(m) {
			return i
		}
	}
	return -1
}
