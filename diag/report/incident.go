package report

import (
	"fmt"
	"io"
	"strings"

	"metriage/diag"
)

// Incident writes an incident as a Markdown document for a ticket.
func Incident(w io.Writer, in diag.Incident, s Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Refused mail, %s\n\n", s.time(s.Now))
	if in.Headline != "" {
		fmt.Fprintf(&b, "**%s**\n\n", s.md(in.Headline))
	}
	s.mdSummary(&b, in.Report)
	if len(in.Timeline) > 0 {
		b.WriteString("\n## Timeline\n\n")
		for _, e := range in.Timeline {
			fmt.Fprintf(&b, "- %s %s\n", s.time(e.At), s.md(e.Text))
		}
	}
	if len(in.Causes) > 0 {
		b.WriteString("\n## Causes\n\n| cause | failures | domains | state | why |\n|---|---:|---|---|---|\n")
		for _, c := range in.Causes {
			name := c.Cause.Label()
			if c.Named != "" {
				name += ", " + s.md(c.Named)
			}
			if c.Situation != "" && c.Situation != "ours" {
				name += ", " + strings.ReplaceAll(c.Situation, "-", " ")
			}
			fmt.Fprintf(&b, "| %s | %d | %s | %s | %s |\n", name, c.Failures, s.mdDomains(c.Domains), c.State, s.md(c.Text))
		}
	}
	s.mdSteps(&b, in.Steps)
	if len(in.Notes) > 0 {
		b.WriteString("\n## Notes\n\n")
		for _, n := range in.Notes {
			fmt.Fprintf(&b, "- %s %s\n", s.time(n.At), s.md(n.Text))
		}
	}
	if len(in.Findings) > 0 {
		b.WriteString("\n## Live checks\n\n")
		for _, f := range in.Findings {
			fmt.Fprintf(&b, "- %s %s: %s\n", f.Status.Word(), strings.ToUpper(f.Check), s.md(f.Summary))
		}
	}
	s.mdGroups(&b, in.Report)
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Style) mdDomains(list []string) string {
	const most = 4
	out := make([]string, 0, most)
	for i, d := range list {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(list)-most))
			break
		}
		out = append(out, s.md(diag.DomainDisplay(d)))
	}
	return strings.Join(out, ", ")
}

// mdSteps writes what was done and what is open.
func (s Style) mdSteps(b *strings.Builder, steps []diag.StepRecord) {
	for _, part := range []struct {
		head string
		done bool
	}{{"Done", true}, {"Open", false}} {
		n := 0
		for _, st := range steps {
			if st.Done != part.done {
				continue
			}
			if n == 0 {
				fmt.Fprintf(b, "\n## %s\n\n", part.head)
			}
			n++
			mark := " "
			if st.Done {
				mark = "x"
			}
			fmt.Fprintf(b, "- [%s] %s: %s\n", mark, st.Phase, s.md(st.Title))
			if st.Done {
				how := "proven"
				if st.ByHand {
					how = "ticked by hand"
				}
				fmt.Fprintf(b, "      %s %s. %s\n", how, s.time(st.At), s.md(st.Text))
			}
		}
	}
}
