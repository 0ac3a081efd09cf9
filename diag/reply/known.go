package reply

import (
	"net/url"
	"strings"
)

// KnownLink reports whether a link leads to a page of a list, provider or filter
// of the names table, by https or http. Any server can write any link into its
// reply: others are for people to look at before they open them.
func KnownLink(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	t := names()
	for h := strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")); h != ""; _, h, _ = strings.Cut(h, ".") {
		switch _, host := t.hosts[h]; {
		case t.sites[h]:
			return true
		case t.anybody[h]:
			return false
		case host:
			return true
		}
	}
	return false
}
