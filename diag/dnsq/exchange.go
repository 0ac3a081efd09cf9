package dnsq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

const (
	// udpSize is what our questions allow for answers over UDP: small enough
	// not to be fragmented (DNS Flag Day 2020).
	udpSize = 1232
	// maxStray bounds the answers to other questions that are read before an
	// attempt is given up.
	maxStray = 16
)

// attempt asks one server: over UDP with EDNS, without EDNS where the server
// does not know it, over TCP where the answer was cut off.
func (c *Client) attempt(ctx context.Context, q key, server string, recursion bool) Answer {
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.qtype)
	m.RecursionDesired = recursion
	m.SetEdns0(udpSize, false)
	a := c.exchange(ctx, q, server, "udp", m)
	if a.Err == nil && (a.Rcode == dns.RcodeFormatError || a.Rcode == dns.RcodeNotImplemented || a.Rcode == dns.RcodeBadVers) {
		m.Extra = nil
		took := a.Took
		a = c.exchange(ctx, q, server, "udp", m)
		a.Took += took
	}
	// A UDP socket that cannot even be opened says nothing about the server: a
	// program's firewall, or a Windows that lacks a socket option.
	if errors.Is(a.Err, errTruncated) || errors.Is(a.Err, errNoSocket) && ctx.Err() == nil {
		took := a.Took
		a = c.exchange(ctx, q, server, "tcp", m)
		a.Took += took
	}
	return a
}

// Both ask for another try over TCP.
var (
	errTruncated = errors.New("the answer was cut off")
	errNoSocket  = errors.New("no connection")
)

// exchange sends m and waits for the answer that belongs to it, at most
// c.o.Timeout and as long as ctx lasts. The wait for a free slot is not part of
// the time it took.
func (c *Client) exchange(ctx context.Context, q key, server, network string, m *dns.Msg) (a Answer) {
	a = Answer{Name: q.name, Type: q.qtype, Server: server, Transport: network}
	select {
	case c.s.slots <- struct{}{}:
		defer func() { <-c.s.slots }()
	case <-ctx.Done():
		a.Err = ctx.Err()
		return a
	}
	begin := c.o.Now()
	defer func() { a.Took = c.o.Now().Sub(begin) }()
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	nc, err := c.o.Dialer.DialContext(ctx, network, server)
	if err != nil {
		a.Err = fmt.Errorf("%s over %s: %w: %w", server, network, errNoSocket, err)
		return a
	}
	defer nc.Close()
	// The library does not look at the context; a closed connection it does see.
	defer context.AfterFunc(ctx, func() { nc.Close() })()
	co := &dns.Conn{Conn: nc, UDPSize: dns.DefaultMsgSize}
	m.Id = dns.Id()
	if err := co.WriteMsg(m); err != nil {
		a.Err = c.wrap(ctx, server, network, err)
		return a
	}
	stray := false
	for range maxStray {
		r, err := co.ReadMsg()
		if r == nil {
			if ctx.Err() == nil && isParse(err) {
				stray = true // bytes that are no message: wait for the real answer
				continue
			}
			a.Err = c.wrap(ctx, server, network, err)
			break
		}
		if r.Id != m.Id || !r.Response || !sameQuestion(r, q) {
			stray = true
			if network == "tcp" {
				break
			}
			continue
		}
		if r.Truncated && network == "udp" {
			a.Err = errTruncated
			return a
		}
		if r.Truncated {
			err = errTruncated
		}
		if err != nil {
			a.Err = fmt.Errorf("%s over %s: the answer is not readable: %w", server, network, err)
			return a
		}
		fill(&a, r)
		return a
	}
	if stray {
		a.Err = fmt.Errorf("%s over %s: %w", server, network, errQuestion)
	}
	return a
}

// wrap names the server, and the time limit or cancellation where that is why
// the connection ended.
func (c *Client) wrap(ctx context.Context, server, network string, err error) error {
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("%s over %s: %w", server, network, err)
}

// isParse reports whether err came from taking a message apart.
func isParse(err error) bool {
	var e *dns.Error
	return errors.As(err, &e)
}

// sameQuestion reports whether r answers q; the library does not compare. A
// server that does not even understand the question may leave it out.
func sameQuestion(r *dns.Msg, q key) bool {
	if len(r.Question) == 0 {
		return r.Rcode == dns.RcodeFormatError || r.Rcode == dns.RcodeNotImplemented || r.Rcode == dns.RcodeRefused || r.Rcode == dns.RcodeServerFailure
	}
	g := r.Question[0]
	return len(r.Question) == 1 && g.Qtype == q.qtype && g.Qclass == dns.ClassINET && sameName(g.Name, q.name)
}

// sameName reports whether two names are one on the wire: a byte can be written
// as itself, behind a backslash, or as \DDD (RFC 1035 section 5.1), and case
// does not count (RFC 4343).
func sameName(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if strings.IndexByte(a, '\\') < 0 && strings.IndexByte(b, '\\') < 0 {
		return false
	}
	var x, y [256]byte
	n, err := dns.PackDomainName(dns.CanonicalName(a), x[:], 0, nil, false)
	m, err2 := dns.PackDomainName(dns.CanonicalName(b), y[:], 0, nil, false)
	return err == nil && err2 == nil && bytes.Equal(x[:n], y[:m])
}

func fill(a *Answer, r *dns.Msg) {
	a.Records, a.Authority, a.Rcode, a.Authoritative = r.Answer, r.Ns, r.Rcode, r.Authoritative
	for _, rr := range r.Extra {
		o, ok := rr.(*dns.OPT)
		if !ok {
			a.extra = append(a.extra, rr)
			continue
		}
		for _, opt := range o.Option {
			if e, ok := opt.(*dns.EDNS0_EDE); ok && len(a.EDE) < 8 {
				text := dns.ExtendedErrorCodeToString[e.InfoCode]
				if e.ExtraText != "" {
					text += ": " + e.ExtraText
				}
				a.EDE = append(a.EDE, strings.TrimPrefix(text, ": "))
			}
		}
	}
}
