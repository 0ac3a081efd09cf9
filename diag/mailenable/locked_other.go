//go:build !windows

package mailenable

import (
	"errors"
	"syscall"
)

// isLocked reports whether another program has the file open without sharing.
func isLocked(err error) bool {
	return errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.ETXTBSY)
}
