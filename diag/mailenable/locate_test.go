package mailenable

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sort"
	"strings"
	"testing"
	"unicode/utf16"

	"metriage/diag"
)

// tree makes folders (names that end in "/") and files below a new folder.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, n := range names {
		p := filepath.Join(root, filepath.FromSlash(n))
		if strings.HasSuffix(n, "/") {
			if err := os.MkdirAll(p, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func machine() Machine {
	return Machine{FS: Disk{}, Getenv: func(string) string { return "" }}
}

func TestLayout(t *testing.T) {
	root := tree(t,
		"QUEUES/SMTP/Outgoing/Messages/", "QUEUES/SMTP/Outgoing/Campaign/A.MAI", "QUEUES/SMTP/Inbound/messages/", "QUEUES/SF/Inbound/",
		"bad mail/MESSAGES/", "Quarantine/", "Postoffices/acme/MAILROOT/anna/inbox/", "Postoffices/beta/mailroot/bob/INBOX/",
		"Postoffices/acme/MAILROOT/anna/Sent Items/", "logging/smtp/", "Logging2/", "Config/AUTH.TAB",
	)
	in, errs := machine().Locate([]string{root})
	if len(errs) > 0 || len(in) != 1 || in[0].FoundBy != diag.FoundByFlag {
		t.Fatalf("%v %v", in, errs)
	}
	l := in[0].Layout(Disk{})
	var got []string
	for _, f := range l.Folders {
		s := f.Name
		if f.Messages != "" {
			s += " +" + f.Messages
		}
		if f.Outgoing {
			s += " out"
		}
		if f.Account != "" {
			s += " of " + f.Account + "/" + f.Mailbox
		}
		got = append(got, s)
	}
	sort.Strings(got)
	want := []string{
		"Postoffices/acme/MAILROOT/anna/inbox of acme/anna",
		"Postoffices/beta/mailroot/bob/INBOX of beta/bob",
		"QUEUES/SF/Inbound",
		"QUEUES/SMTP/Inbound +messages",
		"QUEUES/SMTP/Outgoing +Messages out",
		"QUEUES/SMTP/Outgoing/Campaign out",
		"Quarantine",
		"bad mail +MESSAGES",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(l.LogDirs) != 1 || filepath.Base(l.LogDirs[0]) != "smtp" || len(l.Problems) != 0 {
		t.Errorf("logs %v, problems %v", l.LogDirs, l.Problems)
	}
}

func TestLocateErrors(t *testing.T) {
	empty := t.TempDir()
	_, errs := machine().Locate([]string{filepath.Join(empty, "none"), empty})
	if len(errs) != 2 || !strings.Contains(errs[0].Error(), "no such folder") || !strings.Contains(errs[1].Error(), "holds none of the folders") {
		t.Errorf("%v", errs)
	}
	_, errs = machine().Locate(nil)
	var nf *NotFoundError
	if len(errs) != 1 || !errors.As(errs[0], &nf) || !strings.Contains(errs[0].Error(), "metriage demo") {
		t.Errorf("%v", errs)
	}
	m := machine()
	m.Windows = true
	m.Getenv = func(k string) string { return map[string]string{"ProgramFiles(x86)": `C:\Program Files (x86)`}[k] }
	_, errs = m.Locate(nil)
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), `C:\Program Files (x86)\Mail Enable`) || !strings.Contains(errs[0].Error(), "Plesk") {
		t.Errorf("%v", errs)
	}
}

// A root that is named twice counts once, and so does one inside another.
func TestLocateRootsInsideEachOther(t *testing.T) {
	root := tree(t, "Mail Enable/Queues/SMTP/Outgoing/Messages/", "Mail Enable/Queues/SMTP/Outgoing/A1.MAI", "file.txt")
	site := filepath.Join(root, "Mail Enable")
	out := filepath.Join(site, "Queues", "SMTP", "Outgoing")
	for _, roots := range [][]string{{site, site}, {site, site + string(filepath.Separator)}, {root, site}, {site, root}} {
		if in, errs := machine().Locate(roots); len(in) != 1 || len(errs) != 0 {
			t.Errorf("%v: %v %v", roots, in, errs)
		}
	}
	for _, roots := range [][]string{{site, out}, {out, site}} {
		in, errs := machine().Locate(roots)
		if len(in) != 1 || in[0].Root != site || len(errs) != 1 || !strings.Contains(errs[0].Error(), "is read already") {
			t.Errorf("%v: %v %v", roots, in, errs)
		}
	}
	for path, want := range map[string]string{
		filepath.Join(site, "Queues"): "name that with --root", filepath.Join(root, "file.txt"): "is a file",
	} {
		if _, errs := machine().Locate([]string{path}); len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%s: %v", path, errs)
		}
	}
	in, _ := machine().Locate([]string{site})
	for path, want := range map[string]bool{
		filepath.Join(site, "x.txt"): true, filepath.Join(site, "new", "x.txt"): true, filepath.Join(root, "x.txt"): false, site + "x": false,
	} {
		if in[0].Holds(path) != want {
			t.Errorf("Holds(%s) is not %v", path, want)
		}
	}
	if err := os.Symlink(site, filepath.Join(root, "link")); err == nil && runtime.GOOS != "windows" && !in[0].Holds(filepath.Join(root, "link", "x.txt")) {
		t.Error("a link into the installation is not noticed")
	}
}

func TestLocateFolderAbove(t *testing.T) {
	root := tree(t, "Mail Enable/Queues/", "other/")
	in, errs := machine().Locate([]string{root})
	if len(errs) > 0 || len(in) != 1 || filepath.Base(in[0].Root) != "Mail Enable" {
		t.Errorf("%v %v", in, errs)
	}
}

func TestLooseFolder(t *testing.T) {
	root := tree(t, "A1.MAI", "b2.mai", "notes.txt")
	in, errs := machine().Locate([]string{root})
	if len(errs) > 0 || len(in) != 1 {
		t.Fatalf("%v %v", in, errs)
	}
	if l := in[0].Layout(Disk{}); len(l.Folders) != 1 || l.Folders[0].Kind != KindLoose {
		t.Errorf("%+v", l)
	}
}

type fakeRegistry map[string]string

func (f fakeRegistry) String(sub, name string) (string, bool) { v, ok := f[sub+"|"+name]; return v, ok }

func TestLocateFromRegistry(t *testing.T) {
	root := tree(t, "Queues/SMTP/Outgoing/", "Postoffices/acme/MAILROOT/a/Inbox/")
	elsewhere := tree(t, "po2/MAILROOT/b/Inbox/")
	m := machine()
	m.Registry = fakeRegistry{"|Data Directory": root, "|Mail Root": elsewhere}
	in, errs := m.Locate(nil)
	if len(errs) > 0 || len(in) != 1 || in[0].FoundBy != diag.FoundByRegistry {
		t.Fatalf("%v %v", in, errs)
	}
	l := in[0].Layout(Disk{})
	if len(l.Folders) != 2 || l.Folders[1].Account != "po2" {
		t.Errorf("%+v", l.Folders)
	}
}

func TestRegFile(t *testing.T) {
	root := tree(t, "Queues/")
	text := "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Mail Enable\\Mail Enable]\r\n" +
		"\"Data Directory\"=\"" + strings.ReplaceAll(root, `\`, `\\`) + "\"\r\n\"Numbers\"=dword:0000001f\r\n@=\"default\"\r\n\"Long\"=hex(2):41,00,\\\r\n  42,00,00,00\r\nbroken\r\n\r\n" +
		"[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Mail Enable\\Mail Enable\\Connectors\\SMTP]\r\n\"Host Name\"=\"mail.ours.example\"\r\n"
	u := []byte{0xFF, 0xFE}
	for _, c := range utf16.Encode([]rune(text)) {
		u = append(u, byte(c), byte(c>>8))
	}
	old := strings.NewReplacer("Windows Registry Editor Version 5.00", "REGEDIT4", "41,00,\\\r\n  42,00,00,00", "41,\\\r\n  42,00").Replace(text)
	for name, content := range map[string][]byte{
		"UTF-16": u, "UTF-16 without mark": u[2:], "ANSI": []byte(text), "REGEDIT4": []byte(old), "UTF-8 with mark": []byte(utf8BOM + text),
		"LF": []byte(strings.ReplaceAll(text, "\r\n", "\n")), "CR": []byte(strings.ReplaceAll(text, "\r\n", "\r")),
	} {
		t.Run(name, func(t *testing.T) {
			f, err := ParseRegFile(content)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range map[[2]string]string{{"", "data directory"}: root, {"", "Long"}: "AB", {"Connectors\\SMTP", "host name"}: "mail.ours.example"} {
				if got, ok := f.String(k[0], k[1]); !ok || got != want {
					t.Errorf("%v: %q %v, want %q", k, got, ok, want)
				}
			}
			if _, ok := f.String("", "Numbers"); ok {
				t.Error("a number was taken for a string")
			}
			if len(f.Problems) != 1 || !strings.Contains(f.Problems[0], "line 9") {
				t.Errorf("problems %v", f.Problems)
			}
			if s := ReadSettings(f); len(s.Problems) != 1 || !strings.Contains(s.Problems[0].What, "line 9: not understood") {
				t.Errorf("the settings do not tell of it: %+v", s.Problems)
			}
			path := filepath.Join(t.TempDir(), "me.reg")
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			in, errs := machine().Locate([]string{path})
			if len(errs) > 0 || len(in) != 1 || in[0].FoundBy != diag.FoundByRegFile || in[0].Root != root {
				t.Errorf("%v %v", in, errs)
			}
		})
	}
	if _, err := ParseRegFile([]byte("hello")); err == nil {
		t.Error("any text is taken for an export")
	}
}

func FuzzParseRegFile(f *testing.F) {
	const key = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Mail Enable\\Mail Enable"
	for _, s := range []string{
		"REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Mail Enable\\Mail Enable]\n\"a\"=\"b\"\n",
		"REGEDIT4\r\n\r\n" + key + "]\r\n\"a\"=\"C:\\\\Mail \\\"x\\\"\"\r\n@=\"y\"\r\n\"n\"=dword:0000001f\r\n\"bad\"=dword:xyz\r\n\"gone\"=-\r\n",
		key + "]\r\n", "Windows Registry Editor Version 5.00\r\n\r\n" + key + "\\Connectors\\SMTP]\r\n\"a\"=hex(2):41,00,\\\r\n  42,00,00,00\r\n\"b\"=hex(7):41,00,00,00,42,00,00,00,00,00\r\n\"c\"=hex:,\\\r\n",
		"Windows Registry Editor Version 5.00\n[-" + key[1:] + "]\n" + key + "\n\"unended=\"\n=\n; a comment\n\"\"=\"\"\n",
	} {
		f.Add([]byte(s))
		var little, big []byte
		for _, c := range utf16.Encode([]rune(s)) {
			little, big = append(little, byte(c), byte(c>>8)), append(big, byte(c>>8), byte(c))
		}
		f.Add(append([]byte{0xFF, 0xFE}, little...))
		f.Add(append([]byte{0xFE, 0xFF}, big...))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		if r, err := ParseRegFile(b); err == nil {
			r.String("", "a")
		}
	})
}

func TestCheckText(t *testing.T) {
	for in, want := range map[string]error{
		"":                          ErrEmpty,
		"MZ\x90\x00\x03":            ErrBinary,
		"\x01\x02\x03\x04\x05\x06":  ErrBinary,
		"Subject: \x1b[31mred\x1b[": nil,
		"plain\r\n":                 nil,
		"umlaut \xFC":               nil,
	} {
		if got := CheckText([]byte(in)); !errors.Is(got, want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestDiskReadsOnlyWhatItMust(t *testing.T) {
	root := tree(t, "A.MAI")
	if err := os.Symlink("/etc/hostname", filepath.Join(root, "B.MAI")); err != nil {
		t.Logf("no symbolic links here: %v", err)
	}
	d, err := Disk{}.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	regular := 0
	if err := d.List(func(e Entry) bool {
		if e.Regular {
			regular++
		}
		return true
	}); err != nil || regular != 1 {
		t.Errorf("%d regular files, %v", regular, err)
	}
	if _, err := d.Read("B.MAI", make([]byte, 10)); err == nil {
		t.Error("a link led out of the folder")
	}
	if _, err := d.Read("../x", make([]byte, 10)); err == nil {
		t.Error("a path led out of the folder")
	}
}
