package triage

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/check"
	"metriage/diag/index"
	"metriage/diag/runbook"
)

// LetterInfo is a letter that can be written.
type LetterInfo = runbook.LetterInfo

// Letter is a finished letter.
type Letter = runbook.Letter

// LetterAbout is what a letter is written about.
type LetterAbout struct {
	Subject  Subject
	View     *index.View
	Member   int32 // number of the failure
	Findings []diag.Finding
	// Keep keeps what names people in letters that leave the house.
	Keep bool
}

// Letters returns the letters there are.
func (s *Session) Letters() []LetterInfo {
	<-s.ready
	return s.book.Letters()
}

// Write writes the letter called id about a failure.
func (s *Session) Write(id string, a LetterAbout) (Letter, error) {
	<-s.ready
	f := a.View.Failure(int(a.Member))
	c := runbook.Case{Verdict: f.Verdict, Reply: f.Reply, IP: f.OwnIP, Findings: a.Findings, Failures: 1, Domains: []string{f.Domain}}
	d := runbook.LetterData{
		Values: s.values(a.Subject, c), Case: c, When: f.Last.In(s.opt.Location), Recipient: f.Recipient, Sender: f.Sender,
	}
	d.Values.RemoteHost = cmp.Or(slices.Concat(f.Reply.Hosts, []string{""})[0], addrText(f.RemoteIP))
	if a.Keep {
		d.Redact = runbook.RedactNo
	}
	for _, x := range a.Findings {
		if x.Status == diag.StatusPass {
			d.Evidence = append(d.Evidence, x.Summary)
		}
		if x.Check == check.PTR && x.Subject == d.Values.IP.String() && len(x.Evidence) > 0 {
			e := x.Evidence[0]
			d.Current = strings.TrimSpace(e.Rcode + " " + e.Answer)
		}
	}
	for _, e := range s.Journal() {
		if e.Kind == runbook.EntryProven || e.Kind == runbook.EntryTicked {
			d.Changed = append(d.Changed, fmt.Sprintf("%s (%s)", e.Title, s.Clock(e.At)))
		}
	}
	for _, n := range a.View.Members(diag.BySender, a.View.Row(a.Member).Sender) {
		if r := a.View.Row(n); r.Failed {
			d.Rows = append(d.Rows, runbook.LetterRow{When: r.Last.In(s.opt.Location), Recipient: cmp.Or(r.Recipient, r.Domain), Subject: r.Subject, Cause: r.Cause})
		}
	}
	return s.book.Write(id, d)
}

// LetterText is a letter as one text: whom it is for, its subject, its body.
func LetterText(l Letter) string {
	return "To: " + l.To + "\nSubject: " + l.Subject + "\n\n" + l.Body
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
