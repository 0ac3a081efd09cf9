package check

import (
	"context"
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

// single is a task that gives its findings all at once.
func single(check, subject string, run func(ctx context.Context) []diag.Finding) task {
	return task{check: check, subject: subject, run: func(ctx context.Context, put func([]diag.Finding)) { put(run(ctx)) }}
}

// skipped is the task of a check that lacks its subject.
func (j *job) skipped(check, why string) task {
	return single(check, "", func(context.Context) []diag.Finding {
		return j.result(check, "").end(check+"-skipped", "%s", why)
	})
}

// planners turn a check word into its tasks.
var planners = map[string]func(*job) []task{
	PTR:      (*job).planPTR,
	HELO:     (*job).planHELO,
	DNSBL:    (*job).planDNSBL,
	Relay:    (*job).planRelay,
	SPF:      (*job).planSPF,
	DKIM:     (*job).planDKIM,
	DMARC:    (*job).planDMARC,
	Sender:   (*job).planSender,
	Outbound: (*job).planOutbound,
	Remote:   (*job).planRemote,
}

// plan returns the tasks of the request in the order in which they begin.
func (j *job) plan() []task {
	var out []task
	var replaced []string
	for _, w := range Words() {
		if !slices.Contains(j.req.Words, w) {
			continue
		}
		if j.req.SmartHost != "" && (w == PTR || w == HELO || w == DNSBL) {
			replaced = append(replaced, w)
			continue
		}
		out = append(out, planners[w](j)...)
	}
	if len(replaced) > 0 {
		out = append(j.planSmartHost(replaced), out...)
	}
	return out
}

func (j *job) planPTR() []task {
	if len(j.req.Target.IPs) == 0 {
		return []task{j.skipped(PTR, "No sending address is known; name it with --ip.")}
	}
	var out []task
	for _, ip := range j.ips() {
		out = append(out, single(PTR, ip.String(), func(ctx context.Context) []diag.Finding { return j.ptr(ctx, ip) }))
	}
	return out
}

// ips are the sending addresses, each once.
func (j *job) ips() []netip.Addr {
	var out []netip.Addr
	for _, ip := range j.req.Target.IPs {
		if ip = ip.Unmap(); !slices.Contains(out, ip) {
			out = append(out, ip)
		}
	}
	return out
}

func (j *job) planHELO() []task {
	name := j.req.Target.HELO
	if name == "" {
		return []task{j.skipped(HELO, "No HELO name is known; name it with --helo.")}
	}
	return []task{single(HELO, name, func(ctx context.Context) []diag.Finding { return j.helo(ctx, name, j.ips()) })}
}

func (j *job) planDNSBL() []task {
	lists := j.selectLists()
	var subjects []subject
	for _, ip := range j.ips() {
		if !private(ip) {
			subjects = append(subjects, subject{ip: ip})
		}
	}
	domains := j.ownDomains()
	for _, d := range domains {
		subjects = append(subjects, subject{domain: d})
	}
	if len(subjects) == 0 {
		why := "No public sending address and no domain is known; name them with --ip and --domain."
		return []task{j.skipped(DNSBL, why)}
	}
	var out []task
	for _, l := range lists {
		for _, s := range subjects {
			if l.takes(s) {
				out = append(out, single(DNSBL, s.String(), func(ctx context.Context) []diag.Finding { return j.dnsbl(ctx, l, s) }))
			}
		}
	}
	for _, ip := range j.ips() {
		if !private(ip) {
			out = append(out, task{check: DNSBL, subject: ip.String(), run: func(ctx context.Context, put func([]diag.Finding)) {
				j.reverseDomains(ctx, ip, lists, domains, put)
			}})
		}
	}
	return out
}

// ownDomains are the registrable domains of the own domains and of the HELO
// name: what lists of domains list.
func (j *job) ownDomains() []string {
	var out []string
	add := func(n string) {
		if d := orgDomain(n); dnsq.ValidName(d) && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	for _, d := range j.req.Target.Domains {
		add(d)
	}
	if h := diag.DomainKey(j.req.Target.HELO); h != "" && notPublic(h) == "" {
		add(h)
	}
	return out
}

// reverseDomains asks the lists of domains about the domains of an address's
// reverse names that are not asked about anyway.
func (j *job) reverseDomains(ctx context.Context, ip netip.Addr, lists []*listRun, known []string, put func([]diag.Finding)) {
	if !slices.ContainsFunc(lists, func(l *listRun) bool { return l.Kind == KindDomain }) {
		return
	}
	var asks []func()
	a := j.DNS.Ask(ctx, dnsq.ReverseName(ip), dns.TypePTR)
	for _, n := range a.Names()[:min(len(a.Names()), maxPTR)] {
		d := orgDomain(n)
		if !resolvable(n) || slices.Contains(known, d) || !j.claims.claim(d) {
			continue
		}
		for _, l := range lists {
			if s := (subject{domain: d}); l.takes(s) {
				asks = append(asks, func() { put(j.dnsbl(ctx, l, s)) })
			}
		}
	}
	together(asks...)
}
