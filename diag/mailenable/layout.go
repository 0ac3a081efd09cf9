package mailenable

import (
	"path/filepath"
	"strings"

	"metriage/diag"
)

// FolderKind says what a folder is for.
type FolderKind uint8

// The kinds.
const (
	KindQueue      FolderKind = iota // Queues\CONNECTOR\…
	KindBadMail                      // Bad Mail
	KindQuarantine                   // Quarantine
	KindInbox                        // a mailbox's Inbox
	KindLoose                        // a folder of mail that was named by itself
	KindHeld                         // what metriage holds of a queue folder
	KindTrash                        // what metriage deleted from one
)

// Where metriage keeps what it took out of the queues, below the data
// directory with slashes. Package act writes there.
const (
	HoldFolder  = "metriage/hold"
	TrashFolder = "metriage/trash"
)

// Folder is one folder of mail. Queue folders, Bad Mail and Quarantine hold
// command files and, below Messages, the messages under the same names.
type Folder struct {
	Kind FolderKind
	// Name is the path below the root with slashes, as on disk.
	Name string
	// Path is the whole path.
	Path string
	// Messages is the name of the subfolder with the messages, "" where it is
	// not there or the folder has no pairs.
	Messages string
	// Outgoing is set for SMTP\Outgoing and its subfolders: mail on its way to
	// other servers.
	Outgoing bool
	// Account is the postoffice and Mailbox the mailbox of an Inbox.
	Account, Mailbox string
}

// Paired reports whether the folder holds command files beside messages.
func (f Folder) Paired() bool { return f.Kind != KindInbox && f.Kind != KindLoose }

// Whole reports whether the folder is read whole, whatever the age of its
// files: queues, and what was taken out of them.
func (f Folder) Whole() bool { return f.Kind == KindQueue || f.Ours() }

// Ours reports whether metriage made the folder.
func (f Folder) Ours() bool { return f.Kind == KindHeld || f.Kind == KindTrash }

const maxQueueDepth = 6

// Layout is where an installation keeps what metriage reads.
type Layout struct {
	Folders  []Folder
	LogDirs  []string // folders with SMTP logs
	MTADirs  []string // folders with logs of the MTA
	Problems []diag.Problem
}

// Layout walks the folders of the installation. What cannot be listed is a
// problem; the rest goes on.
func (in Installation) Layout(fsys FS) Layout {
	w := walker{fsys: fsys, root: in.Root}
	if in.loose {
		w.loose(in.Root)
		return w.out
	}
	top, err := fsys.OpenDir(in.Root)
	if err != nil {
		w.problem(in.Root, err)
		return w.out
	}
	defer top.Close()
	dir := func(name, other string) string {
		if other != "" {
			return other
		}
		child, err := Child(top, name)
		if err != nil {
			w.problem(in.Root, err)
		}
		if child == "" {
			return ""
		}
		return filepath.Join(in.Root, child)
	}
	if p := dir("Queues", in.queues); p != "" {
		w.queues(p, 0, "", false)
	}
	if p := dir("Bad Mail", in.badMail); p != "" {
		w.pairs(p, KindBadMail)
	}
	if p := dir("Quarantine", in.quarantine); p != "" {
		w.pairs(p, KindQuarantine)
	}
	if p := dir("metriage", ""); p != "" {
		for _, c := range w.dirs(p) {
			switch strings.ToLower("metriage/" + c) {
			case HoldFolder:
				w.taken(filepath.Join(p, c), KindHeld, 0)
			case TrashFolder:
				w.taken(filepath.Join(p, c), KindTrash, 0)
			}
		}
	}
	if p := dir("Postoffices", in.postoffices); p != "" {
		w.postoffices(p)
	}
	if p := dir("Logging", ""); p != "" {
		for _, c := range w.dirs(p) {
			switch {
			case strings.EqualFold(c, "SMTP"):
				w.out.LogDirs = append(w.out.LogDirs, filepath.Join(p, c))
			case strings.EqualFold(c, "MTA"):
				w.out.MTADirs = append(w.out.MTADirs, filepath.Join(p, c))
			}
		}
	}
	return w.out
}
