package mailenable

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const export = "Windows Registry Editor Version 5.00\r\n\r\n" +
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Mail Enable\\Mail Enable]\r\n" +
	"\"Data Directory\"=\"D:\\\\Mail Enable\"\r\n\"Configuration Directory\"=\"D:\\\\Mail Enable\\\\Config\"\r\n" +
	"\"Configuration Provider\"=\"SQLSERVER\"\r\n\"Enterprise Version\"=\"10.50\"\r\n\r\n" +
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Mail Enable\\Mail Enable\\Connectors\\SMTP]\r\n" +
	"\"Host Name\"=\"mail.ours.example\"\r\n\"Local Domain Name\"=dword:00000005\r\n" +
	"\"Outbound Interface\"=\"198.51.100.25\"\r\n\"DNS Addresses\"=\"192.0.2.53 2001:db8::53\"\r\n" +
	"\"Blocked HELO\"=\"localhost, friend\"\r\n\"Allow Plain Authentication\"=dword:00000001\r\n" +
	"\"Relay For Something\"=dword:00000001\r\n\"Smart Host\"=\"relay.isp.example:587\"\r\n" +
	"\"Smart Host Password\"=\"hunter2\"\r\n\"Odd\"=hex:01,02\r\n\r\n" +
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Mail Enable\\Mail Enable\\Connectors\\SMTP\\White List]\r\n" +
	"\"192.0.2.8\"=dword:00000001\r\n\"192.0.2.7\"=\"\"\r\n"

func TestReadSettings(t *testing.T) {
	f, err := ParseRegFile([]byte(export))
	if err != nil || len(f.Problems) > 0 {
		t.Fatal(err, f.Problems)
	}
	s := ReadSettings(f)
	if !s.Found || s.Version != "10.50" || s.HostName != "mail.ours.example" || s.ConfigDir != `D:\Mail Enable\Config` {
		t.Errorf("%+v", s)
	}
	if s.OutboundBinding != netip.MustParseAddr("198.51.100.25") {
		t.Errorf("outbound binding %v", s.OutboundBinding)
	}
	if !reflect.DeepEqual(s.DNS, []netip.Addr{netip.MustParseAddr("192.0.2.53"), netip.MustParseAddr("2001:db8::53")}) {
		t.Errorf("DNS addresses %v", s.DNS)
	}
	if s.SmartHost != "relay.isp.example:587" || !s.Database || !reflect.DeepEqual(s.White, []string{"192.0.2.7", "192.0.2.8"}) {
		t.Errorf("smart host %q, database %v, white list %v", s.SmartHost, s.Database, s.White)
	}
	if !reflect.DeepEqual(s.BlockedHELO, []string{"localhost", "friend"}) {
		t.Errorf("blocked HELO %v", s.BlockedHELO)
	}
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Path, "Local Domain Name") || !strings.Contains(s.Problems[0].What, "number") {
		t.Errorf("a value of the wrong type: %v", s.Problems)
	}
	names := map[string]string{}
	for _, r := range s.Relay {
		names[r.Name] = r.Value
		if r.Note == "" || strings.Contains(r.Value, "hunter2") {
			t.Errorf("%+v", r)
		}
	}
	want := map[string]string{
		"Allow Plain Authentication": "1", "Relay For Something": "1", "Smart Host": "relay.isp.example:587", "Smart Host Password": "(not shown)",
	}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("relay values %v, want %v", names, want)
	}
}

func TestReadSettingsOfNothing(t *testing.T) {
	if s := ReadSettings(nil); s.Found || s.OutboundBinding.IsValid() {
		t.Errorf("%+v", s)
	}
	f, err := ParseRegFile([]byte("REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Mail Enable\\Mail Enable\\Connectors\\SMTP]\n\"Outbound Interface\"=\"everything\"\n\"Host Name\"=hex(7):61,00,00,00\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s := ReadSettings(f); !s.Found || s.HostName != "a" || len(s.Problems) != 1 {
		t.Errorf("%+v", s)
	}
	// 0.0.0.0 is how "all addresses" is written.
	f, _ = ParseRegFile([]byte("REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Mail Enable\\Mail Enable\\Connectors\\SMTP]\n\"Outbound Interface\"=\"0.0.0.0\"\n"))
	if s := ReadSettings(f); s.OutboundBinding.IsValid() || len(s.Problems) > 0 {
		t.Errorf("%+v", s)
	}
}

// opened is a file system that keeps a record of what was opened or read.
type opened struct {
	FS
	names *[]string
}

func (o opened) OpenDir(path string) (Dir, error) {
	d, err := o.FS.OpenDir(path)
	return openedDir{d, o.names}, err
}

type openedDir struct {
	Dir
	names *[]string
}

func (d openedDir) Read(name string, buf []byte) (int, error) {
	*d.names = append(*d.names, name)
	return d.Dir.Read(name, buf)
}

func (d openedDir) Open(name string) (File, error) {
	*d.names = append(*d.names, name)
	return d.Dir.Open(name)
}

func (d openedDir) Stat(name string) (Entry, error) {
	*d.names = append(*d.names, name)
	return d.Dir.Stat(name)
}

func (d openedDir) OpenDir(name string) (Dir, error) {
	below, err := d.Dir.OpenDir(name)
	return openedDir{below, d.names}, err
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	p := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func configTree(t *testing.T) Installation {
	t.Helper()
	root := tree(t, "Queues/SMTP/Outgoing/", "Postoffices/acme/MAILROOT/anna/Inbox/", "Postoffices/other/")
	put(t, root, "config/ADDRESS-MAP.TAB", "acme\t[SMTP:anna@acme.example]\t[SF:acme/anna]\t0\r\n"+
		"[SMTP:info@Acme.Example]\t[SF:acme/anna]\r\n"+ // other columns
		"acme\t[SMTP:*@acme.example]\t[SF:acme/anna]\t0\r\n"+
		"x\ty\t[SMTP:*@shop.example]\t[SMTP:all@gmail.example]\r\n"+
		"acme\t[SMTP:boss@acme.example]\t[SMTP:boss@home.example]\t0\r\n"+
		"acme\t[SMTP:old@gone.example]\t[SF:SYSTEM/BLOCKED]\t0\r\n"+
		"this row is none\r\n\r\n"+
		"half\t[SMTP:cut@acme.exa") // cut off
	put(t, root, "config/SMTP-DENY.TAB", "203.0.113.66\t1\tCONNECT\tSYSTEM\r\n100.64.9.*\t1\tCONNECT\tSYSTEM\r\nnonsense\tCONNECT\r\n")
	put(t, root, "config/SMTP-RELAY.TAB", "10.0.0.0/8\t1\tRELAY\tSYSTEM\r\n")
	put(t, root, "config/SMTP-WHITELIST.SYS", "192.0.2.9\r\nnot an address\r\n")
	put(t, root, "config/AUTH.TAB", "anna@acme\tclear-text-password\r\n")
	put(t, root, "config/auth.sav", "anna@acme\tclear-text-password\r\n")
	put(t, root, "config/DKIM/default-acme.key", "secret")
	put(t, root, "config/Postoffices/acme/MAILBOX.TAB", "anna\tacme\tUSER\t1\t2\t[SMTP:a@gmail.example];[SMTP:b@yahoo.example]\r\nbob\tacme\tUSER\t1\t0\t[SMTP:old@gmail.example]\r\ncarl\tacme\tUSER\t1\t0\t\r\n")
	put(t, root, "config/Postoffices/acme/MAILBOXES/dora.SYS", "Mailbox-RedirectAddress=[SMTP:d@web.example]\r\nMailbox-RedirectStatus=1\r\nrubbish\r\n")
	put(t, root, "config/Postoffices/acme/MAILBOXES/anna.SYS", "RedirectAddress=[SMTP:a@gmail.example];[SMTP:b@yahoo.example]\r\nRedirectStatus=yes\r\n")
	return Installation{Root: root}
}

func TestReadConfig(t *testing.T) {
	in := configTree(t)
	var touched []string
	c := in.ReadConfig(context.Background(), opened{Disk{}, &touched})
	for _, n := range touched {
		if strings.Contains(strings.ToLower(n), "auth") || strings.HasSuffix(n, ".key") {
			t.Errorf("%s was opened or looked at", n)
		}
	}
	if !c.Read || !reflect.DeepEqual(c.Domains, []string{"acme.example", "shop.example"}) {
		t.Errorf("domains %v", c.Domains)
	}
	if !reflect.DeepEqual(c.Postoffices, []string{"acme", "other"}) {
		t.Errorf("postoffices %v", c.Postoffices)
	}
	if got := c.AddressesOf("ACME/anna"); !reflect.DeepEqual(got, []string{"anna@acme.example", "info@Acme.Example"}) {
		t.Errorf("addresses of a mailbox: %v", got)
	}
	if len(c.CatchAlls) != 2 || c.CatchAlls[0].Mailbox != "acme/anna" || c.CatchAlls[1].Address != "all@gmail.example" || c.CatchAlls[1].Domain != "shop.example" {
		t.Errorf("catch-alls %+v", c.CatchAlls)
	}
	if !reflect.DeepEqual(c.CatchAllOf("acme/ANNA"), []string{"acme.example"}) {
		t.Errorf("catch-all of a mailbox: %v", c.CatchAllOf("acme/ANNA"))
	}
	for address, want := range map[string]string{"Info@acme.example": "acme/anna", "made.up@acme.example": "acme/anna", "x@shop.example": "", "x@elsewhere.example": "", "old@gone.example": ""} {
		if got := c.MailboxOf(address); got != want {
			t.Errorf("%s leads to %q, want %q", address, got, want)
		}
	}
	if len(c.Outside) != 1 || c.Outside[0].To != "boss@home.example" {
		t.Errorf("outside %+v", c.Outside)
	}
	red := map[string]int{}
	for _, r := range c.Redirects {
		red[r.Mailbox+" "+strings.Join(r.To, ",")] = r.Status
	}
	want := map[string]int{"acme/anna a@gmail.example,b@yahoo.example": 2, "acme/bob old@gmail.example": 0, "acme/dora d@web.example": 1}
	if !reflect.DeepEqual(red, want) {
		t.Errorf("redirections %v, want %v", red, want)
	}
	if len(c.Denied) != 2 || c.Denied[1].Pattern != "100.64.9.*" || len(c.Relaying) != 1 || !reflect.DeepEqual(c.Whitelist, []string{"192.0.2.9"}) {
		t.Errorf("access %+v %+v %v", c.Denied, c.Relaying, c.Whitelist)
	}
	if c.NotUnderstood["SMTP-DENY.TAB"] != 1 || c.NotUnderstood["ADDRESS-MAP.TAB"] != 1 {
		t.Errorf("not understood %v", c.NotUnderstood)
	}
	if len(c.Problems) != 1 || !strings.Contains(c.Problems[0].What, "RedirectStatus") {
		t.Errorf("problems %v", c.Problems)
	}
	if len(c.Files) == 0 || c.Files[0].ModTime.IsZero() {
		t.Errorf("files %v", c.Files)
	}
}

func TestReadConfigStops(t *testing.T) {
	in := configTree(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if c := in.ReadConfig(ctx, Disk{}); len(c.Files) != 0 {
		t.Errorf("%d files were read after a cancel", len(c.Files))
	}
	if c := (Installation{Root: filepath.Join(in.Root, "nowhere")}).ReadConfig(context.Background(), Disk{}); c.Read {
		t.Error("a configuration was read where there is none")
	}
}

func TestPatternHas(t *testing.T) {
	for _, c := range []struct {
		pattern, addr string
		want          bool
	}{
		{"192.0.2.1", "192.0.2.1", true}, {"192.0.2.1", "::ffff:192.0.2.1", true}, {"192.0.2.1", "192.0.2.10", false},
		{"192.0.2.*", "192.0.2.77", true}, {"192.0.*.*", "192.0.9.1", true}, {"192.0.*", "192.0.9.1", true}, {"192.1.*", "192.0.9.1", false},
		{"10.0.0.0/8", "10.9.9.9", true}, {"*.*.*.*", "10.9.9.9", true}, {"2001:db8::1", "2001:db8::1", true}, {"192.0.2.*", "2001:db8::1", false},
	} {
		if got := PatternHas(c.pattern, netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s has %s: %v", c.pattern, c.addr, got)
		}
	}
}

func TestRegExport(t *testing.T) {
	in := configTree(t)
	if f, path, err := in.RegExport(Disk{}); f != nil || path != "" || err != nil {
		t.Errorf("%v %q %v", f, path, err)
	}
	put(t, in.Root, "config/server.REG", export)
	f, path, err := in.RegExport(Disk{})
	if err != nil || f == nil || filepath.Base(path) != "server.REG" {
		t.Fatalf("%v %q %v", f, path, err)
	}
	if s := ReadSettings(f); s.HostName != "mail.ours.example" {
		t.Errorf("%+v", s)
	}
	if _, err := ReadRegExport(Disk{}, path); err != nil {
		t.Error(err)
	}
	put(t, in.Root, "config/server.REG", "no export")
	if _, _, err := in.RegExport(Disk{}); err == nil {
		t.Error("a file that is no export was read")
	}
}

func TestParseTabRowBounds(t *testing.T) {
	row, ok := parseTabRow([]byte(strings.Repeat("x\t", 500) + "[SMTP:a@b]"))
	if !ok || len(row.columns) != maxTabColumns {
		t.Errorf("%d columns", len(row.columns))
	}
	row, _ = parseTabRow([]byte("m\t" + strings.Repeat("[SMTP:a@b];", 5000)))
	if len(row.groups) != maxTabGroups {
		t.Errorf("%d addresses", len(row.groups))
	}
}

func FuzzTabRow(f *testing.F) {
	for _, s := range []string{
		"acme\t[SMTP:*@acme.example]\t[SF:acme/anna]\t0", "anna\tacme\tUSER\t1\t2\t[SMTP:a@x];[SMTP:b@y]",
		"1.2.3.*\t1\tCONNECT\tSYSTEM", "[[[[SMTP:]]]]\t\t", "\xff\xfe[SMTP:a@b]\t[SMTP:c@d]", "[IPv6:::1]\t[::]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		out := Config{NotUnderstood: map[string]int{}, boxes: map[string][]string{}, owners: map[string]string{}}
		r := &configReader{out: &out, domains: map[string]bool{}, boxes: map[string]bool{}, seen: map[string]bool{}}
		r.row("Postoffices/acme/MAILBOX.TAB", "acme", 1, line)
		r.row("ADDRESS-MAP.TAB", "", 1, line)
		for _, a := range append(out.Denied, out.Relaying...) {
			_ = PatternHas(a.Pattern, netip.MustParseAddr("192.0.2.1"))
		}
		for _, red := range out.Redirects {
			if red.Status < -1 || red.Status > 2 || len(red.To) == 0 {
				t.Errorf("%+v", red)
			}
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte(export))
	f.Add([]byte("REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Mail Enable\\Mail Enable\\Connectors\\SMTP]\n\"DNS\"=hex(7):ff,fe\n\"Relay\"=-\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRegFile(b)
		if err != nil {
			return
		}
		s := ReadSettings(r)
		if len(s.Relay) > maxRaw || len(s.Problems) > maxRaw || len(s.White) > maxRaw {
			t.Error("not bounded")
		}
		if !slices.IsSorted(s.White) {
			t.Error("the white list is not sorted")
		}
	})
}

func TestServiceMark(t *testing.T) {
	m, ok := ParseServiceMark([]byte("[09/05/18 00:00:20]****************** LOG FILE STARTED *******************"), time.UTC)
	if !ok || !m.Started || m.Time.Format(time.DateTime) != "2018-09-05 00:00:20" {
		t.Errorf("%+v %v", m, ok)
	}
	if m, ok = ParseServiceMark([]byte("[09/06/18 00:00:24]*** LOG FILE CLOSED ***"), time.UTC); !ok || m.Started {
		t.Errorf("%+v %v", m, ok)
	}
	for _, l := range []string{"", "[", "[09/05/18 00:00:20] something", "09/05/18 00:00:20 LOG FILE STARTED"} {
		if _, ok := ParseServiceMark([]byte(l), time.UTC); ok {
			t.Errorf("%q was taken for a mark", l)
		}
	}
}
