package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tree is the directory that a sample is written to.
type tree struct {
	root  string
	names map[string]string // parts of folder names as they are on this disk
	paths map[string]string // full paths of folders, by folder and sub
	disk  map[string]string // folders as on disk, by folder
}

// Folders of the logs.
const (
	logFolder = "Logging/SMTP"
	mtaFolder = "Logging/MTA"
)

// folderNames returns how the parts of folder names are spelled: MailEnable
// installations differ in case.
func folderNames(seed uint64, s *site) map[string]string {
	switch seed % 4 {
	case 2:
		return map[string]string{"Queues": "QUEUES", "Postoffices": "POSTOFFICES", "Bad Mail": "Bad Mail", "Messages": "Messages"}
	case 3:
		return map[string]string{"Queues": "queues", "Outgoing": "OUTGOING", "Messages": "messages", "Bad Mail": "BAD MAIL", "Inbox": "INBOX", "MAILROOT": "Mailroot", "Logging": "LOGGING"}
	}
	return nil
}

// name returns folder as it is spelled on disk, with slashes.
func (t *tree) name(folder string) string {
	if n, ok := t.disk[folder]; ok {
		return n
	}
	parts := strings.Split(folder, "/")
	for i, p := range parts {
		if n, ok := t.names[p]; ok {
			parts[i] = n
		}
	}
	return strings.Join(parts, "/")
}

// path returns the full path of folder/sub.
func (t *tree) path(folder, sub string) string {
	key := folder
	if sub != "" {
		key += "/" + sub
	}
	if p, ok := t.paths[key]; ok {
		return p
	}
	return filepath.Join(t.root, filepath.FromSlash(t.name(key)))
}

// folders creates every folder that pieces are written to.
func (t *tree) folders(s *site) error {
	all := []string{logFolder, mtaFolder, "Config", "Bin"}
	for _, f := range []string{outgoing, campaign, inbound, storeQueue, listQueue, badMail, quarantine} {
		all = append(all, f, f+"/"+messages)
	}
	for _, m := range s.mailboxes {
		all = append(all, m.inbox())
	}
	for _, m := range s.mailboxes[:2] {
		base := strings.TrimSuffix(m.inbox(), "Inbox")
		all = append(all, base+deletedItems, base+"Sent Items", m.inbox()+"/"+oddFolder)
	}
	paths, disk := map[string]string{}, map[string]string{}
	for _, f := range all {
		p := t.path(f, "")
		if err := os.MkdirAll(p, 0o755); err != nil {
			return fmt.Errorf("write sample installation: %w", err)
		}
		paths[f], disk[f] = p, t.name(f)
	}
	disk[messages] = t.name(messages)
	t.paths, t.disk = paths, disk
	return nil
}

const (
	deletedItems = "Deleted Items"
	// oddFolder is a directory that is named like a message.
	oddFolder = "00000000000000000000000000000000.MAI"
)
