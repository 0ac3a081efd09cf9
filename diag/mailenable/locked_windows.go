package mailenable

import (
	"errors"

	"golang.org/x/sys/windows"
)

// Locked reports whether err says that another program has a file open without
// sharing it.
func Locked(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
