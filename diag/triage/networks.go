package triage

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
	"metriage/diag/check"
)

// MaxNetworks is about how many networks of a user a list is asked at once.
const MaxNetworks = 60

// xblList is the list that holds the XBL, Spamhaus's list of machines that
// others have taken over: https://www.spamhaus.org/blocklists/exploits-blocklist/
const xblList = "spamhaus-zen"

// AskXBL asks the XBL about client addresses, such as those that a user signed
// in from: whose machines are in other hands is seldom the user's. The findings
// are about strangers and none of our own.
func (s *Session) AskXBL(ctx context.Context, clients []netip.Addr) diag.Run {
	return s.Check(ctx, check.Request{
		Words: []string{check.DNSBL}, OnlyLists: []string{xblList}, Target: diag.Target{IPs: clients},
	}, func(diag.Finding) {})
}

// XBLSays reads a finding of AskXBL: listed there, not listed there, or known
// neither way. Other lists of the same zone, such as the PBL of home lines, do
// not count.
func XBLSays(f diag.Finding) (listed, known bool) {
	if f.Check != check.DNSBL || f.List != xblList {
		return false, false
	}
	on := slices.ContainsFunc(f.Codes, func(c string) bool { return strings.HasSuffix(c, " XBL") })
	return on, f.Code == "dnsbl-listed" || f.Code == "dnsbl-clear"
}
