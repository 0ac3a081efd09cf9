//go:build !windows

package act

// ServicesStopped reports whether MailEnable's SMTP connector and MTA are
// stopped on this machine. Where there are no Windows services it is not known.
func ServicesStopped() (stopped, known bool) { return false, false }
