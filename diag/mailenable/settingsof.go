package mailenable

import (
	"errors"
	"path/filepath"
	"strings"
)

// SettingsOf reads the settings of an installation: from the export of the
// registry that is named, else from the one that led to the installation, from
// this machine's registry where it speaks of the same data folder, or from an
// export that lies in the data folder. from says where they were found; "" where
// there is nothing to read, which is no error.
func (m Machine) SettingsOf(in Installation, export string) (s Settings, from string, err error) {
	if export == "" {
		export = in.export
	}
	if export != "" {
		f, err := ReadRegExport(m.FS, export)
		if err != nil {
			return s, export, errors.New(Why(err))
		}
		return ReadSettings(f), export, nil
	}
	if m.Registry != nil && in.same(m.Registry) {
		if s = ReadSettings(m.Registry); s.Found {
			return s, "the registry", nil
		}
	}
	f, path, err := in.RegExport(m.FS)
	switch {
	case err != nil:
		return s, path, errors.New(Why(err))
	case f == nil:
		return s, "", nil
	}
	return ReadSettings(f), path, nil
}

// same reports whether a registry speaks of the installation.
func (in Installation) same(r Registry) bool {
	for _, name := range []string{"Data Directory", "Application Directory"} {
		if v, ok := r.String("", name); ok && v != "" {
			return strings.EqualFold(plainPath(v), plainPath(in.Root))
		}
	}
	v, ok := r.String("", "Mail Root")
	return ok && strings.EqualFold(plainPath(parentOf(strings.TrimRight(v, `\/`))), plainPath(in.Root))
}

func plainPath(p string) string {
	return strings.TrimRight(strings.ReplaceAll(filepath.Clean(strings.Trim(p, "\x00 ")), "/", `\`), `\`)
}
