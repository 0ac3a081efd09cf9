package index

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// faulty is a file system on which some names fail. A fault may end after a
// number of tries.
type faulty struct {
	mailenable.Disk
	mu     sync.Mutex
	faults map[string]*fault // by base name
	open   int               // folders and files that are open
	tried  map[string]int
}

type fault struct {
	err   error
	times int // 0: always
}

func (f *faulty) fails(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tried == nil {
		f.tried = map[string]int{}
	}
	f.tried[name]++
	ft := f.faults[name]
	if ft == nil || ft.times > 0 && f.tried[name] > ft.times {
		return nil
	}
	return &fs.PathError{Op: "open", Path: name, Err: ft.err}
}

func (f *faulty) OpenDir(path string) (mailenable.Dir, error) {
	if err := f.fails(filepath.Base(path)); err != nil {
		return nil, err
	}
	d, err := f.Disk.OpenDir(path)
	if err != nil {
		return nil, err
	}
	f.count(1)
	return &faultyDir{d, f}, nil
}

func (f *faulty) count(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open += n
}

type faultyDir struct {
	mailenable.Dir
	fs *faulty
}

func (d *faultyDir) ReadNew(name string, buf []byte, want func(mailenable.Entry) bool) (int, mailenable.Entry, error) {
	if err := d.fs.fails(name); err != nil {
		return 0, mailenable.Entry{}, err
	}
	return d.Dir.ReadNew(name, buf, want)
}

func (d *faultyDir) OpenDir(name string) (mailenable.Dir, error) {
	if err := d.fs.fails(name); err != nil {
		return nil, err
	}
	sub, err := d.Dir.OpenDir(name)
	if err != nil {
		return nil, err
	}
	d.fs.count(1)
	return &faultyDir{sub, d.fs}, nil
}

func (d *faultyDir) Close() error {
	d.fs.count(-1)
	return d.Dir.Close()
}

func (s *site) readWith(f *faulty) *View {
	s.t.Helper()
	class, _, err := reply.New(reply.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	found, errs := mailenable.Machine{FS: mailenable.Disk{}}.Locate([]string{s.root})
	if len(errs) > 0 {
		s.t.Fatal(errs)
	}
	x := New(found, Options{FS: f, Classifier: class, Since: 30 * 24 * time.Hour, Now: func() time.Time { return now }})
	if err := x.Scan(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	if f.open != 0 {
		s.t.Errorf("%d folders are still open", f.open)
	}
	return x.View()
}

func problems(v *View) string {
	var out []string
	for _, p := range v.Problems() {
		out = append(out, filepath.Base(p.Path)+": "+p.What)
	}
	return strings.Join(out, "|")
}

func TestFaultsAreCountedAndTheRestGoesOn(t *testing.T) {
	at := now.Add(-time.Hour)
	locked := mailenable.ErrLocked
	tests := []struct {
		name   string
		faults map[string]*fault
		want   diag.Totals
		words  string
	}{
		{"nothing wrong", nil, diag.Totals{Files: 4, Messages: 3, Failures: 2, E0193: 2, Waiting: 1}, ""},
		{"gone before it was read", map[string]*fault{id(1): {err: fs.ErrNotExist}}, diag.Totals{Files: 4, Messages: 3, Failures: 1, E0193: 1, Waiting: 1, Vanished: 1}, ""},
		{"forbidden", map[string]*fault{id(1): {err: fs.ErrPermission}}, diag.Totals{Files: 4, Messages: 3, Failures: 1, E0193: 1, Waiting: 1, Unreadable: 1}, "may not read it"},
		{"in use once", map[string]*fault{id(1): {err: locked, times: 1}}, diag.Totals{Files: 4, Messages: 3, Failures: 2, E0193: 2, Waiting: 1}, ""},
		{"in use twice", map[string]*fault{id(1): {err: locked}}, diag.Totals{Files: 4, Messages: 3, Failures: 1, E0193: 1, Waiting: 1, Unreadable: 1}, "in use by another program"},
		{"both halves in use", map[string]*fault{id(5): {err: locked}}, diag.Totals{Files: 4, Messages: 3, Failures: 2, E0193: 2, Unreadable: 2}, "in use"},
		{"a mailbox that may not be listed", map[string]*fault{"bob": {err: fs.ErrPermission}}, diag.Totals{Files: 3, Messages: 2, Failures: 1, E0193: 1, Waiting: 1, Unlisted: 1}, "bob: this account may not read it"},
		{"messages that may not be listed", map[string]*fault{"Messages": {err: fs.ErrPermission}}, diag.Totals{Files: 3, Messages: 3, Failures: 2, E0193: 2, Waiting: 1, Unlisted: 1}, "Messages: this account may not read it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.file(inbox+id(1), header("anna@ours.example", at, "a")+e0193(id(8), "x.example", "554 no"))
			s.file("Postoffices/acme/MAILROOT/bob/Inbox/"+id(2), header("bob@ours.example", at, "b")+e0193(id(9), "y.example", "554 no"))
			s.file(out+id(5), envelopeFile("z.example", "a@ours.example", "b@z.example", 0, 0))
			s.file(out+"Messages/"+id(5), "Subject: x\r\n\r\nhi\r\n")
			v := s.readWith(&faulty{faults: tt.faults})
			if got := v.Totals(); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if p := problems(v); tt.words == "" && p != "" || !strings.Contains(p, tt.words) {
				t.Errorf("problems %q", p)
			}
		})
	}
}
