package reply

import (
	"net/netip"
	"strings"

	"metriage/diag"
)

// noLookup are the causes for which nobody is to be asked for delisting.
func noLookup(c diag.Cause) bool {
	switch c {
	case diag.CauseRecipient, diag.CauseMailboxFull, diag.CauseSize, diag.CauseRelayDenied, diag.CauseSmartHost, diag.CauseReceiverFault:
		return true
	}
	return false
}

// lookup returns the link to open: the reply's own first, else the rule's, else
// the named list's.
func (c *Classifier) lookup(v *diag.Verdict, r diag.Reply, k *compiled, ctx *Context) string {
	if noLookup(v.Cause) {
		return ""
	}
	form := ""
	if k != nil {
		form = k.Lookup
	}
	if i, ok := c.names.byID[v.Named]; ok && c.names.rows[i].Lookup != "" && formFits(v.Cause) && (form == "" || c.names.rows[i].list()) {
		form = c.names.rows[i].Lookup
	}
	form = fillIP(form, r.OwnIP)
	own := bestLink(r.URLs, c, v.Named)
	switch {
	case own == "":
		return form
	case form != "" && !strings.ContainsAny(own, "?=") && sameSite(own, form) && strings.Contains(form, "=") && r.OwnIP.IsValid():
		return form // the reply's own form, with our address filled in
	}
	return masked(own, r.OwnIP)
}

// formFits reports whether the form of the named list or provider has to do with
// a cause.
func formFits(c diag.Cause) bool {
	switch c {
	case diag.CauseBlacklistIP, diag.CauseReputationIP, diag.CauseBlacklistDomain, diag.CauseReputationDomain, diag.CausePTRGeneric,
		diag.CauseNoPTR, diag.CauseSPF, diag.CauseDKIM, diag.CauseDMARC, diag.CauseContentSpam:
		return true
	}
	return false
}

// bestLink returns the link of the reply that belongs to the named list or
// provider, else the first.
func bestLink(urls []string, c *Classifier, named string) string {
	if len(urls) == 0 {
		return ""
	}
	if row, ok := c.names.byID[named]; ok && len(urls) > 1 {
		for _, u := range urls {
			if c.names.host(strings.ToLower(linkHost(u))) == row {
				return u
			}
		}
	}
	return urls[0]
}

func sameSite(a, b string) bool { return strings.EqualFold(linkHost(a), linkHost(b)) }

// fillIP puts our address into a lookup form; a form whose value is not known
// loses the parameter and is still a page to open.
func fillIP(form string, ip netip.Addr) string {
	if !strings.Contains(form, "{ip}") {
		return form
	}
	if !ip.IsValid() {
		return bare(form)
	}
	return strings.ReplaceAll(form, "{ip}", ip.String())
}

// fillDomain does the same for the domain that failed.
func fillDomain(form, domain string) string {
	if !strings.Contains(form, "{domain}") {
		return form
	}
	if domain == "" {
		return bare(form)
	}
	return strings.ReplaceAll(form, "{domain}", domain)
}

// bare cuts a form before its first placeholder, at the query or path part.
func bare(form string) string {
	form = form[:strings.IndexByte(form, '{')]
	if i := strings.IndexByte(form, '?'); i >= 0 {
		return form[:i]
	}
	return form[:strings.LastIndexByte(form, '/')+1]
}

// masked puts our address into a link whose parameter for it is empty or a
// placeholder.
func masked(link string, ip netip.Addr) string {
	if !ip.IsValid() {
		return link
	}
	for _, p := range [...]string{"ip=$", "ip=xxx.xxx.xxx.xxx", "ip=x.x.x.x", "ip=xx.xx.xx.xx", "ip=%s", "ip={ip}", "ip="} {
		if strings.HasSuffix(strings.ToLower(link), p) {
			return link[:len(link)-len(p)+3] + ip.String()
		}
	}
	return link
}
