package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"metriage/diag/mailenable"
	"metriage/diag/sample"
)

// attacksAt is the moment at which the hostile tree is read.
var attacksAt = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)

func attacks(t testing.TB) []sample.Attack {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "attacks.toml"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := sample.ParseAttacks(b)
	if err != nil || len(list) < 90 {
		t.Fatal(len(list), err)
	}
	return list
}

// hostileTree writes the hostile installation once.
var hostileTree = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "attacks.toml"))
	if err != nil {
		return "", err
	}
	list, err := sample.ParseAttacks(b)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "metriage-attack-")
	if err != nil {
		return "", err
	}
	return dir, sample.WriteHostile(filepath.Join(dir, "site"), list, attacksAt)
})

// runHere runs a command in this process.
func runHere(t testing.TB, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	p := program{
		in: strings.NewReader(stdin), out: &out, err: &errs, getenv: func(string) string { return "" }, now: func() time.Time { return attacksAt },
		machine: mailenable.Machine{FS: mailenable.Disk{}, Getenv: func(string) string { return "" }},
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	code := p.run(ctx, args)
	return result{code, out.String(), errs.String()}
}

// harmless fails where output could do harm in a terminal, a spreadsheet, a
// ticket or a collector.
func harmless(t *testing.T, what, out string) {
	t.Helper()
	if h := sample.Harm(out); h != "" {
		t.Errorf("%s holds %s", what, h)
	}
}

// formats returns what a --format flag takes, from the commands themselves, so
// that a new one is tried without a word here.
func formats(t *testing.T, command any) []string {
	t.Helper()
	f, ok := reflect.TypeOf(command).FieldByName("Format")
	if !ok {
		t.Fatalf("%T has no format", command)
	}
	return strings.Split(f.Tag.Get("enum"), ",")
}

func TestReportsOfAHostileTree(t *testing.T) {
	dir, err := hostileTree()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "site")
	by, _ := reflect.TypeOf(reportCmd{}).FieldByName("By")
	for _, format := range formats(t, reportCmd{}) {
		for _, group := range strings.Split(by.Tag.Get("enum"), ",") {
			for _, redact := range []bool{false, true} {
				args := []string{"report", "--root", root, "--since", "all", "--timezone", "UTC", "--format", format, "--by", group}
				if redact {
					if group != "domain" && group != "sender" {
						continue
					}
					args = append(args, "--redact")
				}
				name := strings.Join(args[6:], " ")
				t.Run(name, func(t *testing.T) {
					out := ""
					if format == "capsule" {
						out = filepath.Join(t.TempDir(), "capsule")
						args = append(args, "--out", out)
					}
					r := runHere(t, "", args...)
					if out != "" {
						for _, f := range []string{"report.md", "capsule.jsonl"} {
							b, err := os.ReadFile(filepath.Join(out, f))
							if err != nil {
								t.Fatal(err)
							}
							r.out += string(b)
						}
					}
					if r.code != exitFound || len(r.out) < 200 {
						t.Fatalf("exit %d: %s", r.code, r.err)
					}
					harmless(t, name, r.out+r.err)
					switch format {
					case "csv":
						noFormulas(t, r.out)
					case "md":
						noMarkup(t, r.out)
					case "json":
						onlyWebLinks(t, r.out)
					case "prom":
						boundedSeries(t, r.out)
					}
				})
			}
		}
	}
}

// noFormulas reads CSV as a spreadsheet does, which may take semicolons or
// tabs for the separator too.
func noFormulas(t *testing.T, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`^-?[0-9.]+$`)
	for _, row := range rows {
		for _, cell := range row {
			for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == '\t' || r == '\n' }) {
				part = strings.TrimSpace(part)
				if part != "" && strings.ContainsRune("=+-@|%\uff1d\uff0b\uff0d\uff20", []rune(part)[0]) && !number.MatchString(part) {
					t.Errorf("a formula: %.80q", cell)
				}
			}
		}
	}
}

// noMarkup looks for what a ticket system would make a link, a picture or a
// script of.
func noMarkup(t *testing.T, text string) {
	t.Helper()
	for _, l := range strings.Split(text, "\n") {
		plain := regexp.MustCompile("`[^`]*`").ReplaceAllString(l, "")
		if strings.HasPrefix(l, "    ") {
			continue
		}
		if m := regexp.MustCompile(`(?i)(^|[^\\])(<[a-z/!]|!?\[[^\]]*\]\()`).FindString(plain); m != "" && !regexp.MustCompile(`^  Look it up: <https?://[^<>]*>$`).MatchString(l) {
			t.Errorf("markup %q in %.200q", m, l)
		}
	}
}

// onlyWebLinks looks at every value that is a link by its name.
func onlyWebLinks(t *testing.T, text string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	for d.More() {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		eachLink("", v, func(link string) {
			u, err := url.Parse(link)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
				t.Errorf("offered as a link: %q", link)
			}
			if strings.TrimSuffix(link, "/") == "https://good.example" {
				t.Errorf("a link that was cut leads elsewhere: %q", link)
			}
			if h := sample.Harm(link); h != "" {
				t.Errorf("a link holds %s: %q", h, link)
			}
		})
	}
}

func eachLink(name string, v any, f func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			eachLink(k, e, f)
		}
	case []any:
		for _, e := range v {
			eachLink(name, e, f)
		}
	case string:
		if v != "" && (name == "urls" || name == "lookup_url" || strings.HasSuffix(name, "link") || strings.HasSuffix(name, "url")) {
			f(v)
		}
	}
}

// boundedSeries checks the exposition format line by line: whole samples,
// labels of bounded length, none that broke out of its quotes.
func boundedSeries(t *testing.T, text string) {
	t.Helper()
	line := regexp.MustCompile(`^(# (HELP|TYPE) metriage_[a-z0-9_]+ .*|metriage_[a-z0-9_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)*\})? [-+0-9.eE]+)$`)
	for _, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if !line.MatchString(l) || len(l) > 1000 {
			t.Errorf("no sample: %.300q", l)
		}
		if strings.HasSuffix(l, " 7777") {
			t.Errorf("a sample from outside: %.300q", l)
		}
	}
}

func TestExplainingAttacks(t *testing.T) {
	dir, err := hostileTree()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "site", "Postoffices", "harbourline.example", "MAILROOT", "anna", "Inbox", "*.MAI"))
	if err != nil || len(files) < 200 {
		t.Fatal(len(files), err)
	}
	var lines strings.Builder
	for _, a := range attacks(t) {
		flat := strings.NewReplacer("\r\n", `\r\n`, "\n", `\n`).Replace(a.Text)
		fmt.Fprintf(&lines, "550 5.7.1 %s\n%s\n", flat, flat)
	}
	for _, format := range formats(t, explainCmd{}) {
		for _, c := range []struct {
			name, in string
			args     []string
		}{{"files", "", files}, {"lines", lines.String(), []string{"--lines"}}} {
			t.Run(format+" "+c.name, func(t *testing.T) {
				r := runHere(t, c.in, append([]string{"explain", "--format", format}, c.args...)...)
				if len(r.out) < 1000 {
					t.Fatalf("exit %d: %s", r.code, r.err)
				}
				harmless(t, "explain", r.out+r.err)
				if format == "json" {
					onlyWebLinks(t, r.out)
				}
			})
		}
	}
	// Every attack as a whole input, as somebody pastes it.
	pasted := t.TempDir()
	files = nil
	for _, a := range attacks(t) {
		for i, text := range []string{a.Text, "550 5.7.1 " + a.Text, "Subject: " + a.Text + "\r\n\r\n" + a.Text} {
			path := filepath.Join(pasted, fmt.Sprintf("%s-%d.txt", a.Name, i))
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			files = append(files, path)
		}
	}
	for _, format := range formats(t, explainCmd{}) {
		r := runHere(t, "", append([]string{"explain", "--format", format}, files...)...)
		harmless(t, "explain of what was pasted", r.out+r.err)
		if format == "json" {
			onlyWebLinks(t, r.out)
		}
	}
}

// Every answer of a name server and of a mail server is an attack.
func TestCheckingHostileServers(t *testing.T) {
	for i, list := range dozens(attacks(t)) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w, err := sample.NewHostileWorld(list)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			a := list[0]
			lists := filepath.Join(t.TempDir(), "lists.toml")
			text := tomlString(a.Text[:min(len(a.Text), 500)])
			own := fmt.Sprintf("only = true\n[[list]]\nid = \"pwnd\"\nzone = %q\nkind = \"ip\"\nweight = \"high\"\nname = %s\nnote = %s\nlisted = { \"127.0.0.2\" = %s }\n"+
				"[[list]]\nid = \"pwnd-domain\"\nzone = %q\nkind = \"domain\"\nweight = \"high\"\nlisted = { \"127.0.0.2\" = %s }\n", w.List, text, text, text, w.List, text)
			// A link of a list file is taken as a web page or not at all.
			links := filepath.Join(t.TempDir(), "links.toml")
			for path, text := range map[string]string{
				lists: own, links: own + "lookup = " + tomlString("https://pwnd.example/"+a.Text) + "\ndelist = " + tomlString("https://pwnd.example"+a.Text) + "\n",
			} {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			r := runHere(t, "", "check", "--format", "json", "--dns", w.DNS.Addr(), "--ip", w.IP, "--domain", w.Domain, "--lists", links, "dnsbl")
			harmless(t, "links of a list", r.out+r.err)
			if r.code != exitUsage {
				onlyWebLinks(t, r.out)
			}
			for _, format := range formats(t, checkCmd{}) {
				args := []string{"check", "--format", format, "--dns", w.DNS.Addr(), "--ip", w.IP, "--helo", "mail.harbourline.example", "--domain", w.Domain,
					"--selector", "pwnd", "--target", w.SMTP.Addr(), "--remote", "remote.example", "--mx", w.SMTP.Addr(),
					"--from", "a@harbourline.example", "--rcpt", "b@remote.example", "--lists", lists,
					"ptr", "helo", "dnsbl", "spf", "dkim", "dmarc", "sender", "remote", "relay"}
				r := runHere(t, "", args...)
				if len(r.out) < 500 {
					t.Errorf("exit %d: %s", r.code, r.err)
				}
				harmless(t, fmt.Sprint(args), r.out+r.err)
				if format == "json" && r.out != "" {
					onlyWebLinks(t, r.out)
				}
			}
			if f := w.SMTP.Forbidden(); len(f) > 0 {
				t.Errorf("sent %v", f)
			}
		})
	}
}

// dozens packs attacks into groups that fit into one answer; long ones go alone.
func dozens(list []sample.Attack) (out [][]sample.Attack) {
	var some []sample.Attack
	for _, a := range list {
		if len(a.Text) > 1000 {
			out = append(out, []sample.Attack{a})
		} else if some = append(some, a); len(some) == 12 {
			out, some = append(out, some), nil
		}
	}
	return append(out, some)
}

// The admin's own files and arguments may have come from strangers too.
func TestHostileConfiguration(t *testing.T) {
	dir := t.TempDir()
	configured := func(name, text, in string) {
		path := filepath.Join(dir, "metriage.toml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		r := runHere(t, in, "explain", "--config", path, "--timezone", "Nowhere")
		harmless(t, name+" as configuration", r.out+r.err)
	}
	var rules strings.Builder
	args := []string{"report"}
	for i, a := range attacks(t) {
		text := a.Text[:min(len(a.Text), 2000)]
		quoted := tomlString(text)
		configured(a.Name, text, "")
		configured(a.Name, fmt.Sprintf("%s = 1\n", quoted), "")
		configured(a.Name, fmt.Sprintf("since = %s\n", quoted), "")
		fmt.Fprintf(&rules, "[[rule]]\nid = %s\nany = [%s]\ncause = %s\n", quoted, quoted, quoted)
		fmt.Fprintf(&rules, "[[rule]]\nid = \"x-%d\"\nany = [%s]\ncause = \"policy\"\nnamed = %s\nlookup = %s\n", i, quoted, quoted, quoted)
		fmt.Fprintf(&rules, "[[list]]\nid = %s\nzone = %s\n", quoted, quoted)
		arg := strings.ReplaceAll(text, "\x00", "")
		args = append(args, "--root", arg)
		for _, args := range [][]string{
			{"report", "--by", arg}, {arg}, {"report", "--" + arg}, {"report", "--cause", arg}, {"report", "--since", arg}, {"report", "--timezone", arg},
			{"report", "--config", arg}, {"check", "ptr", "--ip", arg}, {"check", "--ip", "192.0.2.1", "--dns", arg}, {"check", "--source", arg},
		} {
			r := runHere(t, "", args...)
			harmless(t, fmt.Sprintf("%s as %.20q", a.Name, args), r.out+r.err)
		}
	}
	harmless(t, "roots", runHere(t, "", args...).err)
	path := filepath.Join(dir, "rules.toml")
	if err := os.WriteFile(path, []byte(rules.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	for _, a := range attacks(t) {
		in.WriteString("550 5.7.1 " + oneLine(a.Text) + "\n")
	}
	for _, format := range formats(t, explainCmd{}) {
		r := runHere(t, in.String(), "explain", "--lines", "--format", format, "--config", path)
		if r.out == "" || r.err == "" {
			t.Errorf("exit %d, %d bytes, and said %q", r.code, len(r.out), r.err)
		}
		harmless(t, "own rules", r.out+r.err)
	}
}

func oneLine(s string) string {
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(s)
}

// tomlString writes s as a string of TOML.
func tomlString(s string) string {
	b, _ := json.Marshal(strings.ToValidUTF8(s, "?"))
	return strings.ReplaceAll(string(b), "\x7f", `\u007f`)
}
