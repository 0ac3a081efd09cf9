package act

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"metriage/diag"
)

// lock is the file in the hold folder that keeps a second process out.
type lock struct{ file *os.File }

func takeLock(root *os.Root, path string, now time.Time) (*lock, error) {
	f, err := root.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the lock in %s: %w", holdFolder, err)
	}
	ok, err := tryLock(f)
	if err == nil && ok {
		// Who has it, for the message that another process shows.
		if err = f.Truncate(0); err == nil {
			_, err = f.WriteAt([]byte(fmt.Sprintf("process %d since %s\n", os.Getpid(), now.Format("2006-01-02 15:04:05"))), 0)
		}
		if err == nil {
			return &lock{f}, nil
		}
	}
	who, _ := io.ReadAll(io.LimitReader(f, 200))
	_ = f.Close()
	if err != nil {
		return nil, fmt.Errorf("the lock in %s: %w", holdFolder, err)
	}
	return nil, &InUseError{Who: diag.Clean(strings.TrimSpace(string(who)))}
}

func (l *lock) release() error { return l.file.Close() }
