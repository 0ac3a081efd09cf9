//go:build !windows

package act

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes an exclusive lock that the system drops when the process ends.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// otherVolume reports whether a rename failed because it would have to copy.
func otherVolume(err error) bool { return errors.Is(err, syscall.EXDEV) }
