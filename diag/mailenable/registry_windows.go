package mailenable

import "golang.org/x/sys/windows/registry"

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
