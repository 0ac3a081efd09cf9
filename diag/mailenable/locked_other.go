//go:build !windows

package mailenable

import (
	"errors"
	"syscall"
)

// Locked reports whether err says that another program has a file open without
// sharing it.
func Locked(err error) bool {
	return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.ETXTBSY)
}
