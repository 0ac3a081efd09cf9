package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What audit does with roots, exports and time zones.
func TestAuditInputs(t *testing.T) {
	dir := t.TempDir()
	site := filepath.Join(dir, "site")
	if r := metriage(t, "", "demo", "--story", "quiet", "--messages", "200", "--write", site); r.code != 0 {
		t.Fatal(r.err)
	}
	bare := filepath.Join(dir, "bare")
	if err := os.MkdirAll(filepath.Join(bare, "Queues"), 0o755); err != nil {
		t.Fatal(err)
	}
	reg := filepath.Join(dir, "export.reg")
	text := "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Mail Enable\\Mail Enable\\Connectors\\SMTP]\r\n\"Host Name\"=\"mail.ours.example\"\r\n"
	if err := os.WriteFile(reg, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Run("several", func(t *testing.T) {
		r := metriage(t, "", "audit", "--root", site, "--root", bare, "--format", "json")
		lines := strings.Split(strings.TrimSpace(r.out), "\n")
		if len(lines) != 2 {
			t.Fatalf("%d lines", len(lines))
		}
		for i, want := range []string{site, bare} {
			if got := decode(t, lines[i]); got["installation"] != want || len(list(got["findings"])) != len(auditCodes) {
				t.Errorf("line %d is of %v", i, got["installation"])
			}
		}
	})
	t.Run("reg", func(t *testing.T) {
		r := metriage(t, "", "audit", "--root", site, "--reg", reg, "--format", "json")
		if got := decode(t, r.out); got["settings_from"] != reg || r.code != 0 {
			t.Errorf("settings from %v, exit %d", got["settings_from"], r.code)
		}
	})
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no such export", []string{"--root", site, "--reg", filepath.Join(dir, "none.reg")}, 2, "--reg"},
		{"an export alone that names no folder", []string{"--reg", reg}, 2, "names no data folder"},
		{"no export at all", []string{"--root", site, "--reg", filepath.Join(site, "..", "site.truth.json")}, 0, "first line has to be"},
		{"no root", []string{"--root", filepath.Join(dir, "none")}, 2, "no such folder"},
		{"nothing to judge by", []string{"--root", bare}, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := metriage(t, "", append([]string{"audit"}, tt.args...)...)
			if r.code != tt.code || !strings.Contains(r.err+r.out, tt.says) {
				t.Errorf("exit %d, want %d %q:\n%s%s", r.code, tt.code, tt.says, r.err, r.out)
			}
		})
	}
	t.Run("redact", func(t *testing.T) {
		r := metriage(t, "", "audit", "--root", site, "--redact", "--format", "json")
		if strings.Contains(r.out, "anna@") || !strings.Contains(r.out, "@harbourline.example") {
			t.Error("local parts are shown")
		}
	})
}

// An Activity log in another time zone moves the times, not the findings.
func TestAuditTimezone(t *testing.T) {
	site := filepath.Join(t.TempDir(), "site")
	if r := metriage(t, "", "--timezone", "America/New_York", "demo", "--story", "new-server", "--messages", "300", "--write", site); r.code != 0 {
		t.Fatal(r.err)
	}
	var onset [2]string
	for i, zone := range []string{"America/New_York", "Asia/Tokyo"} {
		r := metriage(t, "", "audit", "--root", site, "--timezone", zone, "--format", "json")
		onset[i], _ = decode(t, r.out)["onset"].(string)
	}
	// The wall clock of the log is what it is; the offset is the zone's.
	if len(onset[0]) != 25 || onset[0][:19] != onset[1][:19] || onset[0][19:] == onset[1][19:] || onset[1][19:] != "+09:00" {
		t.Errorf("onsets %v", onset)
	}
}
