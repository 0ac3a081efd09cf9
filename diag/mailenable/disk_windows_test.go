package mailenable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// open opens a file as another program does, with a way of sharing.
func open(t *testing.T, path string, share uint32) windows.Handle {
	t.Helper()
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, share, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatalf("opening %s: %v", path, err)
	}
	return h
}

const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

// A file that is open here can be renamed and deleted by the mail server, and
// a folder that is open here can lose its files.
func TestOthersMayRenameAndDelete(t *testing.T) {
	root := tree(t, "A.MAI", "B.MAI", "SMTP-Activity-261124.log")
	d, err := Disk{}.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	log, err := d.Open("SMTP-Activity-261124.log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := os.Rename(filepath.Join(root, "SMTP-Activity-261124.log"), filepath.Join(root, "old.log")); err != nil {
		t.Errorf("an open log cannot be renamed: %v", err)
	}
	if b, err := io.ReadAll(log); err != nil || string(b) != "x" {
		t.Errorf("after that it reads %q, %v", b, err)
	}
	if err := windows.DeleteFile(utf16Of(t, filepath.Join(root, "old.log"))); err != nil {
		t.Errorf("an open log cannot be deleted: %v", err)
	}
	buf := make([]byte, 64)
	for range 50 {
		if n, err := d.Read("A.MAI", buf); err != nil || n != 1 {
			t.Fatalf("%d bytes, %v", n, err)
		}
		// Read at once and closed: nothing is held.
		if err := os.Rename(filepath.Join(root, "A.MAI"), filepath.Join(root, "C.MAI")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(root, "C.MAI"), filepath.Join(root, "A.MAI")); err != nil {
			t.Fatal(err)
		}
	}
	if err := windows.DeleteFile(utf16Of(t, filepath.Join(root, "B.MAI"))); err != nil {
		t.Error(err)
	}
	if _, err := d.Read("B.MAI", buf); !errors.Is(err, os.ErrNotExist) || Why(err) != "gone" {
		t.Errorf("a file that was deleted: %v", err)
	}
}

func utf16Of(t *testing.T, s string) *uint16 {
	t.Helper()
	p, err := windows.UTF16PtrFromString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What another program has open is read where it shares reading, and is "in
// use" where it does not. What this account may not read is said so.
func TestOthersHaveItOpen(t *testing.T) {
	root := tree(t, "A.MAI", "B.MAI")
	d, err := Disk{}.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	buf := make([]byte, 64)
	writer := open(t, filepath.Join(root, "A.MAI"), shareAll)
	if n, err := d.Read("A.MAI", buf); err != nil || n != 1 {
		t.Errorf("open for writing elsewhere: %d bytes, %v", n, err)
	}
	_ = windows.CloseHandle(writer)
	alone := open(t, filepath.Join(root, "B.MAI"), 0)
	_, err = d.Read("B.MAI", buf)
	if !Locked(err) || Why(err) != "in use by another program" {
		t.Errorf("open without sharing elsewhere: %v", err)
	}
	_ = windows.CloseHandle(alone)
	if _, err := d.Read("B.MAI", buf); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if w := Why(&os.PathError{Op: "open", Path: "x", Err: windows.ERROR_ACCESS_DENIED}); w != "this account may not read it" {
		t.Errorf("access denied reads %q", w)
	}
}

// Paths with spaces, in another case, with slashes either way, below a drive
// letter, and longer than MAX_PATH.
func TestWindowsPaths(t *testing.T) {
	root := tree(t, "Mail Enable (x86)/Queues/SMTP/Outgoing/Messages/", "Mail Enable (x86)/Bad Mail/")
	site := filepath.Join(root, "Mail Enable (x86)")
	if filepath.VolumeName(site) == "" {
		t.Fatalf("no drive letter: %s", site)
	}
	for _, p := range []string{site, strings.ToUpper(site), filepath.ToSlash(site), site + `\`, `\\?\` + site} {
		in, errs := machine().Locate([]string{p})
		if len(errs) > 0 || len(in) != 1 || len(in[0].Layout(Disk{}).Folders) < 2 {
			t.Errorf("%s: %v %v", p, in, errs)
		}
	}
	long := filepath.Join(site, "Queues", "SMTP", "Outgoing", strings.Repeat("deep folder ", 12)+"x", strings.Repeat("deeper ", 20)+"y")
	if len(long) < 300 {
		t.Fatal(len(long))
	}
	if err := os.MkdirAll(long, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(long, "A.MAI"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := Disk{}.OpenDir(long)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n, err := d.Read("a.mai", make([]byte, 8)); err != nil || n != 1 {
		t.Errorf("below a path of %d characters, in another case: %d bytes, %v", len(long), n, err)
	}
}

// ANSI text in a code page and UTF-16 exports are both read.
func TestCodePages(t *testing.T) {
	const key = `[HKEY_LOCAL_MACHINE\SOFTWARE\Wow6432Node\Mail Enable\Mail Enable]`
	root := tree(t, "Müller Daten/Queues/")
	text := "Windows Registry Editor Version 5.00\r\n\r\n" + key + "\r\n\"Data Directory\"=\"" + strings.ReplaceAll(filepath.Join(root, "Müller Daten"), `\`, `\\`) + "\"\r\n"
	var wide []byte
	for _, u := range append([]uint16{0xFEFF}, utf16.Encode([]rune(text))...) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	ansi := []byte(strings.ReplaceAll(strings.Replace(text, "Windows Registry Editor Version 5.00", "REGEDIT4", 1), "ü", "\xfc"))
	for name, b := range map[string][]byte{"UTF-16": wide, "ANSI": ansi} {
		file := filepath.Join(root, name+".reg")
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		in, errs := machine().Locate([]string{file})
		if len(errs) > 0 || len(in) != 1 || !strings.HasSuffix(in[0].Root, "Müller Daten") {
			t.Errorf("%s: %v %v", name, in, errs)
		}
	}
}

// underWine reports whether the machine is Wine's, whose registry nobody
// minds.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

// The settings of a 32-bit MailEnable are found by this 64-bit program, values
// of wrong types are no texts, and an expandable path is expanded.
func TestRegistry(t *testing.T) {
	if !underWine() {
		t.Skip("writes to the registry of the machine, so only under Wine")
	}
	path := registryKey + `\Connectors\SMTP`
	k, _, err := registry.CreateKey(registry.LOCAL_MACHINE, path, registry.ALL_ACCESS|registry.WOW64_32KEY)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = k.Close()
		_ = registry.DeleteKey(registry.LOCAL_MACHINE, `SOFTWARE\Wow6432Node\Mail Enable\Mail Enable\Connectors\SMTP`)
	}()
	if err := errors.Join(k.SetStringValue("Host Name", "mail.ours.example"), k.SetExpandStringValue("Log", `%SystemDrive%\log`), k.SetDWordValue("Relay", 7),
		k.SetBinaryValue("Odd", []byte{1, 2}), k.SetStringsValue("Many", []string{"a", "b"})); err != nil {
		t.Fatal(err)
	}
	r := MachineRegistry()
	for name, want := range map[string]string{"Host Name": "mail.ours.example", "Log": `C:\log`, "Relay": "", "Odd": "", "Missing": ""} {
		if got, _ := r.String(`Connectors\SMTP`, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	got := map[string]string{}
	for _, v := range r.(ValueRegistry).Values(`Connectors\SMTP`) {
		got[v.Name] = v.Text
	}
	if got["Relay"] != "7" || got["Many"] != "a b" || got["Host Name"] != "mail.ours.example" {
		t.Errorf("%v", got)
	}
	if _, ok := r.String(`No\Such`, "x"); ok {
		t.Error("a key that is not there has a value")
	}
}
