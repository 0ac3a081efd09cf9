package mailenable

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"metriage/diag"
)

// Config is what the files of the configuration say. They hold only while
// MailEnable keeps its configuration in TAB files; see Settings.Database.
type Config struct {
	// Read is set where there is a configuration folder that could be opened.
	Read bool
	Dir  string
	// Postoffices are the folders below Config\Postoffices and Postoffices.
	Postoffices []string
	// Domains are those of addresses that lead to a mailbox, in key form,
	// sorted: the domains hosted here.
	Domains   []string
	Mailboxes int // known by an address or by their own file
	Addresses int
	CatchAlls []CatchAll
	Outside   []Mapping // addresses that lead to an address elsewhere
	Redirects []Redirect
	Denied    []Access // right CONNECT: who is turned away
	Relaying  []Access // right RELAY: who may relay
	Whitelist []string // SMTP-WHITELIST.SYS
	Files     []ConfigFile
	// NotUnderstood are rows that no pattern fits, by file below the
	// configuration folder.
	NotUnderstood map[string]int
	Problems      []diag.Problem

	boxes  map[string][]string // addresses by "postoffice/mailbox", lower case
	owners map[string]string   // "postoffice/mailbox" by address, lower case; "*@domain" too
}

// CatchAll is everything for a domain that no other address takes.
type CatchAll struct {
	Domain  string // key form
	Mailbox string // "postoffice/mailbox", "" where Address
	Address string // where it leads elsewhere directly
	Where   string // file and row
}

// Mapping is an address here that leads to one elsewhere.
type Mapping struct{ From, To, Where string }

// Redirect is a mailbox whose mail goes on to other addresses.
type Redirect struct {
	Mailbox string   // "postoffice/mailbox"
	To      []string // addresses
	// Status is 1 for a redirection, 2 for one that keeps a copy, 0 where it is
	// switched off, -1 where the file does not tell.
	Status int
	Where  string
}

// Access is one entry of an access list.
type Access struct{ Pattern, Where string }

// ConfigFile is a settings file and when it was last changed.
type ConfigFile struct {
	Name    string // below the configuration folder, with slashes
	ModTime time.Time
}

// Limits of what is kept of a configuration.
const (
	maxConfigFiles = 100_000
	maxConfigDepth = 5
	maxTabRows     = 2_000_000
	maxTabFile     = 128 << 20
	maxSysFile     = 256 << 10
	maxFacts       = 100_000 // of each kind
)

// AddressesOf returns the addresses that lead to a mailbox
// ("postoffice/mailbox").
func (c *Config) AddressesOf(mailbox string) []string { return c.boxes[strings.ToLower(mailbox)] }

// MailboxOf returns the mailbox ("postoffice/mailbox") that an address leads to,
// by itself or by the catch-all of its domain; "" where none is known.
func (c *Config) MailboxOf(address string) string {
	if m, ok := c.owners[strings.ToLower(address)]; ok {
		return m
	}
	return c.owners["*@"+diag.AddressDomain(address)]
}

// CatchAllOf returns the domains whose catch-all is a mailbox.
func (c *Config) CatchAllOf(mailbox string) []string {
	var out []string
	for _, a := range c.CatchAlls {
		if a.Mailbox != "" && strings.EqualFold(a.Mailbox, mailbox) {
			out = append(out, a.Domain)
		}
	}
	return out
}

// Hosts reports whether a domain in key form is hosted here.
func (c *Config) Hosts(domain string) bool {
	_, ok := slices.BinarySearch(c.Domains, domain)
	return ok
}

// configReader collects what the files say.
type configReader struct {
	out     *Config
	domains map[string]bool
	boxes   map[string]bool // mailboxes seen
	seen    map[string]bool // redirections seen
	rows    int
	files   int
}

func (r *configReader) problem(name, what string) {
	if len(r.out.Problems) < maxRaw {
		r.out.Problems = append(r.out.Problems, diag.Problem{Path: filepath.Join(r.out.Dir, filepath.FromSlash(name)), What: what})
	}
}

func (r *configReader) strange(name string) { r.out.NotUnderstood[name]++ }

// row takes one row of a TAB file. postoffice is the folder it lies in, "" for
// those of the whole server.
func (r *configReader) row(name, postoffice string, number int, line []byte) {
	row, ok := parseTabRow(line)
	if !ok {
		return
	}
	where := fmt.Sprintf("%s row %d", name, number)
	switch row.kind() {
	case rowMap:
		r.mapping(where, row.groups)
	case rowRedirect:
		if postoffice == "" {
			r.strange(name)
			return
		}
		red := Redirect{Mailbox: postoffice + "/" + row.columns[0], Status: row.status(), Where: where}
		for _, g := range row.groups {
			red.To = append(red.To, g.address)
		}
		r.box(red.Mailbox)
		r.redirect(red)
	case rowAccess:
		pattern, right, _ := row.access()
		list := &r.out.Denied
		if right == "RELAY" {
			list = &r.out.Relaying
		}
		if len(*list) < maxFacts {
			*list = append(*list, Access{pattern, where})
		}
	case rowPlain:
		if postoffice == "" && strings.Contains(string(line), "\t") && !plainTable(name) {
			r.strange(name)
		}
	default:
		r.strange(name)
	}
}

// plainTable reports whether rows without brackets are expected in a table.
func plainTable(name string) bool {
	return !hasPrefixFold(name, "smtp-") && !hasPrefixFold(name, "address-map")
}

// mapping takes one row of the address map: from its first address to its
// second.
func (r *configReader) mapping(where string, g []bracket) {
	from, to := g[0].address, g[1]
	at := strings.LastIndexByte(from, '@')
	domain := diag.AddressDomain(from)
	if at < 0 || domain == "" {
		r.strange(where[:strings.LastIndex(where, " row ")])
		return
	}
	r.out.Addresses++
	mailbox := ""
	if to.connector == "SF" {
		mailbox = to.address
		if strings.EqualFold(mailbox, "SYSTEM/BLOCKED") {
			return
		}
		r.domains[domain] = true
		r.box(mailbox)
		key := strings.ToLower(mailbox)
		if at := strings.ToLower(from); from[0] == '*' {
			r.out.owners["*@"+domain] = mailbox
		} else {
			r.out.owners[at] = mailbox
		}
		if from[:at] != "*" && len(r.out.boxes[key]) < 1000 {
			r.out.boxes[key] = append(r.out.boxes[key], from)
		}
	}
	switch {
	case from[:at] == "*":
		c := CatchAll{Domain: domain, Mailbox: mailbox, Where: where}
		if to.connector == "SMTP" {
			c.Address = to.address
			r.domains[domain] = true
		}
		if len(r.out.CatchAlls) < maxFacts {
			r.out.CatchAlls = append(r.out.CatchAlls, c)
		}
	case to.connector == "SMTP" && len(r.out.Outside) < maxFacts:
		r.domains[domain] = true
		r.out.Outside = append(r.out.Outside, Mapping{from, to.address, where})
	}
}

func (r *configReader) box(mailbox string) {
	key := strings.ToLower(mailbox)
	if !r.boxes[key] && len(r.boxes) < 10*maxFacts {
		r.boxes[key] = true
		r.out.Mailboxes++
	}
}

func (r *configReader) redirect(red Redirect) {
	if len(red.To) == 0 || len(r.out.Redirects) >= maxFacts {
		return
	}
	key := strings.ToLower(red.Mailbox + " " + strings.Join(red.To, " "))
	if r.seen[key] {
		return // the table and the mailbox's own file say the same
	}
	r.seen[key] = true
	r.out.Redirects = append(r.out.Redirects, red)
}
