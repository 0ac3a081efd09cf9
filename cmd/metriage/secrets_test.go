package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metriage/diag/sample"
)

// Passwords that clients sent, keys of lists and the file with MailEnable's
// passwords are in nothing that is printed, written or logged.
func TestSecretsAreNowhere(t *testing.T) {
	const login, password, key, clear = "c2VjcmV0LWxvZ2lu", "c2VjcmV0LXBhc3N3b3Jk", "secretlistkey26characters", "cleartext-of-auth-tab"
	root := filepath.Join(t.TempDir(), "site")
	row := func(verb, detail, answer string) string {
		return fmt.Sprintf("%s\tSMTP-IN\tA1A1A1A1A1A1A1A1A1A1A1A1A1A1A1A1.MAI\t77\t203.0.113.7\t%s\t%s\t%s\t10\t10\t\t\r\n",
			attacksAt.Add(-1e12).Format("01/02/06 15:04:05"), verb, detail, answer)
	}
	for name, text := range map[string]string{
		"Logging/SMTP/SMTP-Activity-" + attacksAt.Format("060102") + ".log": row("EHLO", "EHLO x", "250 ok") + row("AUTH", "AUTH LOGIN", "334 VXNlcm5hbWU6") + row("AUTH", login, "334 UGFzc3dvcmQ6") +
			row("AUTH", password, "535 Invalid Username or Password") + row("AUTH", "AUTH PLAIN "+password, "535 Invalid Username or Password") + row("AUTH", password, "235 Authenticated"),
		"Logging/SMTP/SMTP-Debug-" + attacksAt.Format("060102") + ".log": attacksAt.Format("01/02/06 15:04:05") + "\tAUTH PLAIN " + password + "\r\n",
		"Config/AUTH.TAB": "anna\t" + clear + "\r\n", "Queues/SMTP/Outgoing/readme.txt": "",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	dns, err := sample.NewDNS()
	if err != nil {
		t.Fatal(err)
	}
	defer dns.Close()
	if err := dns.Zone(".", "25.100.51.198."+key+".bl.example. A 127.0.0.2\n2.0.0.127."+key+".bl.example. A 127.0.0.2\n"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lists, config, log := filepath.Join(dir, "lists.toml"), filepath.Join(dir, "metriage.toml"), filepath.Join(dir, "debug.log")
	for path, text := range map[string]string{
		lists:  "only = true\n[[list]]\nid = \"keyed\"\nzone = \"{key}.bl.example\"\nkind = \"ip\"\nweight = \"high\"\nkey = \"keyed\"\nlisted = { \"127.0.0.2\" = \"listed\" }\n",
		config: "[keys]\nkeyed = \"" + key + "\"\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := ""
	for _, args := range [][]string{
		{"report", "--root", root, "--since", "all", "--format", "json"}, {"report", "--root", root, "--since", "all", "--format", "md"}, {"audit", "--root", root, "--format", "json"},
		{"check", "dnsbl", "--ip", "198.51.100.25", "--dns", dns.Addr(), "--lists", lists, "--format", "json"},
		{"check", "dnsbl", "--ip", "198.51.100.25", "--dns", dns.Addr(), "--lists", lists},
	} {
		r := runHere(t, "", append(args, "--debug", log, "--config", config)...)
		if r.out == "" {
			t.Errorf("%v: exit %d, %s", args, r.code, r.err)
		}
		said += r.out + r.err
	}
	b, err := os.ReadFile(log)
	if err != nil || len(b) == 0 {
		t.Fatal(len(b), err)
	}
	if len(dns.Queries()) == 0 || !strings.Contains(said, "dnsbl-listed") {
		t.Errorf("the list was not asked with its key: %d questions", len(dns.Queries()))
	}
	for what, secret := range map[string]string{"a user's sign-in": login, "a password": password, "a list's key": key, "AUTH.TAB": clear} {
		if strings.Contains(said, secret) {
			t.Errorf("%s is printed:\n%.3000s", what, said)
		}
		if strings.Contains(string(b), secret) {
			t.Errorf("%s is in the debug file:\n%.3000s", what, b)
		}
	}
}

// What --out and --debug name cannot lie below an installation.
func TestNothingIsWrittenBelowARoot(t *testing.T) {
	dir, err := hostileTree()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "site")
	inside := filepath.Join(root, "Queues", "x.txt")
	for _, args := range [][]string{{"report", "--root", root, "--out", inside}, {"report", "--root", root, "--debug", inside}, {"audit", "--root", root, "--debug", inside}} {
		r := runHere(t, "", args...)
		if r.code != exitUsage || !strings.Contains(r.err, inside) {
			t.Errorf("%v: exit %d, %s", args, r.code, r.err)
		}
		if _, err := os.Stat(inside); err == nil {
			t.Fatalf("%v wrote", args)
		}
	}
}
