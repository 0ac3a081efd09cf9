package runbook

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"metriage/diag"
)

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// nameText is a host or domain name in key form. Anything but a name counts as
// not known: the text may stand in a command line.
func nameText(s string) string {
	if len(s) > 1000 { // too long even with every letter encoded
		return ""
	}
	s = diag.DomainKey(s)
	if s == "" || len(s) > 253 || s[0] == '-' {
		return ""
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
			return ""
		}
	}
	return s
}

// hostText is the name that PTR, A record and HELO should agree on.
func hostText(v *Values) string {
	if h := nameText(v.HostName); h != "" {
		return h
	}
	if h := nameText(v.HELO); usableHost(h) {
		return h
	}
	return ""
}

// usableHost reports whether h may serve as the public name of a mail server:
// more than one label, not a Windows default and not under a suffix that only
// means something inside (RFC 6762, RFC 8375).
func usableHost(h string) bool {
	_, suffix, ok := cutLast(h, '.')
	if !ok || strings.HasPrefix(h, "win-") {
		return false
	}
	switch suffix {
	case "local", "lan", "internal", "localdomain", "localhost", "home", "corp", "arpa":
		return false
	}
	_, err := netip.ParseAddr(h)
	return err != nil
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func reverseText(v *Values) string {
	if n := nameText(v.ReverseName); n != "" {
		return n
	}
	return reverseName(v.IP)
}

// reverseName returns the name that holds the PTR record of a, "" for none.
func reverseName(a netip.Addr) string {
	a = a.Unmap()
	switch {
	case a.Is4():
		b := a.As4()
		s := "in-addr.arpa"
		for _, n := range b {
			s = strconv.Itoa(int(n)) + "." + s
		}
		return s
	case a.Is6():
		const hex = "0123456789abcdef"
		b := a.As16()
		var s strings.Builder
		for i := len(b) - 1; i >= 0; i-- {
			s.WriteByte(hex[b[i]&15])
			s.WriteByte('.')
			s.WriteByte(hex[b[i]>>4])
			s.WriteByte('.')
		}
		return s.String() + "ip6.arpa"
	}
	return ""
}

// accountText is the name of a mailbox or postoffice. One with a character
// that a command line or a query acts on counts as not known.
func accountText(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 120 || diag.Clean(s) != s || s[0] == '-' || s[0] == '/' {
		return ""
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ._+@=#~-", r) {
			return ""
		}
	}
	return s
}

// whoText is a mailbox as MailEnable's sign-in names it: mailbox@postoffice.
func whoText(v *Values) string {
	box, office := accountText(v.Mailbox), accountText(v.Account)
	if box == "" || office == "" || strings.Contains(box, "@") {
		return box
	}
	return box + "@" + office
}

// pathText is a Windows or Unix folder that may stand between double quotes.
func pathText(s string) string {
	s = strings.TrimRight(s, `\/`)
	if s == "" || len(s) > 240 || diag.Clean(s) != s || strings.ContainsAny(s, "\"%`$|<>&^*?") {
		return ""
	}
	return s
}

// freeText is a name for reading only, at most 60 characters of it.
func freeText(s string) string {
	r := []rune(strings.TrimSpace(diag.Clean(s)))
	if len(r) > 60 {
		r = append(r[:59], '…')
	}
	return string(r)
}

// linkText is an http or https link in printable ASCII.
func linkText(s string) string {
	if len(s) > 500 {
		return ""
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7F || strings.IndexByte("\"<>`\\^{|}", s[i]) >= 0 {
			return ""
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return s
}
