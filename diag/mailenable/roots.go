package mailenable

import (
	"path/filepath"
	"strings"
)

// apart drops installations that were named before, and, with an error, those
// that lie inside another one: their files would count twice.
func apart(list []Installation) (out []Installation, errs []error) {
	for i, in := range list {
		outer, twice := "", false
		for k, other := range list {
			rel, err := filepath.Rel(absolute(other.Root), absolute(in.Root))
			switch {
			case k == i || err != nil:
			case rel == ".":
				twice = twice || k < i
			case rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)):
				outer = other.Root
			}
		}
		switch {
		case twice:
		case outer != "":
			errs = append(errs, &RootError{Root: in.Root, Err: &insideError{outer}})
		default:
			out = append(out, in)
		}
	}
	return out, errs
}

// Holds reports whether a path lies in the installation, through links too.
func (in Installation) Holds(path string) bool {
	for _, dir := range []string{in.Root, in.queues, in.postoffices, in.badMail, in.quarantine} {
		if dir == "" {
			continue
		}
		rel, err := filepath.Rel(resolved(dir), filepath.Join(resolved(filepath.Dir(path)), filepath.Base(path)))
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// HoldsQueue reports whether a path, as Layout and what is read by it write it,
// is a folder of queues or Bad Mail or lies in one.
func (in Installation) HoldsQueue(path string) bool {
	for _, dir := range []string{in.queues, in.badMail} {
		if rel, err := filepath.Rel(dir, path); dir != "" && err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	first := in.part(path)
	return strings.EqualFold(first, "Queues") || strings.EqualFold(first, "Bad Mail") || first == "."
}

// HoldsLog is HoldsQueue for logs.
func (in Installation) HoldsLog(path string) bool {
	return strings.EqualFold(in.part(path), "Logging")
}

// part is the folder of the root that a path lies in, "" for none.
func (in Installation) part(path string) string {
	rel, err := filepath.Rel(in.Root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	first, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	return first
}

func resolved(path string) string {
	path = absolute(path)
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	return path
}

func absolute(path string) string {
	if a, err := filepath.Abs(path); err == nil {
		return a
	}
	return path
}

func (m Machine) isFile(path string) bool {
	d, err := m.FS.OpenDir(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer d.Close()
	e, err := d.Stat(filepath.Base(path))
	return err == nil && e.Regular
}

// around looks whether a folder lies inside an installation, as Queues or a
// postoffice does.
func (m Machine) around(root string) (string, bool) {
	dir := absolute(root)
	for range 3 {
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
		if in, err := m.open(dir); err == nil && !in.loose && in.Root == dir {
			return dir, true
		}
	}
	return "", false
}
