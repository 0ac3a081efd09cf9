package report

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"metriage/diag"
)

// maxTextRows bounds each table of the audit's text; JSON has all rows.
const maxTextRows = 15

func (s Style) auditRuns(b *strings.Builder, a diag.Audit) { s.runs(b, a.Runs, a.Innocent) }

// collateralText says what spam runs cost, and whom beside them.
func (s Style) collateralText(b *strings.Builder, r diag.Report) {
	switch {
	case !r.Counted:
	case len(r.Runs) == 0:
		b.WriteString("\nNo spam run was found: all failures are of ordinary mail.\n")
	default:
		fmt.Fprintf(b, "\n%s of %s failures belong to spam runs, %s to ordinary mail.\n",
			diag.Thousands(r.RunFailures), diag.Thousands(r.Totals.Failures), diag.Thousands(r.Totals.Failures-r.RunFailures))
		s.runs(b, r.Runs, r.Innocent)
	}
}

func (s Style) runs(b *strings.Builder, runs []diag.SpamRun, innocent []diag.Innocent) {
	if len(runs) > 0 {
		b.WriteString("\nSpam runs:\n")
	}
	for _, r := range runs {
		fmt.Fprintf(b, "  %s\n", s.text(r.Title))
		fmt.Fprintf(b, "    %s messages to %s recipients since %s; %s refused for good, %s wait\n",
			diag.Thousands(r.Messages), diag.Thousands(r.Recipients), s.time(r.First), diag.Thousands(r.Failures), diag.Thousands(r.Waiting))
	}
	if len(runs) == 0 || len(innocent) == 0 {
		return
	}
	b.WriteString("\nMail of others that fails or waits beside them:\n")
	s.rows(b, "SENDER\tACCOUNT\tREFUSED\tWAITING\tFIRST GIVES UP (estimated)", len(innocent), func(i int) string {
		x := innocent[i]
		return fmt.Sprintf("%s\t%s\t%d\t%d\t%s", orNone(s.text(x.Sender)), s.text(x.Account), x.Failed, x.Waiting, s.time(x.GivesUp))
	})
}

func (s Style) auditMatrix(b *strings.Builder, a diag.Audit) {
	if len(a.Matrix) == 0 {
		return
	}
	b.WriteString("\nDeliveries by own address and provider:\n")
	s.rows(b, "OWN ADDRESS\tPROVIDER\tACCEPTED\tREFUSED\tDELAYED\tREFUSED SINCE", len(a.Matrix), func(i int) string {
		d := a.Matrix[i]
		ip, provider := "not shown by any server", "others"
		if d.Addr.IsValid() {
			ip = d.Addr.String()
		}
		if d.Provider != "" {
			provider = s.text(d.Provider)
		}
		return fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%s", ip, provider, d.Accepted, d.Refused, d.Deferred, s.time(d.Onset))
	})
}

func (s Style) auditSenders(b *strings.Builder, a diag.Audit) {
	var users []diag.SenderCount
	for _, x := range a.Senders {
		if x.By == "user" {
			users = append(users, x)
		}
	}
	if len(users) == 0 {
		return
	}
	b.WriteString("\nWho signed in to send, by recipients of the newest days:\n")
	s.rows(b, "USER\tBUSIEST DAY\tUSUAL DAY\tRECIPIENTS\tREFUSED\tNETWORKS\tLAST", len(users), func(i int) string {
		x := users[i]
		usual := "-"
		if x.Known {
			usual = fmt.Sprintf("%.0f", x.Usual)
		}
		return fmt.Sprintf("%s\t%d\t%s\t%d\t%d\t%d\t%s", s.text(x.Key), x.Day, usual, x.Recipients, x.Refused, x.Networks, s.time(x.Last.Truncate(time.Minute)))
	})
}

// rows writes a table, its first rows at least.
func (s Style) rows(b *strings.Builder, head string, n int, row func(i int) string) {
	t := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "  "+head)
	for i := range min(n, maxTextRows) {
		fmt.Fprintln(t, "  "+row(i))
	}
	_ = t.Flush() // a Builder takes everything
	if n > maxTextRows {
		fmt.Fprintf(b, "  and %s more\n", diag.Thousands(n-maxTextRows))
	}
}

func orNone(v string) string {
	if v == "" {
		return diag.KeyNone
	}
	return v
}
