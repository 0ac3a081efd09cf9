package check

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// Request says what to check. Zero values leave out what is not known.
type Request struct {
	// Words are the checks, as ParseWords returns them.
	Words  []string
	Target diag.Target
	// Guessed is set where Target.IPs are the addresses of this machine for want
	// of better: run from elsewhere, they are not the mail server's.
	Guessed bool
	// Fresh asks everything anew; nothing that is already known is reused.
	Fresh bool

	// NamedLists are ids or zones of lists that replies name. They are asked
	// first, and even if they are off by default.
	NamedLists []string
	// OnlyLists are the ids of the only lists to ask; nil for all.
	OnlyLists []string

	// Source is the address that outgoing SMTP connections come from; the
	// system chooses where it is not valid.
	Source netip.Addr
	// LocalDomains are domains that the relay target takes mail for.
	LocalDomains []string
	// Mailbox is an address that exists there; postmaster where empty.
	Mailbox string
	// AllCases runs the long tail of relay forms too.
	AllCases bool
	// Privileged are the ranges that the installation lets relay.
	Privileged []netip.Prefix
	// CatchAll is set where the installation has a catch-all for a local domain.
	CatchAll bool
	// OpenRelayEvidence is what settings or logs of the installation say about
	// it being an open relay ("ME-I0110 on 24 November"), "" where nothing.
	OpenRelayEvidence string

	// Selectors are the DKIM selectors to look up for every domain.
	Selectors []string

	// MX is the HOST:PORT to ask instead of the remote domain's MX.
	MX string
	// From and Rcpt take the remote check on to MAIL and RCPT. Without Rcpt it
	// ends after EHLO.
	From, Rcpt string

	// LastAccepted is when the log last shows a delivery that a remote server
	// accepted.
	LastAccepted time.Time
	// SmartHost is the host that all mail goes out through, "" where there is
	// none.
	SmartHost string
	// Waiting is told what a check waits for and how long at most, for a
	// countdown; nil for nobody. It may be called by several goroutines.
	Waiting func(check, subject, what string, limit time.Duration)
	// PublicEcho permits the question to a public server that tells the
	// resolver's own address.
	PublicEcho bool
}

// Validate returns one sentence for the first value of r that makes no sense:
// the field, and what is accepted.
func (r *Request) Validate() error {
	if _, err := ParseWords(r.Words); err != nil {
		return err
	}
	for _, a := range r.Target.IPs {
		if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() {
			return fmt.Errorf("--ip %s is not the address of a host; give one such as 198.51.100.10 or 2001:db8::25", a)
		}
	}
	if r.Target.HELO != "" && len(r.Target.HELO) > 255 {
		return fmt.Errorf("--helo is longer than 255 characters; give a host name such as mail.example.com")
	}
	for _, f := range []struct {
		flag  string
		names []string
	}{
		{"--domain", r.Target.Domains}, {"--local-domain", r.LocalDomains},
		{"--remote", one(r.Target.Remote)}, {"--selector", r.Selectors},
	} {
		for _, n := range f.names {
			if !dnsq.ValidName(diag.DomainKey(n)) {
				return fmt.Errorf("%s %q is not a name; give one such as example.com, without scheme, port or blanks", f.flag, diag.Clean(n))
			}
		}
	}
	for _, f := range []struct{ flag, value string }{{"--target", r.Target.Relay}, {"--mx", r.MX}, {"the smart host", r.SmartHost}} {
		if f.value == "" {
			continue
		}
		if _, _, err := splitHostPort(f.value); err != nil {
			return fmt.Errorf("%s %q: %w", f.flag, diag.Clean(f.value), err)
		}
	}
	for _, f := range []struct{ flag, value string }{{"--from", r.From}, {"--rcpt", r.Rcpt}, {"the mailbox", r.Mailbox}} {
		if f.value != "" && f.value != "<>" && !validAddress(f.value) {
			return fmt.Errorf("%s %q is not a mail address; give one such as user@example.com", f.flag, diag.Clean(f.value))
		}
	}
	if s := r.Source; s.IsValid() && (s.IsUnspecified() || s.IsMulticast()) {
		return fmt.Errorf("--source %s is not the address of this machine; give one that it has, such as 198.51.100.10", s)
	}
	return nil
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// splitHostPort takes HOST:PORT, HOST alone meaning port 25.
func splitHostPort(s string) (host string, port uint16, err error) {
	const accepted = "give HOST:PORT, such as mail.example.com:25, 192.0.2.1:25 or [2001:db8::25]:25"
	host, p := s, "25"
	if a, err := netip.ParseAddr(s); err == nil { // an IPv6 address without brackets
		return a.String(), 25, nil
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		host, p = s[:i], s[i+1:]
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("the port is a number from 1 to 65535; %s", accepted)
	}
	if _, err := netip.ParseAddr(host); err != nil && !dnsq.ValidName(diag.DomainKey(host)) {
		return "", 0, fmt.Errorf("the host is a name or an address; %s", accepted)
	}
	return host, uint16(n), nil
}

// validAddress reports whether s can be written into MAIL and RCPT: one line,
// no blanks or angle brackets, a domain at its end.
func validAddress(s string) bool {
	i := strings.LastIndexByte(s, '@')
	if i < 1 || len(s) > 320 || !dnsq.ValidName(diag.DomainKey(s[i+1:])) {
		return false
	}
	for j := 0; j < i; j++ {
		if c := s[j]; c <= ' ' || c == 0x7f || c == '<' || c == '>' || c >= 0x80 {
			return false
		}
	}
	return true
}
