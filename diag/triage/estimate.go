package triage

import (
	"time"

	"metriage/diag/audit"
)

// Estimated says when a queued message is tried next and given up. Both are
// estimated: no file tells.
type Estimated = audit.Estimate

// EstimateFor estimates for a message of a queue folder. lifetime is how long
// messages are tried as far as the logs show it, 0 where they do not.
func EstimateFor(f QueueFolder, q QueueMessage, now time.Time, lifetime time.Duration) Estimated {
	return queueRow(f, q).Estimate(now, lifetime)
}
