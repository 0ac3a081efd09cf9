package mailenable

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
)

// RegKind is the type of a registry value.
type RegKind string

// The types, as far as they matter.
const (
	RegText   RegKind = "text"
	RegNumber RegKind = "number"
	RegBinary RegKind = "binary"
)

// RegValue is one value of a registry key.
type RegValue struct {
	Name string // as written
	Kind RegKind
	Text string // numbers in decimal, binary in hexadecimal digits
}

// ValueRegistry is a Registry that also lists what a key holds.
type ValueRegistry interface {
	Registry
	// Values returns the values of the subkey ("" for MailEnable's own key) in
	// the order of their names, none where it is not there.
	Values(subkey string) []RegValue
}

// Values implements ValueRegistry.
func (f *RegFile) Values(subkey string) []RegValue {
	var out []RegValue
	seen := map[string]bool{}
	for _, root := range regRoots {
		k := root
		if subkey != "" {
			k += `\` + strings.ToLower(subkey)
		}
		for name, v := range f.keys[k] {
			if v.kind == "" || seen[name] {
				continue // deleted by the export, or there already
			}
			seen[name] = true
			kind := RegBinary
			switch v.kind {
			case "sz":
				kind = RegText
			case "dword":
				kind = RegNumber
			}
			out = append(out, RegValue{Name: v.name, Kind: kind, Text: v.text})
		}
	}
	slices.SortFunc(out, func(a, b RegValue) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// RegExport reads the export of the registry that lies in the data folder or
// in its Config folder, nil where there is none. An export is how settings are
// read on a machine that is not the server.
func (in Installation) RegExport(fsys FS) (f *RegFile, path string, err error) {
	dirs := []string{in.Root}
	if c := in.configDir(fsys); c != "" {
		dirs = append(dirs, c)
	}
	for _, dir := range dirs {
		d, err := fsys.OpenDir(dir)
		if err != nil {
			return nil, dir, err
		}
		name := ""
		err = d.List(func(e Entry) bool {
			if e.Regular && strings.EqualFold(filepath.Ext(e.Name), ".reg") && (name == "" || e.Name < name) {
				name = e.Name
			}
			return true
		})
		if err == nil && name != "" {
			f, err = readRegFile(d, name)
		}
		_ = d.Close()
		if err != nil || f != nil {
			return f, filepath.Join(dir, name), err
		}
	}
	return nil, "", nil
}

func readRegFile(d Dir, name string) (*RegFile, error) {
	e, err := d.Stat(name)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, min(e.Size+1, maxRegFile))
	n, err := d.Read(name, buf)
	if err != nil {
		return nil, err
	}
	return ParseRegFile(buf[:n])
}

// ReadRegExport reads the export of the registry at path.
func ReadRegExport(fsys FS, path string) (*RegFile, error) {
	d, err := fsys.OpenDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return readRegFile(d, filepath.Base(path))
}

// configDir returns the path of the Config folder, "" where there is none.
func (in Installation) configDir(fsys FS) string {
	if in.loose {
		return ""
	}
	d, err := fsys.OpenDir(in.Root)
	if err != nil {
		return ""
	}
	defer d.Close()
	name, err := Child(d, "Config")
	if err != nil || name == "" {
		return ""
	}
	return filepath.Join(in.Root, name)
}
