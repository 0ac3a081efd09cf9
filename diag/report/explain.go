package report

import (
	"fmt"
	"io"
	"strings"

	"metriage/diag"
)

type jsonExplanation struct {
	Input     string        `json:"input"`
	Kind      diag.Kind     `json:"kind"`
	ID        string        `json:"id"`
	MessageID string        `json:"message_id"`
	Code      string        `json:"code"`
	Sender    string        `json:"sender"`
	Date      *string       `json:"date"`
	Truncated bool          `json:"truncated,omitempty"`
	Failures  []jsonFailure `json:"failures"`
}

type jsonFailure struct {
	Recipient      string          `json:"recipient"`
	Domain         string          `json:"domain"`
	Reply          string          `json:"reply"`
	Stage          diag.Stage      `json:"stage"`
	SMTPCode       *int            `json:"smtp_code"`
	EnhancedCode   string          `json:"enhanced_code"`
	Permanent      bool            `json:"permanent"`
	Cause          diag.Cause      `json:"cause"`
	Also           []diag.Cause    `json:"also"`
	Confidence     diag.Confidence `json:"confidence"`
	Rule           string          `json:"rule"`
	Named          string          `json:"named"`
	Provider       string          `json:"provider"`
	Identity       diag.Identity   `json:"identity"`
	IdentityDomain string          `json:"identity_domain"`
	OwnIP          string          `json:"own_ip"`
	URLs           []string        `json:"urls"`
	LookupURL      string          `json:"lookup_url"`
	Checks         []string        `json:"checks"`
	Because        []string        `json:"because"`
	Steps          []jsonStep      `json:"steps"`
}

type jsonStep struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Check string `json:"check"`
}

// ExplainJSON writes one explanation as one line.
func ExplainJSON(w io.Writer, e diag.Explanation, s Style) error {
	out := jsonExplanation{
		Input: e.Input, Kind: e.Bounce.Kind, ID: e.Bounce.ID, MessageID: e.Bounce.MessageID, Code: e.Bounce.Code,
		Sender: s.redact(e.Bounce.Sender), Date: stamp(e.Bounce.Date), Truncated: e.Truncated, Failures: []jsonFailure{},
	}
	for _, f := range e.Failures {
		j := jsonFailure{
			Recipient: s.redact(f.Refusal.Recipient), Domain: f.Refusal.Domain, Reply: s.redact(f.Reply.Text), Stage: f.Reply.Stage,
			EnhancedCode: f.Reply.Enhanced, Permanent: f.Refusal.Permanent, Cause: f.Verdict.Cause, Also: orEmpty(f.Verdict.Also),
			Confidence: f.Verdict.Confidence, Rule: f.Verdict.Rule, Named: f.Verdict.Named, Provider: f.Verdict.Provider,
			Identity: f.Verdict.Identity, IdentityDomain: f.Verdict.IdentityDomain, URLs: orEmpty(f.Reply.URLs),
			LookupURL: f.Verdict.LookupURL, Checks: orEmpty(f.Verdict.Checks), Because: orEmpty(f.Verdict.Because), Steps: []jsonStep{},
		}
		if f.Reply.Code != 0 {
			code := f.Reply.Code
			j.SMTPCode = &code
		}
		if f.Reply.OwnIP.IsValid() {
			j.OwnIP = f.Reply.OwnIP.String()
		}
		for _, t := range f.Steps {
			j.Steps = append(j.Steps, jsonStep{t.ID, t.Title, t.Check})
		}
		out.Failures = append(out.Failures, j)
	}
	return writeJSON(w, out, false)
}

var kindWords = map[diag.Kind]string{
	diag.KindE0193:      "a MailEnable bounce with ME-E0193: the remote server refused for good",
	diag.KindRecipients: "a MailEnable bounce: some recipients could not be reached",
	diag.KindDelay:      "a MailEnable notice: still trying, not failed yet",
	diag.KindOther:      "a MailEnable bounce in words that are not known",
	diag.KindDSN:        "a delivery status notification of another mail server",
	diag.KindForeign:    "a bounce of another mail server",
	diag.KindReply:      "a reply of a mail server",
	diag.KindNotABounce: "no bounce",
}

// ExplainText writes one explanation for people.
func ExplainText(w io.Writer, e diag.Explanation, s Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", diag.Clean(e.Input), kindWords[e.Bounce.Kind])
	if e.Bounce.Kind == diag.KindNotABounce {
		b.WriteString("  Nothing in it says that mail could not be delivered.\n")
	}
	if e.Truncated {
		b.WriteString("  The input is longer than what is read; the rest was left out.\n")
	}
	if e.Bounce.Sender != "" {
		fmt.Fprintf(&b, "  sender     %s\n", s.text(e.Bounce.Sender))
	}
	if e.Bounce.ID != "" {
		fmt.Fprintf(&b, "  message    %s\n", diag.Clean(e.Bounce.ID))
	}
	if !e.Bounce.Date.IsZero() {
		fmt.Fprintf(&b, "  date       %s\n", e.Bounce.Date.Format("2006-01-02 15:04 -0700"))
	}
	for _, f := range e.Failures {
		s.explainFailure(&b, f)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Style) explainFailure(b *strings.Builder, f diag.ExplainedFailure) {
	b.WriteString("\n")
	row := func(name, v string) {
		if v != "" {
			fmt.Fprintf(b, "  %-10s %s\n", name, indentRest(wrap(v, 66), strings.Repeat(" ", 13)))
		}
	}
	row("recipient", s.text(f.Refusal.Recipient))
	row("domain", diag.DomainDisplay(f.Refusal.Domain))
	row("reply", s.text(f.Reply.Text))
	if !f.Refusal.Permanent {
		row("final", "no, this is for now")
	}
	row("cause", f.Verdict.Cause.Label()+confidenceWords(f.Verdict))
	row("named by", f.Verdict.Named)
	if f.Verdict.Provider != f.Verdict.Named {
		row("provider", f.Verdict.Provider)
	}
	if len(f.Verdict.Because) > 0 {
		row("because", s.text("\""+strings.Join(f.Verdict.Because, "\", \"")+"\""))
	}
	if f.Reply.OwnIP.IsValid() {
		row("own IP", f.Reply.OwnIP.String())
	}
	row("look up", diag.Clean(f.Verdict.LookupURL))
	if len(f.Verdict.Checks) > 0 {
		row("prove with", checkLine(f))
	}
	if len(f.Steps) == 0 {
		return
	}
	b.WriteString("\n  What to do\n")
	for i, t := range f.Steps {
		if i < openSteps {
			s.step(b, i+1, t)
			continue
		}
		if i == openSteps {
			b.WriteString("\n  Then, in this order (--format json and the dashboard have them in full)\n")
		}
		fmt.Fprintf(b, "  %2d. %s\n", i+1, indentRest(wrap(s.text(t.Title), 72), "      "))
	}
}

// openSteps is how many steps are told in full: what to do first.
const openSteps = 3

// plainName reports whether a domain can stand in a command line as it is.
func plainName(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// checkLine is the command that proves the cause, with what the bounce itself
// says of us.
func checkLine(f diag.ExplainedFailure) string {
	line := "metriage check " + strings.Join(f.Verdict.Checks, " ")
	if f.Reply.OwnIP.IsValid() {
		line += " --ip " + f.Reply.OwnIP.String()
	}
	for _, c := range f.Verdict.Checks {
		if c == "remote" && plainName(f.Refusal.Domain) {
			line += " --remote " + f.Refusal.Domain
		}
	}
	return line
}

func confidenceWords(v diag.Verdict) string {
	if v.Cause == diag.CauseUnknown || v.Confidence == "" {
		return ""
	}
	return " (confidence " + string(v.Confidence) + ")"
}

// step writes one step, wrapped for 78 columns.
func (s Style) step(b *strings.Builder, n int, t diag.Step) {
	fmt.Fprintf(b, "  %2d. %s\n", n, indentRest(wrap(s.text(t.Title), 72), "      "))
	para := func(head, v string) {
		if v != "" {
			fmt.Fprintf(b, "      %s\n", indentRest(wrap(head+s.text(v), 71), "      "))
		}
	}
	para("", t.Why)
	for _, w := range t.Where {
		para("Where: ", w)
	}
	for _, d := range t.Do {
		fmt.Fprintf(b, "        %s\n", strings.ReplaceAll(s.lines(d), "\n", "\n        "))
	}
	para("", t.Effect)
	if t.Check != "" {
		fmt.Fprintf(b, "      Proof: metriage check %s\n", t.Check)
	} else {
		para("Proof: ", t.Proof)
	}
	for _, a := range t.Articles {
		fmt.Fprintf(b, "      %s %s\n", a.ID, a.URL)
	}
}

func (s Style) lines(v string) string {
	if s.Redact {
		v = RedactAddresses(v)
	}
	return diag.CleanLines(v)
}

// wrap breaks text between words so that no line is longer than width, unless
// a single word is.
func wrap(v string, width int) string {
	var b strings.Builder
	col := 0
	for _, w := range strings.Fields(v) {
		n := len([]rune(w))
		switch {
		case col == 0:
		case col+1+n > width:
			b.WriteByte('\n')
			col = 0
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(w)
		col += n
	}
	return b.String()
}

func indentRest(v, indent string) string { return strings.ReplaceAll(v, "\n", "\n"+indent) }
