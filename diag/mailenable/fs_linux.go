package mailenable

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// diskDir is a folder on Linux. Hundreds of thousands of small files are read
// through it, so files are opened relative to the folder and without an
// os.File, whose registration with the poller costs more than the reading.
type diskDir struct {
	root *os.Root

	once sync.Once
	self *os.File // the folder itself, from which names are resolved
	fd   int
	err  error
}

func newDiskDir(r *os.Root) *diskDir { return &diskDir{root: r} }

// handle returns the descriptor of the folder.
func (d *diskDir) handle() (int, error) {
	d.once.Do(func() {
		if d.self, d.err = d.root.Open("."); d.err == nil {
			d.fd = int(d.self.Fd())
		}
	})
	return d.fd, d.err
}

func (d *diskDir) Close() error {
	d.once.Do(func() { d.err = fs.ErrClosed })
	if d.self != nil {
		_ = d.self.Close()
	}
	return d.root.Close()
}

func (d *diskDir) OpenDir(name string) (Dir, error) {
	r, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return newDiskDir(r), nil
}

func (d *diskDir) Open(name string) (File, error) { return d.root.Open(name) }

// Room for the entries of a folder: most are small, queues are not.
const (
	firstRoom = 4 << 10
	moreRoom  = 64 << 10
)

func (d *diskDir) List(visit func(Entry) bool) error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	fd := int(f.Fd())
	buf := make([]byte, firstRoom)
	for {
		n, err := again(func() (int, error) { return unix.ReadDirent(fd, buf) })
		if err != nil {
			return &fs.PathError{Op: "readdir", Path: f.Name(), Err: err}
		}
		if n <= 0 {
			return nil
		}
		more, err := d.entries(buf[:n], visit)
		if err != nil || !more {
			return err
		}
		if len(buf) < moreRoom {
			buf = make([]byte, moreRoom)
		}
	}
}

// The fields of struct linux_dirent64, getdents64(2).
const (
	direntLen  = 16
	direntType = 18
	direntName = 19
)

// entries visits what one call of getdents64 returned.
func (d *diskDir) entries(b []byte, visit func(Entry) bool) (more bool, err error) {
	for len(b) >= direntName {
		n := int(binary.NativeEndian.Uint16(b[direntLen:]))
		if n < direntName || n > len(b) {
			return false, errors.New("the listing of the folder is broken")
		}
		name := b[direntName:n]
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		kind := b[direntType]
		b = b[n:]
		if string(name) == "." || string(name) == ".." {
			continue
		}
		e := Entry{Name: string(name), Size: -1}
		switch kind {
		case unix.DT_DIR:
			e.IsDir = true
		case unix.DT_REG:
			e.Regular = true
		case unix.DT_UNKNOWN: // this file system does not tell
			if e, err = d.Stat(e.Name); errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return false, err
			}
		}
		if !visit(e) {
			return false, nil
		}
	}
	return true, nil
}

func (d *diskDir) Stat(name string) (Entry, error) {
	fd, err := d.at("stat", name)
	if err != nil {
		return Entry{}, err
	}
	var st unix.Stat_t
	if _, err := again(func() (int, error) { return 0, unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) }); err != nil {
		return Entry{}, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return statEntry(name, &st), nil
}

func statEntry(name string, st *unix.Stat_t) Entry {
	kind := st.Mode & unix.S_IFMT
	return Entry{
		Name: name, IsDir: kind == unix.S_IFDIR, Regular: kind == unix.S_IFREG,
		Size: st.Size, ModTime: time.Unix(st.Mtim.Unix()),
	}
}

func (d *diskDir) Read(name string, buf []byte) (int, error) {
	n, _, err := d.ReadNew(name, buf, nil)
	return n, err
}

func (d *diskDir) ReadNew(name string, buf []byte, want func(Entry) bool) (n int, e Entry, err error) {
	fd, err := d.at("open", name)
	if err != nil {
		return 0, Entry{}, err
	}
	// Not blocking: a name that became a pipe must not hold us up.
	const flags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY
	file, err := again(func() (int, error) { return unix.Openat(fd, name, flags, 0) })
	if err != nil {
		return 0, Entry{}, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(file)
	var st unix.Stat_t
	if err := unix.Fstat(file, &st); err != nil {
		return 0, Entry{}, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	if e = statEntry(name, &st); !e.Regular {
		return 0, e, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	if want != nil && !want(e) {
		return 0, e, nil
	}
	for n < len(buf) {
		got, err := again(func() (int, error) { return unix.Read(file, buf[n:]) })
		if err != nil {
			return n, e, &fs.PathError{Op: "read", Path: name, Err: err}
		}
		if n += max(got, 0); got <= 0 || int64(n) >= st.Size {
			break
		}
	}
	return n, e, nil
}

// at returns the descriptor from which name is resolved.
func (d *diskDir) at(op, name string) (int, error) {
	if name == "" || name == ".." || strings.ContainsAny(name, "/\x00") {
		return 0, &fs.PathError{Op: op, Path: name, Err: errors.New("path escapes from parent")}
	}
	fd, err := d.handle()
	if err != nil {
		return 0, err
	}
	return fd, nil
}

// again repeats a system call that a signal broke off.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
