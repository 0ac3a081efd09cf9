package check

import (
	"context"

	"metriage/diag"
)

// planSmartHost takes the place of the checks of our own address where all mail
// goes out through a smart host: receivers see the smart host's address only.
// That one is looked at for information; only its operator can change it.
func (j *job) planSmartHost(words []string) []task {
	host := j.req.SmartHost
	var out []task
	told := single("smart-host", host, func(context.Context) []diag.Finding {
		r := j.result("smart-host", host)
		r.note("What the remote servers refuse is the smart host's doing or your sender domains': ask its operator about its address, and see spf for your domains.")
		return r.end("smart-host-in-use", "All mail leaves through %s, so receivers never see your own address.", host)
	})
	for _, w := range words {
		out = append(out, j.skipped(w, "Mail leaves through the smart host "+host+", so receivers never see your own address or HELO name."))
	}
	run := func(ctx context.Context, put func([]diag.Finding)) {
		r := j.result("smart-host", host)
		lists := j.selectLists()
		var asks []func()
		for _, ip := range j.hostAddrs(ctx, r, host) {
			if private(ip) {
				continue
			}
			asks = append(asks, func() { put(informed(j.ptr(ctx, ip))) })
			for _, l := range lists {
				if s := (subject{ip: ip}); l.takes(s) {
					asks = append(asks, func() { put(informed(j.dnsbl(ctx, l, s))) })
				}
			}
		}
		together(asks...)
	}
	return append(out, told, task{check: "smart-host", subject: host, run: run})
}

// informed turns findings on somebody else's address into information: a fault
// warns, and nothing of it must not be overlooked.
func informed(f []diag.Finding) []diag.Finding {
	for i := range f {
		f[i].Critical = false
		if f[i].Status == diag.StatusFail {
			f[i].Status = diag.StatusWarn
		}
		f[i].Notes = append(f[i].Notes, "This is the smart host's address: only its operator can do something about it.")
	}
	return f
}
