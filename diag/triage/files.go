package triage

import (
	"errors"
	"fmt"
	"path/filepath"

	"metriage/diag/mailenable"
)

// MaxShown is how much of a file the detail shows.
const MaxShown = 256 << 10

// OpenMail reads a message of the queue and takes it apart; more reports that it
// is longer than what was read. It may have gone in the meantime.
func (s *Session) OpenMail(path string) (m Mail, more bool, err error) {
	m, more, err = mailenable.OpenMailAt(s.opt.Machine.FS, filepath.Dir(path), filepath.Base(path))
	if err != nil {
		err = fmt.Errorf("%s: %s", path, mailenable.Why(err))
	}
	return m, more, err
}

// ReadFile reads the beginning of a file that the index named, for the Raw
// tab. It may have gone in the meantime.
func (s *Session) ReadFile(path string) (content []byte, more bool, err error) {
	if path == "" {
		return nil, false, errors.New("only the log has it; there is no file")
	}
	d, err := s.opt.Machine.FS.OpenDir(filepath.Dir(path))
	if err != nil {
		return nil, false, fmt.Errorf("%s: %s", path, mailenable.Why(err))
	}
	defer d.Close()
	buf := make([]byte, MaxShown+1)
	n, err := d.Read(filepath.Base(path), buf)
	if err == nil {
		err = mailenable.CheckText(buf[:n])
	}
	if err != nil {
		return nil, false, fmt.Errorf("%s: %s", path, mailenable.Why(err))
	}
	if n > MaxShown {
		return buf[:MaxShown], true, nil
	}
	return buf[:n], false, nil
}
