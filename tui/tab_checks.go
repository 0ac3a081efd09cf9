package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/triage"
)

// checksTab shows the findings about ourselves: one line each, lists that do
// not list us folded into one. enter opens the evidence of a line.
func checksTab(m *Model, w int) content {
	var c content
	add := func(lines ...string) { c.lines = append(c.lines, lines...) }
	add(m.theme.faint.Render(fit(m.subjectLine(), w, m.glyph.more)))
	if f, ok := m.selectedFailure(); ok && f.Permanent {
		add(indent(m.theme.strong.Render("Cause: "), "       ", f.Verdict.Cause.Label()+". "+m.proofText(f), w)...)
	}
	for _, n := range m.subjectNotes() {
		add(indent(m.theme.warn.Render("Note: "), "      ", m.safe(n), w)...)
	}
	if n := m.sess.RelayNotice(); n != "" && (m.findings.Empty() || m.findings.Running("relay")) {
		add(indent(m.theme.warn.Render("Note: "), "      ", m.safe(n), w)...)
	}
	rows := m.checkRows()
	for _, r := range rows {
		c.anchors = append(c.anchors, anchor{line: len(c.lines), key: r.key})
		add(m.checkLines(r, w)...)
		if m.itemOpen(r.key) {
			add(m.checkDetail(r, w)...)
		}
	}
	for _, n := range m.notes {
		if strings.HasPrefix(n, "All ") {
			continue // the lines above say so
		}
		add(indent(m.theme.faint.Render("        "), "        ", m.safe(n), w)...)
	}
	add("")
	switch {
	case m.findings.Busy():
		add(m.theme.faint.Render("x stops the checks."))
	case m.stopped:
		add(m.theme.warn.Render("Stopped: what is missing above was not checked. r asks again."))
	case m.findings.Empty():
		add(m.theme.faint.Render("Nothing was checked yet. r runs the checks."))
	default:
		add(m.theme.faint.Render("3 shows the steps, enter the evidence, r asks again."))
	}
	return c
}

// subjectLine says who is being checked.
func (m *Model) subjectLine() string {
	if m.data == nil {
		return "reading ..."
	}
	s := m.data.subject
	if len(s.IPs) == 0 {
		return "No own sending address is known yet; name it with --ip."
	}
	var parts []string
	for i, a := range s.IPs {
		if i == 2 {
			parts = append(parts, fmt.Sprintf("%d more", len(s.IPs)-2))
			break
		}
		parts = append(parts, a.Addr.String())
	}
	line := "Own address " + strings.Join(parts, ", ") + " (" + s.IPs[0].From + ")"
	if s.HELO != "" {
		line += "  HELO " + s.HELO
	}
	return m.safe(line)
}

// subjectNotes are what does not fit together about who we are.
func (m *Model) subjectNotes() []string {
	if m.data == nil {
		return nil
	}
	return m.data.subject.Notes
}

// checkRow is one line of the Checks tab.
type checkRow struct {
	key      string
	word     string // status word
	status   diag.Status
	check    string
	text     string
	took     time.Duration
	findings []diag.Finding
}

// checkRows puts the findings in the order of the checks. Of the lists, those
// that list us or could not be asked have lines of their own; the others fold.
func (m *Model) checkRows() []checkRow {
	var rows []checkRow
	for _, word := range triage.FindingWords() {
		found := m.findings.Of(word)
		if word == "dnsbl" {
			rows = append(rows, m.dnsblRows(found)...)
		} else {
			rows = append(rows, m.plainRows(word, found)...)
		}
		if m.findings.Running(word) && (word == "dnsbl" || len(found) == 0) {
			text := "asking " + spinner[m.frame%len(spinner)]
			if n := len(found); n > 0 {
				text = fmt.Sprintf("%d lists answered, waiting for more %s", len(listNames(found)), spinner[m.frame%len(spinner)])
			}
			rows = append(rows, checkRow{key: word + " running", word: "....", check: strings.ToUpper(word), text: text})
		}
	}
	if !m.findings.Empty() && !slices.Contains(m.sess.OpeningWords(), "relay") && len(m.findings.Of("relay")) == 0 {
		rows = append(rows, checkRow{
			key: "relay none", word: diag.StatusSkipped.Word(), status: diag.StatusSkipped, check: "RELAY",
			text: "Not checked: start with --target HOST:25, your own mail server, to check it for open relay.",
		})
	}
	return rows
}

// plainRows are the findings of a check one by one; where several subjects
// pass, these share a line.
func (m *Model) plainRows(word string, found []diag.Finding) []checkRow {
	var rows []checkRow
	var pass []diag.Finding
	for _, f := range bySeverity(found) {
		if f.Status == diag.StatusPass {
			pass = append(pass, f)
			continue
		}
		rows = append(rows, plainRow(word, f))
	}
	switch len(pass) {
	case 0:
	case 1:
		rows = append(rows, plainRow(word, pass[0]))
	default:
		slices.SortStableFunc(pass, func(a, b diag.Finding) int { return cmp.Compare(a.Subject, b.Subject) })
		names := make([]string, len(pass))
		for i, f := range pass {
			names[i] = f.Subject
		}
		rows = append(rows, checkRow{
			key: word + " pass", word: diag.StatusPass.Word(), status: diag.StatusPass, check: strings.ToUpper(word),
			text: fmt.Sprintf("%d of %d pass: %s", len(pass), len(found), strings.Join(names, ", ")), findings: pass,
		})
	}
	return rows
}

// bySeverity orders findings by how bad they are, then by what they are about,
// so that lines do not jump with the order of the answers.
func bySeverity(found []diag.Finding) []diag.Finding {
	rank := map[diag.Status]int{diag.StatusFail: 0, diag.StatusWarn: 1, diag.StatusUnknown: 2, diag.StatusSkipped: 3, diag.StatusPass: 4}
	out := slices.Clone(found)
	slices.SortStableFunc(out, func(a, b diag.Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Status], rank[b.Status]), cmp.Compare(a.List, b.List), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

func plainRow(word string, f diag.Finding) checkRow {
	return checkRow{
		key: word + " " + f.Subject, word: f.Status.Word(), status: f.Status, check: strings.ToUpper(word),
		text: f.Summary, took: f.Took, findings: []diag.Finding{f},
	}
}

func (m *Model) dnsblRows(found []diag.Finding) []checkRow {
	var rows []checkRow
	var clear, unknown []diag.Finding
	for _, f := range bySeverity(found) {
		switch {
		case f.Code == "dnsbl-listed" || f.Status == diag.StatusFail || f.Status == diag.StatusWarn || f.Status == diag.StatusSkipped:
			rows = append(rows, checkRow{
				key: "dnsbl " + f.List + " " + f.Subject, word: f.Status.Word(), status: f.Status, check: "DNSBL",
				text: f.Summary, took: f.Took, findings: []diag.Finding{f},
			})
		case f.Status == diag.StatusPass:
			clear = append(clear, f)
		default:
			unknown = append(unknown, f)
		}
	}
	all := len(listNames(found))
	if len(unknown) > 0 {
		rows = append(rows, fold("dnsbl unknown", unknown, "%d of %d lists could not be checked: %s", all))
	}
	if len(clear) > 0 {
		rows = append(rows, fold("dnsbl clear", clear, "%d of %d lists do not list us: %s", all))
	}
	return rows
}

// fold makes one line of findings on several lists.
func fold(key string, f []diag.Finding, format string, all int) checkRow {
	slices.SortStableFunc(f, func(a, b diag.Finding) int {
		return cmp.Or(cmp.Compare(a.List, b.List), cmp.Compare(a.Subject, b.Subject))
	})
	names := listNames(f)
	var took time.Duration
	for _, x := range f {
		took = max(took, x.Took)
	}
	return checkRow{
		key: key, word: f[0].Status.Word(), status: f[0].Status, check: "DNSBL",
		text: fmt.Sprintf(format, len(names), all, strings.Join(names, ", ")), took: took, findings: f,
	}
}

// listNames returns the lists of findings, each once: a list may have been
// asked about several of our names.
func listNames(f []diag.Finding) []string {
	var out []string
	for _, x := range f {
		if !slices.Contains(out, x.List) {
			out = append(out, x.List)
		}
	}
	return out
}

// narrowChecks is the width below which a finding may take a second line.
const narrowChecks = 76

// worthSaying is from when on how long a check took is shown.
const worthSaying = 100 * time.Millisecond

// checkLines is one row: word, check, what was found, how long it took. Where
// the detail is narrow the sentence may go on on a second line.
func (m *Model) checkLines(r checkRow, w int) []string {
	took := ""
	if r.took >= worthSaying {
		took = fmt.Sprintf(" %.1f s", r.took.Seconds())
	}
	name := fit(r.check, max(8, width(r.check)+1), "")
	head := 8 + width(name)
	style := m.theme.status(r.status)
	if r.word == "...." {
		style = m.theme.faint
	}
	room := w - head - len(took)
	text := []string{m.safe(r.text)}
	if w < narrowChecks {
		if lines := wrapTo(text[0], room); len(lines) > 1 {
			text = []string{lines[0], strings.Join(lines[1:], " ")}
		}
	}
	out := []string{style.Render(fit(r.word, 8, "")) + m.theme.strong.Render(name) +
		fit(text[0], room, m.glyph.more) + m.theme.faint.Render(took)}
	if len(text) > 1 {
		out = append(out, fit(strings.Repeat(" ", head)+text[1], w, m.glyph.more))
	}
	return out
}

// proofText says what the checks make of a failure's cause.
func (m *Model) proofText(f diag.Failure) string {
	if !f.Permanent {
		return ""
	}
	p := triage.Prove(f.Verdict, f.Reply, m.findings.All())
	switch p.State {
	case triage.Proven:
		return "PROVEN. " + m.safe(p.Text)
	case triage.RuledOut:
		return "NOT NOW. " + m.safe(p.Text)
	}
	text := "OPEN. " + m.safe(p.Text)
	if triage.Provable(f.Verdict.Cause) && m.findings.Empty() && !m.findings.Busy() {
		text += " r checks now."
	}
	return text
}

// checksBadge sums the findings up for the line of tabs.
func (m *Model) checksBadge() string {
	badge := m.statusCounts(m.findings.All())
	if m.findings.Busy() {
		badge = strings.TrimSpace(badge + " " + m.theme.faint.Render("checking "+spinner[m.frame%len(spinner)]))
	}
	return badge
}

// statusCounts says how many findings stand how.
func (m *Model) statusCounts(list []diag.Finding) string {
	n := map[diag.Status]int{}
	for _, f := range list {
		n[f.Status]++
	}
	var parts []string
	for _, s := range []diag.Status{diag.StatusFail, diag.StatusWarn, diag.StatusUnknown, diag.StatusPass} {
		if n[s] > 0 {
			parts = append(parts, m.theme.status(s).Render(fmt.Sprintf("%s %d", s.Word(), n[s])))
		}
	}
	return strings.Join(parts, " ")
}
