package check

import (
	"fmt"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// maxEvidence bounds the evidence of one finding.
const maxEvidence = 200

// result is a finding being made.
type result struct {
	diag.Finding
	begin time.Time
	now   func() time.Time
}

func (j *job) result(check, subject string) *result {
	return &result{Finding: diag.Finding{Check: check, Subject: diag.Clean(subject)}, begin: j.Now(), now: j.Now}
}

// saw keeps answers as evidence.
func (r *result) saw(answers ...dnsq.Answer) {
	for _, a := range answers {
		if len(r.Evidence) < maxEvidence && a.Name != "" {
			r.Evidence = append(r.Evidence, a.Evidence())
		}
	}
}

// note adds a sentence.
func (r *result) note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	r.Notes = append(r.Notes, diag.Clean(s))
}

// end closes the finding with its code and one sentence.
func (r *result) end(code, format string, args ...any) []diag.Finding {
	r.Code = code
	if r.Status == "" {
		r.Status = statusOf(code)
	}
	r.Summary = diag.Clean(fmt.Sprintf(format, args...))
	r.Took = r.now().Sub(r.begin)
	return []diag.Finding{r.Finding}
}

// unseen says in words why an answer says nothing about the name.
func unseen(a dnsq.Answer) string {
	server := a.Server
	if server == "" {
		server = "the resolver"
	}
	switch a.Outcome() {
	case dnsq.ServFail:
		s := server + " answered SERVFAIL"
		if len(a.EDE) > 0 {
			s += " (" + strings.Join(a.EDE, "; ") + ")"
		}
		return s
	case dnsq.Refused:
		return server + " refused the question"
	case dnsq.Failed:
		return server + " answered " + a.RcodeText()
	}
	switch a.RcodeText() {
	case "timeout":
		return "no answer came in time"
	case "mismatch":
		return "only answers to other questions came from " + server
	case "cancelled":
		return "it was stopped"
	}
	return fmt.Sprintf("no answer came: %v", a.Err)
}

// count returns "1 name" or "3 names".
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// and joins words with commas and "and".
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
