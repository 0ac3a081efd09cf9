package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// constant returns the value of a constant of a package of this module as its
// source says.
func constant(t *testing.T, pkg, name string) string {
	t.Helper()
	fset := token.NewFileSet()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(pkg), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", pkg, err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			for i := 0; ok && i < len(v.Names) && i < len(v.Values); i++ {
				if v.Names[i].Name == name {
					var b bytes.Buffer
					types.WriteExpr(&b, v.Values[i])
					found = b.String()
				}
			}
			return true
		})
		if found == "" {
			continue
		}
		tv, err := types.Eval(fset, nil, token.NoPos, "int64("+found+")")
		if err != nil {
			t.Fatalf("%s %s: %v", pkg, name, err)
		}
		return tv.Value.String()
	}
	return ""
}

// The README's limits are those of the program.
func TestLimitsOfTheReadme(t *testing.T) {
	_, table, ok := strings.Cut(readme(t), "<!-- limits -->")
	table, _, end := strings.Cut(table, "<!-- /limits -->")
	row := regexp.MustCompile(`(?m)^\| (.+?) \| ([0-9,]+)( KiB| MiB)? \| (\S+) (\w+) \|$`)
	rows := row.FindAllStringSubmatch(table, -1)
	if !ok || !end || len(rows) < 30 || len(rows) != strings.Count(strings.TrimSpace(table), "\n")-1 {
		t.Fatalf("%d rows of the table are read", len(rows))
	}
	for _, r := range rows {
		n, err := strconv.ParseInt(strings.ReplaceAll(r[2], ",", ""), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n <<= map[string]int{"": 0, " KiB": 10, " MiB": 20}[r[3]]
		if got := constant(t, r[4], r[5]); got != strconv.FormatInt(n, 10) {
			t.Errorf("%s: the README says %d, %s.%s is %q", r[1], n, r[4], r[5], got)
		}
	}
}

// Powers of two that count things inside, of which nobody needs to know.
var innerLimits = map[string]bool{
	"diag/index maxInstalls": true, "diag/index maxEvents": true, "diag/index maxLines": true, "diag/index maxJudged": true,
	"diag/audit maxSeen": true, "diag/reply maxCached": true,
}

// Every constant that bounds a size, so every max... that is written with a
// shift, stands in the README's table.
func TestEverySizeIsInTheReadme(t *testing.T) {
	text, n := readme(t), 0
	declared := regexp.MustCompile(`(?m)^\s*(?:const )?([mM]ax\w+)\s*=\s*[^/\n]*<<`)
	module := filepath.Join("..", "..")
	err := filepath.WalkDir(module, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(filepath.ToSlash(path), "diag/sample/") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(module, filepath.Dir(path))
		for _, m := range declared.FindAllStringSubmatch(string(b), -1) {
			n++
			if name := filepath.ToSlash(pkg) + " " + m[1]; !innerLimits[name] && !strings.Contains(text, "| "+name+" |") {
				t.Errorf("%s is not in the README's table of limits", name)
			}
		}
		return err
	})
	if err != nil || n < 30 {
		t.Errorf("%d sizes: %v", n, err)
	}
}

// written says of every place that makes a file what the README calls it.
var written = map[string][]string{
	"cmd/metriage/demo.go":         {"`--write`", "`DIR.truth.json`"},
	"cmd/metriage/report.go":       {"`--out`", "`.metriage-*`"},
	"cmd/metriage/cli.go":          {"`--debug`"},
	"diag/runbook/lock_unix.go":    {"`installation-*/*.lock`"},
	"diag/runbook/lock_windows.go": {"`installation-*/*.lock`"},
	"diag/runbook/journal.go":      {"`installation-*/journal.jsonl`", "`.damaged-*`"},
	"diag/act/lock.go":             {"`lock`"},
	"diag/act/journal.go":          {"`metriage\\journal.jsonl`"},
	"diag/triage/depth.go":         {"`installation-*/depths.json`", "`installation-*/*.tmp`"},
	"diag/triage/cache.go":         {"`installation-*/index-*.cache`", "`installation-*/*.tmp`"},
	"diag/triage/capsule.go":       {"`capsule-*/`", "`capsule.jsonl`", "`journal.jsonl`", "`report.md`"},
	"diag/triage/capsuleaudit.go":  {"`audit.json`"},
	"diag/check/cooldown.go":       {"`cooldown.json`", "`cooldown.json.new`"},
	"tui/run.go":                   {"`crash.txt`"},
	"tui/copy.go":                  {"`last-copy.txt`"},
	"tui/export.go":                {"`export-*.txt`", "`.csv`", "`.json`", "`.md`"},
}

// Every file that the program makes is named in the README: a new place that
// makes one has to be told of here.
func TestFilesOfTheReadme(t *testing.T) {
	_, text, ok := strings.Cut(readme(t), "## Files it writes")
	text, _, end := strings.Cut(text, "## Limits")
	if !ok || !end {
		t.Fatal("the README has no page of files")
	}
	makes := regexp.MustCompile(`\.(WriteFile|Create|CreateTemp|OpenFile)\(`)
	found := map[string]bool{}
	module := filepath.Join("..", "..")
	err := filepath.WalkDir(module, func(path string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(module, path)
		rel = filepath.ToSlash(rel)
		if err != nil || d.IsDir() || !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") || !strings.HasPrefix(rel, "diag/") && !strings.HasPrefix(rel, "tui/") && !strings.HasPrefix(rel, "cmd/metriage/") || strings.HasPrefix(rel, "diag/sample/") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, line := range strings.Split(string(b), "\n") {
			if !makes.MatchString(line) || strings.HasPrefix(strings.TrimSpace(line), "//") || strings.HasPrefix(line, "func ") {
				continue
			}
			if found[rel] = true; written[rel] == nil {
				t.Errorf("%s makes a file that nobody tells of: %s", rel, strings.TrimSpace(line))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, names := range written {
		if !found[path] {
			t.Errorf("%s makes no file any more", path)
		}
		for _, name := range names {
			if !strings.Contains(text, name) {
				t.Errorf("the README does not name %s, which %s makes", name, path)
			}
		}
	}
}

// The README's build command makes the same bytes twice, wherever it runs.
func TestReproducibleBuild(t *testing.T) {
	_, text, _ := strings.Cut(readme(t), "<!-- build -->")
	line := regexp.MustCompile(`(?m)^((?:[A-Z_]+=\S+ )*)go (build .*) -o \S+ \./cmd/metriage$`).FindStringSubmatch(text)
	if line == nil {
		t.Fatal("the README has no build command")
	}
	var built [2][]byte
	for i := range built {
		path := filepath.Join(t.TempDir(), "metriage.exe")
		cmd := exec.Command("go", append(strings.Fields(line[2]), "-o", path, ".")...)
		cmd.Env = append(os.Environ(), strings.Fields(line[1])...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		built[i] = b
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("two builds differ")
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(built[0], []byte(filepath.Dir(filepath.Dir(wd)))) {
		t.Error("the binary names a path of this machine")
	}
}
