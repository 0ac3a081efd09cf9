package tui

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/report"
)

// exportFormat is one way to write a list.
type exportFormat struct {
	word, ext string
	write     func(t exportTable) ([]byte, error)
}

var exportFormats = []exportFormat{
	{"text", "txt", exportTable.text},
	{"csv", "csv", exportTable.csv},
	{"json", "json", exportTable.json},
	{"markdown", "md", exportTable.markdown},
}

// exportTable is a list as rows of cells, harmless and on one line each.
type exportTable struct {
	title string
	head  []string
	rows  [][]string
}

// exportMenu asks for the format.
func (m *Model) exportMenu() tea.Cmd {
	n := len(m.exportItems())
	return m.open(&menu{head: fmt.Sprintf("Export %d rows as", n), choices: func(*Model) []choice {
		var out []choice
		for _, f := range exportFormats {
			out = append(out, choice{name: f.word, help: "." + f.ext, do: func(m *Model) tea.Cmd { return m.export(f) }})
		}
		return append(out,
			choice{name: "incident report", help: "everything about the incident as Markdown, for a ticket", do: (*Model).exportIncident},
			choice{name: "capsule", help: "a folder that --root opens elsewhere, names hidden", do: (*Model).exportCapsule})
	}})
}

// exportItems are the marked items of the open list, or all that it shows.
func (m *Model) exportItems() []int32 {
	l := m.openList()
	if len(l.marked) == 0 {
		return l.items
	}
	def := m.sec().levels[m.state().depth]
	var out []int32
	for _, n := range l.items {
		if l.marked[def.key(l.data, n)] {
			out = append(out, n)
		}
	}
	return out
}

// export writes the selection or the list to a file of its own in a command.
func (m *Model) export(f exportFormat) tea.Cmd {
	items := m.exportItems()
	if len(items) == 0 || m.data == nil {
		m.sayf("There is nothing to export.")
		return nil
	}
	// The command works on a copy of what decides the cells.
	view := *m
	d, depth, now := m.openList().data, m.state().depth, m.sess.Now()
	dir, until := m.opt.ExportDir, m.until()
	m.exporting++
	return func() tea.Msg {
		t := view.table(d, depth, items)
		b, err := f.write(t)
		path := ""
		if err == nil {
			path, err = writeNew(dir, now, f.ext, b)
		}
		if err != nil {
			return exportedMsg{saidMsg{diag.StatusWarn, "The export could not be written: " + err.Error()}}
		}
		return exportedMsg{saidMsg{"", fmt.Sprintf("%d rows%s: %s", len(t.rows), until, path)}}
	}
}

// exportIncident writes the report of the incident.
func (m *Model) exportIncident() tea.Cmd {
	sess, d, found, dir, now := m.sess, m.data, m.findings.All(), m.opt.ExportDir, m.sess.Now()
	until := m.until()
	style := report.Style{Redact: m.opt.Redact, Location: m.sess.Location(), Now: now}
	m.exporting++
	return func() tea.Msg {
		var b bytes.Buffer
		err := report.Incident(&b, sess.Incident(d.view, found, d.by), style)
		path := ""
		if err == nil {
			path, err = writeNew(dir, now, "md", b.Bytes())
		}
		if err != nil {
			return exportedMsg{saidMsg{diag.StatusWarn, "The report could not be written: " + err.Error()}}
		}
		return exportedMsg{saidMsg{"", "Written" + until + ": " + path}}
	}
}

// until says behind "Written" how long a file stays, where that is not for good.
func (m *Model) until() string {
	if m.opt.Until == "" {
		return ""
	}
	return ", kept " + m.opt.Until
}

// exportedMsg ends an export.
type exportedMsg struct{ said saidMsg }

// table makes the cells of items. Failures have more to tell than the list
// shows.
func (m *Model) table(d *data, level int, items []int32) exportTable {
	def := m.sec().levels[level]
	t := exportTable{title: m.sec().title}
	for i := range def.columns {
		t.head = append(t.head, strings.ToLower(m.columnTitle(level, i)))
	}
	extra := def.extra
	for _, e := range extra {
		t.head = append(t.head, e.title)
	}
	for _, n := range items {
		row := def.row(d, n)
		cells := make([]string, 0, len(t.head))
		for _, c := range def.columns {
			if c.full != nil {
				cells = append(cells, m.safe(c.full(row)))
			} else {
				cells = append(cells, strings.TrimSpace(c.text(m, row)))
			}
		}
		for _, e := range extra {
			cells = append(cells, m.safe(e.value(row)))
		}
		t.rows = append(t.rows, cells)
	}
	return t
}

// extraField is a value that exports have beside the columns.
type extraField struct {
	title string
	value func(row any) string
}

func (t exportTable) text() ([]byte, error) {
	var b bytes.Buffer
	for _, r := range t.rows {
		for i, c := range r {
			if c != "" {
				fmt.Fprintf(&b, "%-14s %s\n", t.head[i], c)
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

func (t exportTable) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.Write(t.head)
	for _, r := range t.rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = report.Cell(c)
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func (t exportTable) json() ([]byte, error) {
	out := make([]map[string]string, 0, len(t.rows))
	for _, r := range t.rows {
		o := map[string]string{}
		for i, c := range r {
			o[strings.ReplaceAll(t.head[i], " ", "_")] = c
		}
		out = append(out, o)
	}
	b, err := json.MarshalIndent(out, "", "  ")
	return append(b, '\n'), err
}

func (t exportTable) markdown() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), strings.Repeat("---|", len(t.head)))
	for _, r := range t.rows {
		b.WriteString("|")
		for _, c := range r {
			b.WriteString(" " + report.Markdown(c) + " |")
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// writeNew writes a file whose name is not taken yet.
func writeNew(dir string, now time.Time, ext string, b []byte) (string, error) {
	if dir == "" {
		return "", errors.New("no folder is known for it; name one with HOME")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for i := range 1000 {
		name := "export-" + now.Format("20060102-150405")
		if i > 0 {
			name += fmt.Sprintf("-%d", i)
		}
		path := filepath.Join(dir, name+"."+ext)
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = f.Write(b)
		return path, errors.Join(err, f.Close())
	}
	return "", errors.New("too many exports in one second")
}
