package act

import (
	"errors"
	"io/fs"
	"path"
	"path/filepath"

	"metriage/diag/mailenable"
)

// QueueFolder returns the queue folder that what lies in a folder of the hold
// was taken from, for Item.Folder. ok is false where the installation has none
// such any more.
func (d *Desk) QueueFolder(held string) (folder string, ok bool) {
	abs, err := filepath.Abs(held)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(filepath.Join(d.base, d.at(holdFolder)), abs)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	for _, f := range d.folders {
		if key(filepath.ToSlash(rel)) == key(f.mirror) {
			return filepath.Join(d.base, filepath.FromSlash(f.path)), true
		}
	}
	return "", false
}

// Past returns what was done to an installation, the oldest first. It only
// reads, so it needs neither a Desk nor --allow-changes. Actions that were not
// Ended were interrupted: the next Open finishes them.
func Past(fsys mailenable.FS, root string) ([]Action, error) {
	d, err := fsys.OpenDir(filepath.Join(root, homeFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer d.Close()
	f, err := d.Open(path.Base(journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return actions(func(visit func(record) error) error { return readRecords(f, visit) })
}

// Interrupted returns how many of the actions on an installation were begun
// and not ended.
func Interrupted(fsys mailenable.FS, root string) (int, error) {
	past, err := Past(fsys, root)
	n := 0
	for _, a := range past {
		if !a.Ended {
			n++
		}
	}
	return n, err
}
