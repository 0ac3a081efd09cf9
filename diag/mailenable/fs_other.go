//go:build !linux

package mailenable

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// diskDir is a folder. On Windows its listing tells size and time of every
// file, so that nothing has to be asked again.
type diskDir struct{ root *os.Root }

func newDiskDir(r *os.Root) *diskDir { return &diskDir{root: r} }

func (d *diskDir) Close() error { return d.root.Close() }

func (d *diskDir) OpenDir(name string) (Dir, error) {
	r, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return newDiskDir(r), nil
}

func (d *diskDir) Open(name string) (File, error) { return d.root.Open(name) }

// listBatch bounds how many entries of a folder are held at once.
const listBatch = 4096

func (d *diskDir) List(visit func(Entry) bool) error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		batch, err := f.ReadDir(listBatch)
		for _, e := range batch {
			if !visit(listed(e)) {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func entryOf(name string, i fs.FileInfo) Entry {
	return Entry{Name: name, IsDir: i.IsDir(), Regular: i.Mode().IsRegular(), Size: i.Size(), ModTime: i.ModTime()}
}

func (d *diskDir) Stat(name string) (Entry, error) {
	i, err := d.root.Lstat(name)
	if err != nil {
		return Entry{}, err
	}
	return entryOf(name, i), nil
}

func (d *diskDir) Read(name string, buf []byte) (int, error) {
	n, _, err := d.ReadNew(name, buf, nil)
	return n, err
}

func (d *diskDir) ReadNew(name string, buf []byte, want func(Entry) bool) (n int, e Entry, err error) {
	f, err := d.root.Open(name)
	if err != nil {
		return 0, Entry{}, err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return 0, Entry{}, err
	}
	if e = entryOf(name, i); !e.Regular {
		return 0, e, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	if want != nil && !want(e) {
		return 0, e, nil
	}
	n, err = io.ReadFull(f, buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, e, err
}
