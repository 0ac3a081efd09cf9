package index

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"metriage/diag/mailenable"
	"metriage/diag/reply"
)

// watched is a file system that tells of every name it lists in a folder.
type watched struct {
	mailenable.Disk
	each func()
}

func (w watched) OpenDir(path string) (mailenable.Dir, error) {
	d, err := w.Disk.OpenDir(path)
	return watchedDir{d, w.each}, err
}

type watchedDir struct {
	mailenable.Dir
	each func()
}

func (d watchedDir) OpenDir(name string) (mailenable.Dir, error) {
	sub, err := d.Dir.OpenDir(name)
	return watchedDir{sub, d.each}, err
}

func (d watchedDir) List(visit func(mailenable.Entry) bool) error {
	return d.Dir.List(func(e mailenable.Entry) bool {
		defer d.each()
		return visit(e)
	})
}

// A long listing tells how far it is before it ends, and counts nothing twice.
func TestListingTellsHowFar(t *testing.T) {
	root := t.TempDir()
	out := filepath.Join(root, "Queues", "SMTP", "Outgoing")
	if err := os.MkdirAll(filepath.Join(out, "Messages"), 0o755); err != nil {
		t.Fatal(err)
	}
	const n = 2*countNames + 100
	first := ""
	for i := range n {
		path := filepath.Join(out, "Messages", fmt.Sprintf("%032X.MAI", i))
		if i%2000 != 0 && os.Link(first, path) == nil {
			continue // names for few files are made quickly
		}
		if err := os.WriteFile(path, []byte("Subject: x\r\n\r\nhi\r\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		first = path
	}
	var x *Index
	seen := map[int]bool{}
	fs := watched{each: func() {
		p := x.Progress()
		if p.Files > 0 || p.Done {
			return
		}
		if seen[p.Found] = true; p.Found > 0 && p.Folder != "Queues/SMTP/Outgoing" {
			t.Errorf("%d found in %q", p.Found, p.Folder)
		}
	}}
	class, _, err := reply.New(reply.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x = New([]mailenable.Installation{{Root: root}}, Options{FS: fs, Classifier: class})
	if err := x.Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 3 || !seen[0] || !seen[countNames] || !seen[2*countNames] {
		t.Errorf("found while it was listed: %v", seen)
	}
	if p := x.Progress(); p.Found != n || p.Files != n || !p.Done {
		t.Errorf("at the end %+v, want %d", p, n)
	}
}
