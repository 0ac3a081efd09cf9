package mailenable

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"metriage/diag"
)

// walker walks an installation and puts down what it finds in its layout.
type walker struct {
	fsys FS
	root string
	out  Layout
}

func (w *walker) problem(path string, err error) {
	w.out.Problems = append(w.out.Problems, diag.Problem{Path: path, What: Why(err)})
}

// Why says in words why a file or folder was not read.
func Why(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return diag.NoRights
	case errors.Is(err, fs.ErrNotExist):
		return "gone"
	case errors.Is(err, ErrEmpty), errors.Is(err, ErrBinary):
		return err.Error()
	case Locked(err):
		return "in use by another program"
	case isEscape(err):
		return "a link that leads out of the folder; name its target with --root"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// isEscape recognises what os.Root answers for links that lead elsewhere.
func isEscape(err error) bool { return strings.Contains(err.Error(), "path escapes from parent") }

// dirs lists the names of the folders below path.
func (w *walker) dirs(path string) []string {
	var out []string
	if err := w.each(path, func(e Entry) {
		if e.IsDir {
			out = append(out, e.Name)
		}
	}); err != nil {
		w.problem(path, err)
	}
	return out
}

func (w *walker) each(path string, visit func(Entry)) error {
	d, err := w.fsys.OpenDir(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.List(func(e Entry) bool { visit(e); return true })
}

// name returns path below the root with slashes.
func (w *walker) name(path string) string {
	if rel, err := filepath.Rel(w.root, path); err == nil && rel != "." && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(path)
}

// inside is what lies in a folder that may hold messages.
type inside struct {
	messages string // the name of its Messages folder
	mails    bool
	subs     []string // its other folders
}

func (in *inside) holds() bool { return in.messages != "" || in.mails }

// look lists a folder; one that cannot be listed is a problem.
func (w *walker) look(path string) (in inside, ok bool) {
	err := w.each(path, func(e Entry) {
		switch {
		case e.IsDir && strings.EqualFold(e.Name, "Messages"):
			in.messages = e.Name
		case e.IsDir:
			in.subs = append(in.subs, e.Name)
		case e.Regular:
			in.mails = in.mails || IsMail(e.Name)
		}
	})
	if err != nil {
		w.problem(path, err)
	}
	return in, err == nil
}

// queues finds the queue folders: those two levels below Queues, and any
// other that holds mail, such as the campaign queue below Outgoing.
func (w *walker) queues(path string, depth int, connector string, outgoing bool) {
	if depth > maxQueueDepth {
		return
	}
	in, ok := w.look(path)
	if !ok {
		return
	}
	if depth >= 2 || in.holds() {
		w.out.Folders = append(w.out.Folders, Folder{
			Kind: KindQueue, Name: w.name(path), Path: path, Messages: in.messages, Outgoing: outgoing,
		})
	}
	for _, s := range in.subs {
		c, o := connector, outgoing
		switch depth {
		case 0:
			c = s
		case 1:
			o = strings.EqualFold(c, "SMTP") && (strings.EqualFold(s, "Outgoing") || strings.EqualFold(s, "Outbound"))
		}
		w.queues(filepath.Join(path, s), depth+1, c, o)
	}
}

// taken finds the folders of messages that were taken out of queues.
func (w *walker) taken(path string, kind FolderKind, depth int) {
	if depth > maxQueueDepth+2 {
		return
	}
	in, ok := w.look(path)
	if !ok {
		return
	}
	if in.holds() {
		w.out.Folders = append(w.out.Folders, Folder{Kind: kind, Name: w.name(path), Path: path, Messages: in.messages})
	}
	for _, s := range in.subs {
		w.taken(filepath.Join(path, s), kind, depth+1)
	}
}

func (w *walker) pairs(path string, kind FolderKind) {
	f := Folder{Kind: kind, Name: w.name(path), Path: path}
	if err := w.each(path, func(e Entry) {
		if e.IsDir && strings.EqualFold(e.Name, "Messages") {
			f.Messages = e.Name
		}
	}); err != nil {
		w.problem(path, err)
		return
	}
	w.out.Folders = append(w.out.Folders, f)
}

func (w *walker) loose(path string) {
	in, ok := w.look(path)
	if !ok {
		return
	}
	kind := KindLoose
	if in.messages != "" {
		kind = KindBadMail
	}
	w.out.Folders = append(w.out.Folders, Folder{Kind: kind, Name: filepath.Base(path), Path: path, Messages: in.messages})
}

// postoffices finds the Inbox of every mailbox:
// Postoffices\POSTOFFICE\MAILROOT\MAILBOX\Inbox.
func (w *walker) postoffices(path string) {
	for _, po := range w.dirs(path) {
		base := filepath.Join(path, po)
		for _, sub := range w.dirs(base) {
			if !strings.EqualFold(sub, "MAILROOT") {
				continue
			}
			root := filepath.Join(base, sub)
			for _, mb := range w.dirs(root) {
				box := filepath.Join(root, mb)
				for _, f := range w.dirs(box) {
					if strings.EqualFold(f, "Inbox") {
						p := filepath.Join(box, f)
						w.out.Folders = append(w.out.Folders, Folder{
							Kind: KindInbox, Name: w.name(p), Path: p, Account: po, Mailbox: mb,
						})
					}
				}
			}
		}
	}
}
