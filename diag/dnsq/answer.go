package dnsq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"metriage/diag"
)

// Answer is what came back for one question.
type Answer struct {
	Name string // the name asked, with the final dot
	Type uint16

	// Records is the answer section, CNAMEs included; Authority the authority
	// section, which names the zone (SOA) of a negative answer.
	Records   []dns.RR
	Authority []dns.RR
	extra     []dns.RR // glue, for the walk
	// Rcode is the reply code, meaningful where Err is nil.
	Rcode int
	// Authoritative is set where the server answered for its own zone.
	Authoritative bool
	// EDE are the extended errors (RFC 8914) as text.
	EDE []string
	// Err says why no usable answer came: a time limit, a refused or broken
	// connection, an answer to another question, a cancelled context.
	Err error

	Server    string // host:port of the server that gave this answer
	Transport string // "udp" or "tcp"
	At        time.Time
	Took      time.Duration // of all attempts together, without waiting for a free slot
	Cached    bool
	// Attempts are all the exchanges that led here, the last one included.
	Attempts []Attempt
}

// Attempt is one exchange with one server.
type Attempt struct {
	Server    string
	Transport string
	Rcode     int
	Err       error
	Took      time.Duration
}

// Outcome sorts answers by what they prove.
type Outcome int

// The outcomes. Only Found, NoData and NoName say something about the name.
const (
	Found    Outcome = iota // records of the type asked for
	NoData                  // the name exists, without records of that type
	NoName                  // NXDOMAIN
	ServFail                // SERVFAIL
	Refused                 // REFUSED
	Failed                  // another rcode
	NoAnswer                // nothing usable came
)

// errQuestion is kept where answers came that repeat another question or id.
var errQuestion = errors.New("the answer belongs to another question")

// Outcome returns what the answer proves.
func (a Answer) Outcome() Outcome {
	if a.Err != nil {
		return NoAnswer
	}
	switch a.Rcode {
	case dns.RcodeSuccess:
		for _, rr := range a.Records {
			if rr.Header().Rrtype == a.Type {
				return Found
			}
		}
		return NoData
	case dns.RcodeNameError:
		return NoName
	case dns.RcodeServerFailure:
		return ServFail
	case dns.RcodeRefused:
		return Refused
	}
	return Failed
}

// Definite reports whether the answer says something about the name: records,
// or that there are none. Everything else means that nothing is known.
func (a Answer) Definite() bool { return a.Outcome() <= NoName }

// RcodeText returns the rcode in words ("NXDOMAIN"), or "timeout",
// "cancelled", "mismatch" or "no answer" where none came.
func (a Answer) RcodeText() string {
	if a.Err == nil {
		return rcodeText(a.Rcode)
	}
	var ne net.Error
	switch {
	case errors.Is(a.Err, context.Canceled):
		return "cancelled"
	case errors.Is(a.Err, errQuestion):
		return "mismatch"
	case errors.Is(a.Err, context.DeadlineExceeded), errors.As(a.Err, &ne) && ne.Timeout():
		return "timeout"
	}
	return "no answer"
}

func rcodeText(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return "RCODE" + strconv.Itoa(rcode)
}

// Addrs returns the addresses of the A and AAAA records, at the end of
// whatever CNAME chain led there.
func (a Answer) Addrs() []netip.Addr {
	var out []netip.Addr
	for _, rr := range a.Records {
		var ip net.IP
		switch r := rr.(type) {
		case *dns.A:
			ip = r.A
		case *dns.AAAA:
			ip = r.AAAA
		default:
			continue
		}
		if ad, ok := netip.AddrFromSlice(ip); ok {
			if rr.Header().Rrtype == dns.TypeA {
				ad = ad.Unmap()
			}
			out = append(out, ad)
		}
	}
	return out
}

// Names returns the targets of the PTR, NS or MX records (MX by preference as
// they came), without the final dot.
func (a Answer) Names() []string {
	var out []string
	for _, rr := range a.Records {
		switch r := rr.(type) {
		case *dns.PTR:
			out = append(out, diag.DomainKey(r.Ptr))
		case *dns.NS:
			out = append(out, diag.DomainKey(r.Ns))
		case *dns.MX:
			out = append(out, diag.DomainKey(r.Mx))
		}
	}
	return out
}

// MX returns the MX records as they came.
func (a Answer) MX() []*dns.MX {
	var out []*dns.MX
	for _, rr := range a.Records {
		if r, ok := rr.(*dns.MX); ok {
			out = append(out, r)
		}
	}
	return out
}

// Texts returns the TXT records, the strings of each joined without a space
// (RFC 7208 section 3.3), escapes of the library undone.
func (a Answer) Texts() []string {
	var out []string
	for _, rr := range a.Records {
		if r, ok := rr.(*dns.TXT); ok {
			var b strings.Builder
			for _, s := range r.Txt {
				b.WriteString(unescape(s))
			}
			out = append(out, b.String())
		}
	}
	return out
}

// unescape undoes \DDD and \X, the form in which the library keeps text.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		if i+3 < len(s) {
			if n, err := strconv.Atoi(s[i+1 : i+4]); err == nil && n < 256 {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		i++
		b.WriteByte(s[i])
	}
	return b.String()
}

// CNAMEs returns the targets of the CNAME records in the order they came.
func (a Answer) CNAMEs() []string {
	var out []string
	for _, rr := range a.Records {
		if r, ok := rr.(*dns.CNAME); ok {
			out = append(out, diag.DomainKey(r.Target))
		}
	}
	return out
}

// Zone returns the zone that a negative answer belongs to, its first name
// server and the mail address of whoever runs it, from the SOA record in the
// answer or authority section; all empty where there is none.
func (a Answer) Zone() (zone, server, contact string) {
	for _, section := range [][]dns.RR{a.Records, a.Authority} {
		for _, rr := range section {
			if s, ok := rr.(*dns.SOA); ok {
				return diag.DomainKey(s.Hdr.Name), diag.DomainKey(s.Ns), mailbox(s.Mbox)
			}
		}
	}
	return "", "", ""
}

// mailbox turns the RNAME of an SOA into an address (RFC 1035 section 8).
func mailbox(rname string) string {
	labels := dns.SplitDomainName(rname)
	if len(labels) < 2 {
		return ""
	}
	return unescape(labels[0]) + "@" + diag.DomainKey(strings.Join(labels[1:], "."))
}

// maxShown bounds the answer text of one piece of evidence, in bytes.
const maxShown = 1000

// Evidence returns the answer for a finding, cleaned for display.
func (a Answer) Evidence() diag.Evidence {
	var data []string
	size := 0
	for i, rr := range a.Records {
		s := diag.Clean(rdata(rr))
		if size += len(s); size > maxShown {
			data = append(data, fmt.Sprintf("and %d more", len(a.Records)-i))
			break
		}
		data = append(data, s)
	}
	text := strings.Join(data, ", ")
	if len(a.EDE) > 0 {
		text = strings.TrimPrefix(text+" ("+diag.Clean(strings.Join(a.EDE, "; "))+")", " ")
	}
	return diag.Evidence{
		Query:  diag.Clean(strings.TrimSuffix(a.Name, ".")) + " " + dns.TypeToString[a.Type],
		Answer: text,
		Rcode:  a.RcodeText(),
		Server: a.Server,
		Took:   a.Took,
	}
}

// rdata returns the data of a record as people write it.
func rdata(rr dns.RR) string {
	switch r := rr.(type) {
	case *dns.TXT:
		var b strings.Builder
		for _, s := range r.Txt {
			b.WriteString(unescape(s))
			if b.Len() > maxShown {
				break
			}
		}
		s := b.String()
		return s[:min(len(s), maxShown)]
	case *dns.CNAME:
		return "CNAME " + strings.TrimSuffix(r.Target, ".")
	case *dns.PTR:
		return strings.TrimSuffix(r.Ptr, ".")
	}
	return strings.TrimSuffix(strings.TrimPrefix(rr.String(), rr.Header().String()), ".")
}
