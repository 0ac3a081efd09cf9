package triage

import (
	"fmt"
	"time"

	"metriage/diag"
	"metriage/diag/index"
)

// Headline is the worst true thing, in one line, and where to look at it.
type Headline struct {
	Status diag.Status
	Text   string
	By     diag.GroupBy // group that it is about; "" where none
	Key    string
	// Code is that of the audit's finding that it comes from, "" where the ledger
	// speaks, and Installation the one that it was found in.
	Code         string
	Installation string
}

// queueWorthSaying is from how many waiting recipients on the queue is the
// headline where nothing is refused.
const queueWorthSaying = 50

// All is quiet where of the last day's mail at most one in quietShare was
// refused and nobody refuses everything.
const (
	quietSpan  = 24 * time.Hour
	quietShare = 10
)

// Headline returns the headline for a view: spam that leaves through this
// server now, else a provider or domain that has accepted nothing since its
// onset, or what one of our addresses sends, else what the audit found otherwise,
// else a long queue, else what has recovered, else the counts. What a repair has
// ended gives way to the next worst thing.
// It says that all is quiet only where everything was read and there was
// something to read. It knows of the audit where Audit was asked of the same view.
func (s *Session) Headline(v *index.View) Headline {
	if s.kept != nil && s.kept.headline.Text != "" {
		return s.kept.headline // as it was when the capsule was made
	}
	t := v.Totals()
	found, urgent := s.auditHeadline(v)
	if urgent {
		return found
	}
	if h, ok := s.refusing(v); ok {
		return h
	}
	if h, ok := s.oneAddress(v); ok {
		return h
	}
	if found.Code != "" {
		return found
	}
	if t.Waiting >= queueWorthSaying && !s.queueIsUsual(v) {
		text := fmt.Sprintf("Queue: %s waiting%s, %s of them refused for now", recipients(t.Waiting), s.usualWords(v), diag.Thousands(t.Delayed))
		if up := s.firstOfAll(v); !up.IsZero() {
			text += ", the first gives up " + s.SoonWords(up)
		}
		return Headline{Status: diag.StatusWarn, Text: text}
	}
	if h, ok := s.recovered(v); ok {
		return h
	}
	h, dark := blind(v)
	if accepted, refused := v.Decided(s.Now().Add(-quietSpan)); v.Progress.Done && !dark && accepted > 0 && refused*quietShare <= accepted {
		return Headline{Status: diag.StatusPass, Text: fmt.Sprintf("All quiet: %s accepted, %s refused in 24 hours", diag.Thousands(accepted), diag.Thousands(refused))}
	}
	switch {
	case t.Failures > 0:
		return Headline{Status: diag.StatusWarn, Text: fmt.Sprintf("%s refused for good %s, %s accepted", diag.Thousands(t.Failures), s.windowWords(), diag.Thousands(t.Accepted))}
	case !v.Progress.Done:
		return Headline{Text: "Reading ... nothing refused so far"}
	case dark:
		return h
	case t.Accepted > 0:
		return Headline{Status: diag.StatusPass, Text: fmt.Sprintf("All quiet: %s accepted, none refused %s", diag.Thousands(t.Accepted), s.windowWords())}
	}
	return Headline{Status: diag.StatusPass, Text: "All quiet: nothing was refused " + s.windowWords()}
}

// refusing is the provider or domain that refused most since it last accepted
// anything. Where both are equal the domain says more.
func (s *Session) refusing(v *index.View) (Headline, bool) {
	var worst diag.Group
	var by diag.GroupBy
	most := 1 // a single refusal says nothing of a server
	for _, k := range []diag.GroupBy{diag.ByDomain, diag.ByProvider} {
		for _, g := range v.Groups(k) {
			if g.Onset.IsZero() || g.Key == diag.KeyUnknown {
				continue
			}
			n := v.RefusedSince(k, g.Key, g.Onset)
			if k == diag.ByProvider && n > most {
				n = stillRefused(v, g)
			}
			if n > most {
				worst, by, most = g, k, n
			}
		}
	}
	if by == "" {
		return Headline{}, false
	}
	who, where := worst.Display, ""
	if host := smartHost(v); host != "" {
		who, where = "Smart host", ", "+host
	}
	text := fmt.Sprintf("%s: 0 of %s accepted since %s", who, diag.Thousands(most), s.Clock(worst.Onset)) + where
	if t := v.Totals(); t.LogLines == 0 || !v.Progress.Done {
		// What was accepted is in the log alone.
		text = fmt.Sprintf("%s: %s refused since %s", who, diag.Thousands(most), s.Clock(worst.Onset)) + where
	}
	if up := FirstGivesUp(worst, s.lastAuditOf(v), s.Now()); !up.IsZero() {
		text += fmt.Sprintf("; of %s waiting the first gives up %s", diag.Thousands(worst.Waiting), s.SoonWords(up))
	}
	return Headline{Status: diag.StatusFail, Text: text, By: by, Key: worst.Key}, true
}

// stillRefused counts what a provider refused since its onset at the domains
// that accepted nothing later. A delivery that was accepted does not always tell
// whose server took it: two providers share one kind of banner.
func stillRefused(v *index.View, g diag.Group) (n int) {
	open := map[string]bool{}
	for _, d := range v.Groups(diag.ByDomain) {
		open[d.Key] = !d.Onset.IsZero() || d.Key == diag.KeyUnknown
	}
	for _, m := range v.Members(diag.ByProvider, g.Key) {
		if r := v.Row(m); r.Failed && !r.Last.Before(g.Onset) && !r.Cause.RecipientSide() && open[r.Domain] {
			n++
		}
	}
	return n
}

// blind is the headline where too little could be read to call it quiet.
func blind(v *index.View) (Headline, bool) {
	t := v.Totals()
	why := ""
	if p := v.Problems(); len(p) > 0 {
		why = ": " + p[0].What
	}
	switch {
	case t.Blind() && t.Unlisted > 0:
		return Headline{Status: diag.StatusFail, Text: fmt.Sprintf("Nothing could be read, %s refused%s", diag.Plural(t.Unlisted, "folder or log", "folders and logs"), why)}, true
	case t.Blind():
		return Headline{Status: diag.StatusFail, Text: fmt.Sprintf("Nothing could be read, %s tried%s", diag.Plural(t.Files, "file", "files"), why)}, true
	case t.Files == 0 && t.LogLines == t.LogLinesSkipped && t.Unlisted == 0:
		return Headline{Status: diag.StatusUnknown, Text: "Nothing to judge by: no mail and no log lines were found"}, true
	case t.Unlisted > 0:
		return Headline{Status: diag.StatusUnknown, Text: fmt.Sprintf("Nothing refused in what could be read; %s could not%s", diag.Plural(t.Unlisted, "folder or log", "folders and logs"), why)}, true
	}
	return Headline{}, false
}

func (s *Session) windowWords() string {
	if s.opt.Since == 0 {
		return "so far"
	}
	if d := s.opt.Since; d%(24*time.Hour) == 0 {
		return fmt.Sprintf("in the last %d days", d/(24*time.Hour))
	}
	return fmt.Sprintf("in the last %s", s.opt.Since)
}

// Clock writes a time for people: the hour where it is today, else with the
// day, in the time zone of the logs.
func (s *Session) Clock(t time.Time) string {
	t, now := t.In(s.opt.Location), s.Now().In(s.opt.Location)
	switch {
	case t.IsZero():
		return "-"
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006")
}
