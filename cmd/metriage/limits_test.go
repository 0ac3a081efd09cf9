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
