package act

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"metriage/diag/mailenable"
)

// errHalf says that one half of a pair was moved and the other can be moved
// neither after it nor the first one back. The next start tries again.
var errHalf = errors.New("one half of a message was moved and the other could not be")

// errTaken says that MailEnable works on a message right now.
var errTaken = errors.New("MailEnable is working on it (Sending or Delivering)")

// errThere says that a file of that name is already at the target.
var errThere = errors.New("a file of that name is already there")

// move moves one pair from one place of its action to the other. Either both
// halves move or neither does.
func (d *Desk) move(w *work, p *pair) error {
	f := w.folder(p)
	if f == nil {
		return errNoFolder
	}
	fromC, fromM := d.paths(w.from, f, p)
	toC, toM := d.paths(w.to, f, p)
	if d.exists(toC) && p.hasCommand() || d.exists(toM) && p.hasMessage() {
		return errThere
	}
	if w.to != inQueue {
		if _, _, err := d.in(toM); err != nil {
			if err := d.root.MkdirAll(filepath.Dir(toM), 0o755); err != nil {
				return err
			}
		}
	}
	if w.from == inQueue && p.hasCommand() {
		if err := d.free(fromC); err != nil {
			return err
		}
	}
	// Into the queue the command file goes last, out of it first.
	first, second := half{fromC, toC, p.hasCommand()}, half{fromM, toM, p.hasMessage()}
	if w.to == inQueue {
		first, second = second, first
	}
	if first.has {
		if err := d.rename(first); err != nil {
			return err
		}
	}
	if w.from == inQueue && p.hasCommand() {
		// MailEnable may have taken it between the look and the move.
		if err := d.free(toC); err != nil {
			if back := d.rename(half{toC, fromC, true}); back != nil {
				return fmt.Errorf("%w: %v", errHalf, back)
			}
			return err
		}
	}
	if !second.has {
		return nil
	}
	err := d.rename(second)
	if err == nil || !first.has {
		return err
	}
	if !d.exists(second.from) && w.from == inQueue {
		return nil // the message went away by itself; its command file is safe
	}
	if back := d.rename(half{first.to, first.from, true}); back != nil {
		return fmt.Errorf("%w: %v", errHalf, back)
	}
	return err
}

// half is one file of a pair on its way.
type half struct {
	from, to string
	has      bool
}

// rename moves one file. Both folders were opened below the root before, which
// keeps links from leading elsewhere; the rename itself goes by full paths,
// since it takes two folders.
func (d *Desk) rename(h half) error {
	for _, p := range []string{h.from, h.to} {
		if _, _, err := d.in(p); err != nil {
			return err
		}
	}
	if err := os.Rename(filepath.Join(d.base, h.from), filepath.Join(d.base, h.to)); err != nil {
		return err
	}
	d.opt.after("rename " + filepath.ToSlash(h.to))
	return nil
}

// free reports errTaken where the command file says that MailEnable works on
// the message, unless the services are stopped. A file that cannot be read is
// not free either.
func (d *Desk) free(path string) error {
	e, err := d.envelope(path)
	if err != nil {
		return err
	}
	if busy(e) && !d.stopped() {
		return errTaken
	}
	return nil
}

// busy reports whether a status is one of those under which MailEnable works on
// a message.
func busy(status string) bool {
	return strings.EqualFold(status, "Sending") || strings.EqualFold(status, "Delivering")
}

// envelope returns the status in a command file.
func (d *Desk) envelope(path string) (status string, err error) {
	dir, name, err := d.in(path)
	if err != nil {
		return "", err
	}
	f, err := dir.Open(name)
	if err != nil {
		return "", err
	}
	if d.buf == nil {
		d.buf = make([]byte, mailenable.MaxEnvelope)
	}
	buf, n := d.buf, 0
	for n < len(buf) {
		k, rerr := f.Read(buf[n:])
		n += k
		if rerr != nil {
			break
		}
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return mailenable.ParseEnvelope(filepath.Base(path), buf[:n]).Status, nil
}
