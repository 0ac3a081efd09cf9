package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dmarc"
	"github.com/miekg/dns"

	"metriage/diag"
	"metriage/diag/dnsq"
)

func (j *job) planDMARC() []task {
	domains := j.domains()
	if len(domains) == 0 {
		return []task{j.skipped(DMARC, "No sender domain is known; name it with --domain.")}
	}
	var out []task
	for _, d := range domains {
		out = append(out, single(DMARC, d, func(ctx context.Context) []diag.Finding { return j.dmarc(ctx, d) }))
	}
	return out
}

// dmarc looks up a domain's DMARC record, else that of its organisational
// domain (RFC 7489 section 6.6.3).
func (j *job) dmarc(ctx context.Context, domain string) []diag.Finding {
	r := j.result(DMARC, domain)
	at := domain
	records, more, lost := j.dmarcRecords(ctx, r, at)
	org := orgDomain(domain)
	if lost == "" && len(records) == 0 && org != domain {
		var m []diag.Finding
		at = org
		records, m, lost = j.dmarcRecords(ctx, r, at)
		more = append(more, m...)
	}
	switch {
	case lost != "":
		return append(r.end("dmarc-unknown", "The DMARC record of %s could not be seen: %s.", at, lost), more...)
	case len(records) == 0:
		r.note("Gmail and Yahoo ask for one from every sender of much mail; v=DMARC1; p=none is enough to begin with.")
		return append(r.end("dmarc-none", "%s has no DMARC record.", domain), more...)
	case len(records) > 1:
		return append(r.end("dmarc-invalid", "There are %d DMARC records at _dmarc.%s, and receivers ignore all of them then.", len(records), at), more...)
	}
	rec, err := dmarc.Parse(records[0])
	if err != nil {
		return append(r.end("dmarc-invalid", "The DMARC record at _dmarc.%s is faulty: %s.", at, strings.TrimPrefix(err.Error(), "dmarc: ")), more...)
	}
	return append(j.dmarcOK(r, domain, at, rec), more...)
}

// dmarcOK tells what a good record asks for.
func (j *job) dmarcOK(r *result, domain, at string, rec *dmarc.Record) []diag.Finding {
	policy := rec.Policy
	where := ""
	if at != domain {
		where = fmt.Sprintf(" (of %s, its organisational domain)", at)
		if rec.SubdomainPolicy != "" {
			policy = rec.SubdomainPolicy
		}
	}
	for _, a := range []struct {
		what string
		mode dmarc.AlignmentMode
	}{{"SPF", rec.SPFAlignment}, {"DKIM", rec.DKIMAlignment}} {
		if a.mode == dmarc.AlignmentStrict {
			r.note("%s must match the domain of From exactly, not only its organisational domain.", a.what)
		}
	}
	if len(rec.ReportURIAggregate) == 0 {
		r.note("Nobody gets the reports (no rua=).")
	}
	return r.end("dmarc-ok", "%s has the DMARC policy %s%s.", domain, policy, where)
}

// dmarcRecords returns the DMARC records of a name.
func (j *job) dmarcRecords(ctx context.Context, r *result, domain string) (records []string, more []diag.Finding, lost string) {
	s := j.look(ctx, "_dmarc."+domain, dns.TypeTXT)
	r.saw(s.answers()...)
	if s.split {
		more = j.splitView("_dmarc."+domain, s)
	}
	a := s.judged()
	if !a.Definite() {
		return nil, more, unseen(a)
	}
	if a.Outcome() == dnsq.Found {
		for _, t := range a.Texts() {
			if v, _, _ := strings.Cut(t, ";"); strings.ReplaceAll(v, " ", "") == "v=DMARC1" {
				records = append(records, t)
			}
		}
	}
	return records, more, ""
}
