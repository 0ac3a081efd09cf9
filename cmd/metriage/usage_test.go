package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metriage/diag/sample"
)

func TestBadUsage(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	empty := t.TempDir()
	site := t.TempDir()
	if err := os.MkdirAll(filepath.Join(site, "Queues", "SMTP", "Outgoing"), 0o755); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.toml")
	lists := filepath.Join(t.TempDir(), "lists.toml")
	binaryFile := filepath.Join(t.TempDir(), "x.MAI")
	for p, c := range map[string]string{
		broken: "root = \n", lists: "[[list]]\nid = \"x\"\nzone = \"a b\"\n", binaryFile: "MZ\x00\x01",
	} {
		if err := os.WriteFile(p, []byte(c), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"report", "--root", missing}, 2, "no such folder"},
		{[]string{"report", "--root", empty}, 2, "holds none of the folders"},
		{[]string{"report"}, 2, "no MailEnable installation found"},
		{[]string{}, 2, "metriage demo"},
		{[]string{"--root", missing}, 2, "no such folder"},
		{[]string{"report", "--root", binaryFile}, 2, "is a file"},
		{[]string{"report", "--root", filepath.Join(site, "Queues")}, 2, "name that with --root"},
		{[]string{"report", "--root", site, "--out", filepath.Join(site, "r.txt")}, 2, "--out"},
		{[]string{"report", "--root", site, "--debug", filepath.Join(site, "Queues", "d.txt")}, 2, "where metriage only reads"},
		{[]string{"--root", missing, "--target", "mail.example.com:25", "--theme", "none", "--ip", "198.51.100.10", "--domain", "ours.example"}, 2, "no such folder"},
		{[]string{"--root", site, "--target", "mail.example.com:0"}, 2, "--target"},
		{[]string{"dashboard", "--root", site, "--target", "mail.example.com:0"}, 2, "--target"},
		{[]string{"report", "--nonsense"}, 2, "unknown flag --nonsense"},
		{[]string{"report", "--since", "soon"}, 2, "such as 90m, 12h, 30d or 2w"},
		{[]string{"report", "--since", "0d"}, 2, "no length of time"},
		{[]string{"report", "--by", "moon"}, 2, "--by"},
		{[]string{"report", "--format", "xml"}, 2, "--format"},
		{[]string{"report", "--cause", "bad"}, 2, "the causes are no-ptr"},
		{[]string{"report", "--max", "-1"}, 2, "--max"},
		{[]string{"report", "--timezone", "Nowhere/City"}, 2, "Europe/Berlin"},
		{[]string{"report", "--config", missing}, 2, "check the path after --config"},
		{[]string{"report", "--config", broken}, 2, "line 1"},
		{[]string{"frobnicate"}, 2, "frobnicate"},
		{[]string{"explain", missing}, 2, "no such file"},
		{[]string{"explain", empty}, 2, "is a folder"},
		{[]string{"explain", binaryFile}, 2, "binary"},
		{[]string{"check", "nonsense"}, 2, "the checks are ptr"},
		{[]string{"check", "ptr", "--ip", "300.1.1.1"}, 2, "--ip"},
		{[]string{"check", "ptr", "--ip", "198.51.100.1", "--dns", "127.0.0.1:99999"}, 2, "the port is a number"},
		{[]string{"check", "relay", "--target", "no host:25", "--dns", "127.0.0.1:1"}, 2, "--target"},
		{[]string{"check", "dnsbl", "--ip", "198.51.100.1", "--dns", "127.0.0.1:1", "--lists", lists}, 2, "line 3"},
		{[]string{"demo", "--messages", "-1"}, 2, "--messages"},
		{[]string{"demo", "--story", "none-such"}, 2, "--story"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			r := metriage(t, "", tt.args...)
			if r.code != tt.code || !strings.Contains(r.err, tt.want) {
				t.Errorf("exit %d, %q; want %d and %q", r.code, r.err, tt.code, tt.want)
			}
			if r.out != "" {
				t.Errorf("standard output %q", r.out)
			}
			if n := strings.Count(r.err, "\n"); n != 1 {
				t.Errorf("%d lines on standard error: %s", n, r.err)
			}
		})
	}
}

func TestDebugFile(t *testing.T) {
	site := filepath.Join("..", "..", "testdata", "installations", "01-vendor-form", "root")
	path := filepath.Join(t.TempDir(), "debug.log")
	if r := metriage(t, "", "report", "--root", site, "--since", "all", "--debug", path); r.code != 1 {
		t.Fatalf("%+v", r)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"msg=installation", "msg=scan", "files=3"} {
		if !strings.Contains(string(b), w) {
			t.Errorf("no %q in\n%s", w, b)
		}
	}
	if strings.Contains(string(b), "anna@") {
		t.Errorf("an address of a mail is in the file:\n%s", b)
	}
	if r := metriage(t, "", "report", "--root", site, "--debug", filepath.Join(path, "x")); r.code != 2 || !strings.Contains(r.err, "--debug") {
		t.Errorf("%+v", r)
	}
}

func TestReportExitCodes(t *testing.T) {
	site := func(files map[string]string) string {
		root := t.TempDir()
		for name, content := range files {
			p := filepath.Join(root, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return root
	}
	ndr := "MailEnable: Message could not be delivered to some recipients.\n\n\tRecipient: [SMTP:a@x.example]\n\tReason: 550 5.1.1 no\n"
	const inbox = "Postoffices/po/MAILROOT/mb/Inbox/"
	bad := site(map[string]string{inbox + "A1.MAI": ndr})
	good := site(map[string]string{inbox + "A1.MAI": "From: a@b.example\n\nhi\n"})
	unreadable := site(map[string]string{inbox + "A1.MAI": "", inbox + "A2.MAI": "\x00\x00"})
	nothing := site(map[string]string{"Queues/SMTP/Outgoing/readme.txt": "x"})
	missing := filepath.Join(t.TempDir(), "none")
	for _, tt := range []struct {
		args []string
		code int
	}{
		{[]string{"--root", bad}, 1},
		{[]string{"--root", bad, "--max", "1"}, 0},
		{[]string{"--root", good}, 0},
		{[]string{"--root", unreadable}, 3},
		{[]string{"--root", nothing}, 0},
		{[]string{"--root", missing}, 2},
		{[]string{"--root", missing, "--root", good}, 0},
		{[]string{"--root", good, "--root", bad}, 1},
		{[]string{"--root", bad, "--domain", "other.example"}, 0},
		{[]string{"--root", bad, "--domain", "X.Example."}, 1},
		{[]string{"--root", bad, "--cause", "no-ptr"}, 0},
		{[]string{"--root", bad, "--cause", "recipient"}, 1},
	} {
		if r := metriage(t, "", append([]string{"report", "--format", "json"}, tt.args...)...); r.code != tt.code {
			t.Errorf("%v: exit %d, want %d: %s", tt.args, r.code, tt.code, r.err)
		}
	}
	if r := metriage(t, "", "report", "--root", unreadable); !strings.Contains(r.out, "Nothing could be read") {
		t.Errorf("the text says\n%s", r.out)
	}
	both := decode(t, metriage(t, "", "report", "--format", "json", "--root", missing, "--root", good).out)
	if p := list(both["problems"]); len(p) != 1 || !strings.Contains(fmt.Sprint(p[0]), "none") {
		t.Errorf("problems %v", p)
	}
}

// Nothing below the root changes, whatever is asked.
func TestRootIsNotTouched(t *testing.T) {
	root := filepath.Join(t.TempDir(), "site")
	if r := metriage(t, "", "demo", "--write", root, "--messages", "200"); r.code != 0 {
		t.Fatal(r.err)
	}
	before := listing(t, root)
	for _, f := range []string{"text", "json", "csv", "md"} {
		metriage(t, "", "report", "--root", root, "--format", f)
	}
	metriage(t, "", "--root", root)
	if after := listing(t, root); after != before {
		t.Error("something below the root changed")
	}
}

func listing(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(root, func(p string, i os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, p, i.Size(), i.ModTime().UnixNano(), i.Mode())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCheckAgainstTheDemosWorld(t *testing.T) {
	scene, err := sample.Options{Seed: 1}.Scene()
	if err != nil {
		t.Fatal(err)
	}
	w, err := scene.Play()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ip := scene.IPs[0].String()
	base := []string{"check", "ptr", "dnsbl", "relay", "--ip", ip, "--dns", w.DNS(), "--target", w.Relay(), "--local-domain", scene.Domains[0]}
	r := metriage(t, "", append(base, "--format", "json")...)
	if r.code != 1 {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	got := decode(t, r.out)
	codes := map[string]string{}
	for _, f := range list(got["findings"]) {
		m := f.(map[string]any)
		codes[fmt.Sprint(m["check"])+" "+fmt.Sprint(m["list"])] = fmt.Sprint(m["status"], " ", m["code"])
		for _, k := range []string{"check", "subject", "status", "code", "list", "codes", "summary", "evidence", "age_s", "took_ms"} {
			if _, ok := m[k]; !ok {
				t.Errorf("a finding without %s: %v", k, m)
			}
		}
	}
	for k, want := range map[string]string{"ptr ": "fail ptr-missing", "dnsbl spamhaus-zen": "fail dnsbl-listed", "relay ": "pass relay-closed"} {
		if codes[k] != want {
			t.Errorf("%s: %q, want %q", k, codes[k], want)
		}
	}
	for _, k := range []string{"target", "vantage", "complete"} {
		if _, ok := got[k]; !ok {
			t.Errorf("no %s", k)
		}
	}
	text := metriage(t, "", base...)
	if text.code != 1 || !strings.Contains(text.out, "FAIL    PTR") || !strings.Contains(text.out, "NXDOMAIN") {
		t.Errorf("text: exit %d\n%s", text.code, text.out)
	}
	if r := metriage(t, "", "check", "relay", "--dns", w.DNS()); r.code != 3 || !strings.Contains(r.out, "--target") {
		t.Errorf("a relay check without target: exit %d\n%s", r.code, r.out)
	}
	if f := w.Forbidden(); len(f) > 0 {
		t.Errorf("sent what a check must never send: %v", f)
	}
	root := filepath.Join(t.TempDir(), "site")
	if r := metriage(t, "", "demo", "--write", root, "--messages", "300"); r.code != 0 {
		t.Fatal(r.err)
	}
	if r := metriage(t, "", "check", "ptr", "--root", root, "--dns", w.DNS(), "--format", "json"); !strings.Contains(r.out, ip) || r.code != 1 {
		t.Errorf("the address is not learned from the installation: exit %d\n%s%s", r.code, r.err, r.out)
	}
	if n := w.Repair("ptr"); n != nil {
		t.Fatal(n)
	}
	if r := metriage(t, "", "check", "ptr", "--ip", ip, "--dns", w.DNS()); r.code != 0 {
		t.Errorf("after the repair: exit %d\n%s", r.code, r.out)
	}
}
