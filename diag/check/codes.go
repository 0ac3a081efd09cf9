package check

import (
	"strings"

	"metriage/diag"
)

// statuses gives the finding codes of each status. A code that is not named
// here is unknown: that is what "could not be seen" means.
var statuses = [...]struct {
	status diag.Status
	codes  string
}{
	{diag.StatusPass, "ptr-ok helo-ok dkim-ok dmarc-ok sender-ok outbound-ok dnsbl-clear relay-closed spf-pass remote-accepts"},
	{diag.StatusFail, "ptr-missing ptr-unconfirmed ptr-mismatch ptr-delegation-broken helo-unresolved helo-not-fqdn relay-open relay-forged-local " +
		"spf-fail spf-permerror dkim-missing dkim-invalid dmarc-invalid sender-no-mx sender-null-mx outbound-blocked " +
		"remote-rejects-connect remote-rejects-helo remote-rejects-mail remote-rejects-rcpt remote-dropped remote-null-mx remote-no-mx remote-no-domain"},
	{diag.StatusWarn, "ptr-generic ptr-private helo-mismatch dns-split-view relay-catch-all relay-inconclusive-rcpt " +
		"spf-softfail spf-neutral spf-none dmarc-none remote-user-unknown remote-needs-tls smart-host-in-use"},
}

// statusOf returns the status of a finding code. dnsbl-listed depends on the
// list and is decided there.
func statusOf(code string) diag.Status {
	if strings.HasSuffix(code, "-skipped") {
		return diag.StatusSkipped
	}
	for _, s := range statuses {
		for c := range strings.FieldsSeq(s.codes) {
			if c == code {
				return s.status
			}
		}
	}
	return diag.StatusUnknown
}
