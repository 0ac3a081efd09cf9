package mailenable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// FS opens folders by their full path. Disk is the real one; tests hand in
// others that lose or lock files.
type FS interface {
	OpenDir(path string) (Dir, error)
}

// Dir is one open folder. Its methods take names, not paths, so that nothing
// outside the folder can be reached.
type Dir interface {
	// List calls visit for every entry until visit returns false.
	List(visit func(Entry) bool) error
	// Stat returns the entry of name with size and time.
	Stat(name string) (Entry, error)
	// Read reads the beginning of a file into buf and closes the file at once,
	// so that MailEnable can rename and delete it. It returns the number of
	// bytes, which is len(buf) where the file may go on.
	Read(name string, buf []byte) (int, error)
	// Open opens a file to be read from offset on; used for logs.
	Open(name string) (File, error)
	OpenDir(name string) (Dir, error)
	Close() error
}

// File is an open log.
type File interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// Entry is one name in a folder.
type Entry struct {
	Name    string
	IsDir   bool
	Regular bool
	Size    int64     // -1 where listing does not tell
	ModTime time.Time // zero where listing does not tell
}

// ErrBinary says that a file is not text.
var ErrBinary = errors.New("binary, not a mail file")

// ErrEmpty says that a file has no content.
var ErrEmpty = errors.New("empty")

// Disk is the file system of this machine. Files are opened below an os.Root,
// which on Windows shares reading, writing and deleting with everybody else
// and everywhere keeps links from leading out of the folder.
type Disk struct{}

// OpenDir implements FS.
func (Disk) OpenDir(path string) (Dir, error) {
	r, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &diskDir{root: r}, nil
}

type diskDir struct{ root *os.Root }

func (d *diskDir) Close() error { return d.root.Close() }

func (d *diskDir) OpenDir(name string) (Dir, error) {
	r, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &diskDir{root: r}, nil
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
			if !visit(entryOf(e)) {
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

func entryOf(e fs.DirEntry) Entry {
	return Entry{Name: e.Name(), IsDir: e.IsDir(), Regular: e.Type().IsRegular(), Size: -1}
}

func (d *diskDir) Stat(name string) (Entry, error) {
	i, err := d.root.Lstat(name)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Name: name, IsDir: i.IsDir(), Regular: i.Mode().IsRegular(), Size: i.Size(), ModTime: i.ModTime()}, nil
}

func (d *diskDir) Read(name string, buf []byte) (int, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(f, buf)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return n, err
}

// Child returns the name of the entry of d that equals name without case,
// preferring the exact one, or "" where there is none.
func Child(d Dir, name string) (string, error) {
	found := ""
	err := d.List(func(e Entry) bool {
		if e.Name == name {
			found = name
			return false
		}
		if found == "" && strings.EqualFold(e.Name, name) {
			found = e.Name
		}
		return true
	})
	return found, err
}

// IsMail reports whether name is that of a command file or message: letters
// and digits, then ".MAI" in any case.
func IsMail(name string) bool {
	n := len(name) - len(".MAI")
	return n >= 0 && strings.EqualFold(name[n:], ".MAI")
}

// CheckText returns ErrEmpty or ErrBinary where content is no text: nothing
// at all, a NUL byte near the beginning (as git and grep judge), or many
// control characters that mail does not use.
func CheckText(content []byte) error {
	if len(content) == 0 {
		return ErrEmpty
	}
	if len(content) > 8000 {
		content = content[:8000]
	}
	odd := 0
	for _, c := range content {
		switch {
		case c == 0:
			return ErrBinary
		case c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\b' && c != 0x07 && c != 0x1B:
			odd++
		}
	}
	if odd > 4 && odd*16 > len(content) {
		return ErrBinary
	}
	return nil
}
