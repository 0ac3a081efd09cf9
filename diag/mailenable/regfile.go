package mailenable

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"

	"metriage/diag"
)

// maxRegFile bounds an export; the MailEnable part of a registry is far
// smaller.
const maxRegFile = 16 << 20

// RegFile is an export of the registry ("reg export"): values by key and name,
// both compared without case.
type RegFile struct {
	keys map[string]map[string]regValue
	// Problems are lines that were not understood.
	Problems []string
}

type regValue struct {
	kind string // "sz", "dword", "hex"
	text string
	name string // as written
}

// ParseRegFile reads an export in UTF-16 (version 5.00) or an ANSI code page
// (REGEDIT4).
func ParseRegFile(content []byte) (*RegFile, error) {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(regText(content)), "\n")
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "Windows Registry Editor") && !strings.HasPrefix(lines[0], "REGEDIT4") {
		return nil, fmt.Errorf("not an export of the registry: the first line has to be \"Windows Registry Editor Version 5.00\" or \"REGEDIT4\"")
	}
	ansi := strings.HasPrefix(lines[0], "REGEDIT4")
	f := &RegFile{keys: map[string]map[string]regValue{}}
	var key map[string]regValue
	for i := 1; i < len(lines); i++ {
		l := strings.TrimSpace(lines[i])
		for strings.HasSuffix(l, `\`) && i+1 < len(lines) && !strings.HasPrefix(l, "[") {
			i++
			l = strings.TrimSuffix(l, `\`) + strings.TrimSpace(lines[i])
		}
		switch {
		case l == "" || l[0] == ';':
		case l[0] == '[' && strings.HasSuffix(l, "]"):
			name := strings.ToLower(l[1 : len(l)-1])
			if key = f.keys[name]; key == nil {
				key = map[string]regValue{}
				f.keys[name] = key
			}
		case key == nil:
			f.problem(i, "a value before any key")
		default:
			if n, v, ok := regLine(l, ansi); ok {
				v.name = n
				key[strings.ToLower(n)] = v
			} else {
				f.problem(i, "not understood")
			}
		}
	}
	return f, nil
}

func (f *RegFile) problem(line int, what string) {
	if len(f.Problems) < 100 {
		f.Problems = append(f.Problems, fmt.Sprintf("line %d: %s", line+1, what))
	}
}

// regText returns an export as text: UTF-16, with its mark or told by its first
// letter, or of 8 bits.
func regText(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return fromUTF16(b[2:])
	case bytes.HasPrefix(b, []byte("W\x00i\x00")):
		return fromUTF16(b)
	}
	return toUTF8(bytes.TrimPrefix(b, []byte(utf8BOM)))
}

func fromUTF16(b []byte) string {
	u := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		u = append(u, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(u))
}

// regLine reads `"Name"="text"`, `"Name"=dword:0000001f` or `"Name"=hex(2):…`,
// which holds text in UTF-16, in REGEDIT4 in the ANSI code page.
func regLine(l string, ansi bool) (name string, v regValue, ok bool) {
	if strings.HasPrefix(l, "@=") {
		l = `""` + l[1:]
	}
	name, rest, ok := regString(l)
	if !ok || !strings.HasPrefix(rest, "=") {
		return "", v, false
	}
	rest = rest[1:]
	switch {
	case strings.HasPrefix(rest, `"`):
		s, _, ok := regString(rest)
		return name, regValue{kind: "sz", text: s}, ok
	case hasPrefixFold(rest, "dword:"):
		n, err := strconv.ParseUint(rest[6:], 16, 32)
		return name, regValue{kind: "dword", text: strconv.FormatUint(n, 10)}, err == nil
	case hasPrefixFold(rest, "hex"):
		kind, data, ok := strings.Cut(rest, ":")
		if !ok {
			return "", v, false
		}
		raw, err := hex.DecodeString(strings.NewReplacer(",", "", " ", "").Replace(data))
		if err != nil {
			return "", v, false
		}
		if kind == "hex(2)" || kind == "hex(1)" || kind == "hex(7)" {
			text := fromUTF16
			if ansi {
				text = toUTF8
			}
			return name, regValue{kind: "sz", text: strings.TrimRight(text(raw), "\x00")}, true
		}
		return name, regValue{kind: "hex", text: hex.EncodeToString(raw)}, true
	}
	return "", v, rest == "-"
}

// regString reads a quoted string with its escapes.
func regString(l string) (s, rest string, ok bool) {
	if !strings.HasPrefix(l, `"`) {
		return "", l, false
	}
	var b strings.Builder
	for i := 1; i < len(l); i++ {
		switch {
		case l[i] == '\\' && i+1 < len(l):
			i++
			b.WriteByte(l[i])
		case l[i] == '"':
			return b.String(), l[i+1:], true
		default:
			b.WriteByte(l[i])
		}
	}
	return "", l, false
}

// regRoots are where MailEnable's key can stand in an export, the 32-bit view
// of a 64-bit machine first.
var regRoots = []string{
	`hkey_local_machine\software\wow6432node\mail enable\mail enable`,
	`hkey_local_machine\software\mail enable\mail enable`,
}

// String implements Registry.
func (f *RegFile) String(subkey, name string) (string, bool) {
	for _, root := range regRoots {
		k := root
		if subkey != "" {
			k += `\` + strings.ToLower(subkey)
		}
		if v, ok := f.keys[k][strings.ToLower(name)]; ok && v.kind == "sz" {
			return v.text, true
		}
	}
	return "", false
}

// fromExport finds the installation that an export of the registry names.
func (m Machine) fromExport(path string) (Installation, error) {
	d, err := m.FS.OpenDir(filepath.Dir(path))
	if err != nil {
		return Installation{}, &RootError{Root: path, Err: cause(err)}
	}
	defer d.Close()
	buf := make([]byte, maxRegFile)
	n, err := d.Read(filepath.Base(path), buf)
	if err != nil {
		return Installation{}, &RootError{Root: path, Err: cause(err)}
	}
	f, err := ParseRegFile(buf[:n])
	if err != nil {
		return Installation{}, &RootError{Root: path, Err: err}
	}
	in, tried, ok := m.fromRegistry(f, diag.FoundByRegFile)
	if !ok {
		return in, &RootError{Root: path, Err: fmt.Errorf("names no data folder that this machine can read (%s); copy the folder here and name it with --root", tried)}
	}
	in.export = path
	return in, nil
}
