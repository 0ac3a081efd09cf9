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
	d.Rows = s.returned(a.View, a.View.Row(a.Member).Sender)
	return s.book.Write(id, d)
}

// returned are the messages of a sender that were refused, but for those of a
// spam run, which the sender did not write.
func (s *Session) returned(v *index.View, sender string) []runbook.LetterRow {
	pictures := s.LastAudit()
	var out []runbook.LetterRow
	for _, n := range v.Members(diag.BySender, sender) {
		r := v.Row(n)
		if !r.Failed {
			continue
		}
		if _, spam := SpamRunOf(v, pictures, n); !spam {
			out = append(out, runbook.LetterRow{When: r.Last.In(s.opt.Location), Recipient: cmp.Or(r.Recipient, r.Domain), Subject: ownSubject(r.Subject), Cause: r.Cause})
		}
	}
	return out
}

// maxAnswers bounds how many senders are answered at once.
const maxAnswers = 1000

// Answers writes the answer to each local sender whose mail was refused, those
// with most messages first. more is how many are beyond the bound.
func (s *Session) Answers(a LetterAbout) (letters []Letter, more int, err error) {
	<-s.ready
	for _, g := range a.View.Groups(diag.BySender) {
		if g.Failures == 0 || g.Key == diag.KeyNone || g.Key == diag.KeyUnknown || s.stranger(g.Key) {
			continue
		}
		rows := s.returned(a.View, g.Key)
		if len(rows) == 0 {
			continue
		}
		if len(letters) == maxAnswers {
			more++
			continue
		}
		l, err := s.book.Write("sender-answer", runbook.LetterData{Values: s.values(a.Subject, runbook.Case{}), Sender: g.Key, Rows: rows})
		if err != nil {
			return nil, 0, err
		}
		letters = append(letters, l)
	}
	return letters, more, nil
}

// stranger reports whether an address is known to belong to nobody here: its
// mail was forwarded.
func (s *Session) stranger(address string) bool {
	domain := diag.DomainKey(address[strings.LastIndexByte(address, '@')+1:])
	known := false
	for _, p := range s.LastAudit() {
		known = known || len(p.Local) > 0
		if slices.Contains(p.Local, domain) {
			return false
		}
	}
	return known
}

// AboutStep is what a letter that a step sends is about: the latest refusal at
// one of its destinations, of its own address or list where it has one.
func (s *Session) AboutStep(v *index.View, step diag.Step) (member int32, ok bool) {
	member = -1
	var best index.Row
	fits := func(r index.Row) bool {
		return r.Failed && (slices.Contains(step.Domains, r.Domain)) && (step.Subject == "" || strings.EqualFold(r.OwnIP, step.Subject) || sameList(r.Named, step.Subject))
	}
	for _, n := range v.AllFailures() {
		if r := v.Row(n); fits(r) && (member < 0 || r.Last.After(best.Last)) {
			member, best = n, r
		}
	}
	if member < 0 && step.Subject != "" { // only a check names it
		step.Subject = ""
		return s.AboutStep(v, step)
	}
	return member, member >= 0
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
