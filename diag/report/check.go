package report

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"metriage/diag"
)

type jsonRun struct {
	Target   jsonTarget    `json:"target"`
	Vantage  jsonVantage   `json:"vantage"`
	Complete bool          `json:"complete"`
	Findings []jsonFinding `json:"findings"`
}

type jsonTarget struct {
	IPs     []string `json:"ips"`
	HELO    string   `json:"helo"`
	Domains []string `json:"domains"`
	Relay   string   `json:"relay"`
	Remote  string   `json:"remote"`
}

type jsonVantage struct {
	SourceIP  string   `json:"source_ip"`
	SeenAs    string   `json:"seen_as"`
	Resolvers []string `json:"resolvers"`
}

type jsonFinding struct {
	Check     string         `json:"check"`
	Subject   string         `json:"subject"`
	Status    diag.Status    `json:"status"`
	Code      string         `json:"code"`
	List      string         `json:"list"`
	Codes     []string       `json:"codes"`
	Summary   string         `json:"summary"`
	Notes     []string       `json:"notes"`
	LookupURL string         `json:"lookup_url"`
	Evidence  []jsonEvidence `json:"evidence"`
	AgeS      int64          `json:"age_s"`
	TookMS    int64          `json:"took_ms"`
}

type jsonEvidence struct {
	Query  string `json:"query"`
	Answer string `json:"answer"`
	Rcode  string `json:"rcode"`
	Server string `json:"server"`
	MS     int64  `json:"ms"`
}

func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// RunJSON writes a run of checks with the names that the design fixes.
func RunJSON(w io.Writer, r diag.Run, s Style) error {
	out := jsonRun{
		Target: jsonTarget{
			IPs: []string{}, HELO: r.Target.HELO, Domains: orEmpty(r.Target.Domains), Relay: r.Target.Relay, Remote: r.Target.Remote,
		},
		Vantage:  jsonVantage{SourceIP: address(r.Vantage.SourceIP), SeenAs: address(r.Vantage.SeenAs), Resolvers: orEmpty(r.Vantage.Resolvers)},
		Complete: r.Complete,
		Findings: []jsonFinding{},
	}
	for _, a := range r.Target.IPs {
		out.Target.IPs = append(out.Target.IPs, a.String())
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, s.finding(f))
	}
	return writeJSON(w, out, true)
}

func (s Style) finding(f diag.Finding) jsonFinding {
	j := jsonFinding{
		Check: f.Check, Subject: s.redact(f.Subject), Status: f.Status, Code: f.Code, List: f.List, Codes: orEmpty(f.Codes),
		Summary: s.redact(f.Summary), Notes: []string{}, LookupURL: f.LookupURL, Evidence: []jsonEvidence{}, TookMS: f.Took.Milliseconds(),
	}
	for _, n := range f.Notes {
		j.Notes = append(j.Notes, s.redact(n))
	}
	if !f.Asked.IsZero() && !s.Now.IsZero() {
		j.AgeS = int64(max(0, s.Now.Sub(f.Asked)) / time.Second)
	}
	for _, e := range f.Evidence {
		j.Evidence = append(j.Evidence, jsonEvidence{s.redact(e.Query), s.redact(e.Answer), e.Rcode, e.Server, e.Took.Milliseconds()})
	}
	return j
}

// FindingText writes one finding for people: a line with the status word, then
// its evidence.
func FindingText(w io.Writer, f diag.Finding, s Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-7s %-8s %s\n", f.Status.Word(), strings.ToUpper(f.Check), indentRest(wrap(s.text(f.Summary), 78), strings.Repeat(" ", 17)))
	for _, n := range f.Notes {
		fmt.Fprintf(&b, "%17s%s\n", "", indentRest(wrap(s.text(n), 62), strings.Repeat(" ", 17)))
	}
	if f.Status == diag.StatusFail || f.Status == diag.StatusWarn || f.Status == diag.StatusUnknown {
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "%17s%s -> %s  (%s)\n", "", s.text(e.Query), s.text(EvidenceAnswer(e)), e.Took.Round(time.Millisecond))
		}
	}
	if f.LookupURL != "" && (f.Status == diag.StatusFail || f.Status == diag.StatusWarn) {
		fmt.Fprintf(&b, "%17s%s\n", "", diag.Clean(f.LookupURL))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// EvidenceAnswer says what came back: the answer, or the rcode where there is
// none.
func EvidenceAnswer(e diag.Evidence) string {
	switch {
	case e.Answer == "":
		return e.Rcode
	case e.Rcode == "" || e.Rcode == "NOERROR":
		return e.Answer
	}
	return e.Rcode + " " + e.Answer
}
