package check

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// internalEndings are endings of names that mean nothing outside a network:
// special-use names (RFC 6761, RFC 6762, RFC 8375) and common habits.
var internalEndings = [...]string{"local", "localdomain", "localhost", "lan", "internal", "intranet", "home", "corp", "private", "home.arpa", "invalid"}

// windowsName is the computer name that Windows makes up at installation.
var windowsName = regexp.MustCompile(`(?i)^win-[a-z0-9]{8,12}(\.|$)`)

// helo checks the name that the server sends with EHLO. That it differs from
// the reverse name is no fault (RFC 5321 section 4.1.4); that it does not
// resolve, or is no public name at all, is what receivers refuse.
func (j *job) helo(ctx context.Context, name string, ips []netip.Addr) []diag.Finding {
	r := j.result(HELO, name)
	r.Critical = true
	name = diag.DomainKey(name)
	if why := notPublic(name); why != "" {
		r.note("In MailEnable it is the Local Domain Name of the SMTP connector; use the name of the PTR record, such as mail.<your domain>.")
		return r.end("helo-not-fqdn", "The HELO name %s %s.", name, why)
	}
	types := []uint16{dns.TypeA}
	if slices.ContainsFunc(ips, func(a netip.Addr) bool { return !a.Unmap().Is4() }) || len(ips) == 0 {
		types = append(types, dns.TypeAAAA)
	}
	var found []netip.Addr
	var more []diag.Finding
	var lost []string
	looks := make([]seen, len(types))
	var asks []func()
	for i, t := range types {
		asks = append(asks, func() { looks[i] = j.look(ctx, name, t) })
	}
	together(asks...)
	for _, s := range looks {
		r.saw(s.answers()...)
		if s.split {
			more = append(more, j.splitView(name, s)...)
		}
		a := s.judged()
		if !a.Definite() {
			lost = append(lost, unseen(a))
		}
		found = append(found, a.Addrs()...)
	}
	return append(heloVerdict(r, name, ips, found, lost), more...)
}

// heloVerdict decides from the addresses found.
func heloVerdict(r *result, name string, ips, found []netip.Addr, lost []string) []diag.Finding {
	windows := windowsName.MatchString(name)
	if windows {
		r.note("The name begins with the computer name that Windows made up; some receivers refuse such names.")
	}
	match := slices.ContainsFunc(ips, func(a netip.Addr) bool { return slices.Contains(found, a.Unmap()) })
	switch {
	case match && allIn(ips, found):
		return r.end("helo-ok", "The HELO name %s leads to %s.", name, addrList(ips))
	case match:
		r.note("It does not lead to every sending address that is checked here (%s); no receiver asks for that.", addrList(ips))
		return r.end("helo-ok", "The HELO name %s leads to one of your sending addresses.", name)
	case len(lost) > 0:
		return r.end("helo-unknown", "Where the HELO name %s leads could not be seen: %s.", name, lost[0])
	case len(found) == 0 && windows:
		return r.end("helo-not-fqdn", "The HELO name %s is a computer name of Windows and has no address in the DNS.", name)
	case len(found) == 0:
		return r.end("helo-unresolved", "The HELO name %s has no address in the DNS.", name)
	case len(ips) == 0:
		r.note("No sending address is known to compare it with; name one with --ip.")
		return r.end("helo-ok", "The HELO name %s leads to %s.", name, addrList(found))
	case allPrivate(found):
		r.note("A private address is an answer for your own network; what the world gets could not be seen from here.")
		return r.end("helo-unknown", "Your resolver answers the HELO name %s with %s.", name, addrList(found))
	}
	return r.end("helo-mismatch", "The HELO name %s leads to %s, not to %s.", name, addrList(found), addrList(ips))
}

// notPublic says why a HELO name can be no public host name, "" where it can.
func notPublic(name string) string {
	if strings.HasPrefix(name, "[") {
		return "is an address, not a name"
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "is an address, not a name"
	}
	if !dnsq.ValidName(name) || strings.Contains(name, "_") {
		return "holds characters that no host name has"
	}
	if !strings.Contains(name, ".") {
		return "is a single word, not a full name"
	}
	for _, e := range internalEndings {
		if strings.HasSuffix(name, "."+e) {
			return "ends in ." + e + ", which exists in your own network only"
		}
	}
	return ""
}

func allIn(list, in []netip.Addr) bool {
	return !slices.ContainsFunc(list, func(a netip.Addr) bool { return !slices.Contains(in, a.Unmap()) })
}
