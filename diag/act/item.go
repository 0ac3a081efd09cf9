package act

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"metriage/diag/mailenable"
)

// Item is one message of a queue folder, Bad Mail or Quarantine.
type Item struct {
	Folder string // path of the folder; not of its Messages subfolder
	Name   string // file name in any case, "….MAI"
}

// pair is an item as it is on disk.
type pair struct {
	Folder  int    `json:"f"`           // index into the action's folders
	Name    string `json:"n"`           // of the command file, or of both
	Message string `json:"m,omitempty"` // of the message, where it differs
	Half    string `json:"h,omitempty"` // "c" or "m" where the other half is missing
}

func (p *pair) hasCommand() bool { return p.Half != "m" }
func (p *pair) hasMessage() bool { return p.Half != "c" }

func (p *pair) message() string {
	if p.Message != "" {
		return p.Message
	}
	return p.Name
}

// place is one of the three places that a pair can be in: "queue", "hold" or
// "trash/ACTION".
type place string

const (
	inQueue place = "queue"
	inHold  place = "hold"
)

func inTrash(action string) place { return place("trash/" + action) }

// dir returns where in a place the files of a folder lie, below base.
func (d *Desk) dir(at place, f *folder) string {
	switch {
	case at == inQueue:
		return f.path
	case at == inHold:
		return path.Join(d.data, holdFolder, f.mirror)
	}
	return path.Join(d.data, homeFolder, string(at), f.mirror)
}

// paths returns where in a place both halves of a pair lie, below base and as
// the system writes paths.
func (d *Desk) paths(at place, f *folder, p *pair) (command, message string) {
	dir := d.dir(at, f)
	return filepath.FromSlash(path.Join(dir, p.Name)), filepath.FromSlash(path.Join(dir, f.messages, p.message()))
}

// find looks for the folder of an item.
func (d *Desk) find(path string) (*folder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	f := d.folders[key(d.below(abs))]
	if f == nil {
		return nil, errors.New("not a queue folder of this installation")
	}
	if f.messages == "" {
		if f.messages, err = d.messagesOf(f.path); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// messagesOf is how the subfolder with the messages is spelled.
func (d *Desk) messagesOf(dir string) (string, error) {
	names, err := d.list(dir)
	if err != nil {
		return "", err
	}
	if n, ok := names["messages"]; ok {
		return n, nil
	}
	return "Messages", nil
}

// list returns the names in a folder by their lower case.
func (d *Desk) list(dir string) (map[string]string, error) {
	f, err := d.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string]string{}
	for {
		entries, err := f.ReadDir(4096)
		for _, e := range entries {
			out[strings.ToLower(e.Name())] = e.Name()
		}
		if err != nil || len(entries) == 0 {
			return out, nil
		}
	}
}

// errGone says that neither half of an item is there any more.
var errGone = errors.New("gone: MailEnable sent or removed it")

// resolve finds out how an item is spelled in a place and which halves of it
// are there.
func (d *Desk) resolve(at place, f *folder, name string) (pair, error) {
	if !mailenable.IsMail(name) || name != filepath.Base(name) || strings.ContainsAny(name, `/\`) {
		return pair{}, fmt.Errorf("%q is not the name of a queue file", name)
	}
	p := pair{Name: name}
	if d.folds {
		// Any letters find it; the move has to keep those on disk.
		if q := d.spelled(at, f, name); q.Name != "" {
			p = q
		}
	}
	for again := range 2 {
		command, message := d.paths(at, f, &p)
		hasCommand, hasMessage := d.regular(command), d.regular(message)
		switch {
		case hasCommand && hasMessage:
			p.Half = ""
			return p, nil
		case hasCommand:
			p.Half = "c"
		case hasMessage:
			p.Half = "m"
		}
		if again > 0 {
			break
		}
		// Not under this very name: look for it in other letters.
		q := d.spelled(at, f, name)
		if q == (pair{}) || q == (pair{Name: name}) {
			break
		}
		p = q
	}
	if p.Half == "" {
		return p, errGone
	}
	return p, nil
}

// spelled returns how a name is spelled on disk, from a listing that is made
// once for each folder.
func (d *Desk) spelled(at place, f *folder, name string) pair {
	here := d.dir(at, f)
	if f.names == nil {
		f.names = map[string]string{}
		for _, dir := range []string{here, path.Join(here, f.messages)} {
			names, err := d.list(dir)
			if err != nil {
				continue
			}
			for low, n := range names {
				if mailenable.IsMail(n) {
					f.names[dir+"/"+low] = n
				}
			}
		}
	}
	low := strings.ToLower(name)
	c, m := f.names[here+"/"+low], f.names[path.Join(here, f.messages)+"/"+low]
	p := pair{Name: c}
	if c == "" {
		p.Name = m
	} else if m != "" && m != c {
		p.Message = m
	}
	return p
}

func (d *Desk) regular(p string) bool {
	i, err := d.lstat(p)
	return err == nil && i.Mode().IsRegular()
}

// why says in words what stopped an item.
func why(err error) string {
	switch {
	case errors.Is(err, errGone):
		return errGone.Error()
	case errors.Is(err, fs.ErrNotExist):
		return errGone.Error()
	case errors.Is(err, fs.ErrPermission):
		return "this account may not change it"
	case mailenable.Locked(err):
		return "in use by another program"
	case otherVolume(err):
		return "the hold lies on another volume"
	}
	return err.Error()
}
