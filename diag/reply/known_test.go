package reply

import "testing"

func TestKnownLink(t *testing.T) {
	for link, want := range map[string]bool{
		"https://check.spamhaus.org/query/ip/198.51.100.7": true,
		"http://www.spamhaus.org/query/ip/198.51.100.7":    true,
		"https://SUPPORT.google.com./mail/answer/81126":    true,
		"https://postmaster.t-online.de/":                  true,
		"https://aka.ms/EXOIPBlock":                        true,
		"https://www.google.com/url?q=https://evil.test/":  false, // leads onward
		"https://sites.google.com/view/delist":             false, // anybody's page
		"https://ip-198-51-100-7.secureserver.net/":        false,
		"https://evil.test/spamhaus.org":                   false,
		"https://spamhaus.org.evil.test/":                  false,
		"https://notspamhaus.org/":                         false,
		"https://check.spamhaus.org@evil.test/":            false,
		"https://user@check.spamhaus.org/":                 false,
		"javascript:alert(1)//spamhaus.org":                false,
		"ftp://spamhaus.org/":                              false,
		"https://198.51.100.7/":                            false,
		"":                                                 false,
	} {
		if got := KnownLink(link); got != want {
			t.Errorf("%q: %v", link, got)
		}
	}
}

// The forms that the program itself names are known, whatever rule or row they
// come from.
func TestOwnFormsAreKnown(t *testing.T) {
	for _, r := range names().rows {
		if r.Lookup != "" && !KnownLink(r.Lookup) {
			t.Errorf("%s: %s", r.ID, r.Lookup)
		}
	}
	c, _, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.rules {
		if l := c.rules[i].Lookup; l != "" && !KnownLink(l) {
			t.Errorf("rule %s: %s", c.rules[i].ID, l)
		}
	}
}
