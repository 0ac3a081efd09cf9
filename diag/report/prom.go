package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
)

// maxSeries bounds the label values of one grouping: a spam run names
// thousands of domains, and each would stay in the monitor for good. The rest
// is summed under KeyOther.
const maxSeries = 100

// KeyOther is the label value of all groups beyond the bound.
const KeyOther = "(other)"

// maxLabel is the length of a label value in bytes; a domain name fits.
const maxLabel = 253

// promGroup are the numbers of one label value.
type promGroup struct {
	label                               string
	failures, delayed, accepted, waits  int
	oldest, lastAccepted, onset, latest time.Time
}

// Prometheus writes the totals of a reading and its groups by one thing or
// several in the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). All values
// are gauges: they count what lies in the window, not what ever happened.
func Prometheus(w io.Writer, r diag.Report, by []diag.Report, s Style) error {
	var b strings.Builder
	single := func(name, help string, v float64) {
		family(&b, name, help)
		fmt.Fprintf(&b, "%s %s\n", name, promNumber(v))
	}
	t := r.Totals
	single("metriage_failures", "Recipients refused for good within the window.", float64(t.Failures))
	single("metriage_me_e0193_failures", "Failures that an NDR reports under ME-E0193.", float64(t.E0193))
	single("metriage_delayed", "Recipients refused for now, still waiting or given up without notice.", float64(t.Delayed))
	single("metriage_accepted", "Recipients that remote servers accepted within the window.", float64(t.Accepted))
	single("metriage_waiting", "Recipients of messages in the outgoing queue.", float64(t.Waiting))
	single("metriage_files", "Message files seen.", float64(t.Files))
	single("metriage_files_unreadable", "Files that are there but could not be read.", float64(t.Unreadable))
	single("metriage_queue_orphans", "Command files without message and the reverse.", float64(t.Orphans))
	single("metriage_problems", "Places that could not be read.", float64(len(r.Problems)))
	single("metriage_installations", "Installations that were read.", float64(len(r.Installations)))
	single("metriage_read_timestamp_seconds", "When this was read.", stampOf(s.Now))
	for _, g := range by {
		writeGroups(&b, g, s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeGroups writes the families of one grouping. Each grouping has families
// of its own, so that no sum over labels counts a failure twice.
func writeGroups(b *strings.Builder, r diag.Report, s Style) {
	groups := bounded(r, s)
	label := string(r.By)
	counts := []struct {
		name, help string
		n          func(promGroup) int
	}{
		{"failures", "Recipients refused for good within the window, by %s.", func(g promGroup) int { return g.failures }},
		{"delayed", "Recipients refused for now, by %s.", func(g promGroup) int { return g.delayed }},
		{"accepted", "Recipients accepted within the window, by %s.", func(g promGroup) int { return g.accepted }},
		{"waiting", "Recipients of messages in the outgoing queue, by %s.", func(g promGroup) int { return g.waits }},
	}
	for _, c := range counts {
		name := "metriage_" + label + "_" + c.name
		family(b, name, fmt.Sprintf(c.help, label))
		for _, g := range groups {
			sample(b, name, label, g.label, float64(c.n(g)))
		}
	}
	times := []struct {
		name, help string
		t          func(promGroup) time.Time
	}{
		{"oldest_waiting_timestamp_seconds", "When the oldest waiting message entered the queue, by %s.", func(g promGroup) time.Time { return g.oldest }},
		{"last_accepted_timestamp_seconds", "Latest accepted delivery, by %s.", func(g promGroup) time.Time { return g.lastAccepted }},
		{"last_failure_timestamp_seconds", "Latest refusal for good, by %s.", func(g promGroup) time.Time { return g.latest }},
		{"onset_timestamp_seconds", "First refusal after the latest accepted delivery, by %s.", func(g promGroup) time.Time { return g.onset }},
	}
	for _, c := range times {
		name := "metriage_" + label + "_" + c.name
		family(b, name, fmt.Sprintf(c.help, label))
		for _, g := range groups {
			if t := c.t(g); !t.IsZero() && g.label != KeyOther {
				sample(b, name, label, g.label, stampOf(t))
			}
		}
	}
}

// bounded returns the groups that matter most and the sum of the others, in
// the order of their labels. Groups whose labels are equal when shown, as
// after redaction, are summed.
func bounded(r diag.Report, s Style) []promGroup {
	all := slices.Clone(r.Groups)
	slices.SortStableFunc(all, func(a, b diag.Group) int {
		return cmp.Or(cmp.Compare(b.Failures+b.Delayed+b.Waiting, a.Failures+a.Delayed+a.Waiting), cmp.Compare(b.Accepted, a.Accepted), cmp.Compare(a.Key, b.Key))
	})
	byLabel := map[string]*promGroup{}
	var out []*promGroup
	for i, g := range all {
		label := KeyOther
		if i < maxSeries {
			label = s.label(g.Key)
		}
		p := byLabel[label]
		if p == nil {
			p = &promGroup{label: label}
			byLabel[label] = p
			out = append(out, p)
		}
		p.failures += g.Failures
		p.delayed += g.Delayed
		p.accepted += g.Accepted
		p.waits += g.Waiting
		p.oldest = earlier(p.oldest, g.OldestWaiting)
		p.onset = earlier(p.onset, g.Onset)
		p.lastAccepted = later(p.lastAccepted, g.LastAccepted)
		p.latest = later(p.latest, g.Last)
	}
	slices.SortFunc(out, func(a, b *promGroup) int { return cmp.Compare(a.label, b.label) })
	groups := make([]promGroup, len(out))
	for i, p := range out {
		groups[i] = *p
	}
	return groups
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// label is a label value: harmless, of bounded length, valid UTF-8.
func (s Style) label(v string) string {
	v = strings.ToValidUTF8(s.text(v), "?")
	for len(v) > maxLabel {
		v = strings.ToValidUTF8(v[:maxLabel], "")
	}
	return v
}

func family(b *strings.Builder, name, help string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

var promEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func sample(b *strings.Builder, name, label, value string, v float64) {
	fmt.Fprintf(b, "%s{%s=\"%s\"} %s\n", name, label, promEscape.Replace(value), promNumber(v))
}

func promNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func stampOf(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
