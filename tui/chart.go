package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/triage"
)

// Levels of a chart column, from nothing to full.
var (
	unicodeLevels = []rune("·▁▂▃▄▅▆▇█")
	asciiLevels   = []rune(".:-=+*%#@")
)

// spark draws counts as one line of columns against the largest of them.
func (g glyphs) spark(counts []int, most int) string {
	levels := unicodeLevels
	if g.ascii {
		levels = asciiLevels
	}
	var b strings.Builder
	for _, n := range counts {
		i := 0
		if n > 0 && most > 0 {
			i = (n*(len(levels)-1) + most - 1) / most
		}
		b.WriteRune(levels[min(i, len(levels)-1)])
	}
	return b.String()
}

// barLine is a bar of n against most, at most w cells long.
func (g glyphs) barLine(n, most, w int) string {
	if n <= 0 || most <= 0 {
		return ""
	}
	return strings.Repeat(g.bar, max(1, n*w/most))
}

// chartLabel is the width of the words before a chart.
const chartLabel = 10

// chartSteps is how many columns the charts of a detail have.
func chartSteps(w int) int { return max(10, min(96, w-chartLabel-16)) }

// timelineLines draws refused and accepted mail of a group over time, with the
// onset marked.
func (m *Model) timelineLines(g diag.Group, t triage.Timeline) []string {
	n := len(t.Refused)
	if n == 0 {
		return nil
	}
	step := t.To.Sub(t.From) / time.Duration(n)
	row := func(name string, style style, counts []int) string {
		most := slices.Max(counts)
		note := ""
		if most > 0 {
			note = fmt.Sprintf(" max %s", diag.Thousands(most))
		}
		return fit(name, chartLabel, "") + style.Render(m.glyph.spark(counts, most)) + m.theme.faint.Render(note)
	}
	out := []string{row("refused", m.theme.fail, t.Refused), row("accepted", m.theme.pass, t.Accepted)}
	if slices.Max(t.Delayed) > 0 {
		out = append(out, row("delayed", m.theme.warn, t.Delayed))
	}
	span := fmt.Sprintf("%s to now, a column is %s", m.clock(t.From), roundSpan(step))
	blank := fit("", chartLabel, "")
	if !g.Onset.IsZero() && !g.Onset.Before(t.From) && step > 0 {
		at := min(n-1, int(g.Onset.Sub(t.From)/step))
		out = append(out, m.theme.faint.Render(blank+strings.Repeat(" ", at)+"^"))
		span += "; ^ is the onset"
	}
	return append(out, m.theme.faint.Render(blank+span))
}

// roundSpan writes a length of time in one unit.
func roundSpan(d time.Duration) string {
	switch {
	case d >= 36*time.Hour:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	case d >= 90*time.Minute:
		return fmt.Sprintf("%.0f hours", d.Hours())
	case d >= 90*time.Second:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	}
	return fmt.Sprintf("%.0f seconds", max(1, d.Seconds()))
}

// causeLines draws a bar for each cause of a group, the most frequent first.
func (m *Model) causeLines(g diag.Group, w int) []string {
	var causes []diag.Cause
	most := 0
	for _, c := range diag.Causes() {
		if g.Causes[c] > 0 {
			causes = append(causes, c)
			most = max(most, g.Causes[c])
		}
	}
	slices.SortStableFunc(causes, func(a, b diag.Cause) int { return g.Causes[b] - g.Causes[a] })
	var out []string
	for _, c := range causes {
		out = append(out, fit(c.Label(), 19, m.glyph.more)+m.theme.accent.Render(m.glyph.barLine(g.Causes[c], most, max(4, w-30)))+" "+diag.Thousands(g.Causes[c]))
	}
	return out
}

// ageLine says how old the failures are.
func (m *Model) ageLine(t triage.Timeline) string {
	words := []string{"1h", "6h", "1d", "3d", "7d", "older"}
	most := slices.Max(t.Ages[:])
	if most == 0 {
		return ""
	}
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = fmt.Sprintf("%s %s %d", w, m.glyph.spark(t.Ages[i:i+1], most), t.Ages[i])
	}
	return fit("age", chartLabel, "") + strings.Join(parts, "  ")
}
