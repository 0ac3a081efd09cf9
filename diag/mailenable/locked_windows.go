package mailenable

import (
	"errors"

	"golang.org/x/sys/windows"
)

// ErrLocked is what this system answers where another program has a file open
// without sharing it.
const ErrLocked = windows.ERROR_SHARING_VIOLATION

// Locked reports whether err says that another program has a file open without
// sharing it.
func Locked(err error) bool {
	return errors.Is(err, ErrLocked) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
