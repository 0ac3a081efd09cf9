package mailenable

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
)

// Settings are what MailEnable's part of the registry says about sending and
// receiving. The names of the values are known from the vendor's library and
// from programs that set them; those that are not documented are shown as they
// stand.
type Settings struct {
	// Found is set where the registry has anything of MailEnable's.
	Found bool
	// Version is the newest version that the registry names, "" for none.
	Version string
	// OutboundBinding is the address that outgoing connections are bound to
	// ("Outbound Interface"), the zero Addr where none is set.
	OutboundBinding netip.Addr
	HostName        string // "Host Name"
	LocalDomain     string // "Local Domain Name"
	// DNS are the name servers that MailEnable asks, where it has its own.
	DNS []netip.Addr
	// SmartHost is what a value that speaks of a smart host holds. No public
	// source names that value, so Relay shows where it came from.
	SmartHost   string
	BlockedHELO []string
	// White are addresses that no ban and no list stops (subkey White List).
	White []string
	// Relay are the values that speak of relaying, signing in or a smart host,
	// as they stand.
	Relay []RawSetting
	// Provider is the value that says where the configuration is kept, "" where
	// there is none. Database is set where it does not speak of TAB files: then
	// the TAB files may be out of date (vendor article ME020073).
	Provider string
	Database bool
	// ConfigDir is the configuration directory on the server, "" where the
	// registry does not name one.
	ConfigDir string
	// Problems are values of the wrong type or form.
	Problems []diag.Problem
}

// RawSetting is one value of the registry as it stands.
type RawSetting struct {
	Key   string // below MailEnable's key, "" for itself
	Name  string
	Value string // numbers in decimal; "(not shown)" for secrets
	Note  string // what is known of it
}

// maxRaw bounds the values and problems that Settings lists.
const maxRaw = 200

// Keys below MailEnable's own.
const (
	keySMTP      = `Connectors\SMTP`
	keyWhiteList = `Connectors\SMTP\White List`
	keySecurity  = `Security`
)

// ReadSettings reads the settings from a registry; nil gives settings of which
// nothing is known.
func ReadSettings(r Registry) Settings {
	var s Settings
	if r == nil {
		return s
	}
	if f, ok := r.(*RegFile); ok {
		for _, what := range f.Problems {
			s.Problems = append(s.Problems, diag.Problem{Path: "registry export", What: what})
		}
	}
	list, _ := r.(ValueRegistry)
	var root, smtp, security []RegValue
	if list != nil {
		root, smtp, security = list.Values(""), list.Values(keySMTP), list.Values(keySecurity)
		s.Found = len(root)+len(smtp) > 0
		for _, v := range list.Values(keyWhiteList) {
			if v.Name != "" && len(s.White) < maxRaw {
				s.White = append(s.White, v.Name)
			}
		}
		slices.Sort(s.White)
	}
	text := func(key, name string) string {
		if v, ok := r.String(key, name); ok {
			s.Found = true
			return strings.TrimSpace(strings.Trim(v, "\x00"))
		}
		for _, v := range map[string][]RegValue{"": root, keySMTP: smtp}[key] {
			if strings.EqualFold(v.Name, name) && v.Kind != RegText {
				s.problem(key, name, fmt.Sprintf("a value of type %s where text is expected", v.Kind))
			}
		}
		return ""
	}
	s.HostName, s.LocalDomain = text(keySMTP, "Host Name"), text(keySMTP, "Local Domain Name")
	s.binding(text(keySMTP, "Outbound Interface"))
	for _, h := range strings.FieldsFunc(text(keySMTP, "Blocked HELO"), func(r rune) bool { return r == ',' || r == ';' }) {
		if h = strings.TrimSpace(h); h != "" && len(s.BlockedHELO) < maxRaw {
			s.BlockedHELO = append(s.BlockedHELO, h)
		}
	}
	s.ConfigDir = text("", "Configuration Directory")
	for _, name := range []string{"Enterprise Version", "Professional Version", "Product Version", "Version"} {
		if v := text("", name); v != "" && s.Version == "" {
			s.Version = v
		}
	}
	for _, v := range root {
		if foldContains(v.Name, "provider") && s.Provider == "" {
			s.Provider = v.Name + "=" + shown(v)
			s.Database = !foldContains(v.Text, "tab")
		}
	}
	for _, k := range []struct {
		key    string
		values []RegValue
	}{{keySMTP, smtp}, {keySecurity, security}} {
		for _, v := range k.values {
			s.take(k.key, v)
		}
	}
	return s
}

func (s *Settings) problem(key, name, what string) {
	if len(s.Problems) < maxRaw {
		s.Problems = append(s.Problems, diag.Problem{Path: `registry ` + strings.TrimPrefix(key+`\`+name, `\`), What: what})
	}
}

// binding reads the outbound binding. 0.0.0.0 and empty mean none.
func (s *Settings) binding(v string) {
	if v == "" {
		return
	}
	a, err := netip.ParseAddr(v)
	switch {
	case err != nil:
		s.problem(keySMTP, "Outbound Interface", fmt.Sprintf("%q is not an address", shorten(diag.Clean(v), 60)))
	case !a.IsUnspecified():
		s.OutboundBinding = a.Unmap()
	}
}

// take looks at a value whose exact name no public source tells.
func (s *Settings) take(key string, v RegValue) {
	switch {
	case foldContains(v.Name, "dns") && v.Kind == RegText && s.DNS == nil:
		s.DNS = addressesIn(v.Text)
	case foldContains(v.Name, "smart") && v.Kind == RegText && s.SmartHost == "" && !secret(v.Name):
		if h := strings.TrimSpace(v.Text); strings.ContainsAny(h, ".:") && !strings.ContainsAny(h, " \t") {
			s.SmartHost = h
		}
	}
	for _, word := range relayWords {
		if foldContains(v.Name, word) && len(s.Relay) < maxRaw {
			s.Relay = append(s.Relay, RawSetting{key, v.Name, shown(v), relayNote(v.Name)})
			return
		}
	}
}

// relayWords are parts of value names that have to do with who may send.
var relayWords = []string{"relay", "auth", "smart", "privilege", "catch", "resolution"}

// relayNotes are what is known of such values. The four switches of the page
// SMTP > Relay are documented (version 10 manual); which values keep them is
// not.
var relayNotes = []struct{ name, note string }{
	{"allow plain authentication", "whether AUTH PLAIN is offered"},
	{"cram-md5 authentication enabled", "whether AUTH CRAM-MD5 is offered"},
	{"default access authorization", "seen in the vendor's library; its meaning is not documented"},
	{"default relay access authorization", "seen in the vendor's library; most likely the default of the list of privileged addresses"},
}

func relayNote(name string) string {
	for _, n := range relayNotes {
		if strings.EqualFold(n.name, name) {
			return n.note
		}
	}
	return "not documented; SMTP > Properties > Relay shows what is set"
}

// shown is a value for people; what may be a secret is left out.
func shown(v RegValue) string {
	if secret(v.Name) {
		return "(not shown)"
	}
	return shorten(diag.Clean(v.Text), 200)
}

func secret(name string) bool {
	for _, w := range []string{"password", "passphrase", "secret", "credential", "token", "licen", "key"} {
		if foldContains(name, w) {
			return true
		}
	}
	return false
}

// addressesIn returns the addresses of a list that blanks, commas or
// semicolons separate.
func addressesIn(v string) []netip.Addr {
	var out []netip.Addr
	for _, f := range strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" \t,;\r\n\x00", r) }) {
		if a, err := netip.ParseAddr(f); err == nil && len(out) < 16 {
			out = append(out, a.Unmap())
		}
	}
	return out
}

func foldContains(s, lower string) bool { return strings.Contains(strings.ToLower(s), lower) }
