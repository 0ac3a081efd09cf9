package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"metriage/diag"
)

var byWords = map[diag.GroupBy]string{
	diag.ByDomain: "DOMAIN", diag.ByProvider: "PROVIDER", diag.ByCause: "CAUSE",
	diag.BySender: "SENDER", diag.ByAccount: "ACCOUNT", diag.ByIP: "OWN ADDRESS",
}

// Text writes the report for people.
func Text(w io.Writer, r diag.Report, s Style) error {
	var b strings.Builder
	for _, in := range r.Installations {
		fmt.Fprintf(&b, "%s (found by %s)\n", diag.Clean(in.Root), foundWords(in.FoundBy))
	}
	b.WriteString(summary(r.Totals))
	b.WriteString("\n")
	if err := s.groupTable(&b, r); err != nil {
		return err
	}
	s.collateralText(&b, r)
	s.problems(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

func foundWords(f diag.FoundBy) string {
	switch f {
	case diag.FoundByFlag:
		return "--root"
	case diag.FoundByRegistry:
		return "the registry"
	case diag.FoundByRegFile:
		return "an export of the registry"
	case diag.FoundByPlesk:
		return "Plesk's default path"
	}
	return "MailEnable's default path"
}

// summary says in words what was counted. Bounced and waiting mail are never
// summed.
func summary(t diag.Totals) string {
	out := fmt.Sprintf("%s refused for good (%s of them ME-E0193), %s delayed, %s accepted, %s waiting in the outgoing queue\n",
		diag.Thousands(t.Failures), diag.Thousands(t.E0193), diag.Thousands(t.Delayed), diag.Thousands(t.Accepted), diag.Thousands(t.Waiting))
	out += fmt.Sprintf("read: %s files, %s messages, %s log files", diag.Thousands(t.Files), diag.Thousands(t.Messages), diag.Thousands(t.LogFiles))
	for _, c := range []struct {
		n    int
		word string
	}{{t.Unreadable, "not readable"}, {t.Vanished, "vanished"}, {t.Orphans, "without their other half"}, {t.Older, "older, not read"}, {t.Unlisted, "folders or logs not readable"}} {
		if c.n > 0 {
			out += fmt.Sprintf(", %s %s", diag.Thousands(c.n), c.word)
		}
	}
	return out + "\n"
}

func (s Style) groupTable(b *strings.Builder, r diag.Report) error {
	if r.Totals.Blind() {
		b.WriteString("Nothing could be read, so this says nothing of the mail.\n")
		return nil
	}
	if len(r.Groups) == 0 {
		b.WriteString("No refused, delayed or accepted mail was found.\n")
		return nil
	}
	t := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	ofRuns := ""
	if r.Counted {
		ofRuns = "OF RUNS\t"
	}
	fmt.Fprintf(t, "%s\tREFUSED\t"+ofRuns+"E0193\tDELAYED\tACCEPTED\tWAITING\tLAST ACCEPTED\tREFUSED SINCE\tCAUSES\n", byWords[r.By])
	for _, g := range r.Groups {
		if r.Counted {
			ofRuns = fmt.Sprintf("%d\t", g.OfRuns)
		}
		fmt.Fprintf(t, "%s\t%d\t%s%d\t%d\t%d\t%d\t%s\t%s\t%s\n", s.short(g.Display, maxCell), g.Failures, ofRuns, g.E0193, g.Delayed,
			g.Accepted, g.Waiting, s.time(g.LastAccepted), s.time(g.Onset), causeWords(g.Causes))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, g := range r.Groups {
		if g.Failures == 0 || len(g.Replies) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s\n", s.short(g.Display, maxLine))
		for _, q := range g.Replies {
			fmt.Fprintf(b, "  %s\n", indentRest(wrap(fmt.Sprintf("%s x %s: %s", diag.Thousands(q.Count), q.Cause.Label(), s.short(q.Text, maxLine)), 96), "      "))
			if q.LookupURL != "" {
				fmt.Fprintf(b, "      %s\n", diag.Clean(q.LookupURL))
			}
		}
	}
	return nil
}

func (s Style) problems(b *strings.Builder, r diag.Report) {
	if len(r.Problems) == 0 {
		return
	}
	b.WriteString("\nNot read:\n")
	for _, p := range r.Problems {
		fmt.Fprintf(b, "  %s: %s\n", diag.Clean(p.Path), diag.Clean(p.What))
	}
	if advice := diag.RightsAdvice(r.Problems); advice != "" {
		fmt.Fprintln(b, advice)
	}
}

// mdSummary writes the installations and what was counted.
func (s Style) mdSummary(b *strings.Builder, r diag.Report) {
	for _, in := range r.Installations {
		fmt.Fprintf(b, "- Installation: %s\n", s.md(in.Root))
	}
	for _, l := range strings.Split(strings.TrimSpace(summary(r.Totals)), "\n") {
		fmt.Fprintf(b, "- %s\n", l)
	}
}

// mdGroups writes the ledgers, the replies by kind, and what was not read.
func (s Style) mdGroups(b *strings.Builder, r diag.Report) {
	if len(r.Groups) > 0 {
		fmt.Fprintf(b, "\n## Ledger\n\n| %s | refused | ME-E0193 | delayed | accepted | waiting | last accepted | refused since | causes |\n", strings.ToLower(byWords[r.By]))
		b.WriteString("|---|---:|---:|---:|---:|---:|---|---|---|\n")
		for _, g := range r.Groups {
			fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %s | %s | %s |\n", s.md(g.Display), g.Failures, g.E0193,
				g.Delayed, g.Accepted, g.Waiting, s.time(g.LastAccepted), s.time(g.Onset), causeWords(g.Causes))
		}
	}
	for _, g := range r.Groups {
		if g.Failures == 0 || len(g.Replies) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n### %s\n\n", s.md(g.Display))
		for _, q := range g.Replies {
			fmt.Fprintf(b, "- %s × %s: %s\n", diag.Thousands(q.Count), q.Cause.Label(), s.md(q.Text))
			if q.LookupURL != "" {
				fmt.Fprintf(b, "  Look it up: <%s>\n", diag.Clean(q.LookupURL))
			}
		}
	}
	if len(r.Problems) > 0 {
		b.WriteString("\n## Not read\n\n")
		for _, p := range r.Problems {
			fmt.Fprintf(b, "- %s: %s\n", s.md(p.Path), s.md(p.What))
		}
		if advice := diag.RightsAdvice(r.Problems); advice != "" {
			fmt.Fprintf(b, "\n%s\n", advice)
		}
	}
}

var mdEscape = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`)

// Markdown returns harmless text so that Markdown takes nothing of it for more
// than text: no link, picture, table cell, heading or HTML.
func Markdown(v string) string { return mdEscape.Replace(v) }

// md makes a value plain text in Markdown.
func (s Style) md(v string) string { return Markdown(s.short(v, maxLine)) }
