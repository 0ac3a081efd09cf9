package act

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"metriage/diag/mailenable"
)

// Held is a folder of held messages: what was taken out of one queue folder.
type Held struct {
	// Path is where the held files lie: command files here, messages in the
	// subfolder Messages, as in a queue folder.
	Path string
	// Folder is the queue folder they came from, for Item.Folder; "" where it
	// lies outside the data directory and only the journal knows.
	Folder string
	// Name is Folder below the data directory with slashes.
	Name     string
	Messages string // spelling of the subfolder
	Files    int    // command files and messages
}

// maxHeldDepth bounds how deep the hold is searched.
const maxHeldDepth = 8

// HeldFolders lists what is held of an installation. It only reads, so it needs
// neither a Desk nor --allow-changes.
func HeldFolders(fsys mailenable.FS, root string) ([]Held, error) {
	var out []Held
	err := heldBelow(fsys, root, filepath.Join(root, filepath.FromSlash(holdFolder)), "", 0, &out)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return out, err
}

func heldBelow(fsys mailenable.FS, root, dir, name string, depth int, out *[]Held) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	var subs []string
	h := Held{Path: dir, Name: name}
	err = d.List(func(e mailenable.Entry) bool {
		switch {
		case e.IsDir && strings.EqualFold(e.Name, "Messages"):
			h.Messages = e.Name
		case e.IsDir:
			subs = append(subs, e.Name)
		case e.Regular && mailenable.IsMail(e.Name):
			h.Files++
		}
		return true
	})
	if err == nil && h.Messages != "" {
		var m mailenable.Dir
		if m, err = d.OpenDir(h.Messages); err == nil {
			err = m.List(func(e mailenable.Entry) bool {
				if e.Regular && mailenable.IsMail(e.Name) {
					h.Files++
				}
				return true
			})
			_ = m.Close()
		}
	}
	_ = d.Close()
	if err != nil {
		return err
	}
	if h.Files > 0 {
		if !strings.HasPrefix(name, "elsewhere-") {
			h.Folder = filepath.Join(root, filepath.FromSlash(name))
		}
		*out = append(*out, h)
	}
	if depth == maxHeldDepth {
		return nil
	}
	for _, s := range subs {
		if err := heldBelow(fsys, root, filepath.Join(dir, s), strings.TrimPrefix(name+"/"+s, "/"), depth+1, out); err != nil {
			return err
		}
	}
	return nil
}
