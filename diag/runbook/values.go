package runbook

import (
	"net/netip"
	"strings"
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
	ReplyLink   string // link in the reply

	RefusedDomain string // destination whose server refuses
	RemoteHost    string // the server that refused
	ForeignDomain string // domain that failed and is not hosted here
	SmartHost     string // relay that mail leaves through

	Mailbox  string     // mailbox that sends or redirects the spam
	Account  string     // postoffice of that mailbox
	ClientIP netip.Addr // address from which the spam is handed in

	ListName string // name of the list that the reply names
	// NameOf gives what people call the list or provider with an id; nil for
	// the id itself.
	NameOf func(id string) string
	// KnownLink says whether a link is the own page of a list or provider; nil
	// takes every link for one.
	KnownLink func(link string) bool
	ListZone  string // DNS zone of that list
	Selector  string // DKIM selector
	Root      string // MailEnable's folder, as in C:\Program Files (x86)\Mail Enable

	domains []string // all destinations of the case, where there are several
	each    bool     // it is told of several destinations
}

func (v *Values) knownLink(link string) bool {
	return linkText(link) != "" && (v.KnownLink == nil || v.KnownLink(link))
}

func (v *Values) name(id string) string {
	if v.NameOf == nil {
		return id
	}
	return v.NameOf(id)
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
	{"reply-link", "<the link in the reply>", func(v *Values) string { return linkText(v.ReplyLink) }},
	{"refused-domain", "<the refused domain>", func(v *Values) string {
		if v.each && v.RefusedDomain == "" {
			return "each refused domain"
		}
		return nameText(v.RefusedDomain)
	}},
	{"remote-host", "<their mail server>", func(v *Values) string { return nameText(v.RemoteHost) }},
	{"foreign-domain", "<the sender's domain>", func(v *Values) string { return nameText(v.ForeignDomain) }},
	{"smart-host", "<your smart host>", func(v *Values) string { return nameText(v.SmartHost) }},
	{"mailbox", "<the mailbox>", func(v *Values) string { return accountText(v.Mailbox) }},
	{"who", "<the mailbox>", whoText},
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
