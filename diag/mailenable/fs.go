package mailenable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
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
	// ReadNew is Read that hands over size and time of the file too, as they
	// were when it was opened. Where want says no to them nothing is read. What
	// is no regular file is an error.
	ReadNew(name string, buf []byte, want func(Entry) bool) (int, Entry, error)
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

var errNotRegular = errors.New("no regular file")

// Disk is the file system of this machine. Folders are opened as an os.Root
// and files below it by their name alone: no link leads out of a folder, and on
// Windows reading, writing and deleting is shared with everybody else.
type Disk struct{}

// OpenDir implements FS.
func (Disk) OpenDir(path string) (Dir, error) {
	r, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return newDiskDir(r), nil
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

// oddByte is 1 for control characters that mail does not use.
var oddByte = func() (t [256]uint8) {
	for c := range 0x20 {
		if !strings.ContainsRune("\t\n\r\f\b\x07\x1B", rune(c)) {
			t[c] = 1
		}
	}
	return t
}()

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
	size := len(content)
	if bytes.IndexByte(content, 0) >= 0 {
		return ErrBinary
	}
	odd := 0
	for len(content) >= 8 {
		// Eight bytes at once: none of them below 0x20 is the usual case.
		w := binary.LittleEndian.Uint64(content)
		if (w-0x2020202020202020)&^w&0x8080808080808080 != 0 {
			for _, c := range content[:8] {
				odd += int(oddByte[c])
			}
		}
		content = content[8:]
	}
	for _, c := range content {
		odd += int(oddByte[c])
	}
	if odd > 4 && odd*16 > size {
		return ErrBinary
	}
	return nil
}
