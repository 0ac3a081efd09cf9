package reply

import (
	"strings"

	"metriage/diag"
)

// readNames adds to what signatures told: the hosts of the reply and the
// context, and which of the lists is meant.
func (c *Classifier) readNames(s *subject, r diag.Reply, ctx *Context) {
	t := c.names
	for w, word := range s.named {
		s.strong[w] |= word
	}
	hostRow := func(h string, strong bool) {
		if i := t.host(h); i >= 0 {
			if _, mailbox := t.domains[h]; mailbox || !strong {
				setBit(s.weak, i)
				return
			}
			setBit(s.strong, i)
			setBit(s.named, i)
		}
	}
	for _, h := range r.Hosts {
		hostRow(h, true)
	}
	if ctx.RemoteHost != "" {
		if i := t.host(strings.ToLower(strings.TrimSuffix(ctx.RemoteHost, "."))); i >= 0 {
			setBit(s.strong, i)
		}
	}
	for _, p := range s.spans {
		if p.kind != spanAddress {
			continue
		}
		a := s.text[p.from:p.to]
		d := strings.ToLower(a[strings.LastIndexByte(a, '@')+1:])
		if i := t.host(d); i >= 0 {
			_, mailbox := t.domains[d]
			if mailbox {
				setBit(s.weak, i)
			} else {
				setBit(s.strong, i)
				setBit(s.named, i)
			}
		} else if i, ok := t.domains[d]; ok {
			setBit(s.weak, i)
		}
	}
	if ctx.Recipient != "" && ctx.RemoteHost == "" && !ctx.SmartHost {
		if i, ok := t.domains[diag.AddressDomain(ctx.Recipient)]; ok {
			setBit(s.weak, i)
		}
	}
	c.dropGeneral(s)
	for _, l := range s.lists {
		if s.zoneList < 0 || len(c.lists[l].zone) > len(c.lists[s.zoneList].zone) {
			s.zoneList = int(l)
		}
	}
}

// dropGeneral forgets the row that stands for all lists of an operator where
// one of them is named: dbl.spamhaus.org names Spamhaus too.
func (c *Classifier) dropGeneral(s *subject) {
	if s.blend {
		return
	}
	t := c.names
	for i := range t.rows {
		if !t.rows[i].General || t.rows[i].Family == "" || !hasBit(s.named, i) {
			continue
		}
		for j := range t.rows {
			if j != i && t.rows[j].Family == t.rows[i].Family && hasBit(s.named, j) {
				s.named[i>>6] &^= 1 << (i & 63)
				break
			}
		}
	}
}

// namesAsked reports whether the reply names what rule k asks for.
func (c *Classifier) namesAsked(k *compiled, s *subject, ctx *Context) bool {
	for _, i := range k.names {
		if i >= 0 && hasBit(s.named, i) {
			return true
		}
	}
	if !k.ipList && !k.domList && !k.closed {
		return false
	}
	live, dead, domain, ip := c.listsNamed(s, ctx.At)
	return k.closed && dead > 0 && live == 0 || k.ipList && ip > 0 || k.domList && domain > 0 && ip == 0
}

// nameVerdict fills in Named and Provider: a list before a filter before a
// provider, the rule's before what was found beside it.
func (c *Classifier) nameVerdict(v *diag.Verdict, s *subject, ctx *Context, k *compiled) {
	t := c.names
	listRow := -1
	if takesList(v.Cause, len(s.lists) > 0) {
		listRow = c.listRow(s, ctx.At)
	}
	switch {
	case k != nil && strings.HasPrefix(k.Named, "x-"):
		v.Named = k.Named
	case k != nil && k.named >= 0 && t.rows[k.named].list():
		v.Named = k.Named
		if listRow >= 0 && t.rows[k.named].General && t.rows[listRow].Family == t.rows[k.named].Family {
			v.Named = t.rows[listRow].ID
		}
	case listRow >= 0:
		v.Named = t.rows[listRow].ID
	case k != nil && k.named >= 0:
		v.Named = k.Named
	}
	filter, provider, general := -1, -1, -1
	for i := range t.rows {
		if !hasBit(s.strong, i) {
			continue
		}
		switch r := &t.rows[i]; {
		case r.list():
		case r.General:
			general = i
		case r.Kind == "filter" && r.ID != "postgrey":
			if filter < 0 {
				filter = i
			}
		case r.Kind == "provider" && provider < 0:
			provider = i
		}
	}
	if provider < 0 {
		provider = general
	}
	weak := -1
	if addressed(v.Cause) {
		for i := range t.rows {
			if hasBit(s.weak, i) && !t.rows[i].list() {
				weak = i
				break
			}
		}
	}
	if v.Named == "" {
		for _, i := range [...]int{c.onlyNamed(s, filter), c.onlyNamed(s, provider), weak} {
			if i >= 0 {
				v.Named = t.rows[i].ID
				break
			}
		}
	}
	switch remote := -1; {
	case ctx.RemoteHost != "":
		if remote = t.host(strings.ToLower(strings.TrimSuffix(ctx.RemoteHost, "."))); remote >= 0 && !t.rows[remote].list() {
			v.Provider = t.rows[remote].ID
			if p := t.rows[remote]; p.General && provider >= 0 && t.rows[provider].Parent == p.ID {
				v.Provider = t.rows[provider].ID
			}
			return
		}
		fallthrough
	default:
		switch {
		case k != nil && k.named >= 0 && !t.rows[k.named].list() && k.Named != "postgrey":
			v.Provider = k.Named
			if t.rows[k.named].General && provider >= 0 && t.rows[provider].Parent == k.Named {
				v.Provider = t.rows[provider].ID
			}
		case provider >= 0:
			v.Provider = t.rows[provider].ID
		case filter >= 0:
			v.Provider = t.rows[filter].ID
		case ctx.Recipient != "" && ctx.RemoteHost == "" && !ctx.SmartHost:
			v.Provider = MailboxProvider(diag.AddressDomain(ctx.Recipient))
		}
		if v.Provider == "" && weak >= 0 {
			v.Provider = t.rows[weak].ID
		}
	}
}

// onlyNamed returns row where the reply itself names it.
func (c *Classifier) onlyNamed(s *subject, row int) int {
	if row >= 0 && hasBit(s.named, row) {
		return row
	}
	return -1
}

// takesList reports whether a list named beside a cause can have to do with it.
// Filters bear the names of lists, so that for what a filter says the zone has
// to be there.
func takesList(c diag.Cause, zone bool) bool {
	switch c {
	case diag.CauseRecipient, diag.CauseMailboxFull, diag.CauseSize, diag.CauseUnreachable, diag.CauseRelayDenied:
		return false
	case diag.CauseContentSpam, diag.CauseVirus, diag.CauseHeaderRFC:
		return zone
	}
	return true
}

// addressed reports whether an address in a reply of this cause is most likely
// the recipient's.
func addressed(c diag.Cause) bool {
	switch c {
	case diag.CauseRecipient, diag.CauseMailboxFull:
		return true
	}
	return false
}
