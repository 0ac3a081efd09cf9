package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"metriage/diag/mailenable"
)

// faultEnv makes the test binary the program with a fault: its value says which
// one. The program itself knows nothing of it.
const faultEnv = "METRIAGE_TEST_FAULT"

// faulty is the program on this machine with the fault that a test asks for:
//
//	view   drawing panics once a file of the name "go" lies in the folder for temporary files
//	file   reading a file whose name begins with CRASH panics
//	folder listing a folder of the name Crash panics
func faulty() program {
	p := thisMachine()
	switch os.Getenv(faultEnv) {
	case "view":
		var fell atomic.Bool
		signal := filepath.Join(os.TempDir(), "go")
		p.now = func() time.Time {
			if _, err := os.Stat(signal); err == nil && strings.Contains(string(debug.Stack()), "tui.(*Model).View") && !fell.Swap(true) {
				panic("fault for a test")
			}
			return time.Now()
		}
	case "file", "folder":
		p.machine.FS = brittleFS{p.machine.FS}
	}
	return p
}

// brittleFS panics at some names.
type brittleFS struct{ mailenable.FS }

func (f brittleFS) OpenDir(path string) (mailenable.Dir, error) {
	d, err := f.FS.OpenDir(path)
	if err != nil {
		return nil, err
	}
	return brittleDir{d, filepath.Base(path)}, nil
}

type brittleDir struct {
	mailenable.Dir
	name string
}

func (d brittleDir) OpenDir(name string) (mailenable.Dir, error) {
	sub, err := d.Dir.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return brittleDir{sub, name}, nil
}

func (d brittleDir) List(visit func(mailenable.Entry) bool) error {
	if d.name == "Crash" {
		panic("fault for a test")
	}
	return d.Dir.List(visit)
}

func (d brittleDir) ReadNew(name string, buf []byte, want func(mailenable.Entry) bool) (int, mailenable.Entry, error) {
	if strings.HasPrefix(name, "CRASH") {
		panic("fault for a test")
	}
	return d.Dir.ReadNew(name, buf, want)
}
