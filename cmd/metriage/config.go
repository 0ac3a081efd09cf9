package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/pelletier/go-toml/v2"
)

const (
	configName    = "metriage.toml"
	maxConfigFile = 1 << 20
)

// configFile is metriage.toml: flags by name, and the tables of lists, rules,
// keys and runbooks, which other packages read.
type configFile struct {
	path   string
	text   []byte
	values map[string]any
	keys   map[string]string
}

// tables are what a configuration may hold beside flags.
var configTables = []string{"list", "rule", "keys", "only", "step", "runbook", "letter", "meaning", "sublist"}

// load reads the file that --config names or, where none is named, the one
// beside the program, else that of the user. None at all is fine.
func (c *configFile) load(args []string, getenv func(string) string) error {
	named := configArg(args)
	paths := []string{named}
	if named == "" {
		paths = nil
		if exe, err := os.Executable(); err == nil {
			paths = append(paths, filepath.Join(filepath.Dir(exe), configName))
		}
		if dir := configDir(getenv); dir != "" {
			paths = append(paths, filepath.Join(dir, "metriage", configName))
		}
	}
	for _, p := range paths {
		b, err := readLimited(p, maxConfigFile)
		if err != nil {
			if named == "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) {
				continue
			}
			advice := "mend that, or name another file with --config"
			if named != "" {
				advice = "check the path after --config"
			}
			return fmt.Errorf("the configuration cannot be read: %w; %s", err, advice)
		}
		return c.parse(p, b)
	}
	return nil
}

// configDir is os.UserConfigDir with an environment from outside.
func configDir(getenv func(string) string) string {
	for _, k := range []string{"AppData", "XDG_CONFIG_HOME"} {
		if d := getenv(k); d != "" {
			return d
		}
	}
	if h := getenv("HOME"); h != "" {
		return filepath.Join(h, ".config")
	}
	return ""
}

func readLimited(path string, limit int64) ([]byte, error) {
	i, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if i.Size() > limit {
		return nil, fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return os.ReadFile(path)
}

func configArg(args []string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			return v
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func (c *configFile) parse(path string, b []byte) error {
	c.path, c.text = path, b
	if err := toml.Unmarshal(b, &c.values); err != nil {
		var de *toml.DecodeError
		if errors.As(err, &de) {
			row, col := de.Position()
			return fmt.Errorf("%s line %d, column %d: %s; mend the line or name another file with --config", path, row, col, strings.TrimPrefix(de.Error(), "toml: "))
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	if k, ok := c.values["keys"]; ok {
		m, ok := k.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: keys is a table of list keys, such as [keys] spamhaus = \"…\"", path)
		}
		c.keys = map[string]string{}
		for name, v := range m {
			s, ok := v.(string)
			if !ok {
				return fmt.Errorf("%s: the key %q is a text in quotes", path, name)
			}
			c.keys[name] = s
		}
	}
	return nil
}

// Validate implements kong.Resolver: every name in the file is a flag of some
// command or a known table.
func (c *configFile) Validate(app *kong.Application) error {
	known := slices.Clone(configTables)
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			known = append(known, f.Name)
		}
		return next(nil)
	})
	for k := range c.values {
		if !slices.Contains(known, k) {
			return fmt.Errorf("%s: %q is not known there; names are those of the flags, and list, rule, keys, step, runbook and letter", c.path, k)
		}
	}
	return nil
}

// Resolve implements kong.Resolver.
func (c *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if slices.Contains(configTables, flag.Name) || flag.Name == "config" {
		return nil, nil
	}
	v, ok := c.values[flag.Name]
	if !ok {
		return nil, nil
	}
	return v, nil
}
