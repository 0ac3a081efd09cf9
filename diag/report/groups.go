package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"metriage/diag"
)

type jsonReport struct {
	Schema        int                `json:"schema"`
	By            diag.GroupBy       `json:"by"`
	Installations []jsonInstallation `json:"installations"`
	Totals        jsonTotals         `json:"totals"`
	Problems      []jsonProblem      `json:"problems"`
	Runs          *jsonCollateral    `json:"spam,omitempty"`
	Groups        []jsonGroup        `json:"groups"`
}

type jsonInstallation struct {
	Root    string       `json:"root"`
	FoundBy diag.FoundBy `json:"found_by"`
	Folders []jsonFolder `json:"folders"`
}

type jsonFolder struct {
	Name       string `json:"name"`
	Path       string `json:"path"`
	Files      int    `json:"files"`
	Unreadable int    `json:"unreadable"`
}

type jsonTotals struct {
	Files           int `json:"files"`
	Messages        int `json:"messages"`
	Failures        int `json:"failures"`
	E0193           int `json:"me_e0193"`
	Delayed         int `json:"delayed"`
	Accepted        int `json:"accepted"`
	Waiting         int `json:"waiting"`
	Unreadable      int `json:"unreadable"`
	Vanished        int `json:"vanished"`
	Orphans         int `json:"orphans"`
	Older           int `json:"older"`
	LogFiles        int `json:"log_files"`
	LogLines        int `json:"log_lines"`
	LogLinesSkipped int `json:"log_lines_skipped"`
	Unlisted        int `json:"unlisted"`
}

type jsonProblem struct {
	Path string `json:"path"`
	What string `json:"what"`
}

type jsonGroup struct {
	Key          string             `json:"key"`
	Display      string             `json:"display"`
	Failures     int                `json:"failures"`
	OfRuns       *int               `json:"run_failures,omitempty"`
	E0193        int                `json:"me_e0193"`
	Delayed      int                `json:"delayed"`
	Accepted     int                `json:"accepted"`
	Waiting      int                `json:"waiting"`
	First        *string            `json:"first"`
	Last         *string            `json:"last"`
	LastAccepted *string            `json:"last_accepted"`
	Onset        *string            `json:"onset"`
	Oldest       *string            `json:"oldest_waiting"`
	Causes       map[diag.Cause]int `json:"causes"`
	Senders      map[string]int     `json:"senders"`
	Replies      []jsonReply        `json:"replies"`
}

type jsonReply struct {
	Text      string     `json:"text"`
	Count     int        `json:"count"`
	Cause     diag.Cause `json:"cause"`
	Named     string     `json:"named"`
	LookupURL string     `json:"lookup_url"`
}

// redact is text for machines: redacted where asked for, else as it is.
func (s Style) redact(v string) string {
	if s.Redact {
		return RedactAddresses(v)
	}
	return v
}

// JSON writes the report with the names that the design fixes.
func JSON(w io.Writer, r diag.Report, s Style) error {
	out := jsonReport{Schema: 1, By: r.By, Installations: []jsonInstallation{}, Problems: []jsonProblem{}, Groups: []jsonGroup{}}
	for _, in := range r.Installations {
		j := jsonInstallation{Root: in.Root, FoundBy: in.FoundBy, Folders: []jsonFolder{}}
		for _, f := range in.Folders {
			j.Folders = append(j.Folders, jsonFolder(f))
		}
		out.Installations = append(out.Installations, j)
	}
	out.Totals = jsonTotals(r.Totals)
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, jsonProblem(p))
	}
	out.Runs = s.collateral(r)
	for _, g := range r.Groups {
		j := jsonGroup{
			Key: s.redact(g.Key), Display: s.redact(g.Display), Failures: g.Failures, E0193: g.E0193,
			Delayed: g.Delayed, Accepted: g.Accepted, Waiting: g.Waiting,
			First: utc(g.First), Last: utc(g.Last), LastAccepted: utc(g.LastAccepted), Onset: utc(g.Onset),
			Oldest: utc(g.OldestWaiting),
			Causes: g.Causes, Senders: map[string]int{}, Replies: []jsonReply{},
		}
		if r.Counted {
			j.OfRuns = &g.OfRuns
		}
		for k, n := range g.Senders {
			j.Senders[s.redact(k)] += n
		}
		for _, q := range g.Replies {
			q.Text = s.redact(q.Text)
			j.Replies = append(j.Replies, jsonReply(q))
		}
		out.Groups = append(out.Groups, j)
	}
	return writeJSON(w, out, true)
}

// causesByCount lists causes, the most frequent first.
func causesByCount(m map[diag.Cause]int) []diag.Cause {
	var out []diag.Cause
	for _, c := range diag.Causes() {
		if m[c] > 0 {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b diag.Cause) int { return m[b] - m[a] })
	return out
}

func causeWords(m map[diag.Cause]int) string {
	var out []string
	for _, c := range causesByCount(m) {
		out = append(out, fmt.Sprintf("%s %s", c.Label(), diag.Thousands(m[c])))
	}
	return strings.Join(out, ", ")
}

// CSV writes one line a group.
func CSV(w io.Writer, r diag.Report, s Style) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{{
		string(r.By), "display", "failures", "me_e0193", "delayed", "accepted", "waiting",
		"first", "last", "last_accepted", "onset", "causes", "reply", "replies",
	}}
	when := func(t *string) string {
		if t == nil {
			return ""
		}
		return *t
	}
	for _, g := range r.Groups {
		reply := ""
		if len(g.Replies) > 0 {
			reply = g.Replies[0].Text
		}
		rows = append(rows, []string{
			s.cell(g.Key), s.cell(g.Display), strconv.Itoa(g.Failures), strconv.Itoa(g.E0193), strconv.Itoa(g.Delayed),
			strconv.Itoa(g.Accepted), strconv.Itoa(g.Waiting), when(s.stamp(g.First)), when(s.stamp(g.Last)),
			when(s.stamp(g.LastAccepted)), when(s.stamp(g.Onset)), s.cell(causeWords(g.Causes)), s.cell(reply),
			strconv.Itoa(len(g.Replies)),
		})
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	return c.Error()
}

// cell makes a value harmless for spreadsheets: text that would begin a
// formula gets an apostrophe before it.
func (s Style) cell(v string) string { return Cell(s.text(v)) }

// Cell returns v so that no spreadsheet takes it for a formula: an apostrophe
// stands before what begins one, at the beginning and behind a semicolon, which
// is the separator where a comma is the decimal sign.
func Cell(v string) string {
	if strings.IndexByte(v, ';') < 0 {
		return noFormula(v)
	}
	parts := strings.Split(v, ";")
	for i := range parts {
		parts[i] = noFormula(parts[i])
	}
	return strings.Join(parts, ";")
}

func noFormula(v string) string {
	t := strings.TrimLeft(v, " \"")
	for _, begin := range formulaBegins {
		if strings.HasPrefix(t, begin) {
			return "'" + v
		}
	}
	return v
}

// formulaBegins are what spreadsheets take for the beginning of a formula, the
// full-width forms included.
var formulaBegins = []string{"=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
