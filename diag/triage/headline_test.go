package triage

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
)

// closed is a disk whose folders below root may not be opened.
type closed struct {
	mailenable.FS
	root string
}

func (c closed) OpenDir(path string) (mailenable.Dir, error) {
	if path != c.root {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}
	d, err := c.FS.OpenDir(path)
	return closedDir{d}, err
}

type closedDir struct{ mailenable.Dir }

func (closedDir) OpenDir(name string) (mailenable.Dir, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func refusal(recipient, reply string, when time.Time) string {
	return "From: Postmaster@ours.example\nDate: " + when.Format(time.RFC1123Z) +
		"\n\nMailEnable: Message could not be delivered to some recipients.\n\n\tRecipient: [SMTP:" + recipient + "]\n\tReason: " + reply + "\n"
}

// All is quiet only where everything was read and there was something to read.
func TestHeadlineSaysOnlyWhatWasRead(t *testing.T) {
	const inbox = "Postoffices/po/MAILROOT/mb/Inbox/"
	mail := "From: a@b.example\nSubject: hi\n\nhello\n"
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	tests := []struct {
		name   string
		files  map[string]string
		shut   bool
		status diag.Status
		text   string
	}{
		{"nothing may be opened", map[string]string{inbox + "A1.MAI": mail}, true, diag.StatusFail, "Nothing could be read, 1 folder or log refused: this account may not read it"},
		{"every file is unreadable", map[string]string{inbox + "A1.MAI": "", inbox + "A2.MAI": "\x00\x01"}, false, diag.StatusFail, "Nothing could be read, 2 files tried"},
		{"nothing there", map[string]string{"Queues/SMTP/Outgoing/readme.txt": "x"}, false, diag.StatusUnknown, "Nothing to judge by"},
		{"ordinary mail", map[string]string{inbox + "A1.MAI": mail}, false, diag.StatusPass, "All quiet: nothing was refused"},
		{"one refusal says nothing of a server", map[string]string{inbox + "A1.MAI": refusal("a@x.example", "550 5.7.1 no", ago(time.Hour))}, false, diag.StatusWarn, "1 refused for good in the last 30 days, 0 accepted"},
		{"without a log nothing is said of acceptances", map[string]string{
			inbox + "A1.MAI": refusal("a@x.example", "550 5.7.1 blocked", ago(time.Hour)), inbox + "A2.MAI": refusal("b@x.example", "550 5.7.1 blocked", ago(2*time.Hour)),
		}, false, diag.StatusFail, "x.example: 2 refused since 07:30"},
		{"the provider where it refuses more than any of its domains", map[string]string{
			inbox + "A1.MAI": refusal("a@x.example", "550-5.7.1 [198.51.100.1] Our system has detected that this message is likely unsolicited mail. https://support.google.com/mail/?p=UnsolicitedMessageError - gsmtp", ago(time.Hour)),
			inbox + "A2.MAI": refusal("b@x.example", "550-5.7.1 [198.51.100.1] Our system has detected that this message is likely unsolicited mail. https://support.google.com/mail/?p=UnsolicitedMessageError - gsmtp", ago(2*time.Hour)),
			inbox + "A3.MAI": refusal("b@y.example", "550-5.7.1 [198.51.100.1] Our system has detected that this message is likely unsolicited mail. https://support.google.com/mail/?p=UnsolicitedMessageError - gsmtp", ago(3*time.Hour)),
		}, false, diag.StatusFail, "Gmail: 3 refused since 06:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, content := range tt.files {
				p := filepath.Join(root, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(p, at, at); err != nil {
					t.Fatal(err)
				}
			}
			s := session(t, nil, Options{Roots: []string{root}, Since: 30 * 24 * time.Hour})
			if tt.shut {
				s.opt.Machine.FS = closed{mailenable.Disk{}, root}
			}
			if errs := s.Locate(); len(errs) > 0 {
				t.Fatal(errs)
			}
			if h := s.Headline(s.View()); h.Status == diag.StatusPass {
				t.Errorf("before anything was read: %+v", h)
			}
			if err := s.Scan(context.Background()); err != nil {
				t.Fatal(err)
			}
			if h := s.Headline(s.View()); h.Status != tt.status || !strings.Contains(h.Text, tt.text) {
				t.Errorf("%s %q, want %s %q", h.Status, h.Text, tt.status, tt.text)
			}
		})
	}
}
