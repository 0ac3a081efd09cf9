package triage

import (
	"context"

	"metriage/diag/index"
	"metriage/diag/mailenable"
)

// History returns what the logs tell of failure or delay n: the sessions behind
// it whole, with the sessions and ids before them. It reads the logs of the days
// in question, which takes a while: call it from a goroutine of its own.
// Credentials are taken out, and every line is harmless for a terminal.
func (s *Session) History(ctx context.Context, v *index.View, n int32) (History, error) {
	r, f := v.Row(n), v.Failure(int(n))
	q := mailenable.HistoryQuery{IDs: []string{r.ID, r.LogID}, From: r.First, To: r.Last, Sender: f.Sender, SenderKnown: f.SenderKnown, Recipient: f.Recipient}
	if f.RemoteIP.IsValid() {
		q.Remote = f.RemoteIP.String()
	}
	return s.history(ctx, r.Installation, q)
}

// QueueHistory is History for a message of the queue.
func (s *Session) QueueHistory(ctx context.Context, v *index.View, n int32) (History, error) {
	m := v.QueueMessage(n)
	q := mailenable.HistoryQuery{IDs: []string{m.ID}, From: m.Since, To: s.Now(), Sender: m.Sender, SenderKnown: m.Sender != "" || m.NullSender, Recipient: m.Recipient}
	if m.ClientIP.IsValid() {
		q.Client = m.ClientIP.String()
	}
	return s.history(ctx, m.Installation, q)
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

func (s *Session) history(ctx context.Context, inst int, q mailenable.HistoryQuery) (History, error) {
	return s.installs[inst].History(ctx, s.opt.Machine.FS, s.opt.Location, q)
}
