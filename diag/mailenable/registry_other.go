//go:build !windows

package mailenable

// MachineRegistry returns the registry of this machine: none.
func MachineRegistry() Registry { return nil }
