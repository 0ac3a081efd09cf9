package tui

import (
	"cmp"
	"fmt"

	"metriage/diag/report"
)

// checkDetail is what enter opens: the whole sentence, the notes, what was
// asked and what came back.
func (m *Model) checkDetail(r checkRow, w int) []string {
	var out []string
	for _, f := range r.findings {
		head := f.Summary
		if len(r.findings) > 1 && f.List != "" {
			head = f.List + ": " + f.Summary
		}
		out = append(out, indent("    ", "    ", m.safe(head), w)...)
		for _, n := range f.Notes {
			out = append(out, indent("    ", "    ", m.safe(n), w)...)
		}
		for _, e := range f.Evidence {
			line := m.safe(e.Query+" -> "+report.EvidenceAnswer(e)) + "  " +
				unit(fmt.Sprintf("(%d ms, %s)", e.Took.Milliseconds(), m.safe(cmp.Or(e.Server, "no server"))))
			for _, l := range indent("      ", "        ", line, w) {
				out = append(out, m.theme.faint.Render(l))
			}
		}
		if f.LookupURL != "" && f.Code == "dnsbl-listed" {
			out = append(out, indent("    ", "    ", m.safe(f.LookupURL), w)...)
		}
		if !f.Asked.IsZero() && len(r.findings) == 1 {
			out = append(out, m.theme.faint.Render("    asked at "+f.Asked.In(m.sess.Location()).Format("15:04:05")))
		}
	}
	return out
}
