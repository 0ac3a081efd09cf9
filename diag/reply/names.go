package reply

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
)

//go:embed names.toml
var namesTOML []byte

// nameRow is one list, provider or filter; the fields are explained at the top
// of names.toml.
type nameRow struct {
	ID      string            `toml:"id"`
	Kind    string            `toml:"kind"`
	Name    string            `toml:"name"`
	Family  string            `toml:"family"`
	Parent  string            `toml:"parent"`
	General bool              `toml:"general"`
	Domain  bool              `toml:"domain"`
	Closed  string            `toml:"closed"`
	Merged  []string          `toml:"merged"`
	Zones   []string          `toml:"zones"`
	Codes   map[string]string `toml:"codes"`
	Hosts   []string          `toml:"hosts"`
	Domains []string          `toml:"domains"`
	Words   []string          `toml:"words"`
	Links   []string          `toml:"links"`
	Blend   []string          `toml:"blend"`
	Lookup  string            `toml:"lookup"`

	closed time.Time // Closed, parsed
}

func (r *nameRow) list() bool { return r.Kind == "list" }

// dead reports whether the list had closed at a time.
func (r *nameRow) dead(at time.Time) bool { return hadClosed(r.closed, at) }

// nameTable is names.toml, indexed. It is never changed.
type nameTable struct {
	rows    []nameRow
	byID    map[string]int
	hosts   map[string]int // end of a host name
	domains map[string]int // mailbox domain
	closed  []closedZone
	sites   map[string]bool // whose links are known beside those of hosts
	anybody map[string]bool // where anybody can put a page
}

// closedZone is a domain under which nobody answers for a list any more.
type closedZone struct {
	Zone   string `toml:"zone"`
	Closed string `toml:"closed"`
}

// names decodes the embedded table once. It is a value of the program, like
// the source itself: an error in it is an error of the build, which a test
// finds.
var names = sync.OnceValue(func() *nameTable {
	t, err := readNames(namesTOML)
	if err != nil {
		panic("reply: " + err.Error())
	}
	return t
})

func readNames(b []byte) (*nameTable, error) {
	var file struct {
		Name   []nameRow    `toml:"name"`
		Closed []closedZone `toml:"closed"`

		Sites   []string `toml:"sites"`
		Anybody []string `toml:"anybody"`
	}
	if err := toml.Unmarshal(b, &file); err != nil {
		return nil, fmt.Errorf("names table: %w", err)
	}
	t := &nameTable{rows: file.Name, byID: map[string]int{}, hosts: map[string]int{}, domains: map[string]int{}, closed: file.Closed, sites: map[string]bool{}, anybody: map[string]bool{}}
	for _, h := range file.Sites {
		t.sites[h] = true
	}
	for _, h := range file.Anybody {
		t.anybody[h] = true
	}
	for i := range t.rows {
		r := &t.rows[i]
		if _, twice := t.byID[r.ID]; twice || r.ID == "" || r.Name == "" {
			return nil, fmt.Errorf("names table: row %d (%q) has no name or its id twice", i+1, r.ID)
		}
		t.byID[r.ID] = i
		var err error
		if r.closed, err = parseDay(r.Closed); err != nil {
			return nil, fmt.Errorf("names table: %s: closed %q is no date", r.ID, r.Closed)
		}
		for _, h := range r.Hosts {
			if _, twice := t.hosts[h]; twice {
				return nil, fmt.Errorf("names table: host %q is in two rows", h)
			}
			t.hosts[h] = i
		}
		for _, d := range r.Domains {
			if _, twice := t.domains[d]; twice {
				return nil, fmt.Errorf("names table: domain %q is in two rows", d)
			}
			t.domains[d] = i
		}
	}
	return t, nil
}

// host returns the row whose host name ends host, the longest end first, -1
// where there is none. host is lower case without a trailing dot.
func (t *nameTable) host(host string) int {
	for host != "" {
		if i, ok := t.hosts[host]; ok {
			return i
		}
		dot := strings.IndexByte(host, '.')
		if dot < 0 {
			break
		}
		host = host[dot+1:]
	}
	return -1
}

// sameList reports whether two ids are of one list, or of lists of one operator.
func (t *nameTable) sameList(a, b string) bool {
	i, known := t.byID[a]
	j, too := t.byID[b]
	return known && too && (i == j || t.rows[i].Family != "" && t.rows[i].Family == t.rows[j].Family)
}

// Provider returns the id of the provider or filter that runs host, a name
// from a banner, an MX record or a reverse lookup; "" if it is not known. A
// domain of one's own at Microsoft 365 or Google is known by its MX host.
func Provider(host string) string {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
	t := names()
	if i := t.host(host); i >= 0 && !t.rows[i].list() {
		return t.rows[i].ID
	}
	return ""
}

// MailboxProvider returns the id of the provider of mailboxes in domain
// ("gmail.com"), "" if it is not known. It is weaker evidence than a host name:
// some providers move domains.
func MailboxProvider(domain string) string {
	t := names()
	if i, ok := t.domains[strings.ToLower(strings.TrimSuffix(domain, "."))]; ok {
		return t.rows[i].ID
	}
	return ""
}

// Name returns what people call the list, provider or filter with the given id
// of the names table ("Spamhaus CSS" for "spamhaus-css"); the id itself where
// it is unknown, as with an admin's own "x-…".
func Name(id string) string {
	t := names()
	if i, ok := t.byID[id]; ok {
		return t.rows[i].Name
	}
	return id
}
