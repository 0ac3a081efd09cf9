//go:build unix

package runbook

import (
	"os"

	"golang.org/x/sys/unix"
)

// TakeLock opens a lock file and locks it until it is closed; an error means
// that somebody else holds it.
func TakeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
