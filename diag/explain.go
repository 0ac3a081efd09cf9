package diag

// Explanation is what one input, a bounce or a bare reply, means and what to
// do about it.
type Explanation struct {
	Input     string // the file's path, "-" for standard input, "path:line" of a line
	Truncated bool   // the input was cut
	Bounce    Bounce
	// Failures are the refusals of the bounce in the same order.
	Failures []ExplainedFailure
}

// ExplainedFailure is one refusal with its verdict and steps.
type ExplainedFailure struct {
	Refusal Refusal
	Reply   Reply
	Verdict Verdict
	Steps   []Step
}

// Failed reports whether anything was refused for good.
func (e Explanation) Failed() bool {
	for _, f := range e.Failures {
		if f.Refusal.Permanent {
			return true
		}
	}
	return false
}
