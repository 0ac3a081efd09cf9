//go:build !windows

package mailenable

import (
	"errors"
	"syscall"
)

// ErrLocked is what this system answers where another program has a file open
// without sharing it.
const ErrLocked = syscall.EBUSY

// Locked reports whether err says that another program has a file open without
// sharing it.
func Locked(err error) bool {
	return errors.Is(err, ErrLocked) || errors.Is(err, syscall.ETXTBSY)
}
