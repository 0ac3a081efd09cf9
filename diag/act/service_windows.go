package act

import (
	"golang.org/x/sys/windows"
)

// ServicesStopped reports whether MailEnable's SMTP connector and MTA are
// stopped on this machine. A service that is not installed counts as stopped;
// known is false where the service manager does not answer.
func ServicesStopped() (stopped, known bool) {
	scm, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return false, false
	}
	defer func() { _ = windows.CloseServiceHandle(scm) }()
	installed := 0
	for _, name := range services {
		n, err := windows.UTF16PtrFromString(name)
		if err != nil {
			return false, false
		}
		s, err := windows.OpenService(scm, n, windows.SERVICE_QUERY_STATUS)
		if err == windows.ERROR_SERVICE_DOES_NOT_EXIST {
			continue
		}
		if err != nil {
			return false, false
		}
		var status windows.SERVICE_STATUS
		err = windows.QueryServiceStatus(s, &status)
		_ = windows.CloseServiceHandle(s)
		if err != nil {
			return false, false
		}
		if status.CurrentState != windows.SERVICE_STOPPED {
			return false, true
		}
		installed++
	}
	// On a machine without MailEnable the data may be a copy or a share whose
	// server is elsewhere.
	return installed > 0, installed > 0
}
