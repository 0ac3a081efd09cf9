package audit

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
	"metriage/diag/sample"
)

var testNow = time.Date(2026, 11, 24, 7, 30, 0, 0, time.UTC)

// audited is a sample with what was read of it.
type audited struct {
	root   string
	c      *Collector
	in     Inputs
	truth  sample.Truth
	scene  sample.Scene
	rows   []QueueRow
	inst   mailenable.Installation
	config mailenable.Config
}

// write makes the sample of a story and reads it: logs, settings and queue.
func write(t testing.TB, o sample.Options) *audited {
	t.Helper()
	a := &audited{root: filepath.Join(t.TempDir(), "tree")}
	var err error
	if o.Now.IsZero() {
		o.Now = testNow
	}
	if a.truth, err = sample.Write(context.Background(), a.root, o); err != nil {
		t.Fatal(err)
	}
	if a.scene, err = o.Scene(); err != nil {
		t.Fatal(err)
	}
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{a.root})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	a.inst = found[0]
	a.read(t, o.Now)
	return a
}

func (a *audited) read(t testing.TB, now time.Time) {
	t.Helper()
	fsys := mailenable.Disk{}
	a.config = a.inst.ReadConfig(context.Background(), fsys)
	reg, _, err := a.inst.RegExport(fsys)
	if err != nil || reg == nil {
		t.Fatal("no registry export: ", err)
	}
	settings := mailenable.ReadSettings(reg)
	a.c = New(Options{Local: a.config.Domains, Provider: reply.Provider})
	layout := a.inst.Layout(fsys)
	for _, dir := range layout.LogDirs {
		a.logs(t, dir, mailenable.IsActivityLog)
		a.logs(t, dir, mailenable.IsDebugLog)
	}
	orphans := a.queue(t, layout.Folders)
	a.in = Inputs{Now: now, Settings: &settings, Config: &a.config, Queue: slices.Values(a.rows), Orphans: orphans}
}

// logs feeds the collector with the logs of one kind, by day.
func (a *audited) logs(t testing.TB, dir string, is func(string) bool) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !is(e.Name()) {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		day, _ := mailenable.LogDate(e.Name(), time.UTC)
		rows, debug := mailenable.NewActivityParser(time.UTC, day), mailenable.NewDebugParser(time.UTC, day)
		_, err = mailenable.ReadLines(f, func(line []byte) bool {
			if mailenable.IsDebugLog(e.Name()) {
				if d, ok := debug.Parse(line); ok {
					a.c.AddDebug(d)
				}
			} else if r, ok := rows.Parse(line); ok {
				a.c.Add(r)
			} else if m, ok := mailenable.ParseServiceMark(line, time.UTC); ok {
				a.c.AddMark(m)
			}
			return true
		})
		_ = f.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// queue reads the command files of all queue folders and Bad Mail.
func (a *audited) queue(t testing.TB, folders []mailenable.Folder) (orphans int) {
	t.Helper()
	a.rows = nil
	for _, f := range folders {
		if !f.Paired() {
			continue
		}
		messages := map[string]bool{}
		entries, _ := os.ReadDir(filepath.Join(f.Path, f.Messages))
		for _, e := range entries {
			if !e.IsDir() {
				messages[strings.ToUpper(e.Name())] = true
			}
		}
		entries, err := os.ReadDir(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() || !mailenable.IsMail(e.Name()) {
				continue
			}
			b, err := os.ReadFile(filepath.Join(f.Path, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if !messages[strings.ToUpper(e.Name())] {
				orphans++
			}
			delete(messages, strings.ToUpper(e.Name()))
			i, _ := e.Info()
			env := mailenable.ParseEnvelope(e.Name(), b)
			r := QueueRow{
				ID: env.ID, Outgoing: f.Outgoing, BadMail: f.Kind == mailenable.KindBadMail, Destination: diag.DomainKey(env.Domain),
				Recipients: len(env.Recipients), Sender: strings.ToLower(env.Sender), Null: env.NullSender, Account: env.Account, User: env.User,
				Client: env.ClientIP, Status: env.Status, StatusCode: env.StatusCode, Retries: env.Retries, Subject: env.Subject,
				Since: env.Acquired, Changed: i.ModTime(), Size: i.Size(),
			}
			if r.Destination == "" && len(env.Recipients) > 0 {
				r.Destination = diag.AddressDomain(env.Recipients[0])
			}
			if r.Since.IsZero() {
				r.Since = i.ModTime()
			}
			a.rows = append(a.rows, r)
		}
		orphans += len(messages)
	}
	return orphans
}

// wrong returns the codes that warn or fail.
func wrong(fs []diag.Finding) []string {
	var out []string
	for _, f := range fs {
		if f.Status == diag.StatusWarn || f.Status == diag.StatusFail {
			out = append(out, f.Code)
		}
	}
	slices.Sort(out)
	return out
}

func byCode(fs []diag.Finding, code string) diag.Finding {
	for _, f := range fs {
		if f.Code == code {
			return f
		}
	}
	return diag.Finding{}
}

// TestStories: exactly the findings that a story promises fire, at any size and
// seed.
func TestStories(t *testing.T) {
	for _, st := range sample.Stories() {
		if st.Name == "" {
			continue // promises nothing
		}
		t.Run(st.Name, func(t *testing.T) {
			for _, o := range []sample.Options{{Messages: 400}, {Messages: 400, Seed: 1}, {Messages: 2500, Seed: 2}, {Messages: 400, Seed: 5, Now: testNow.Add(-75 * time.Hour)}} {
				o.Story = st.Name
				a := write(t, o)
				got := a.c.Findings(a.in)
				complete(t, got)
				want := slices.Sorted(slices.Values(st.Audit))
				if w := wrong(got); !slices.Equal(w, want) {
					t.Errorf("%d messages, seed %d: %v fire, the story says %v", o.Messages, o.Seed, w, want)
				}
				for _, f := range got {
					if f.Status == diag.StatusUnknown && f.Code != "" {
						t.Errorf("%d messages, seed %d: %s is unknown: %s", o.Messages, o.Seed, f.Code, f.Summary)
					}
					if testing.Verbose() {
						t.Logf("%-5s %-21s %s", f.Status, f.Code, f.Summary)
					}
				}
			}
		})
	}
}

// complete checks that there is one finding for each code, in order, with words.
func complete(t testing.TB, fs []diag.Finding) {
	t.Helper()
	var codes []string
	for _, f := range fs {
		codes = append(codes, f.Code)
		if f.Check != Check || f.Summary == "" || f.Status == "" || f.Status == diag.StatusSkipped || f.Asked.IsZero() {
			t.Errorf("%+v", f)
		}
		if f.Summary != diag.Clean(f.Summary) || !strings.HasSuffix(f.Summary, ".") {
			t.Errorf("%s: %q", f.Code, f.Summary)
		}
	}
	if !slices.Equal(codes, Codes()) {
		t.Errorf("codes %v", codes)
	}
}
