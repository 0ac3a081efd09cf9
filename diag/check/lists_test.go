package check

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"metriage/diag"
	"metriage/diag/dnsq"
)

func TestBuiltinLists(t *testing.T) {
	all, errs := LoadLists(nil, builtinLists, "lists.toml")
	for _, err := range errs {
		t.Error(err)
	}
	if len(all) != 76 {
		t.Errorf("%d lists", len(all))
	}
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	open, onByDefault := 0, map[Kind]int{}
	zones := map[string]bool{}
	for _, l := range all {
		if zones[l.Zone] {
			t.Errorf("%s is there twice", l.Zone)
		}
		zones[l.Zone] = true
		if l.closedAt(now) {
			continue
		}
		if l.Closed != "" {
			t.Errorf("%s closes in the future", l.Zone)
		}
		open++
		if l.Default {
			onByDefault[l.Kind]++
		}
		if l.Kind == KindDomain && l.Test == "" {
			t.Errorf("%s: real lists of domains have test entries of their own", l.Zone)
		}
		if l.Lookup == "" {
			t.Errorf("%s has no lookup page", l.Zone)
		}
	}
	// At most 16 by default, as list operators ask.
	if onByDefault[KindIP] != 7 || onByDefault[KindDomain] != 3 || onByDefault[KindAllow] != 0 || open != 36 {
		t.Errorf("on by default %v, open %d", onByDefault, open)
	}
	if len(Lists()) != len(all) {
		t.Error("Lists differs")
	}
}

func TestMeans(t *testing.T) {
	by := map[string]List{}
	for _, l := range Lists() {
		by[l.Zone] = l
	}
	for _, c := range []struct {
		zone, answer string
		m            meaning
		text         string
	}{
		{"zen.spamhaus.org", "127.0.0.2", meansListed, "SBL"},
		{"zen.spamhaus.org", "127.0.0.6", meansListed, "XBL"},
		{"zen.spamhaus.org", "127.0.0.8", meansNothing, ""},
		{"zen.spamhaus.org", "127.0.0.30", meansListed, "BCL"},
		{"zen.spamhaus.org", "127.0.0.20", meansNothing, ""},
		{"zen.spamhaus.org", "127.255.255.254", meansRefused, "public"},
		{"zen.spamhaus.org", "127.255.255.1", meansRefused, ""},
		{"psbl.surriel.com", "127.255.255.255", meansRefused, ""},
		{"dbl.spamhaus.org", "127.0.1.255", meansRefused, "list of domains"},
		{"dbl.spamhaus.org", "127.0.1.103", meansListed, "redirector"},
		{"multi.surbl.org", "127.0.0.1", meansRefused, ""},
		{"multi.surbl.org", "127.0.0.80", meansListed, "MW: malware, ABUSE"},
		{"multi.surbl.org", "127.0.0.65", meansNothing, ""},
		{"multi.surbl.org", "127.0.1.64", meansNothing, ""},
		{"multi.uribl.com", "127.0.0.14", meansListed, "black, grey, red"},
		{"hostkarma.junkemailfilter.com", "127.0.0.1", meansNeutral, "white"},
		{"hostkarma.junkemailfilter.com", "127.0.0.5", meansNeutral, ""},
		{"hostkarma.junkemailfilter.com", "127.0.0.2", meansListed, "black"},
		{"hostkarma.junkemailfilter.com", "127.0.2.3", meansNeutral, ""},
		{"dnsbl.spfbl.net", "127.0.0.4", meansNeutral, ""},
		{"all.spamrats.com", "127.0.0.37", meansListed, "NoPtr"},
		{"list.dnswl.org", "127.0.0.255", meansRefused, ""},
		{"list.dnswl.org", "127.0.10.3", meansListed, ""},
		{"bl.mailspike.net", "127.0.0.20", meansNeutral, ""},
	} {
		l, ok := by[c.zone]
		if !ok {
			t.Fatalf("no list %s", c.zone)
		}
		if m, text := l.means(netip.MustParseAddr(c.answer)); m != c.m || !strings.Contains(text, c.text) {
			t.Errorf("%s %s: %d %q, want %d %q", c.zone, c.answer, m, text, c.m, c.text)
		}
	}
}

func TestRefs(t *testing.T) {
	found := map[string]diag.ListRef{}
	for _, r := range Refs(Lists()) {
		found[r.Zone] = r
	}
	for _, want := range []diag.ListRef{
		{ID: "spamhaus-zen", Zone: "zen.spamhaus.org"},
		{ID: "spamhaus-zen", Zone: "zen.dq.spamhaus.net"},
		{ID: "surbl", Zone: "multi.surbl.org", Domain: true},
		{ID: "sorbs", Zone: "dnsbl.sorbs.net", Closed: "2024-06-05"},
	} {
		if found[want.Zone] != want {
			t.Errorf("%+v, want %+v", found[want.Zone], want)
		}
	}
}

func TestLoadLists(t *testing.T) {
	base, errs := LoadLists(nil, []byte("[[list]]\nid=\"a\"\nzone=\"a.test\"\n[[list]]\nid=\"b\"\nzone=\"b.test\"\n"), "base")
	if len(base) != 2 || len(errs) != 0 {
		t.Fatalf("%v %v", base, errs)
	}
	got, errs := LoadLists(base, []byte("\ufeff# comment\n[[list]]\nid = \"new\"\nzone = \"B.Test.\"\nweight = \"low\"\nclosed = 2024-06-05\n"), "x")
	if len(errs) != 0 || len(got) != 2 || got[1].ID != "new" || got[1].Zone != "b.test" || got[1].Closed != "2024-06-05" || got[1].Weight != WeightLow {
		t.Errorf("replacing: %+v %v", got, errs)
	}
	if base[1].ID != "b" {
		t.Error("the lists given were changed")
	}
	if l := got[0]; l.Name != "a" || l.Kind != KindIP || !l.IPv4 || l.IPv6 || l.Weight != WeightMedium || !l.Default || len(l.Listed) != 1 {
		t.Errorf("defaults: %+v", l)
	}
	if got, errs := LoadLists(base, []byte("only = true\n"), "x"); len(got) != 0 || len(errs) != 0 {
		t.Errorf("only: %v %v", got, errs)
	}
	config := "root = [\"C:\\\\x\"]\nonly = true\n[keys]\nabusix = \"k\"\n[[rule]]\nid = \"x\"\n[[list]]\nid = \"c\"\nzone = \"c.test\"\n"
	if got, errs := ListsFromConfig(base, []byte(strings.ReplaceAll(config, `"C:\\x"`, `'C:\x'`)), "metriage.toml"); len(got) != 1 || len(errs) != 0 {
		t.Errorf("config: %v %v", got, errs)
	}
}

// Each bad field is one sentence with file, line, field and what is accepted,
// and costs only its own list.
func TestLoadListsErrors(t *testing.T) {
	const good = "[[list]]\nid = \"good\"\nzone = \"good.test\"\n"
	for text, want := range map[string]string{
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nwieght = \"low\"\n":                            `f.toml line 4: field "wieght" is not known; the fields of a list are bits, closed,`,
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\n\nweight = \"heavy\"\n":                        "f.toml line 5: weight is critical, high, medium, low or info",
		"[[list]]\nid = \"x\"\nzone = \"x test\"\n":                                              "f.toml line 3: zone is a domain name",
		"[[list]]\nid = \"x\"\n":                                                                 "f.toml line 1: zone is missing",
		"[[list]]\nzone = \"x.test\"\n":                                                          "f.toml line 1: id is missing",
		"[[list]]\nid = \"X Y\"\nzone = \"x.test\"\n":                                            "f.toml line 2: id is a name of lower case",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nipv6 = \"yes\"\n":                              "f.toml line 4: ipv6 is true or false",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nkind = \"rhsbl\"\n":                            "f.toml line 4: kind is ip, domain or allow",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nlisted = { \"10.0.0.1\" = \"y\" }\n":           "f.toml line 4: listed is a table of answers",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nlisted = { \"127.0.0.9-127.0.0.2\" = \"\" }\n": "f.toml line 4: listed is a table of answers",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nbits = { 3 = \"y\" }\n":                        "f.toml line 4: bits is a table of bits",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\ntest = \"example.com\"\n":                      "f.toml line 4: test is an address",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nlookup = \"javascript:x\"\n":                   "f.toml line 4: lookup is an http or https link",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nclosed = \"soon\"\n":                           "f.toml line 4: closed is a day, month or year",
		"[[list]]\nid = \"x\"\nzone = \"{key}.x.test\"\n":                                        "f.toml line 1: key and \"{key}.\" in zone belong together",
		"[[list]]\nid = \"x\"\nzone = \"x.test\"\nname = \n":                                     "f.toml line 4: this is not TOML",
		"[[list]]\nid = \"x\nzone = \"x.test\"\n":                                                "f.toml line 2: this is not TOML",
		"[[lists]]\nid = \"x\"\n":                                                                `f.toml line 1: table "lists" is not known`,
		"olny = true\n":                                                                          `f.toml line 1: field "olny" is not known`,
		"only = 1\n":                                                                             "f.toml line 1: only is true or false",
	} {
		got, errs := LoadLists(nil, []byte(text+good), "f.toml")
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), want) {
			t.Errorf("%q: %v, want %s", text, errs, want)
		}
		if len(got) != 1 || got[0].ID != "good" {
			t.Errorf("%q: the good list is gone: %v", text, got)
		}
	}
	if _, errs := LoadLists(nil, make([]byte, maxListFile+1), "f.toml"); len(errs) != 1 {
		t.Errorf("a huge file: %v", errs)
	}
	if _, errs := LoadLists(nil, []byte(strings.Repeat(good, maxLists+1)), "f.toml"); len(errs) != 1 {
		t.Errorf("too many lists: %v", errs)
	}
}

func FuzzLoadLists(f *testing.F) {
	f.Add([]byte(labLists))
	f.Add([]byte("only = true\n[[list]]\nid=\"x\"\nzone=\"{key}.x.test\"\nkey=\"k\"\nbits={4=\"a\"}\ntest=\"none\"\nclosed=2024-01-01\n"))
	f.Add([]byte("[[list]]\nid = \"\x1b[2J\"\n[x]\n[]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, errs := LoadLists(nil, b, "f.toml")
		for _, err := range errs {
			if s := err.Error(); diag.Clean(s) != s {
				t.Errorf("%q is not clean", s)
			}
		}
		for _, l := range got {
			if l.ID == "" || !dnsq.ValidName(strings.TrimPrefix(l.Zone, "{key}.")) || diag.Clean(l.Name+l.Note+l.Lookup) != l.Name+l.Note+l.Lookup {
				t.Errorf("%+v", l)
			}
			l.means(netip.MustParseAddr("127.0.0.2"))
		}
	})
}
