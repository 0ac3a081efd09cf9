package mailenable

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/windows/registry"
)

// maxRegValues bounds how many values of a key are listed.
const maxRegValues = 4096

// registryKey is MailEnable's key; its services keep to the 32-bit view even
// where they are 64-bit programs.
const registryKey = `SOFTWARE\Mail Enable\Mail Enable`

type windowsRegistry struct{}

// MachineRegistry returns the registry of this machine.
func MachineRegistry() Registry { return windowsRegistry{} }

func (windowsRegistry) String(subkey, name string) (string, bool) {
	path := registryKey
	if subkey != "" {
		path += `\` + subkey
	}
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_32KEY)
	if err != nil {
		return "", false
	}
	defer k.Close()
	v, typ, err := k.GetStringValue(name)
	if err != nil {
		return "", false
	}
	if typ == registry.EXPAND_SZ {
		if e, err := registry.ExpandString(v); err == nil {
			v = e
		}
	}
	return v, true
}

// Values implements ValueRegistry.
func (windowsRegistry) Values(subkey string) []RegValue {
	path := registryKey
	if subkey != "" {
		path += `\` + subkey
	}
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_32KEY)
	if err != nil {
		return nil
	}
	defer k.Close()
	names, err := k.ReadValueNames(maxRegValues)
	if err != nil && len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	var out []RegValue
	for _, name := range names {
		v := RegValue{Name: name, Kind: RegBinary}
		if s, _, err := k.GetStringValue(name); err == nil {
			v.Kind, v.Text = RegText, s
		} else if n, _, err := k.GetIntegerValue(name); err == nil {
			v.Kind, v.Text = RegNumber, strconv.FormatUint(n, 10)
		} else if l, _, err := k.GetStringsValue(name); err == nil {
			v.Kind, v.Text = RegText, strings.Join(l, " ")
		}
		out = append(out, v)
	}
	return out
}
