package mailenable

import "io/fs"

// listed takes size and time from the listing, which has them.
func listed(e fs.DirEntry) Entry {
	if i, err := e.Info(); err == nil {
		return entryOf(e.Name(), i)
	}
	return Entry{Name: e.Name(), IsDir: e.IsDir(), Regular: e.Type().IsRegular(), Size: -1}
}
