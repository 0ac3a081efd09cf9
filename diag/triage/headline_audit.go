package triage

import (
	"fmt"
	"path/filepath"
	"slices"

	"metriage/diag"
	"metriage/diag/audit"
	"metriage/diag/index"
)

// containFirst are findings of spam that leaves now: as long as it does, no fix
// of anything else holds.
var containFirst = []string{audit.SpamUser, audit.SpamWebmail, audit.SpamWeb, audit.RelayAnyone, audit.RelayLocal}

// auditHeadline is the worst thing that the audit of a view found; Code is ""
// where there is none or nobody asked for the audit yet.
func (s *Session) auditHeadline(v *index.View) (h Headline, urgent bool) {
	for _, p := range s.lastAuditOf(v) {
		if p.Headline == "" || s.stopped(&p) || h.Code != "" && !slices.Contains(containFirst, p.HeadlineCode) {
			continue
		}
		h = Headline{Status: diag.StatusFail, Text: p.Headline, Code: p.HeadlineCode, Installation: p.Root}
		if len(s.installs) > 1 {
			h.Text = filepath.Base(p.Root) + ": " + h.Text
		}
		if user := p.subject(p.HeadlineCode); user != "" && len(v.Members(diag.BySender, user)) > 0 {
			h.By, h.Key = diag.BySender, user
		}
		if urgent = slices.Contains(containFirst, h.Code); urgent {
			return h, true
		}
	}
	return h, false
}

// subject is what the finding of a code is about.
func (p *AuditPicture) subject(code string) string {
	for _, f := range p.Findings {
		if f.Code == code {
			return f.Subject
		}
	}
	return ""
}

// lastAuditOf returns the pictures that go with a view that is complete, nil where
// none were made yet. They may be somewhat older than the view; see Audit.
func (s *Session) lastAuditOf(v *index.View) []AuditPicture {
	s.mu.Lock()
	a := s.audits
	s.mu.Unlock()
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.last.done || !v.Progress.Done {
		return nil
	}
	return a.last.pictures
}

// usualWords are " (usual 120 messages)" where it is known how long the queue mostly is.
func (s *Session) usualWords(v *index.View) string {
	usual := 0
	for _, p := range s.lastAuditOf(v) {
		if p.Usual == 0 {
			return ""
		}
		usual += p.Usual
	}
	if usual == 0 {
		return ""
	}
	return fmt.Sprintf(" (usual %s)", diag.Plural(usual, "message", "messages"))
}

// queueIsUsual reports whether the audit knows the queue to be no longer than
// usual.
func (s *Session) queueIsUsual(v *index.View) bool {
	all := s.lastAuditOf(v)
	for _, p := range all {
		for _, f := range p.Findings {
			if f.Code == audit.QueueGrowing && f.Status != diag.StatusPass {
				return false
			}
		}
	}
	return len(all) > 0
}
