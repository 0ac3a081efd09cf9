package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metriage/diag/mailenable"
)

func configured(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), configName)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfigurationSetsFlags(t *testing.T) {
	site := filepath.Join("..", "..", "testdata", "installations", "02-recipients", "root")
	path := configured(t, "root = [\""+filepath.ToSlash(site)+"\"]\nsince = \"all\"\nmax = 100\nby = \"cause\"\nformat = \"json\"\ntimezone = \"UTC\"\n")
	r := metriage(t, "", "report", "--config", path)
	if r.code != 0 || !strings.Contains(r.out, `"key": "mailbox-full"`) {
		t.Errorf("exit %d: %s%s", r.code, r.err, r.out)
	}
	if r := metriage(t, "", "report", "--config", path, "--by", "domain", "--max", "0"); r.code != 1 || !strings.Contains(r.out, `"key": "one.example"`) {
		t.Errorf("the command line does not win: exit %d: %s%s", r.code, r.err, r.out)
	}
}

func TestConfigurationWithUnknownName(t *testing.T) {
	r := metriage(t, "", "report", "--config", configured(t, "rots = \"x\"\n"))
	if r.code != 2 || !strings.Contains(r.err, `"rots" is not known`) {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

// Where nobody named a configuration that cannot be read, no flag is blamed.
func TestDefaultConfigurationUnreadable(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "metriage", configName)
	if err := os.MkdirAll(path, 0o755); err != nil { // a folder is no file
		t.Fatal(err)
	}
	getenv := func(k string) string { return map[string]string{"XDG_CONFIG_HOME": home}[k] }
	var c configFile
	err := c.load([]string{"report"}, getenv)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "name another file with --config") || strings.Contains(err.Error(), "check the path after") {
		t.Errorf("%v", err)
	}
	if err := c.load([]string{"report", "--config", path}, getenv); err == nil || !strings.Contains(err.Error(), "check the path after --config") {
		t.Errorf("named: %v", err)
	}
}

// An own rule decides; a broken one is named with its line and the rest load.
func TestOwnRules(t *testing.T) {
	path := configured(t, `
[[rule]]
id = "x-house"
any = ["house rule seventeen"]
cause = "policy"
named = "x-partner"
confidence = "high"

[[rule]]
id = "x-broken"
any = ["nonsense"]
cause = "no-such-cause"
`)
	r := metriage(t, "554 refused by house rule seventeen", "explain", "--config", path, "--format", "json")
	if f := firstFailure(t, decode(t, r.out)); f["rule"] != "x-house" || f["named"] != "x-partner" || f["cause"] != "policy" {
		t.Errorf("%v", f)
	}
	if !strings.Contains(r.err, "line") || !strings.Contains(r.err, "x-broken") || !strings.Contains(r.err, path) {
		t.Errorf("the broken rule is not named: %s", r.err)
	}
}

func TestOwnLists(t *testing.T) {
	path := configured(t, "only = true\n[[list]]\nid = \"house\"\nzone = \"bl.house.example\"\nweight = \"critical\"\n")
	r := metriage(t, "", "check", "dnsbl", "--ip", "198.51.100.7", "--dns", "127.0.0.1:1", "--config", path, "--format", "json")
	found := list(decode(t, r.out)["findings"])
	if len(found) != 1 || found[0].(map[string]any)["list"] != "house" || r.code != 3 {
		t.Errorf("exit %d: %s%s", r.code, r.err, r.out)
	}
}

// Frames are drawn in ASCII on a Windows console, whose fonts have little else,
// and not in Windows Terminal.
func TestPlainConsole(t *testing.T) {
	for _, c := range []struct {
		windows bool
		session string
		want    bool
	}{{true, "", true}, {true, "9d3f", false}, {false, "", false}} {
		p := program{machine: mailenable.Machine{Windows: c.windows}, getenv: func(k string) string {
			return map[string]string{"WT_SESSION": c.session}[k]
		}}
		if got := plainConsole(p); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
