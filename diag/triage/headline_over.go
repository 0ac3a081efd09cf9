package triage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/index"
	"metriage/diag/runbook"
)

// stops are the steps that end what an urgent headline tells, by the code of its
// finding.
var stops = map[string][]string{
	audit.SpamUser:    {"password-change", "mailbox-limit"},
	audit.SpamWebmail: {"password-change", "mailbox-limit"},
	audit.SpamWeb:     {"script-stop"},
	audit.RelayAnyone: {"relay-outside", "relay-ranges", "relay-local-off"},
	audit.RelayLocal:  {"relay-outside", "relay-local-off"},
}

// stopped reports whether the source that the headline of a picture tells of was
// closed: a step that does it is done, and nothing was seen of it since.
func (s *Session) stopped(p *AuditPicture) bool {
	ids := stops[p.HeadlineCode]
	if len(ids) == 0 {
		return false
	}
	entries := s.Journal()
	states := runbook.States(entries)
	return slices.ContainsFunc(entries, func(e JournalEntry) bool {
		st := states[e.Step]
		id, _, _ := strings.Cut(e.Step, ":")
		return st.Done && st.At.Equal(e.At) && slices.Contains(ids, id) && !p.HeadlineLast.After(e.At) && names(e.Title, p.HeadlineUser)
	})
}

// names reports whether the title of a step names a user: another one's password
// stops nothing.
func names(title, user string) bool { return strings.Contains(strings.ToLower(title), user) }

// recovered is what accepts mail again since a repair of the last day, where
// nothing was refused there afterwards.
func (s *Session) recovered(v *index.View) (Headline, bool) {
	now := s.Now()
	cured := map[string]time.Time{}
	for _, e := range s.Journal() {
		switch e.Kind {
		case runbook.EntryOnset:
			delete(cured, e.Domain)
		case runbook.EntryCured:
			if now.Sub(e.At) < quietSpan {
				cured[e.Domain] = e.At
			}
		}
	}
	var again []diag.Group
	after := v.After(cured)
	for _, g := range v.Groups(diag.ByDomain) {
		if at, ok := cured[g.Key]; ok && g.Onset.IsZero() && !after[g.Key].Refused.After(at) {
			again = append(again, g)
		}
	}
	if len(again) == 0 {
		return Headline{}, false
	}
	// The one that lost most speaks for all.
	first := slices.MinFunc(again, func(a, b diag.Group) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), cmp.Compare(a.Key, b.Key))
	})
	since := cured[first.Key]
	for _, g := range again {
		if cured[g.Key].After(since) {
			since = cured[g.Key]
		}
	}
	text := fmt.Sprintf("Recovered: %s accepts mail again since %s", first.Display, s.Clock(since))
	if n := len(again); n > 1 {
		text = fmt.Sprintf("Recovered: %s and %s accept mail again since %s", first.Display, diag.Plural(n-1, "more domain", "more domains"), s.Clock(since))
	}
	return Headline{Status: diag.StatusPass, By: diag.ByDomain, Key: first.Key, Text: text}, true
}
