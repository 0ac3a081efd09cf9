package triage

import (
	"context"
	"time"

	"metriage/diag/index"
	"metriage/diag/mailenable"
)

// History returns what the logs tell of failure or delay n: the sessions behind
// it whole, with the sessions and ids before them. It reads the logs of the days
// in question, which takes a while: call it from a goroutine of its own.
// Credentials are taken out, and every line is harmless for a terminal.
func (s *Session) History(ctx context.Context, v *index.View, n int32) (History, error) {
	r := v.Row(n)
	return s.history(ctx, r.Installation, []string{r.ID, r.LogID}, r.First, r.Last)
}

// QueueHistory is History for a message of the queue.
func (s *Session) QueueHistory(ctx context.Context, v *index.View, n int32) (History, error) {
	m := v.QueueMessage(n)
	return s.history(ctx, m.Installation, []string{m.ID}, m.Since, s.Now())
}

// AttemptWords says in one line what became of an attempt to deliver.
func AttemptWords(a mailenable.Attempt) string {
	what := map[mailenable.Outcome]string{mailenable.Accepted: "accepted", mailenable.Deferred: "refused for now", mailenable.Refused: "refused for good"}[a.Outcome]
	by := a.Remote.String()
	if a.Banner != "" {
		by = a.Banner + " (" + by + ")"
	}
	s := what + " by " + by
	if a.Recipient != "" {
		s += " for " + a.Recipient
	}
	if a.Reply != "" {
		s += ", at " + string(a.Stage) + ": " + a.Reply
	}
	return s
}

func (s *Session) history(ctx context.Context, inst int, ids []string, from, to time.Time) (History, error) {
	in := s.installs[inst]
	return in.History(ctx, s.opt.Machine.FS, s.opt.Location, mailenable.HistoryQuery{IDs: ids, From: from, To: to})
}
