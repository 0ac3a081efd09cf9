package runbook

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"metriage/diag"
)

// Values are what is known of this server and of the refusal. A zero field is
// not known: its place in a text reads "<your host name>" or the like.
//
// The strings may come from mail, logs and DNS. What could act in a command
// line or on a terminal counts as not known.
type Values struct {
	IP   netip.Addr // own sending address, as the remote server sees it
	HELO string     // name that MailEnable sends in HELO or EHLO
	// HostName is the full name that PTR, A record and HELO should agree on.
	// Where it is not set, a usable HELO name stands in.
	HostName string
	Domain   string // own sender domain
	PTRName  string // name that the PTR record of IP gives now
	// ReverseName is the name that holds the PTR record; derived from IP where
	// it is not set (RFC 1035 section 3.5, RFC 3596 section 2.5).
	ReverseName string
	ReverseZone string // zone that holds ReverseName, from its SOA record
	ISP         string // owner of IP: whom to ask for a PTR record
	LookupURL   string // where to look a listing up or to ask for removal

	RefusedDomain string // destination whose server refuses
	RemoteHost    string // the server that refused
	ForeignDomain string // domain that failed and is not hosted here
	SmartHost     string // relay that mail leaves through

	Mailbox  string     // mailbox that sends or redirects the spam
	Account  string     // postoffice of that mailbox
	ClientIP netip.Addr // address from which the spam is handed in

	ListName string // name of the list that the reply names
	ListZone string // DNS zone of that list
	Selector string // DKIM selector
	Root     string // MailEnable's folder, as in C:\Program Files (x86)\Mail Enable
}

// slot is a place in a text: {name} becomes the value, or unknown where there
// is none.
type slot struct {
	name, unknown string
	value         func(*Values) string
}

// slots are the places that texts may have.
var slots = []slot{
	{"ip", "<your sending address>", func(v *Values) string { return addrText(v.IP) }},
	{"helo", "<your HELO name>", func(v *Values) string { return nameText(v.HELO) }},
	{"host", "<your host name>", hostText},
	{"domain", "<your domain>", func(v *Values) string { return nameText(v.Domain) }},
	{"ptr", "<the PTR name>", func(v *Values) string { return nameText(v.PTRName) }},
	{"reverse-name", "<reverse name of your address>", reverseText},
	{"reverse-zone", "<the reverse zone>", func(v *Values) string { return nameText(v.ReverseZone) }},
	{"isp", "<owner of your address>", func(v *Values) string { return freeText(v.ISP) }},
	{"lookup-url", "<the link in the reply>", func(v *Values) string { return linkText(v.LookupURL) }},
	{"refused-domain", "<the refused domain>", func(v *Values) string { return nameText(v.RefusedDomain) }},
	{"remote-host", "<their mail server>", func(v *Values) string { return nameText(v.RemoteHost) }},
	{"foreign-domain", "<the sender's domain>", func(v *Values) string { return nameText(v.ForeignDomain) }},
	{"smart-host", "<your smart host>", func(v *Values) string { return nameText(v.SmartHost) }},
	{"mailbox", "<the mailbox>", func(v *Values) string { return accountText(v.Mailbox) }},
	{"account", "<the postoffice>", func(v *Values) string { return accountText(v.Account) }},
	{"client-ip", "<the client's address>", func(v *Values) string { return addrText(v.ClientIP) }},
	{"list", "<the list in the reply>", func(v *Values) string { return freeText(v.ListName) }},
	{"list-zone", "<the list's zone>", func(v *Values) string { return nameText(v.ListZone) }},
	{"selector", "<selector>", func(v *Values) string { return nameText(v.Selector) }},
	{"root", "<Mail Enable folder>", func(v *Values) string { return pathText(v.Root) }},
	{"record", "A", func(v *Values) string {
		if v.IP.Is6() && !v.IP.Is4In6() {
			return "AAAA"
		}
		return ""
	}},
	{"spf-ip", "ip4:<your sending address>", func(v *Values) string {
		switch a := v.IP.Unmap(); {
		case a.Is4():
			return "ip4:" + a.String()
		case a.IsValid():
			return "ip6:" + addrText(a)
		}
		return ""
	}},
}

// Unknown returns what the place called name reads where its value is not
// known, "" where there is no such place.
func Unknown(name string) string {
	for _, s := range slots {
		if s.name == name {
			return s.unknown
		}
	}
	return ""
}

// fill replaces every {name} in text. Braces around anything but the name of a
// place stay, so that a script block may stand in a command.
func fill(text string, v *Values) string {
	if !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, name, after, ok := cutPlace(text)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		s := findSlot(name)
		switch {
		case s == nil:
			b.WriteString("{" + name + "}")
		default:
			if val := s.value(v); val != "" {
				b.WriteString(val)
			} else {
				b.WriteString(s.unknown)
			}
		}
		text = after
	}
}

// places returns the names of the places in text, known or not.
func places(text string) []string {
	var out []string
	for {
		_, name, after, ok := cutPlace(text)
		if !ok {
			return out
		}
		out = append(out, name)
		text = after
	}
}

// cutPlace splits text around its first {name}, where name is made of lower
// case letters and hyphens. Without one, before is the whole text.
func cutPlace(text string) (before, name, after string, ok bool) {
	for from := 0; ; {
		i := strings.IndexByte(text[from:], '{')
		if i < 0 {
			return text, "", "", false
		}
		i += from
		j := i + 1
		for j < len(text) && (text[j] == '-' || text[j] >= 'a' && text[j] <= 'z') {
			j++
		}
		if j > i+1 && j < len(text) && text[j] == '}' {
			return text[:i], text[i+1 : j], text[j+1:], true
		}
		from = i + 1
	}
}

func findSlot(name string) *slot {
	for i := range slots {
		if slots[i].name == name {
			return &slots[i]
		}
	}
	return nil
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.Unmap().WithZone("").String()
}

// nameText is a host or domain name in key form. Anything but a name counts as
// not known: the text may stand in a command line.
func nameText(s string) string {
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
