package mailenable

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"metriage/diag"
)

// Machine is what finding an installation needs to know of this machine.
type Machine struct {
	FS FS
	// Registry is MailEnable's part of the registry (the 32-bit view of
	// HKLM\SOFTWARE), nil where the machine has none.
	Registry Registry
	// Getenv reads the environment, for the program folders.
	Getenv func(string) string
	// Windows is set where the default paths of Windows make sense.
	Windows bool
}

// Registry gives values below HKLM\SOFTWARE\Mail Enable\Mail Enable, as the
// 32-bit view shows it.
type Registry interface {
	// String returns the value name of the subkey ("" for the key itself),
	// ok false where it is not there or is no string.
	String(subkey, name string) (value string, ok bool)
}

// Installation is one MailEnable data tree.
type Installation struct {
	Root    string
	FoundBy diag.FoundBy
	// Other places that the registry names, "" where they are below Root.
	queues, postoffices, badMail, quarantine string
	loose                                    bool   // Root is itself a folder of mail
	export                                   string // of the registry, that led here
}

// NotFoundError says that no installation was found and where it was looked
// for.
type NotFoundError struct{ Looked []string }

func (e *NotFoundError) Error() string {
	looked := "this system has none of the places where it is installed"
	if len(e.Looked) > 0 {
		looked = "looked at " + strings.Join(e.Looked, ", ")
	}
	return "no MailEnable installation found; " + looked + "; name its data folder with --root, or try metriage demo"
}

// RootError says why a root cannot be read.
type RootError struct {
	Root string
	Err  error
}

func (e *RootError) Error() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return fmt.Sprintf("%s: no such folder; check the path after --root", e.Root)
	case errors.Is(e.Err, fs.ErrPermission):
		return fmt.Sprintf("%s: %s; start metriage from an administrator prompt", e.Root, diag.NoRights)
	case errors.Is(e.Err, errIsFile):
		return fmt.Sprintf("%s: is a file; name the data folder with --root, or give a bounce to metriage explain", e.Root)
	}
	var part *partError
	if errors.As(e.Err, &part) {
		return fmt.Sprintf("%s: is a part of the installation in %s; name that with --root", e.Root, part.of)
	}
	return fmt.Sprintf("%s: %v", e.Root, e.Err)
}

func (e *RootError) Unwrap() error { return e.Err }

var errNoInstallation = errors.New("holds none of the folders of a MailEnable installation (Queues, Postoffices, Bad Mail, Quarantine, Logging); name the data folder with --root")

var errIsFile = errors.New("is a file")

// partError is a root that lies inside an installation.
type partError struct{ of string }

func (e *partError) Error() string { return "is a part of the installation in " + e.of }

// insideError is a root that is read already as a part of another.
type insideError struct{ of string }

func (e *insideError) Error() string {
	return "is read already, as a part of " + e.of + "; name it once"
}

// topFolders are the folders of a data tree, lower case.
var topFolders = []string{"queues", "postoffices", "bad mail", "quarantine", "logging"}

// Locate returns the installations to read: the roots that were named or,
// where none was, the one that the registry or the default paths lead to.
// Roots that cannot be read are errors of their own; the others are returned
// all the same.
func (m Machine) Locate(roots []string) ([]Installation, []error) {
	if len(roots) > 0 {
		var found []Installation
		var errs []error
		for _, r := range roots {
			in, err := m.named(r)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			found = append(found, in)
		}
		found, more := apart(found)
		return found, append(errs, more...)
	}
	var looked []string
	if m.Registry != nil {
		in, tried, ok := m.fromRegistry(m.Registry, diag.FoundByRegistry)
		if ok {
			return []Installation{in}, nil
		}
		looked = append(looked, tried)
	}
	for _, c := range m.candidates() {
		if in, err := m.open(c.path); err == nil && !in.loose {
			in.FoundBy = c.by
			return []Installation{in}, nil
		}
		looked = append(looked, c.path)
	}
	return nil, []error{&NotFoundError{Looked: looked}}
}

// named opens a root from the command line: a data folder, a folder that holds
// one, a folder of mail, or an export of the registry.
func (m Machine) named(root string) (Installation, error) {
	if strings.EqualFold(filepath.Ext(root), ".reg") {
		return m.fromExport(root)
	}
	in, err := m.open(root)
	switch {
	case err != nil && m.isFile(root):
		err = errIsFile
	case errors.Is(err, errNoInstallation):
		if of, ok := m.around(root); ok {
			err = &partError{of}
		}
	}
	if err != nil {
		return in, &RootError{Root: root, Err: err}
	}
	in.FoundBy = diag.FoundByFlag
	return in, nil
}

// open looks at a folder and says what it is.
func (m Machine) open(root string) (Installation, error) {
	d, err := m.FS.OpenDir(root)
	if err != nil {
		return Installation{}, cause(err)
	}
	defer d.Close()
	in := Installation{Root: root}
	tree, mails, inner := false, false, ""
	err = d.List(func(e Entry) bool {
		name := strings.ToLower(e.Name)
		for _, t := range topFolders {
			tree = tree || name == t && !e.Regular
		}
		if name == "mail enable" && e.IsDir {
			inner = e.Name
		}
		mails = mails || e.Regular && IsMail(e.Name) || e.IsDir && name == "messages"
		return !tree
	})
	switch {
	case err != nil:
		return in, cause(err)
	case tree:
		return in, nil
	case inner != "":
		return m.open(filepath.Join(root, inner))
	case mails:
		in.loose = true
		return in, nil
	}
	return in, errNoInstallation
}

// cause unwraps a path error, since RootError names the path itself.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return err
		}
		return p.Err
	}
	return err
}

// candidate is a path that installations are known to use.
type candidate struct {
	path string
	by   diag.FoundBy
}

func (m Machine) candidates() []candidate {
	if !m.Windows {
		return nil
	}
	var out []candidate
	for _, env := range []string{"ProgramFiles(x86)", "ProgramFiles", "ProgramW6432"} {
		base := m.Getenv(env)
		if base == "" {
			continue
		}
		for _, c := range []candidate{
			{`Mail Enable`, diag.FoundByDefault},
			{`Parallels\Plesk\Mail Servers\Mail Enable`, diag.FoundByPlesk},
			{`Plesk\Mail Servers\Mail Enable`, diag.FoundByPlesk},
			{`SWSoft\Plesk\MailEnable`, diag.FoundByPlesk},
			{`SWSoft\Plesk\Mail Servers\Mail Enable`, diag.FoundByPlesk},
		} {
			c.path = base + `\` + c.path
			if !hasCandidate(out, c.path) {
				out = append(out, c)
			}
		}
	}
	return out
}

func hasCandidate(list []candidate, path string) bool {
	for _, c := range list {
		if strings.EqualFold(c.path, path) {
			return true
		}
	}
	return false
}

// fromRegistry follows the values that name MailEnable's directories. Other
// places than those below the data directory are kept.
func (m Machine) fromRegistry(r Registry, by diag.FoundBy) (in Installation, tried string, ok bool) {
	get := func(name string) string {
		v, _ := r.String("", name)
		return strings.TrimRight(strings.TrimSpace(v), `\/`)
	}
	mailRoot := get("Mail Root")
	root := get("Data Directory")
	if root == "" && mailRoot != "" {
		root = parentOf(mailRoot)
	}
	if root == "" {
		root = get("Application Directory")
	}
	if root == "" {
		return in, "the registry (no Data Directory there)", false
	}
	in, err := m.open(root)
	if err != nil {
		return in, "the registry's Data Directory " + root, false
	}
	in.FoundBy = by
	in.postoffices = elsewhere(mailRoot, root)
	in.badMail = elsewhere(get("Bad Mail Directory"), root)
	in.quarantine = elsewhere(get("Quarantine Directory"), root)
	if v, ok := r.String("Connectors", "Connector Root Directory"); ok {
		in.queues = elsewhere(strings.TrimRight(v, `\/`), root)
	}
	return in, "", true
}

// elsewhere returns dir where it is not below root.
func elsewhere(dir, root string) string {
	if dir == "" || hasPrefixFold(strings.ReplaceAll(dir, "/", `\`), strings.ReplaceAll(root, "/", `\`)+`\`) {
		return ""
	}
	return dir
}

func parentOf(path string) string {
	if i := strings.LastIndexAny(path, `\/`); i > 0 {
		return path[:i]
	}
	return ""
}
