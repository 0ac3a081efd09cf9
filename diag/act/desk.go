package act

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"metriage/diag/mailenable"
)

// Options are what a Desk works with.
type Options struct {
	// Root is the data directory of the installation.
	Root string
	// Folders are the folders that may be changed; see mailenable.Layout.
	// Mailboxes are never among them.
	Folders []mailenable.Folder
	// Allow is --allow-changes. Without it nothing can be opened.
	Allow bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Stopped says whether the services that move queue files are stopped; nil,
	// or known false, counts as running. ServicesStopped asks this machine.
	Stopped func() (stopped, known bool)

	// after is called behind each change on disk; tests interrupt there.
	after func(what string)
}

// ErrNotAllowed is what Open answers without Options.Allow.
var ErrNotAllowed = errors.New("changes are not allowed; start metriage with --allow-changes")

// InUseError says that another process is changing the installation.
type InUseError struct{ Who string }

func (e *InUseError) Error() string {
	who := "another metriage"
	if e.Who != "" {
		who += " (" + e.Who + ")"
	}
	return who + " is changing this installation; close it first"
}

// Desk is where actions are done, one at a time. Its methods are not safe for
// concurrent use. Close releases the lock.
type Desk struct {
	opt     Options
	base    string // what root is opened at
	data    string // the data directory below base, with slashes
	root    *os.Root
	lock    *lock
	journal *journal
	folders map[string]*folder  // by path below base
	dirs    map[string]*os.Root // folders that the action under way uses
	folds   bool                // the volume finds names in any letters
	buf     []byte              // what envelope reads into, of a command file each
	// Recovered says what the start finished of an action that was interrupted.
	Recovered []Result
}

// folder is one folder that may be changed.
type folder struct {
	path     string // below base, with slashes
	mirror   string // its name in hold and trash
	messages string // subfolder, "" where it is not known
	names    map[string]string
}

// Open prepares the hold of an installation, takes the lock and recovers what
// was interrupted. It creates DATA\metriage and nothing else. ctx bounds the
// recovery.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if !o.Allow {
		return nil, ErrNotAllowed
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.after == nil {
		o.after = func(string) {}
	}
	d := &Desk{opt: o, folders: map[string]*folder{}, dirs: map[string]*os.Root{}}
	if err := d.open(ctx); err != nil {
		_ = d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Desk) open(ctx context.Context) (err error) {
	data, err := filepath.Abs(d.opt.Root)
	if err != nil {
		return fmt.Errorf("changing %s: %w", d.opt.Root, err)
	}
	if i, err := os.Stat(data); err != nil || !i.IsDir() {
		return fmt.Errorf("changing %s: no such folder", d.opt.Root)
	}
	d.base = data
	var paths []string
	for _, f := range d.opt.Folders {
		if !f.Paired() || f.Ours() {
			continue
		}
		p, err := filepath.Abs(f.Path)
		if err != nil {
			return fmt.Errorf("changing %s: %w", f.Path, err)
		}
		paths = append(paths, p)
		if d.base = common(d.base, p); d.base == "" {
			return fmt.Errorf("changing %s: it lies on another volume than the data directory %s", f.Path, data)
		}
	}
	if d.root, err = os.OpenRoot(d.base); err != nil {
		return fmt.Errorf("changing %s: %w", d.base, err)
	}
	d.data = d.below(data)
	for i, p := range paths {
		rel := d.below(p)
		d.folders[key(rel)] = &folder{path: rel, mirror: d.mirror(data, p, i), messages: ""}
	}
	for _, dir := range []string{holdFolder, trashFolder} {
		if err := d.root.MkdirAll(filepath.FromSlash(path.Join(d.data, dir)), 0o755); err != nil {
			return fmt.Errorf("making %s below %s: %w", dir, data, err)
		}
	}
	d.folds = d.foldsNames()
	if d.lock, err = takeLock(d.root, d.at(lockFile), d.opt.Now()); err != nil {
		return err
	}
	if d.journal, err = openJournal(d.root, d.at(journalFile)); err != nil {
		return fmt.Errorf("the journal in %s: %w", homeFolder, err)
	}
	return d.recover(ctx)
}

// foldsNames reports whether the volume finds our folder in other letters.
func (d *Desk) foldsNames() bool {
	a, err := d.root.Stat(d.at(homeFolder))
	if err != nil {
		return false
	}
	b, err := d.root.Stat(d.at(strings.ToUpper(homeFolder)))
	return err == nil && os.SameFile(a, b)
}

// at is a place of ours below base.
func (d *Desk) at(name string) string { return filepath.FromSlash(path.Join(d.data, name)) }

// below returns the path of p below base with slashes.
func (d *Desk) below(p string) string {
	rel, err := filepath.Rel(d.base, p)
	if err != nil {
		return "."
	}
	return filepath.ToSlash(rel)
}

// fromData returns a path below base as it is from the data directory.
func (d *Desk) fromData(p string) string {
	rel, err := filepath.Rel(filepath.FromSlash(d.data), filepath.FromSlash(p))
	if err != nil {
		return p
	}
	return filepath.ToSlash(rel)
}

// mirror names a folder in hold and trash: as below the data directory, so that
// the tree tells where everything belongs even without the journal.
func (d *Desk) mirror(data, p string, n int) string {
	if rel, err := filepath.Rel(data, p); err == nil && filepath.IsLocal(rel) && rel != "." {
		return filepath.ToSlash(rel)
	}
	return fmt.Sprintf("elsewhere-%d/%s", n, filepath.Base(p))
}

// common returns the deepest folder that holds both, "" where there is none.
func common(a, b string) string {
	for {
		if rel, err := filepath.Rel(a, b); err == nil && filepath.IsLocal(rel) {
			return a
		}
		up := filepath.Dir(a)
		if up == a {
			return ""
		}
		a = up
	}
}

// key compares paths as the system does.
func key(p string) string {
	if runtime.GOOS == "windows" {
		return strings.ToLower(p)
	}
	return p
}

// Close releases the lock. The journal and what is held stay.
func (d *Desk) Close() error {
	var errs []error
	d.forget()
	if d.journal != nil {
		errs = append(errs, d.journal.close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.release())
	}
	if d.root != nil {
		errs = append(errs, d.root.Close())
	}
	return errors.Join(errs...)
}

// in opens the folder of a path below base once for an action. Links that lead
// out of base are refused.
func (d *Desk) in(p string) (dir *os.Root, name string, err error) {
	at, name := filepath.Dir(p), filepath.Base(p)
	if dir = d.dirs[at]; dir == nil {
		if dir, err = d.root.OpenRoot(at); err != nil {
			return nil, name, err
		}
		d.dirs[at] = dir
	}
	return dir, name, nil
}

// forget closes the folders that in opened.
func (d *Desk) forget() {
	for at, dir := range d.dirs {
		_ = dir.Close()
		delete(d.dirs, at)
	}
}

// lstat looks at a path below base.
func (d *Desk) lstat(p string) (fs.FileInfo, error) {
	dir, name, err := d.in(p)
	if err != nil {
		return nil, err
	}
	return dir.Lstat(name)
}

// exists reports whether there is something at a path below base.
func (d *Desk) exists(p string) bool {
	_, err := d.lstat(p)
	return !errors.Is(err, fs.ErrNotExist)
}

// stopped reports whether the services are known to be stopped.
func (d *Desk) stopped() bool {
	if d.opt.Stopped == nil {
		return false
	}
	stopped, known := d.opt.Stopped()
	return stopped && known
}
