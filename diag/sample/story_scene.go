package sample

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"metriage/diag"
)

// Scene is the world around a story's server: what resolvers, block lists, our
// own server and the destinations' servers answer at the end of the story, and
// how each fault can be repaired. It is plain data; World plays it.
type Scene struct {
	IPs     []netip.Addr // own sending addresses, the usual one first
	HELO    string
	Domains []string // hosted here
	// Selector is the DKIM selector of Domains.
	Selector string
	Zones    []SceneZone
	Lists    []SceneList
	// Relay is our own server as outsiders see it.
	Relay   Script
	Remotes []SceneRemote
	Repairs []Repair
}

// SceneZone is one zone in zone file form; see DNS.Zone.
type SceneZone struct{ Origin, Text string }

// SceneList is one block list; see DNS.List.
type SceneList struct {
	Zone   string
	Kind   ListKind
	Listed map[string][]string
}

// SceneRemote is one server elsewhere, found by the address that its MX has.
type SceneRemote struct {
	Domains []string // destinations it is the MX of, keys
	Host    string
	Address netip.Addr
	Script  Script // as it answers after every repair
	// Refusing is what it answers until the repairs whose Cures hold Cause;
	// nil where it refuses nothing.
	Refusing *Script
	Cause    diag.Cause
	// Unreachable servers do not take connections.
	Unreachable bool
}

// Repair is one fix that the world outside can make.
type Repair struct {
	ID    string // word for a command: "ptr", "delist"
	Title string // what is done, one sentence
	Check string // check word that shows it
	// Cures are the causes for which remote servers no longer refuse.
	Cures  []diag.Cause
	Set    []SceneRecord
	Unlist []SceneListing
	Relay  *Script
	HELO   string // the own host name from then on, "" where it stays
	// Unredirect is set where no mailbox is redirected any more.
	Unredirect bool
}

// SceneRecord replaces the records of one name and type; see DNS.Set.
type SceneRecord struct {
	Name, Type string
	Data       []string
}

// SceneListing is one entry of one list.
type SceneListing struct{ Zone, Subject string }

// Scene returns the world at the end of the story of o.
func (o Options) Scene() (Scene, error) {
	st, s, err := o.site()
	if err != nil {
		return Scene{}, err
	}
	sc := Scene{HELO: s.host, Selector: dkimSelector, Relay: s.relayScript(st.relay), Repairs: s.repairs()}
	if st.fixes != nil {
		sc.Repairs = append(sc.Repairs, st.fixes(s)...)
	}
	for _, a := range s.addresses {
		sc.IPs = append(sc.IPs, a.ip)
	}
	for _, po := range s.postoffices {
		sc.Domains = append(sc.Domains, po.domain)
	}
	sc.Lists = s.lists()
	sc.Remotes = s.remotes()
	sc.Zones = s.zones(sc.Remotes)
	return sc, nil
}

// listZones are the block lists that answer in every scene: those that the
// program knows and that take questions without a key.
var listZones = [...]string{
	"zen.spamhaus.org", "b.barracudacentral.org", "bl.spamcop.net", "psbl.surriel.com", "bl.mailspike.net",
	"bl.score.senderscore.com", "dnsbl-1.uceprotect.net", "dnsbl-2.uceprotect.net", "dnsbl-3.uceprotect.net",
	"hostkarma.junkemailfilter.com", "all.s5h.net", "dnsbl.dronebl.org", "truncate.gbudb.net", "bl.blocklist.de",
	"all.spamrats.com", "dnsbl.spfbl.net", "bl.0spam.org", "bl.spameatingmonkey.net", "bl.ipv6.spameatingmonkey.net",
	"backscatter.spameatingmonkey.net", "ips.backscatterer.org", "rbl.interserver.net", "dnsrbl.swinog.ch",
	"rbl.your-server.de", "bl.scientificspam.net", "bl.suomispam.net", "dnsbl.zapbl.net",
	"dbl.spamhaus.org", "multi.surbl.org", "multi.uribl.com", "uribl.spameatingmonkey.net", "uribl.swinog.ch",
}

// listTests are the test entries of domain lists that have their own.
var listTests = map[string][2]string{
	"dbl.spamhaus.org": {"dbltest.com", "127.0.1.2"},
	"multi.surbl.org":  {"test.surbl.org", "127.0.0.64"},
	"multi.uribl.com":  {"test.uribl.com", "127.0.0.2"},
}

// xblZone is the zone of the list that holds the XBL.
const xblZone = "zen.spamhaus.org"

func (s *site) lists() []SceneList {
	var out []SceneList
	for _, zone := range listZones {
		l := SceneList{Zone: zone, Listed: map[string][]string{}}
		if t, ok := listTests[zone]; ok {
			l.Listed[t[0]] = []string{t[1]}
		}
		for _, a := range s.addresses {
			if code := a.listed[zone]; code != "" {
				l.Listed[a.ip.String()] = []string{code}
			}
		}
		if s.thief != nil && zone == xblZone {
			// Two of three of the machines that a thief uses are somebody else's.
			for n := range s.thief.networks {
				for host := 2; host < 5 && n%3 > 0; host++ {
					l.Listed[botAddress(n, host)] = []string{"127.0.0.4"}
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// relayScript is our own server: it knows its users and greets as MailEnable.
func (s *site) relayScript(r Relay) Script {
	sc := Script{
		Banner: "220 " + s.host + " ESMTP MailEnable Service, Version: " + s.product + " ready at " + s.now.In(s.zone).Format("01/02/06 15:04:05") + "\r\n",
		Host:   s.host, Relay: r, Users: []string{"postmaster"},
	}
	for _, po := range s.postoffices {
		sc.Local = append(sc.Local, po.domain)
		for _, m := range po.mailboxes {
			if !slices.Contains(sc.Users, m.name) {
				sc.Users = append(sc.Users, m.name)
			}
		}
	}
	return sc
}

// remotes are the servers of all destinations.
func (s *site) remotes() []SceneRemote {
	var out []SceneRemote
	at := map[string]int{}
	for _, d := range s.destinations {
		for i, ip := range d.ips {
			if ip == "" {
				continue
			}
			if k, ok := at[ip]; ok {
				out[k].Domains = append(out[k].Domains, d.key)
				continue
			}
			at[ip] = len(out)
			out = append(out, s.remote(d, i))
		}
	}
	return out
}

func (s *site) remote(d *destination, host int) SceneRemote {
	w := &words{
		ip: s.ip.String(), helo: s.host, host: d.hosts[host], domain: d.domain, ref: "scene0",
		sender: s.mailboxes[0].address, recipient: d.names[0] + "@" + d.domain, date: s.now.In(s.zone).Format("Mon, 2 Jan 2006 15:04:05 -0700"),
	}
	r := SceneRemote{
		Domains: []string{d.key}, Host: d.hosts[host], Address: netip.MustParseAddr(d.ips[host]),
		Script: Script{Banner: w.line("220 "+d.banner) + "\r\n", Host: d.hosts[host], STARTTLS: d.tls},
	}
	if d.greylist {
		r.Script.Replies = map[string]string{"RCPT": strings.Join(w.lines(greylisted), "\r\n") + "\r\n"}
	}
	for i := range d.troubles {
		t := &d.troubles[i]
		switch {
		case t.said.silent:
			r.Unreachable = true
		case t.mild || !t.said.permanent() || t.forwarded || r.Refusing != nil:
		default:
			r.Refusing, r.Cause = refusing(r.Script, t.said, w), t.said.cause
		}
	}
	return r
}

// refusing is script with a refusal in it; nil where the refusal comes only
// after DATA, which no check sends.
func refusing(script Script, said *refusal, w *words) *Script {
	text := strings.Join(w.lines(said), "\r\n") + "\r\n"
	verbs := map[diag.Stage][]string{diag.StageHELO: {"EHLO", "HELO"}, diag.StageMail: {"MAIL"}, diag.StageRcpt: {"RCPT"}}
	if said.stage == diag.StageConnect {
		script.Banner, script.Close = text, true
		return &script
	}
	script.Replies = map[string]string{}
	for _, v := range verbs[said.stage] {
		script.Replies[v] = text
	}
	if len(script.Replies) == 0 {
		return nil
	}
	return &script
}

// repairs are the fixes for what is wrong with the addresses.
func (s *site) repairs() []Repair {
	ptr := Repair{
		ID: "ptr", Title: "The provider sets the PTR record to " + mailHost + ".", Check: "ptr",
		Cures: []diag.Cause{diag.CauseNoPTR, diag.CausePTRGeneric},
	}
	delist := Repair{
		ID: "delist", Title: "The lists take the address off.", Check: "dnsbl",
		Cures: []diag.Cause{diag.CauseBlacklistIP, diag.CauseReputationIP},
	}
	for _, a := range s.addresses {
		if a.ptr != mailHost {
			ptr.Set = append(ptr.Set, SceneRecord{reverseName(a.ip), "PTR", []string{mailHost + "."}})
		}
		for _, zone := range listZones {
			if a.listed[zone] != "" {
				delist.Unlist = append(delist.Unlist, SceneListing{zone, a.ip.String()})
			}
		}
	}
	var out []Repair
	if len(ptr.Set) > 0 {
		// The name has to lead back to every address that has it.
		a := SceneRecord{mailHost + ".", "A", nil}
		for _, x := range s.addresses {
			a.Data = append(a.Data, x.ip.String())
		}
		ptr.Set = append(ptr.Set, a)
		out = append(out, ptr)
	}
	if len(delist.Unlist) > 0 {
		out = append(out, delist)
	}
	return out
}

// reverseName returns the name of an IPv4 address under in-addr.arpa.
func reverseName(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa.", b[3], b[2], b[1], b[0])
}
