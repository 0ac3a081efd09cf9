package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"blitiri.com.ar/go/spf"
	"github.com/miekg/dns"

	"metriage/diag"
)

// The limits of RFC 7208 section 4.6.4, and how far a record is followed when
// its lookups are counted.
const (
	spfLookups   = 10
	spfCountUpTo = 40
)

func (j *job) planSPF() []task {
	domains := j.domains()
	if len(domains) == 0 {
		return []task{j.skipped(SPF, "No sender domain is known; name it with --domain.")}
	}
	if len(j.ips()) == 0 && j.req.SmartHost == "" {
		return []task{j.skipped(SPF, "No sending address is known to judge the record for; name it with --ip.")}
	}
	var out []task
	for _, d := range domains {
		out = append(out, single(SPF, d, func(ctx context.Context) []diag.Finding { return j.spf(ctx, d) }))
	}
	return out
}

// domains are the own sender domains, each once.
func (j *job) domains() []string {
	var out []string
	for _, d := range j.req.Target.Domains {
		if d = diag.DomainKey(d); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// spfCodes are the finding codes by result, the worst first.
var spfCodes = [...]struct {
	result spf.Result
	code   string
}{
	{spf.Fail, "spf-fail"}, {spf.PermError, "spf-permerror"}, {spf.SoftFail, "spf-softfail"}, {spf.Neutral, "spf-neutral"},
	{spf.None, "spf-none"}, {spf.TempError, "spf-temperror"}, {spf.Pass, "spf-pass"},
}

// spf judges a domain's SPF record for every sending address and reports the
// worst result (RFC 7208).
func (j *job) spf(ctx context.Context, domain string) []diag.Finding {
	r := j.result(SPF, domain)
	ips := j.ips()
	whose := "your sending address"
	if j.req.SmartHost != "" {
		whose = "the smart host's address"
		ips = j.hostAddrs(ctx, r, j.req.SmartHost)
		if len(ips) == 0 {
			return r.end("spf-temperror", "The smart host %s has no address that could be looked up, so the record could not be judged.", j.req.SmartHost)
		}
	}
	res := &spfResolver{job: j}
	worst := len(spfCodes)
	var told spfJudged
	for _, ip := range ips {
		judged := j.judgeSPF(ctx, res, domain, ip)
		r.Codes = append(r.Codes, ip.String()+" "+string(judged.result))
		for i, c := range spfCodes {
			if c.result == judged.result && i < worst {
				worst, told = i, judged
			}
		}
	}
	used := j.countSPF(ctx, domain)
	r.saw(res.answers...)
	var more []diag.Finding
	for _, s := range res.splits {
		more = append(more, j.splitView(s.own.Name, s)...)
	}
	if rec := res.record(domain); rec != "" {
		r.note("The record: %s", cut(rec, 500))
	}
	switch {
	case used > spfLookups:
		r.note("The whole record takes %d lookups; receivers stop with an error after %d (RFC 7208 section 4.6.4).", used, spfLookups)
	case used > 0:
		r.note("The whole record takes %s of the %d that are allowed.", count(used, "lookup"), spfLookups)
	}
	if strings.Contains(" "+res.record(domain)+" ", " +all ") || strings.Contains(" "+res.record(domain)+" ", " all ") {
		r.note("The record ends in \"all\" without a qualifier: it allows the whole world.")
	}
	return append(told.end(r, spfCodes[worst].code, domain, whose), more...)
}

// spfJudged is one evaluation.
type spfJudged struct {
	ip     netip.Addr
	result spf.Result
	err    error
	by     string // the mechanism that decided
}

func (j *job) judgeSPF(ctx context.Context, res *spfResolver, domain string, ip netip.Addr) spfJudged {
	out := spfJudged{ip: ip}
	trace := func(f string, a ...any) {
		// The library does not export what decided; its trace does. Where that
		// changes, only the name of the mechanism is lost.
		switch {
		case strings.HasPrefix(f, "%q") && len(a) > 0:
			out.by = fmt.Sprint(a[0])
		case strings.HasPrefix(f, "all:"):
			out.by = "all"
		case strings.HasPrefix(f, "fallback"):
			out.by = ""
		}
	}
	helo := j.req.Target.HELO
	if helo == "" || notPublic(diag.DomainKey(helo)) != "" {
		helo = domain
	}
	out.result, out.err = spf.CheckHostWithSender(net.IP(ip.AsSlice()), helo, "postmaster@"+domain,
		spf.WithContext(ctx), spf.WithResolver(res), spf.WithTraceFunc(trace))
	return out
}

// countSPF counts the lookups of the whole record, by judging it for an
// address that nothing allows.
func (j *job) countSPF(ctx context.Context, domain string) int {
	res := &spfResolver{job: j}
	_, _ = spf.CheckHostWithSender(net.IPv4(192, 0, 2, 254), domain, "postmaster@"+domain, spf.WithContext(ctx),
		spf.WithResolver(res), spf.OverrideLookupLimit(spfCountUpTo), spf.OverrideVoidLookupLimit(spfCountUpTo))
	return max(res.lookups-1, 0) // the first finds the record itself
}

// end turns an evaluation into the finding.
func (s spfJudged) end(r *result, code, domain, whose string) []diag.Finding {
	by := ""
	if s.by != "" {
		by = " (by " + s.by + ")"
	}
	switch code {
	case "spf-pass":
		return r.end(code, "The SPF record of %s allows %s %s%s.", domain, whose, s.ip, by)
	case "spf-fail":
		return r.end(code, "The SPF record of %s forbids %s %s%s.", domain, whose, s.ip, by)
	case "spf-softfail":
		return r.end(code, "The SPF record of %s does not allow %s %s%s; many receivers take that for spam.", domain, whose, s.ip, by)
	case "spf-neutral":
		return r.end(code, "The SPF record of %s says nothing about %s %s%s.", domain, whose, s.ip, by)
	case "spf-none":
		return r.end(code, "%s has no SPF record.", domain)
	case "spf-permerror":
		return r.end(code, "The SPF record of %s is faulty: %s.", domain, spfFault(s.err))
	}
	why := "the lookup failed"
	if s.err != nil {
		why = s.err.Error()
	}
	return r.end(code, "The SPF record of %s could not be read: %s.", domain, why)
}

// spfFault puts the library's errors in words.
func spfFault(err error) string {
	for _, f := range []struct {
		err  error
		text string
	}{
		{spf.ErrMultipleRecords, "there are two or more, and only one is allowed (RFC 7208 section 3.2)"},
		{spf.ErrLookupLimitReached, "it takes more than 10 lookups (RFC 7208 section 4.6.4)"},
		{spf.ErrVoidLookupLimitReached, "more than 2 of its names do not exist (RFC 7208 section 4.6.4)"},
		{spf.ErrTooManyMXRecords, "a name in it has more than 10 MX records"},
		{spf.ErrUnknownField, "it holds a word that SPF does not know"},
		{spf.ErrInvalidIP, "it holds an address that is none"},
		{spf.ErrInvalidMask, "it holds a network that is none"},
		{spf.ErrInvalidMacro, "it holds a macro that is none"},
		{spf.ErrInvalidDomain, "it holds a domain that is none, or two redirects"},
		{spf.ErrNoResult, "it includes a name without an SPF record"},
	} {
		if errors.Is(err, f.err) {
			return f.text
		}
	}
	return fmt.Sprint(err)
}

// hostAddrs returns the addresses of a host, or the host itself where it is an
// address.
func (j *job) hostAddrs(ctx context.Context, r *result, host string) []netip.Addr {
	if h, _, err := splitHostPort(host); err == nil {
		host = h
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	a := j.DNS.Ask(ctx, host, dns.TypeA)
	r.saw(a)
	return a.Addrs()
}
