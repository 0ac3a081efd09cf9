package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"

	"metriage/diag"
)

// provenFor is how long an accepted delivery proves that port 25 is open.
const provenFor = time.Hour

// outboundDomains have mail servers that have nothing to do with each other
// and are hardly ever all down.
var outboundDomains = [...]string{"gmail.com", "outlook.com", "yahoo.com"}

// OutboundDomains returns them.
func OutboundDomains() []string { return outboundDomains[:] }

// wsaeAccess is WSAEACCES, what Windows says where a firewall or virus scanner
// forbids a program the port.
const wsaeAccess = syscall.Errno(10013)

func (j *job) planOutbound() []task {
	t := single(Outbound, "port 25", j.outbound)
	t.smtp = true
	return []task{t}
}

// probe is one attempt to reach a mail server that has nothing to do with us.
type probe struct {
	domain, host string
	kind         probeKind
	what         string
	banner       string // host name in the banner
}

type probeKind int

const (
	probeNoDNS probeKind = iota
	probeAnswered
	probeTimeout
	probeRefused
	probeForbidden
	probeOther
)

// outbound finds out whether port 25 is open from here. One failure is that
// server's; only where all time out while other ports answer, it is blocked.
func (j *job) outbound(ctx context.Context) []diag.Finding {
	r := j.result(Outbound, "port 25")
	if t := j.req.LastAccepted; !t.IsZero() && j.Now().Sub(t) < provenFor {
		return r.end("outbound-ok", "A remote server accepted a delivery at %s, so port 25 is open for MailEnable.", t.Format("15:04"))
	}
	domains := j.Outbound
	if domains == nil {
		domains = outboundDomains[:]
	}
	probes := make([]probe, len(domains))
	var asks []func()
	var mu sync.Mutex
	saw := func(e diag.Evidence) {
		mu.Lock()
		defer mu.Unlock()
		r.Evidence = append(r.Evidence, e)
	}
	for i, d := range domains {
		asks = append(asks, func() { probes[i] = j.probe(ctx, d, saw) })
	}
	together(asks...)
	by := map[probeKind][]probe{}
	for _, p := range probes {
		by[p.kind] = append(by[p.kind], p)
	}
	switch {
	case len(by[probeAnswered]) > 1 && sameBanner(by[probeAnswered]):
		return r.end("outbound-unknown", "Unrelated mail servers all answer as %s: a proxy on the way takes over port 25.", by[probeAnswered][0].banner)
	case len(by[probeAnswered]) > 0:
		if n := len(probes) - len(by[probeAnswered]); n > 0 {
			r.note("%d of %d servers did not answer, which says nothing about the port.", n, len(probes))
		}
		return r.end("outbound-ok", "Port 25 is open from here: %s answered.", by[probeAnswered][0].host)
	case len(by[probeForbidden]) > 0:
		r.note("Firewalls and virus scanners forbid ports by program; MailEnable may be allowed what metriage is not.")
		return r.end("outbound-unknown", "This machine forbids metriage to use port 25: %s.", by[probeForbidden][0].what)
	case len(by[probeNoDNS]) == len(probes):
		return r.end("outbound-unknown", "No mail server could be looked up, so port 25 was not tried: %s.", by[probeNoDNS][0].what)
	case len(by[probeTimeout]) == len(probes) && len(probes) >= 3:
		if who := j.otherPort(ctx, domains, saw); who != "" {
			r.note("Ask the provider to open port 25, or send through a smart host on port 587.")
			return r.end("outbound-blocked", "Port 25 is blocked: %d unrelated mail servers do not answer, while %s does on port 443.", len(probes), who)
		}
		return r.end("outbound-unknown", "Nothing answers, on port 25 or 443: the network is down, or closed as a whole.")
	case len(by[probeRefused]) == len(probes):
		return r.end("outbound-unknown", "Every connection to port 25 is refused at once, which points to a firewall near by: %s.", by[probeRefused][0].what)
	}
	return r.end("outbound-unknown", "No mail server answered, but not in one way: %s.", probeList(probes))
}

func sameBanner(list []probe) bool {
	for _, p := range list {
		if p.banner == "" || p.banner != list[0].banner {
			return false
		}
	}
	return true
}

func probeList(list []probe) string {
	var out []string
	for _, p := range list {
		out = append(out, p.domain+": "+p.what)
	}
	return and(out)
}

// probe connects to a mail server of a domain and reads its banner.
func (j *job) probe(ctx context.Context, domain string, saw func(diag.Evidence)) probe {
	p := probe{domain: domain}
	r := j.result(Outbound, domain)
	m := j.mailHosts(ctx, r, j.DNS.Ask, domain)
	var at netip.Addr
	if len(m.names) > 0 {
		p.host = m.names[0]
		if addrs, _ := j.addresses(ctx, r, j.DNS.Ask, p.host); len(addrs) > 0 {
			at = addrs[0]
		}
	}
	for _, e := range r.Evidence {
		saw(e)
	}
	if !at.IsValid() {
		p.what = "no address"
		if m.lost != "" {
			p.what = m.lost
		}
		return p
	}
	conn, hangUp, err := j.connect(ctx, netip.AddrPortFrom(at, 25).String(), saw)
	if err != nil {
		p.kind, p.what = dialFailure(err), plain(err)
		return p
	}
	defer hangUp()
	defer conn.quit()
	b, err := conn.banner(j.Limits.Dial)
	switch {
	case err == nil:
		p.kind, p.what = probeAnswered, b.line()
		if len(b.lines) > 0 {
			p.banner, _, _ = strings.Cut(b.lines[0], " ")
		}
	case errors.Is(err, errSilent):
		// Connected and silent: the port is not what stands in the way.
		p.kind, p.what = probeOther, "connected, but no banner came"
	default:
		p.kind, p.what = probeOther, plain(err)
	}
	return p
}

// dialFailure sorts the errors of a connection.
func dialFailure(err error) probeKind {
	var ne net.Error
	var no syscall.Errno
	switch {
	case errors.As(err, &no) && (no == wsaeAccess || errors.Is(no, os.ErrPermission)):
		return probeForbidden
	case errors.Is(err, errSilent), errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return probeTimeout
	case errors.Is(err, syscall.ECONNREFUSED), strings.Contains(err.Error(), "refused"):
		return probeRefused
	}
	return probeOther
}

// otherPort connects to port 443 of the same domains and returns one that
// answers.
func (j *job) otherPort(ctx context.Context, domains []string, saw func(diag.Evidence)) string {
	found := make([]string, len(domains))
	var asks []func()
	for i, d := range domains {
		asks = append(asks, func() {
			addrs := j.DNS.Ask(ctx, d, dns.TypeA).Addrs()
			if len(addrs) == 0 {
				return
			}
			at := netip.AddrPortFrom(addrs[0], 443).String()
			dctx, cancel := context.WithTimeout(ctx, j.Limits.Dial)
			defer cancel()
			begin := j.Now()
			c, err := j.Dial(dctx, netip.Addr{}, "tcp", at)
			e := diag.Evidence{Query: "connect", Answer: "connected", Server: at, Took: j.Now().Sub(begin)}
			if err != nil {
				e.Answer = diag.Clean(plain(err))
			}
			saw(e)
			if err == nil {
				c.Close()
				found[i] = fmt.Sprintf("%s (%s)", d, addrs[0])
			}
		})
	}
	together(asks...)
	for _, f := range found {
		if f != "" {
			return f
		}
	}
	return ""
}
