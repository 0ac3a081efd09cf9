package sample

import (
	"fmt"
	"os"
	slash "path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

// configFile is one file of settings, named below the root with slashes.
type configFile struct {
	name string
	text []byte
	at   time.Time
}

// RegistryFile is the export of MailEnable's registry keys that Write leaves in
// the tree, as "reg export" makes it. Its paths are those of the server.
const RegistryFile = "Config/MailEnable.reg"

// restarted returns when the SMTP service was restarted. A log shows that only
// between two rows of one day; near midnight it looks like the usual change of
// files, so that those restarts are told an hour before it.
func (s *site) restarted() []time.Time {
	const near = 30 * time.Minute
	var out []time.Time
	for _, ago := range s.restarts {
		t := s.now.Add(-ago).In(s.zone)
		y, m, d := t.Add(near).Date()
		if midnight := time.Date(y, m, d, 0, 0, 0, 0, s.zone); t.Before(midnight.Add(near)) {
			t = midnight.Add(-time.Hour)
		}
		out = append(out, t)
	}
	return out
}

// config returns the settings of the site. Names and columns of the TAB files
// are not documented; rows have the bracket patterns by which they are told.
func (s *site) config() []configFile {
	at := s.now.Add(-60 * 24 * time.Hour)
	if r := s.restarted(); len(r) > 0 {
		at = r[0].Add(-2 * time.Minute)
	}
	out := []configFile{
		{RegistryFile, s.registry(), at},
		{"Config/SMTP-DENY.TAB", []byte("203.0.113.66\t1\tCONNECT\tSYSTEM\r\n100.64.9.*\t1\tCONNECT\tSYSTEM\r\n"), at},
		{"Config/ADDRESS-MAP.TAB", s.addressMap(), at},
		// Whoever reads this file does what must never be done.
		{"Config/AUTH.TAB", []byte("this file holds passwords on a real server and is never to be opened\r\n"), at},
	}
	for _, po := range s.postoffices {
		dir := "Config/Postoffices/" + po.domain + "/"
		out = append(out,
			configFile{dir + "POSTOFFICE.SYS", []byte("Postoffice-Status=1\r\n"), at},
			configFile{dir + "MAILBOX.TAB", s.mailboxTable(&po), at})
		for _, m := range po.mailboxes {
			out = append(out, configFile{dir + "MAILBOXES/" + m.name + ".SYS", []byte("Mailbox-JunkReport-Status=1\r\n"), at})
		}
	}
	return out
}

// addressMap maps every address to its mailbox, catch-alls last.
func (s *site) addressMap() []byte {
	var b strings.Builder
	for _, m := range s.mailboxes {
		fmt.Fprintf(&b, "%s\t[SMTP:%s]\t[SF:%s/%s]\t0\r\n", m.domain, m.address, m.domain, m.name)
	}
	for _, r := range s.redirects {
		if r.catchAll {
			user, domain, _ := strings.Cut(r.mailbox, "@")
			fmt.Fprintf(&b, "%s\t[SMTP:*@%s]\t[SF:%s/%s]\t0\r\n", domain, domain, domain, user)
		}
	}
	return []byte(b.String())
}

// mailboxTable lists the mailboxes of one postoffice with where they are
// redirected to: status 0 is off, 2 keeps a copy.
func (s *site) mailboxTable(po *postoffice) []byte {
	var b strings.Builder
	for _, m := range po.mailboxes {
		address, status := "", 0
		for _, r := range s.redirects {
			if r.mailbox == m.name+"@"+po.domain {
				address, status = "[SMTP:"+r.to+"]", 2
			}
		}
		fmt.Fprintf(&b, "%s\t%s\tUSER\t1\t%d\t%s\r\n", m.name, po.domain, status, address)
	}
	return []byte(b.String())
}

// registry is the export, in UTF-16 with a byte order mark.
func (s *site) registry() []byte {
	const key = `HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Mail Enable\Mail Enable`
	const dir = `C:\\Program Files (x86)\\Mail Enable`
	text := "Windows Registry Editor Version 5.00\r\n\r\n[" + key + "]\r\n" +
		"\"Application Directory\"=\"" + dir + "\"\r\n\"Data Directory\"=\"" + dir + "\"\r\n\"Mail Root\"=\"" + dir + `\\POSTOFFICES` + "\"\r\n" +
		"\"Enterprise Version\"=\"10.50\"\r\n\r\n[" + key + `\Connectors\SMTP` + "]\r\n" +
		"\"Host Name\"=\"" + s.host + "\"\r\n\"Local Domain Name\"=\"" + s.postoffices[0].domain + "\"\r\n"
	if !s.pooled {
		text += "\"Outbound Interface\"=\"" + s.ip.String() + "\"\r\n"
	}
	text += "\"Connection Limit\"=dword:00000040\r\n\r\n"
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// extras writes what lies beside the messages of a real installation and is
// not read as one.
func (t *tree) extras(s *site) error {
	const index = "<?xml version=\"1.0\"?><FolderItems></FolderItems>"
	files := s.config()
	for _, m := range s.mailboxes {
		files = append(files, configFile{m.inbox() + "/_index.xml", []byte(index), s.now})
	}
	files = append(files,
		configFile{s.mailboxes[0].inbox() + "/_change.dty", nil, s.now},
		configFile{outgoing + "/readme.txt", []byte("ME-E0193 is explained in the manual.\r\n"), s.now})
	return t.config(files)
}

// settings writes the tables of the mailboxes and their addresses anew.
func (t *tree) settings(s *site, at time.Time) error {
	var files []configFile
	for _, f := range s.config() {
		if name := slash.Base(f.name); name == "MAILBOX.TAB" || name == "ADDRESS-MAP.TAB" {
			f.at = at
			files = append(files, f)
		}
	}
	return t.config(files)
}

// config writes files beside the messages.
func (t *tree) config(files []configFile) error {
	var made []string
	for _, f := range files {
		dir := t.path(slash.Dir(f.name), "")
		if !slices.Contains(made, dir) {
			made = append(made, dir)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("write sample installation: %w", err)
			}
		}
		name := filepath.Join(dir, slash.Base(f.name))
		if err := os.WriteFile(name, f.text, 0o644); err != nil {
			return fmt.Errorf("write sample installation: %w", err)
		}
		if err := os.Chtimes(name, f.at, f.at); err != nil {
			return fmt.Errorf("write sample installation: %w", err)
		}
	}
	return nil
}
