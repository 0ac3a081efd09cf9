package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"metriage/diag"
)

type jsonAudit struct {
	Installation string         `json:"installation"`
	Headline     string         `json:"headline"`
	Findings     []jsonFinding  `json:"findings"`
	Runs         []jsonSpamRun  `json:"runs"`
	Innocent     []jsonInnocent `json:"innocent"`
	Matrix       []jsonDelivery `json:"matrix"`
	Onset        *string        `json:"onset"`
	Changes      []jsonEvent    `json:"changes"`
	Senders      []jsonSender   `json:"senders"`
	SettingsFrom string         `json:"settings_from"`
	Problems     []jsonProblem  `json:"problems"`
}

type jsonDelivery struct {
	IP           string  `json:"ip"`
	Provider     string  `json:"provider"`
	Accepted     int     `json:"accepted"`
	Refused      int     `json:"refused"`
	Delayed      int     `json:"delayed"`
	LastAccepted *string `json:"last_accepted"`
	Onset        *string `json:"onset"`
}

type jsonEvent struct {
	At   *string `json:"at"`
	Text string  `json:"text"`
}

type jsonSender struct {
	By         string   `json:"by"`
	Key        string   `json:"key"`
	Messages   int      `json:"messages"`
	Recipients int      `json:"recipients"`
	Refused    int      `json:"refused"`
	Bad        int      `json:"bad_recipients"`
	Day        int      `json:"day"`
	Usual      *float64 `json:"usual"`
	Networks   int      `json:"networks"`
	First      *string  `json:"first"`
	Last       *string  `json:"last"`
}

// AuditJSON writes what the audit says: one object for each installation, on a
// line each where there are several.
func AuditJSON(w io.Writer, audits []diag.Audit, s Style) error {
	for _, a := range audits {
		if err := writeJSON(w, s.audit(a), len(audits) == 1); err != nil {
			return err
		}
	}
	return nil
}

func (s Style) audit(a diag.Audit) jsonAudit {
	out := jsonAudit{
		Installation: a.Installation, Headline: s.redact(a.Headline), Onset: s.stamp(a.Onset), SettingsFrom: a.SettingsFrom,
		Findings: []jsonFinding{}, Matrix: []jsonDelivery{},
		Changes: []jsonEvent{}, Senders: []jsonSender{}, Problems: []jsonProblem{},
	}
	for _, f := range a.Findings {
		out.Findings = append(out.Findings, s.finding(f))
	}
	out.Runs, out.Innocent = s.spamRuns(a.Runs), s.innocents(a.Innocent)
	for _, d := range a.Matrix {
		out.Matrix = append(out.Matrix, jsonDelivery{
			address(d.Addr), d.Provider, d.Accepted, d.Refused, d.Deferred, s.stamp(d.LastAccepted), s.stamp(d.Onset),
		})
	}
	for _, e := range a.Changes {
		out.Changes = append(out.Changes, jsonEvent{s.stamp(e.At), s.redact(e.Text)})
	}
	for _, x := range a.Senders {
		j := jsonSender{
			By: x.By, Key: s.redact(x.Key), Messages: x.Messages, Recipients: x.Recipients, Refused: x.Refused, Bad: x.Bad,
			Day: x.Day, Networks: x.Networks, First: s.stamp(x.First), Last: s.stamp(x.Last),
		}
		if x.Known {
			j.Usual = &x.Usual
		}
		out.Senders = append(out.Senders, j)
	}
	for _, p := range a.Problems {
		out.Problems = append(out.Problems, jsonProblem{p.Path, p.What})
	}
	return out
}

// AuditText writes what the audit says for people: the headline, the findings
// with the gravest first, then what stands behind them.
func AuditText(w io.Writer, audits []diag.Audit, s Style) error {
	var b strings.Builder
	for i, a := range audits {
		if i > 0 {
			b.WriteString("\n")
		}
		s.auditText(&b, a)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// gravity is the order of findings in text.
var gravity = []diag.Status{diag.StatusFail, diag.StatusWarn, diag.StatusUnknown, diag.StatusPass}

func (s Style) auditText(b *strings.Builder, a diag.Audit) {
	fmt.Fprintf(b, "%s\n", diag.Clean(a.Installation))
	from := "Settings: none found; name an export of the registry key with --reg."
	if a.SettingsFrom != "" {
		from = "Settings: " + diag.Clean(a.SettingsFrom)
	}
	fmt.Fprintln(b, from)
	if a.Headline != "" {
		fmt.Fprintf(b, "%s\n", wrap(s.text(a.Headline), 78))
	}
	b.WriteString("\n")
	for _, f := range slices.SortedStableFunc(slices.Values(a.Findings), func(x, y diag.Finding) int {
		return slices.Index(gravity, x.Status) - slices.Index(gravity, y.Status)
	}) {
		s.auditFinding(b, f)
	}
	s.auditRuns(b, a)
	s.auditMatrix(b, a)
	if len(a.Changes) > 0 {
		fmt.Fprintf(b, "\nIn the day before %s, when refusals began (observed, no causes):\n", s.time(a.Onset))
		for _, e := range a.Changes {
			fmt.Fprintf(b, "  %s  %s\n", s.time(e.At), indentRest(wrap(s.text(e.Text), 60), strings.Repeat(" ", 4+len(s.time(e.At)))))
		}
	}
	s.auditSenders(b, a)
	for i, p := range a.Problems {
		if i == 0 {
			b.WriteString("\nNot read:\n")
		}
		fmt.Fprintf(b, "  %s: %s\n", diag.Clean(p.Path), s.text(p.What))
	}
	if advice := diag.RightsAdvice(a.Problems); advice != "" {
		fmt.Fprintln(b, advice)
	}
}

func (s Style) auditFinding(b *strings.Builder, f diag.Finding) {
	const margin = 30
	pad := strings.Repeat(" ", margin)
	fmt.Fprintf(b, "%-7s %-21s %s\n", f.Status.Word(), f.Code, indentRest(wrap(s.text(f.Summary), 78-margin), pad))
	if f.Status == diag.StatusPass {
		return
	}
	for _, n := range f.Notes {
		fmt.Fprintf(b, "%s%s\n", pad, indentRest(wrap(s.text(n), 78-margin), pad))
	}
	for _, e := range f.Evidence {
		fmt.Fprintf(b, "%s%s\n", pad, indentRest(wrap(s.text(e.Query)+": "+s.text(EvidenceAnswer(e)), 78-margin), pad+"  "))
	}
}
