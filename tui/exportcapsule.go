package tui

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"metriage/diag"
	"metriage/diag/report"
)

// exportCapsule writes the folder that another machine opens with --root; its
// names are hidden, whatever the screen shows.
func (m *Model) exportCapsule() tea.Cmd {
	if m.data == nil || m.data.partial {
		m.sayf("Not everything is read yet; try again in a moment.")
		return nil
	}
	sess, d, found, dir, now, until := m.sess, m.data, m.findings.All(), m.opt.ExportDir, m.sess.Now(), m.until()
	style := report.Style{Redact: true, Location: m.sess.Location(), Now: now}
	m.exporting++
	return func() tea.Msg {
		var b bytes.Buffer
		err := report.Incident(&b, sess.Incident(d.view, found, d.by), style)
		path := filepath.Join(dir, "capsule-"+now.Format("20060102-150405"))
		switch {
		case err != nil:
		case dir == "":
			err = errors.New("no folder is known for it; name one with HOME")
		default:
			err = os.MkdirAll(dir, 0o700)
		}
		if err == nil {
			err = sess.WriteCapsule(path, d.view, b.Bytes(), found, redact)
		}
		if err != nil {
			return exportedMsg{saidMsg{diag.StatusWarn, "The capsule could not be written: " + err.Error()}}
		}
		return exportedMsg{saidMsg{"", fmt.Sprintf("Written%s: %s", until, path)}}
	}
}
