package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

// FuzzConfig reads a configuration: it is used, or refused with one harmless
// sentence that names the file.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"", "since = \"7d\"\nroot = [\"C:\\\\Mail\", 'D:\\Mail']\n", "ascii = true\nmax = 5\n", "[keys]\nspamhaus = \"abc\"\n", "keys = 1\n", "[keys]\nx = 1\n", "only = true\n",
		"[[list]]\nid = \"x\"\nzone = \"bl.x.example\"\n", "[[rule]]\nid = \"x-1\"\nany = [\"blocked\"]\ncause = \"policy\"\n", "since = 5", "nonsense = 1", "root = ", "timezone = \"\\u001b[2J\"", "\xef\xbb\xbfsince = \"1d\"", "a.b.c = 1", "config = \"other.toml\"",
	} {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "metriage.toml")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4<<10 || strings.Contains(text, "debug") {
			return // would write where the text says
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		p := program{
			in: strings.NewReader(""), out: &out, err: &errs, getenv: func(string) string { return "" }, now: time.Now,
			machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }},
		}
		code := p.run(context.Background(), []string{"version", "--config", path})
		if code == exitOK && (errs.Len() > 0 || out.Len() == 0) || code != exitOK && errs.Len() == 0 || code < 0 || code > exitUnknown {
			t.Errorf("exit %d, %d bytes, said %q", code, out.Len(), errs.String())
		}
		if h := sample.Harm(errs.String()); h != "" || errs.Len() > 8<<10 {
			t.Errorf("%d bytes, %s: %q", errs.Len(), h, errs.String())
		}
	})
}
